"""The largest or the smallest value of a variable, or of the input's size, with which conditions hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from math import inf
from os import PathLike, fspath
from typing import NamedTuple

from cnncalc.analysis.run import Given, analyze
from cnncalc.checks.budgets import ALL, METRICS, Budget, Values, is_met, parse
from cnncalc.errors import CnncalcError, Diagnostic, NoAnswer, UsageError
from cnncalc.geometry.shape import Shape
from cnncalc.language.parser import parse as parse_yaml
from cnncalc.loading import Loaded, Options, for_spec, load_parsed, source_at
from cnncalc.network.model import Model
from cnncalc.questions.answers import refusal
from cnncalc.support import display

INPUT = "input"
OPTION = "--so-that"
MOST_VALUES = 10_000
"""Values that are tried one by one."""
MOST_SKIPPED = 512
"""Values one after the other that make no network."""
FURTHER = 6
"""Values beyond the answer that are looked at, each twice as far as the one before."""
LARGEST = 2**40
"""Steps that are galloped through where no upper bound is given."""


class Range(NamedTuple):
    """The values of a variable: from ``low`` in steps, up to ``high`` where there is one."""

    name: str
    low: Fraction
    high: Fraction | None
    step: Fraction

    @property
    def last(self) -> int:
        """The number of the last value."""
        return LARGEST if self.high is None else int((self.high - self.low) // self.step)

    def value(self, number: int) -> Fraction:
        return self.low + number * self.step


class Point(NamedTuple):
    """What a value gives."""

    value: str
    measured: Mapping[str, int | float | list[int | float | None] | None]
    """Each metric of the conditions; per axis a list, infinite where the whole map is seen."""


class Solution(NamedTuple):
    """The largest value, or the smallest, with which the conditions on one network hold."""

    name: str
    file: str
    framework: str
    vary: str
    value: str
    measured: Mapping[str, int | float | list[int | float | None] | None]
    next: Point | None
    """The next larger value that makes a network, of a smallest one the next smaller; ``None`` where there is
    none in the range.
    """
    monotone: bool
    """Whether no metric was seen to fall as the variable grows; otherwise values were tried one by one, from
    the end of the range that is looked for.
    """
    tried: int
    """Values that were computed."""
    smallest: bool = False
    """Whether the smallest value was asked for."""
    is_open: bool = False
    """Whether the largest value was asked for under conditions that only bound it from below."""

    def _repr_html_(self) -> str:
        return display.html(self)

    def _repr_markdown_(self) -> str:
        return display.markdown(self)

    def __rich__(self) -> object:
        return display.rich(self)


def solve(
    path: str | PathLike[str],
    vary: str,
    so_that: str | Sequence[str],
    *,
    step: str | int | Fraction | None = None,
    input: Given | None = None,
    sets: Mapping[str, str | int] | None = None,
    framework: str | None = None,
    model: str | None = None,
    smallest: bool = False,
) -> Solution:
    """The largest value of a variable with which a network is within budgets, or the smallest.

    Args:
        path: a spec, as for ``load``.
        vary: the variable, perhaps with its range: ``"width"``, ``"width=1/4..2/1/32"`` or
            ``"input=32..512/32"``.
        so_that: conditions such as ``"params <= 2M"``, all of which must hold.
        step: between values; 1 where neither it nor the range says otherwise.
        input: another input than the spec's, as for ``analyze``.
        sets: other variables to set.
        framework: another framework's rules than the spec's.
        model: the variant, of a file with several.
        smallest: the smallest such value instead, as for ``"rf >= 1000"``.

    Raises:
        NoAnswer: where no value is within the budgets, or the values are too many to be tried.
        UsageError: for what is no range, no condition or no variable.
    """
    wanted = conditions([so_that] if isinstance(so_that, str) else so_that)
    solver = Solver(fspath(path), Options(sets, framework, model), input)
    return solver.solve(range_of(vary, step), wanted, solver.only(), smallest)


_DECIMAL = r"[0-9]{1,12}(?:\.[0-9]{1,9})?"
_NUMBER = rf"{_DECIMAL}(?:/[0-9]{{1,9}})?"
_RANGE = re.compile(rf"({_NUMBER})\.\.({_DECIMAL})?(?:/({_NUMBER}))?")
"""The end of a range is no fraction: what is behind its slash is the step."""


def range_of(text: str, step: str | int | Fraction | None = None) -> Range:
    """A range from ``width``, ``width=1/4..2`` or ``width=8..64/8``; what follows the slash is the step.

    Raises:
        UsageError: where it is none.
    """
    name, equals, rest = text.partition("=")
    given = None if step is None else _fraction(str(step), "--step")
    if not equals:
        by = given or Fraction(1)
        return Range(_name(name, text), by, None, by)
    match = _RANGE.fullmatch(rest.strip())
    if match is None:
        raise _usage(
            f"`--vary {text}` is no range",
            "write NAME, NAME=LOW..HIGH or NAME=LOW..HIGH/STEP, for instance width=8..512/8",
        )
    low, high = _fraction(match[1], "--vary"), None if match[2] is None else _fraction(match[2], "--vary")
    own = match[3]
    if own is not None and given is not None:
        raise _usage(f"`--vary {text}` has a step, and --step gives another", "give one of them")
    by = given or (Fraction(1) if own is None else _fraction(own, "--vary"))
    if high is not None and high < low:
        raise _usage(f"`--vary {text}` is empty: {low} is more than {high}", "write the smaller one first")
    return Range(_name(name, text), low, high, by)


def _name(name: str, text: str) -> str:
    if not name.strip():
        raise _usage(f"`--vary {text}` names no variable", "write NAME or NAME=LOW..HIGH")
    return name.strip()


def _fraction(text: str, option: str) -> Fraction:
    try:
        number = Fraction(text.strip())
    except (ValueError, ZeroDivisionError):
        raise _usage(f"`{option} {text}` is not a number", "for instance 8, 0.25 or 1/32") from None
    if number < 0 or (number == 0 and option == "--step"):
        raise _usage(f"`{option} {text}` is not more than 0", "for instance 8, 0.25 or 1/32")
    return number


def conditions(texts: Sequence[str]) -> tuple[Budget, ...]:
    """Conditions from their texts, in the language of ``--fail-if``.

    Raises:
        UsageError: for what is none, and for a change.
    """
    found = tuple([parse(text, OPTION) for text in texts])
    if not found:
        raise _usage("there is nothing to hold", f'give a condition, for instance {OPTION} "params <= 2M"')
    for budget in found:
        if budget.is_change:
            raise _usage(
                f"`{OPTION} {budget.text}` is about a change, and there is no old network",
                "write the limit without a sign",
            )
    return found


def _usage(message: str, help: str) -> UsageError:
    return UsageError(Diagnostic("E113", "error", message, help))


class _Tried(NamedTuple):
    """One value that makes a network."""

    number: int
    values: tuple[Values, ...]
    """Of each condition's metric."""


