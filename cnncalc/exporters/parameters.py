"""What varies between the instances of a class becomes its parameters, as few as say it all."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as List
from typing import Any, NamedTuple

from cnncalc.exporters.calls import MISSING, Call, Value, literal
from cnncalc.exporters.expressions import Expression, Loop, New, Sequence

CHANNELS = {
    "in_channels": "in_channels",
    "out_channels": "out_channels",
    "num_features": "channels",
    "in_features": "in_features",
    "out_features": "out_features",
    "num_channels": "channels",
    "normalized_shape": "channels",
    "groups": "groups",
    "channels": "channels",
    "hidden_size": "hidden",
    "input_size": "in_channels",
    "filters": "filters",
    "units": "units",
}
"""Arguments that count channels, with the name of a parameter that fills them."""


class Hole(NamedTuple):
    """An argument that may vary: its name, and its value in each instance."""

    name: str
    values: tuple[Any, ...]


class Template:
    """Source with holes: ``write`` makes it of the text of each hole."""

    def __init__(self, holes: list[Hole], write: Callable[[list[str]], str]) -> None:
        self.holes = holes
        self.write = write


class Solved(NamedTuple):
    """The parameters of a class: names, defaults, values per instance, and the text of each hole."""

    parameters: tuple[tuple[str, str | None], ...]
    values: tuple[tuple[Any, ...], ...]
    """Of each parameter, one per instance."""
    texts: list[str]


Classes = Callable[[int], tuple[str, Solved]]
"""The name and the parameters of a class by its number."""


class Style(NamedTuple):
    """How a language of modules writes what is made of them."""

    call: Callable[[str], str]
    """A module, of its constructor."""
    new: Callable[[str, str], str]
    """An instance of a written class, of its name and arguments."""
    sequence: Callable[[list[str]], str]
    repeated: Callable[[str | None, str, str, str], str]
    """A loop: its first module where that differs, each, the index and the count."""


def template_of(aligned: List[Expression], classes: Classes, style: Style) -> Template:
    """What the same place of all instances of a class has in common."""
    first = aligned[0]
    if isinstance(first, Call):
        inner = _of_calls([one for one in aligned if isinstance(one, Call)])
        return Template(inner.holes, lambda texts: style.call(inner.write(texts)))
    if isinstance(first, New):
        return _of_instances([one for one in aligned if isinstance(one, New)], classes, style)
    if isinstance(first, Loop):
        return _of_loops([one for one in aligned if isinstance(one, Loop)], classes, style)
    sequences = [one.items for one in aligned if isinstance(one, Sequence)]
    parts = [template_of(items, classes, style) for items in zip(*sequences, strict=True)]
    return _combined(parts, style.sequence)


def in_sequence(texts: list[str]) -> str:
    """Modules one behind the other, those that are sequences themselves by their items."""
    return f"nn.Sequential({', '.join(map(unwrapped, texts))})"


def repeated(head: str | None, each: str, index: str, count: str) -> str:
    """Modules made in a comprehension, behind a first one that differs."""
    items = f"*({each} for {index} in range({count}))"
    return f"nn.Sequential({items if head is None else f'{unwrapped(head)}, {items}'})"


MODULES = Style(
    call=lambda text: text,
    new=lambda name, arguments: f"{name}({arguments})",
    sequence=in_sequence,
    repeated=repeated,
)
"""Modules that hold modules."""


def unwrapped(text: str) -> str:
    """The items of a sequence, or the one module."""
    if not text.startswith("nn.Sequential(") or not text.endswith(")"):
        return text
    inner, depth = text.removeprefix("nn.Sequential(")[:-1], 0
    for character in inner:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return text
    return inner


def combined(parts: list[Template], write: Callable[[list[str]], str]) -> Template:
    """Several templates as one, of whose texts ``write`` makes one."""
    return _combined(parts, write)


def _combined(parts: list[Template], write: Callable[[list[str]], str]) -> Template:
    def whole(texts: list[str]) -> str:
        written, first = [], 0
        for part in parts:
            behind = first + len(part.holes)
            written.append(part.write(texts[first:behind]))
            first = behind
        return write(written)

    return Template([hole for part in parts for hole in part.holes], whole)


def _of_calls(calls: list[Call]) -> Template:
    """Calls of one function: numbers are holes, and calls among the arguments have theirs."""
    first = calls[0]
    parts: list[Template] = []
    for place, argument in enumerate(first.arguments):
        if isinstance(argument.value, Call):
            inner = [one.arguments[place].value for one in calls]
            part = _of_calls([one for one in inner if isinstance(one, Call)])
        elif argument.is_number:
            part = _of_numbers(argument.name, tuple(one.arguments[place].value for one in calls))
        else:
            part = Template([], _constant(argument.value))
        parts.append(part)

    def write(texts: list[str]) -> str:
        shown = []
        for argument, text in zip(first.arguments, texts, strict=True):
            if argument.positional:
                shown.append(text)
            elif text != literal(argument.default):
                shown.append(f"{argument.name}={text}")
        return f"{first.function}({', '.join(shown)}){first.suffix}"

    return _combined(parts, write)


def _of_numbers(name: str, values: tuple[Any, ...]) -> Template:
    """A number, or a tuple of numbers with a hole for each."""
    lengths = {len(one) if isinstance(one, tuple) else 0 for one in values if one is not MISSING}
    if len(lengths) != 1 or lengths == {0}:
        return Template([Hole(name, values)], lambda texts: texts[0])
    (length,) = lengths
    holes = [
        Hole(name, tuple(MISSING if one is MISSING else one[place] for one in values))
        for place in range(length)
    ]
    return Template(holes, lambda texts: f"({', '.join(texts)}{',' if length == 1 else ''})")


def _constant(value: Value) -> Callable[[list[str]], str]:
    def write(texts: list[str]) -> str:
        return literal(value)

    return write


def _of_instances(instances: list[New], classes: Classes, style: Style) -> Template:
    name, solved = classes(instances[0].kind)
    holes = [
        Hole(parameter, tuple(values[one.number] for one in instances))
        for (parameter, _), values in zip(solved.parameters, solved.values, strict=True)
    ]

    def write(texts: list[str]) -> str:
        shown = []
        for (parameter, default), text in zip(solved.parameters, texts, strict=True):
            if default is None:
                shown.append(text)
            elif text != default:
                shown.append(f"{parameter}={text}")
        return style.new(name, ", ".join(shown))

    return Template(holes, write)


def _of_loops(loops: list[Loop], classes: Classes, style: Style) -> Template:
    """Copies by a rule of their number; a fixed number of few copies is written out."""
    inner = template_of([copy for loop in loops for copy in loop.copies], classes, style)
    counts = [len(loop.copies) for loop in loops]
    rows = [_cut(hole.values, counts) for hole in inner.holes]
    if set(counts) <= {1, 2} and len(set(counts)) == 1:
        return _written_out(inner, rows, counts[0], style)
    rules = [_rule_of(row) for row in rows]
    holes = [Hole("depth", tuple(counts))]
    for hole, row, rule in zip(inner.holes, rows, rules, strict=True):
        made = [rule.numbers(values) for values in row]
        columns = enumerate(zip(*made, strict=True))
        holes += [Hole(_named(hole.name, place), tuple(column)) for place, column in columns]

    def write(texts: list[str]) -> str:
        count, *numbers = texts
        taken: list[list[str]] = []
        for rule in rules:
            taken.append(numbers[: rule.size])
            numbers = numbers[rule.size :]
        is_first = [rule is FIRST and one[0] != one[1] for rule, one in zip(rules, taken, strict=True)]
        by_index = any(rule not in (SAME, FIRST) for rule in rules)
        if any(is_first) and not by_index:
            head = inner.write([one[0] for one in taken])
            rest = inner.write([one[-1] for one in taken])
            less = str(int(count) - 1) if count.isdigit() else f"{count} - 1"
            return style.repeated(head, rest, "_", less)
        each = inner.write([rule.text(*one) for rule, one in zip(rules, taken, strict=True)])
        index = "i" if by_index or any(is_first) else "_"
        return style.repeated(None, each, index, count)

    return Template(holes, write)


def _named(name: str, place: int) -> str:
    return name if place == 0 else f"{name}:{place}"


def _cut(values: tuple[Any, ...], counts: list[int]) -> list[tuple[Any, ...]]:
    rows, begin = [], 0
    for count in counts:
        rows.append(values[begin : begin + count])
        begin += count
    return rows


def _written_out(inner: Template, rows: list[list[tuple[Any, ...]]], count: int, style: Style) -> Template:
    holes = [
        Hole(hole.name, tuple(values[place] for values in row))
        for place in range(count)
        for hole, row in zip(inner.holes, rows, strict=True)
    ]
    size = len(inner.holes)

    def write(texts: list[str]) -> str:
        parts = [inner.write(texts[place * size : (place + 1) * size]) for place in range(count)]
        return parts[0] if count == 1 else style.sequence(parts)

    return Template(holes, write)


class Rule(NamedTuple):
    """How an argument follows from the number `i` of a copy."""

    size: int
    """The numbers that it takes."""
    numbers: Callable[[tuple[Any, ...]], tuple[Any, ...]]
    """Of the values of all copies."""
    fits: Callable[[tuple[Any, ...]], bool]
    text: Callable[..., str]


def _arithmetic(values: tuple[Any, ...]) -> bool:
    if not all(isinstance(value, int) for value in values):
        return False
    return len({one - two for one, two in zip(values[1:], values, strict=False)}) <= 1


def _geometric(values: tuple[Any, ...]) -> bool:
    if not all(isinstance(value, int) and value > 0 for value in values):
        return False
    steps = {(one // two, one % two) for one, two in zip(values[1:], values, strict=False)}
    return len(steps) <= 1 and all(rest == 0 for _, rest in steps)


def _ratio(values: tuple[Any, ...]) -> Any:
    return values[1] // values[0] if len(values) > 1 else MISSING


def _times(start: str, ratio: str) -> str:
    return f"{ratio}**i" if start == "1" else f"{_factor(start)} * {ratio}**i"


def _plus(start: str, step: str) -> str:
    return f"{start} + i" if step == "1" else f"{start} + {_factor(step)} * i"


def _factor(text: str) -> str:
    return text if text.replace("_", "").isalnum() else f"({text})"


SAME = Rule(1, lambda values: values[:1], lambda values: len(set(values)) == 1, lambda one: str(one))
FIRST = Rule(
    2,
    lambda values: (values[0], values[1] if len(values) > 1 else MISSING),
    lambda values: len(set(values[1:])) <= 1,
    lambda first, rest: first if first == rest else f"{first} if i == 0 else {rest}",
)
STEPS = Rule(
    2,
    lambda values: (values[0], values[1] - values[0] if len(values) > 1 else MISSING),
    _arithmetic,
    _plus,
)
POWERS = Rule(2, lambda values: (values[0], _ratio(values)), _geometric, _times)
LISTED = Rule(1, lambda values: (tuple(values),), bool, lambda values: f"{values}[i]")


def _rule_of(row: list[tuple[Any, ...]]) -> Rule:
    """The first rule that all instances follow."""
    return next(
        rule for rule in (SAME, FIRST, STEPS, POWERS, LISTED) if all(rule.fits(values) for values in row)
    )


class _Group:
    """Holes with the same value in each instance."""

    def __init__(self, values: list[Any]) -> None:
        self.values = values
        self.holes: list[int] = []
        self.names: list[str] = []
        self.bases: set[str] = set()
        """What the names have before a colon."""
        self.counts_channels = False

    def takes(self, values: tuple[Any, ...]) -> bool:
        return all(
            one is MISSING or other is MISSING or (one == other and type(one) is type(other))
            for one, other in zip(self.values, values, strict=True)
        )

    def add(self, place: int, hole: Hole) -> None:
        self.holes.append(place)
        self.names.append(hole.name)
        base = hole.name.partition(":")[0]
        self.bases.add(base)
        self.counts_channels = self.counts_channels or base in CHANNELS
        self.values = [
            other if one is MISSING else one for one, other in zip(self.values, hole.values, strict=True)
        ]

    @property
    def is_constant(self) -> bool:
        known = [one for one in self.values if one is not MISSING]
        return all(one == known[0] for one in known)


def solved(template: Template, homes: List[str] = ()) -> Solved:
    """The parameters of a class with these holes; ``homes`` are the attributes that the holes are in."""
    groups = _grouped(template.holes)
    texts = [""] * len(template.holes)
    parameters: list[tuple[str, str | None, tuple[Any, ...]]] = []
    named: list[tuple[str, _Group]] = []
    said: list[tuple[str, _Group]] = []
    for group in groups:
        if group.is_constant:
            text = literal(next((one for one in group.values if one is not MISSING), 1))
        else:
            text = _derived(group, named) or ""
            if not text:
                text = _own_name(group, [name for name, _ in named], homes)
                named.append((text, group))
                parameters.append((text, _default(group), tuple(_filled(group.values))))
        said.append((text, group))
        for place in group.holes:
            texts[place] = text
    for place, hole in enumerate(template.holes):
        if hole.name.startswith(CONDITION):
            texts[place] = _condition(hole, said)
            if texts[place] == hole.name.removeprefix(CONDITION):
                texts[place] = _flag(texts[place], hole.values, parameters)
    parameters.sort(key=lambda one: one[1] is not None)
    return Solved(
        tuple((name, default) for name, default, _ in parameters),
        tuple(values for _, _, values in parameters),
        texts,
    )


def _flag(
    name: str, values: tuple[Any, ...], parameters: list[tuple[str, str | None, tuple[Any, ...]]]
) -> str:
    """The parameter that says whether a module is there, one for all that are there together."""
    number, found = 2, name
    for known, _, others in parameters:
        if known == found:
            if others == values:
                return found
            found, number = f"{name}_{number}", number + 1
    parameters.append((found, None, values))
    return found


def _grouped(holes: list[Hole]) -> list[_Group]:
    """The holes of numbers, those of one value in one group."""
    groups: list[_Group] = []
    for place, hole in enumerate(holes):
        if hole.name.startswith(CONDITION):
            continue
        group = next((one for one in groups if one.takes(hole.values) and _are_kin(one, hole.name)), None)
        if group is None:
            group = _Group([MISSING] * len(hole.values))
            groups.append(group)
        group.add(place, hole)
    return groups


CONDITION = "?"
"""Before the name of a hole that says whether an instance has a module."""


def _condition(hole: Hole, named: list[tuple[str, _Group]]) -> str:
    """When a module is there, by the parameters; else the name of a parameter that says so."""
    channels = [(name, group.values) for name, group in named if group.counts_channels]
    strides = [(name, group.values) for name, group in named if group.names[0] in ("stride", "strides")]
    differ = [
        (f"{one} != {other}", [a != b for a, b in zip(values, others, strict=True)])
        for place, (one, values) in enumerate(channels)
        for other, others in channels[place + 1 :]
        if MISSING not in (*values, *others)
    ]
    moves = [(f"{name} != 1", [value != 1 for value in values]) for name, values in strides]
    either = [
        (f"{move} or {change}", [a or b for a, b in zip(moved, changed, strict=True)])
        for move, moved in moves
        for change, changed in differ
    ]
    for text, found in (*either, *differ, *moves):
        if found == list(hole.values):
            return text
    return hole.name.removeprefix(CONDITION)


def _are_kin(group: _Group, name: str) -> bool:
    """Whether an argument may share a parameter: those of channels, and those of one name."""
    base = name.partition(":")[0]
    return (group.counts_channels and base in CHANNELS) or base in group.bases


def _filled(values: list[Any]) -> list[Any]:
    known = [one for one in values if one is not MISSING]
    return [known[0] if one is MISSING else one for one in values]


def _own_name(group: _Group, taken: list[str], homes: List[str]) -> str:
    """What a parameter is called: by what it fills, a width in between where it is the output of one and the
    input of another.
    """
    names = [name.partition(":")[0] for name in group.names]
    base = next((CHANNELS[name] for name in names if name in CHANNELS), names[0])
    if base == "in_channels" and "in_channels" in taken:
        base = "channels"
    if group.names[0].partition(":")[2] and base in taken:
        base = "growth" if base in CHANNELS.values() else f"{base}_step"
    if base in taken and homes and base in CHANNELS.values():
        base = f"{homes[group.holes[0]]}_channels"
    found, number = base, 2
    while found in taken:
        found, number = f"{base}_{number}", number + 1
    return found


_WITH_DEFAULTS = (
    "stride",
    "strides",
    "dilation_rate",
    "dilation",
    "padding",
    "groups",
    "kernel_size",
    "p",
    "rate",
    "output_padding",
)


def _default(group: _Group) -> str | None:
    """The value that most instances have, of an argument that usually has one."""
    name = group.names[0].partition(":")[0]
    if name not in _WITH_DEFAULTS or group.counts_channels:
        return None
    known = [one for one in group.values if one is not MISSING]
    usual = max(dict.fromkeys(known), key=known.count)
    return literal(usual) if 2 * known.count(usual) >= len(known) else None


def _derived(group: _Group, named: list[tuple[str, _Group]]) -> str | None:
    """The value as a multiple or a part of a parameter, or half a kernel."""
    for name, other in named:
        pairs = [
            (one, two)
            for one, two in zip(group.values, other.values, strict=True)
            if one is not MISSING and two is not MISSING
        ]
        if len(pairs) < len([one for one in group.values if one is not MISSING]):
            continue
        if not all(isinstance(one, int) and isinstance(two, int) and two for one, two in pairs):
            continue
        if group.counts_channels and other.counts_channels:
            one, two = pairs[0]
            if one > two and one % two == 0 and all(a == b * (one // two) for a, b in pairs):
                return f"{one // two} * {name}"
            if two > one > 0 and two % one == 0 and all(b == a * (two // one) for a, b in pairs):
                return f"{name} // {two // one}"
        if group.names[0] == "padding" and other.names[0] == "dilation" and all(a == b for a, b in pairs):
            return name
        is_kernel = group.names[0] == "padding" and other.names[0] == "kernel_size"
        if is_kernel and all(a == b // 2 for a, b in pairs):
            return f"{name} // 2"
    return None
