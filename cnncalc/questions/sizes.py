"""Which input sizes fit a network: residue classes per axis, and those near a size that was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from cnncalc.analysis.along import Along, Unanswered, Verdict
from cnncalc.analysis.fitting import Classes, Fitting, has_same_weights, is_kept, is_valid, is_whole
from cnncalc.analysis.run import Given, rules_of, with_input
from cnncalc.errors import InputError, NoAnswer
from cnncalc.geometry.shape import Shape
from cnncalc.network.model import Model
from cnncalc.questions.answers import SPATIAL, place, refusal
from cnncalc.support import display
from cnncalc.support.numbers import plural


class Near(NamedTuple):
    """A size that was asked for, and the valid ones around it."""

    size: int
    ok: bool
    below: int | None
    """The largest valid size that is smaller."""
    above: int | None
    """The smallest valid size that is larger."""
    reason: str | None
    """Why it does not fit, or which layer drops positions though it fits."""


class Axis(NamedTuple):
    """The sizes along one axis: residues modulo ``period`` that hold from ``from_`` on, and the rest."""

    period: int
    from_: int | None
    valid: tuple[int, ...]
    whole: tuple[int, ...]
    kept: tuple[int, ...]
    same_weights: tuple[tuple[int, int | None], ...] | None
    """First and last of each run of valid sizes with the weights of the model's own input, the last ``None``
    where it has no end; ``None`` where nothing flattens.
    """
    also: tuple[int, ...]
    """Valid sizes below ``from_``."""
    near: Near | None
    classes: tuple[Classes, Classes, Classes]
    """Valid, whole and kept sizes, each by a modulus of its own."""

    def fits(self, size: int) -> bool:
        """Whether a size is valid."""
        return size in self.classes[0]


class Sizes(NamedTuple):
    """Which input sizes fit one network."""

    name: str
    file: str
    inputs: tuple[tuple[str, Shape], ...]
    framework: str
    axes: tuple[Axis, ...]
    varied: tuple[str, ...]
    """The inputs that are meant: those as large as the first one; the others keep their sizes."""
    output: str
    """The main output, whose sizes are ``kept``."""
    other_outputs: tuple[str, ...]
    """The heads, and the layers that no other one reads."""

    def _repr_html_(self) -> str:
        return display.html(self)

    def _repr_markdown_(self) -> str:
        return display.markdown(self)

    def __rich__(self) -> object:
        return display.rich(self)


def sizes(
    model: Model,
    near: int | Sequence[int] | None = None,
    *,
    input: Given | None = None,
    framework: str | None = None,
) -> Sizes:
    """Which input sizes fit, along each axis of the first input.

    Args:
        model: one of the models that ``load`` returns.
        near: a size whose neighbours are wanted, the same along each axis or one for each.
        input: another input than the spec's, as for ``analyze``.
        framework: another framework's rules than the spec's.

    Raises:
        NoAnswer: where no size fits, or the sizes follow no rule; with the layer at fault.
        TypeError, ValueError: as for ``analyze``, and for a size below 1.
    """
    asked: tuple[Any, ...] = tuple(near) if isinstance(near, list | tuple) else (near,)
    if near is not None:
        for one in asked:
            _check(one)
    rules = rules_of(model, framework)
    model = model._replace(inputs=with_input(model.inputs, input), framework=rules)
    rank = model.inputs[0][1].rank
    if not rank:
        message = f"the input `{model.inputs[0][0]}` is a vector: it has no spatial axes"
        raise refusal(model, message, None, SPATIAL)
    asked = by_axis(asked, rank)
    found: list[Axis] = []
    try:
        lines = [Along(model, rules, axis) for axis in range(rank)]
    except Unanswered as error:
        raise refusal(model, error.reason, error.node, error.help) from None
    for axis in range(rank):
        before = (other for other in range(axis) if asked[other] == asked[axis])
        same = next((other for other in before if lines[axis].is_like(lines[other])), None)
        found.append(_axis(model, lines[axis], asked[axis]) if same is None else found[same])
    names = [name for (name, _), varied in zip(model.inputs, lines[0].varied, strict=True) if varied]
    main, *others = model.graph.ends()
    return Sizes(
        name=model.name,
        file=model.file,
        inputs=model.inputs,
        framework=rules.name,
        axes=tuple(found),
        varied=tuple(names),
        output=main,
        other_outputs=tuple(others),
    )


def by_axis(sizes: tuple[Any, ...], rank: int) -> tuple[Any, ...]:
    """One size for each spatial axis, of one for all or one for each.

    Raises:
        InputError: where there are others.
    """
    if len(sizes) not in (1, rank):
        axes = plural(rank, "spatial axis", "spatial axes")
        raise InputError(f"{len(sizes)} sizes for {axes}: give one, or one per axis")
    return sizes * rank if len(sizes) == 1 else sizes


def _check(size: Any) -> None:
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        raise ValueError(f"a size is a whole number from 1 on, not {size!r}")


def _axis(model: Model, along: Along, near: int | None) -> Axis:
    try:
        fitting = Fitting(along)
    except Unanswered as error:
        raise refusal(model, error.reason, error.node, error.help) from None
    each = (fitting.sizes(is_valid), fitting.sizes(is_whole), fitting.sizes(is_kept))
    if each[0].smallest is None:
        raise _nothing(model, fitting)
    valid, whole, kept = fitting.together(is_valid, is_whole, is_kept)
    return Axis(
        period=valid.period,
        from_=valid.start,
        valid=valid.residues,
        whole=whole.residues,
        kept=kept.residues,
        same_weights=None if fitting.wanted is None else fitting.runs(has_same_weights),
        also=valid.also,
        near=None if near is None else _near(fitting, each[0], near),
        classes=each,
    )


def _near(fitting: Fitting, valid: Classes, size: int) -> Near:
    verdict = fitting.at(size)
    return Near(size, verdict.valid, valid.below(size), valid.above(size), reason(verdict))


def reason(verdict: Verdict) -> str | None:
    """Why a size does not fit, or where positions are dropped; ``None`` where neither is so."""
    if verdict.valid:
        nodes = verdict.dropping
        return f"`{nodes[0].path}` drops positions at the end{place(nodes[0])}" if nodes else None
    node, fault = verdict.node, verdict.fault
    assert node is not None
    assert fault is not None
    given = sorted({a for a, b in verdict.sizes if a and b == 0})
    if fault.code == "E303" and len(given) > 1:
        return f"`{node.path}` joins maps of {', '.join(map(str, given[:-1]))} and {given[-1]}{place(node)}"
    return f"`{node.path}`: {fault.message}{place(node)}"


def _nothing(model: Model, fitting: Fitting) -> NoAnswer:
    """No size fits: the layer that refuses the model's own, or one that is large."""
    verdict = fitting.stretches[0][0].verdict if fitting.own is None else fitting.at(fitting.own)
    assert verdict.fault is not None
    return refusal(model, f"no input size fits: {verdict.fault.message}", verdict.node, verdict.fault.help)