class Solver:
    """The networks of one spec under different values."""

    def __init__(self, path: str, options: Options, input: Given | None) -> None:
        self.source = source_at(path, options.input)
        self.parsed = parse_yaml(self.source)
        self.options = for_spec(path, options)
        self.input = input

    def loaded(self) -> Loaded:
        """The models with the variables as they are."""
        return load_parsed(self.source, *self.parsed, self.options)

    def models(self, sets: Mapping[str, str | int] | None = None) -> tuple[Model, ...]:
        """The models with some variables set.

        Raises:
            CnncalcError: where something is wrong with one of them.
        """
        options = self.options._replace(sets={**(self.options.sets or {}), **(sets or {})})
        return load_parsed(self.source, *self.parsed, options).whole()

    def only(self) -> Model:
        """The model of a file that has one.

        Raises:
            UsageError: where there are several.
        """
        models = self.models()
        if len(models) > 1:
            raise _usage(
                f"{self.source.name} has several models", f"name one: {', '.join(one.name for one in models)}"
            )
        return models[0]

    def solve(
        self, values: Range, wanted: tuple[Budget, ...], model: Model, smallest: bool = False
    ) -> Solution:
        """The largest value for one of the models, or the smallest."""
        search = _Smallest if smallest else _Search
        if values.name == INPUT:
            self._check_input(values, model)
            return search(values, wanted, model, lambda text: self._resized(model, int(text))).solution()
        try:
            self.models({values.name: str(values.low)})
        except UsageError:
            raise  # there is no variable of that name
        except CnncalcError:
            pass

        def built(text: str) -> tuple[Model, Given | None] | None:
            try:
                found = self.models({values.name: text})
            except CnncalcError:
                return None
            return next(((one, self.input) for one in found if one.name == model.name), None)

        return search(values, wanted, model, built).solution()

    def _check_input(self, values: Range, model: Model) -> None:
        if any(number.denominator != 1 for number in (values.low, values.step)) or values.low < 1:
            raise _usage(
                f"an input has a whole number of positions: {values.low} in steps of {values.step} has not",
                "for instance --vary input=32..512/32",
            )
        if not model.inputs[0][1].rank:
            raise _usage(
                f"the input `{model.inputs[0][0]}` is a vector: it has no size to vary", "vary a variable"
            )

    @staticmethod
    def _resized(model: Model, size: int) -> tuple[Model, Given]:
        """The model with the inputs that are as large as the first at another size, for all axes."""
        first = model.inputs[0][1]
        return model, {
            name: Shape(shape.channels, (size,) * shape.rank)
            for name, shape in model.inputs
            if shape.sizes == first.sizes
        }


Build = Callable[[str], tuple[Model, Given | None] | None]


class _Search:
    """The search for the largest value of one network."""

    smallest = False

    def __init__(self, values: Range, wanted: tuple[Budget, ...], model: Model, build: Build) -> None:
        self.values = values
        self.wanted = wanted
        self.model = model
        self.build = build
        self.tried: dict[int, _Tried | None] = {}

    def solution(self) -> Solution:
        best = self._bisected()
        self._look_further(0 if best is None else best.number)
        following, before = self._neighbours(best)
        monotone = self._is_monotone()
        if not monotone or any(budget.comparison in ("==", "!=") for budget in self.wanted):
            best = self._scanned()
            following, _ = self._neighbours(best)
        if best is None or not self._fits(best):
            raise self._nothing(best or before)
        return Solution(
            name=self.model.name,
            file=self.model.file,
            framework=self.model.framework.name,
            vary=self.values.name,
            value=self._text(best.number),
            measured=self._measured(best),
            next=None
            if following is None
            else Point(self._text(following.number), self._measured(following)),
            monotone=monotone,
            tried=len(self.tried),
            smallest=self.smallest,
            is_open=not self.smallest and all(one.comparison in (">", ">=") for one in self.wanted),
        )

    def _neighbours(self, best: _Tried | None) -> tuple[_Tried | None, _Tried | None]:
        """The values beyond the answer and before it."""
        return (None, None) if best is None else (self._above(best.number), self._below(best.number))

    def _look_further(self, number: int) -> None:
        """Try some values beyond the first that is outside the bounds: a metric may fall again."""
        for power in range(FURTHER):
            if number + 2**power <= self.values.last:
                self._try(number + 2**power)

    def _bisected(self) -> _Tried | None:
        """The largest value within the conditions that are upper bounds, as far as these grow."""
        start = self._at_or_above(0, self.values.last)
        if start is None or not self._is_below(start):
            return None
        low, high, stride, is_bounded = start.number, self.values.last + 1, 1, False
        while low + stride < high:
            here = self._at_or_above(low + stride, min(low + 2 * stride, high - 1))
            if here is None:
                break
            if not self._is_below(here):
                high, is_bounded = here.number, True
                break
            low, stride = here.number, 2 * stride
        if self.values.high is None and not is_bounded:
            raise self._refused(
                f"the conditions hold for every value that was tried, up to {self._text(low)}: "
                "no largest one is known",
                f"bound the values, for instance --vary {self.values.name}=1..100, add a condition "
                "with <=, or ask for the smallest value: --smallest",
            )
        while high - low > 1:
            middle = (low + high) // 2
            here = self._at_or_above(middle, high - 1) or self._at_or_below(middle, low + 1)
            if here is None:
                break
            low, high = (here.number, high) if self._is_below(here) else (low, min(here.number, high))
        return self.tried[low]

    def _scanned(self) -> _Tried | None:
        """The value that fits, each one of the range tried from the end that is looked for."""
        last = max(self.tried) if self.values.high is None else self.values.last
        if last >= MOST_VALUES:
            raise self._refused(
                f"not all metrics grow with `{self.values.name}`, and {last + 1:,} values are more than the "
                f"{MOST_VALUES:,} that are tried one by one",
                f"bound the values, for instance --vary {self.values.name}=1..100, or take a larger step",
            )
        numbers = range(last + 1) if self.smallest else range(last, -1, -1)
        some = filter(None, map(self._try, numbers))
        return next(filter(self._fits, some), None)

    def _is_monotone(self) -> bool:
        """Whether no metric was seen to fall as the variable grows."""
        seen = [one for _, one in sorted(self.tried.items()) if one is not None]
        return all(
            _number(a) <= _number(b)
            for one, other in pairwise(seen)
            for some, others in zip(one.values, other.values, strict=True)
            for a, b in zip(some, others, strict=False)
        )

    # Values

    def _at_or_above(self, number: int, last: int) -> _Tried | None:
        return next(filter(None, map(self._try, range(number, min(last, number + MOST_SKIPPED) + 1))), None)

    def _at_or_below(self, number: int, first: int) -> _Tried | None:
        return next(
            filter(None, map(self._try, range(number, max(first, number - MOST_SKIPPED) - 1, -1))), None
        )

    def _above(self, number: int) -> _Tried | None:
        return self._at_or_above(number + 1, self.values.last)

    def _below(self, number: int) -> _Tried | None:
        return self._at_or_below(number - 1, 0) if number else None

    def _try(self, number: int) -> _Tried | None:
        if number not in self.tried:
            self.tried[number] = self._computed(number)
        return self.tried[number]

    def _computed(self, number: int) -> _Tried | None:
        built = self.build(self._text(number))
        if built is None:
            return None
        report = analyze(*built)
        if not report.ok:
            return None
        values = tuple([METRICS[budget.metric](report) for budget in self.wanted])
        for budget, measured in zip(self.wanted, values, strict=True):
            if None in measured:
                raise self._refused(
                    f"`{budget.text}` is not known: {budget.metric} of `{self.values.name}` = "
                    f"{self._text(number)} is unknown"
                )
        return _Tried(number, values)

    def _text(self, number: int) -> str:
        return str(self.values.value(number))

    # Conditions

    def _fits(self, tried: _Tried) -> bool:
        return all(map(_holds, self.wanted, tried.values))

    def _is_below(self, tried: _Tried) -> bool:
        """Whether all upper bounds hold."""
        return all(
            _holds(budget, values)
            for budget, values in zip(self._upper(), tried.values, strict=True)
            if budget is not None
        )

    def _upper(self) -> Iterator[Budget | None]:
        for budget in self.wanted:
            if budget.comparison in ("<", "<="):
                yield budget
            elif budget.comparison == "==":
                yield budget._replace(comparison="<=")
            else:
                yield None

    # Answers

    def _measured(self, tried: _Tried) -> dict[str, int | float | list[int | float | None] | None]:
        found: dict[str, int | float | list[int | float | None] | None] = {}
        for budget, values in zip(self.wanted, tried.values, strict=True):
            numbers = [int(value) if isinstance(value, Fraction) else value for value in values]
            found[budget.metric] = numbers[0] if len(set(numbers)) == 1 else numbers
        return found

    def _nothing(self, before: _Tried | None) -> NoAnswer:
        seen = [one for _, one in sorted(self.tried.items()) if one is not None]
        name = self.values.name
        if not seen:
            first, last = self._text(0), self._text(max(self.tried))
            return self._refused(
                f"no value of `{name}` from {first} to {last} makes a network",
                "give another range, or a step such as --step 1/32",
            )
        nearest = before or seen[0]
        broken = [
            f"{budget.metric} is {_shown(values)} at `{name}` = {self._text(nearest.number)}"
            for budget, values in zip(self.wanted, nearest.values, strict=True)
            if not _holds(budget, values)
        ]
        return self._refused(
            f"no value of `{name}` is within the conditions: {'; '.join(broken)}"
            if broken
            else f"no value of `{name}` is within all conditions at once",
            ALL if any(inf in one for one in nearest.values) else self._other(),
        )

    def _other(self) -> str:
        """What to try where no value is within the conditions."""
        values = self.values
        step = values.step
        if values.low <= step:
            step = Fraction(1) if values.name == "input" else step / 32
        if values.low <= step:
            return "allow more"
        if step.denominator > 1 and self.build(str(step * 16)) is None:
            return "allow more"  # a variable that must be whole
        if step.denominator == 1:
            return f"allow more, or try smaller values: --vary {values.name}={step}..{values.low}/{step}"
        end = f"{float(values.low):g}"  # which cannot be a fraction
        end = end if re.fullmatch(_DECIMAL, end) and Fraction(end) == values.low else ""
        return f"allow more, or try smaller values: --vary {values.name}={step}..{end} --step {step}"

    def _refused(self, message: str, help: str | None = None) -> NoAnswer:
        return refusal(self.model, message, help=help)


class _Smallest(_Search):
    """The search for the smallest value of one network."""

    smallest = True

    def _neighbours(self, best: _Tried | None) -> tuple[_Tried | None, _Tried | None]:
        return (None, None) if best is None else (self._below(best.number), self._above(best.number))

    def _look_further(self, number: int) -> None:
        """Try some values before the answer, and the first: a metric may have fallen there."""
        for power in range(FURTHER):
            if number - 2**power >= 0:
                self._try(number - 2**power)

    def _bisected(self) -> _Tried | None:
        """The smallest value within the conditions that are lower bounds, as far as these grow."""
        here, low, stride = self._at_or_above(0, self.values.last), -1, 1
        while here is not None and not self._is_above(here):
            low = here.number
            if low == self.values.last:
                return here
            here = self._at_or_above(min(low + stride, self.values.last), self.values.last)
            stride *= 2
        if here is None:
            return self.tried.get(low)
        high = here.number
        while high - low > 1:
            middle = (low + high) // 2
            here = self._at_or_above(middle, high - 1) or self._at_or_below(middle, low + 1)
            if here is None:
                break
            low, high = (low, here.number) if self._is_above(here) else (max(here.number, low), high)
        return self.tried[high]

    def _is_above(self, tried: _Tried) -> bool:
        """Whether all lower bounds hold."""
        return all(
            _holds(budget._replace(comparison=">=") if budget.comparison == "==" else budget, values)
            for budget, values in zip(self.wanted, tried.values, strict=True)
            if budget.comparison in (">", ">=", "==")
        )

    def _other(self) -> str:
        return "ask for less, or try larger values"


def _holds(budget: Budget, values: Values) -> bool:
    """Whether a condition holds along every axis."""
    return all(is_met(budget, (value,)) for value in values)


def _number(value: int | Fraction | float | None) -> float | int | Fraction:
    return inf if value is None else value


def _shown(values: Values) -> str:
    texts = dict.fromkeys("all" if value == inf else f"{value:,}" for value in values if value is not None)
    return " x ".join(texts)
