"""What every importer yields: a network as a flat list of items, or all that it does not understand.

An importer writes down what the source says, one item for each layer, and nothing more: structure, names,
defaults and repeats are found by the passes, the text by the writer. So an importer

- gives each tensor an id of its own (any text; the source's own name where it has one) and lists the items in
  order of evaluation: an item reads the network's inputs and outputs of earlier items alone;
- uses the operations and arguments of the spec language (``conv`` not ``conv3x3``, ``kernel`` not ``k``), and
  may state every argument, defaults included: the passes leave out what need not be said;
- writes normalization and activation as items of their own, a residual connection as ``add`` of two tensors,
  a gate as ``mul``: the passes fold and nest them;
- leaves out what changes nothing (identity, casts, reshapes to the same shape) and keeps ``dropout``;
- states the shape of every tensor where it knows it by its own arithmetic: the written spec is held to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from cnncalc.errors import CnncalcError, Diagnostic, Location
from cnncalc.geometry.shape import Shape, Size

Value = bool | int | float | str | tuple["Value", ...]
"""A plain value of an argument. One per axis is a tuple of numbers, padding per axis a tuple of pairs."""

NOT_UNDERSTOOD = "E117"
UNNAMED = "~"
"""Before a word of a label that is a number given by the tool and no name of the source's."""
NO_ARGUMENTS: Mapping[str, Value] = MappingProxyType({})


class Item(NamedTuple):
    """One layer of a network as its source has it. Immutable; passes make new ones with ``_replace``."""

    op: str
    """The operation by its word in a spec, without a kernel: ``conv``, ``bn``, ``concat``, ``custom``."""
    inputs: tuple[str, ...]
    """The tensors it reads, in the order that counts for ``concat``. What a spec gives by name (the target of
    ``upsample_to`` and ``crop_to``) is the second one here, and no argument.
    """
    output: str
    """The tensor it makes; no other item has the same."""
    arguments: Mapping[str, Value] = NO_ARGUMENTS
    """By the names that a spec has for them; an argument that is absent has the spec language's default under
    the network's framework.
    """
    label: str = ""
    """What the source calls it, scopes separated by dots: ``layer1.0.conv1``. Names and blocks come from
    it.
    """
    shape: Shape | None = None
    """The shape of its output by the importer's own arithmetic, without the batch; ``None`` where unknown."""
    note: str | None = None
    """What a reader of the spec should know of it."""
    share: str | None = None
    """The output of the earlier item whose weights it uses."""
    frozen: bool = False
    """Whether its parameters are not trained."""

    def given(self, name: str, default: Value | None = None) -> Value | None:
        """An argument, or a default."""
        return self.arguments.get(name, default)


def item(
    op: str,
    inputs: str | Iterable[str],
    output: str,
    *,
    label: str = "",
    shape: Shape | None = None,
    note: str | None = None,
    share: str | None = None,
    frozen: bool = False,
    **arguments: object,
) -> Item:
    """An item with its arguments as keywords; those that are ``None`` are absent, lists become tuples."""
    given = {name: plain(value) for name, value in arguments.items() if value is not None}
    return Item(
        op=op,
        inputs=(inputs,) if isinstance(inputs, str) else tuple(inputs),
        output=output,
        arguments=MappingProxyType(given),
        label=label,
        shape=shape,
        note=note,
        share=share,
        frozen=frozen,
    )


def plain(value: object) -> Value:
    """A value as items hold it.

    Raises:
        TypeError: for what is none, such as a number of another library.
    """
    if isinstance(value, list | tuple):
        return tuple(plain(one) for one in value)
    if isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"an argument is a number, a word or a list of them, not {type(value).__name__}")


class Stated(NamedTuple):
    """What the source itself says of its totals; ``None`` where it says nothing."""

    params: Size = None
    """Parameters, learned and frozen."""
    trainable: Size = None
    buffers: Size = None
    macs: Size = None


NOTHING_STATED = Stated()


class Network(NamedTuple):
    """A network as its source has it: inputs, items in order of evaluation, outputs."""

    name: str
    inputs: tuple[tuple[str, Shape], ...]
    """The tensors that come in, with unknown axes as ``None``; the main one first."""
    items: tuple[Item, ...]
    outputs: tuple[str, ...]
    """The tensors that the source gives out, in its order."""
    framework: str
    """Whose rules it follows, as ``framework:`` has it: ``pytorch``, ``tensorflow``, ``caffe``,
    ``onnx:17``.
    """
    source: str
    """The file or callable, the format's version and the producer, for ``source:``."""
    classes: Mapping[str, str] = MappingProxyType({})
    """What kind of module each scope is: ``layer1.0`` is a ``BasicBlock``. Blocks take their names from
    it.
    """
    stated: Stated = NOTHING_STATED
    nodes: int = 0
    """Nodes, layers or calls of the source, for the closing line."""
    remarks: tuple[str, ...] = ()
    """What the user should know of the translation: sizes baked in, batch norm folded away by the
    exporter.
    """
    unknown: tuple[Problem, ...] = ()
    """With ``partial``: what was not understood and became ``custom``."""
    description: str | None = None
    names: Mapping[str, str] = MappingProxyType({})
    """The names of inputs where they are not their tensors' ids."""
    of_spec: bool = False
    """Whether it comes from a spec: the first output is the main one, and layers that no output depends on
    count as well.
    """


class Problem(NamedTuple):
    """Something of the source that the importer does not understand, or that a spec cannot say."""

    node: str
    """What the source calls it: the node, layer, section or module."""
    operator: str
    reason: str
    """What exactly is not understood, with the value: ``attribute `storage_order` is 1``."""
    help: str | None = None
    place: Location | None = None
    """The line, where the source is text."""
    times: int = 1
    """How many there are of the kind."""
    code: str = NOT_UNDERSTOOD
    """That of a layer's own error, where the source itself is invalid."""


class Refused(CnncalcError):
    """A source that cannot be translated; its diagnostics are all that is not understood, each kind once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = gathered(problems)
        super().__init__(*map(_diagnostic, self.problems))


class Malformed(CnncalcError):
    """A source that is not what its name says, or is damaged: where, and what was found."""

    def __init__(
        self, file: str, message: str, help: str | None = None, place: Location | None = None
    ) -> None:
        super().__init__(Diagnostic("E116", "error", message, help, location=place or Location(file, 1, 1)))


def gathered(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems with those of one kind as one, the first that was met with the number of all."""
    kinds: dict[tuple[str, str], Problem] = {}
    for problem in problems:
        kind = (problem.operator, problem.reason)
        found = kinds.get(kind)
        kinds[kind] = problem if found is None else found._replace(times=found.times + problem.times)
    return tuple(kinds.values())


def _diagnostic(problem: Problem) -> Diagnostic:
    times = "" if problem.times == 1 else f" ({problem.times:,} of them)"
    message = f"{problem.operator}: {problem.reason}{times}"
    help = problem.help
    if help is None and problem.code == NOT_UNDERSTOOD:
        help = "`cnncalc import --partial` writes it as `custom` all the same"
    return Diagnostic(problem.code, "error", message, help, problem.node or None, problem.place)


class Request(NamedTuple):
    """How a source is to be read."""

    source: str
    """The file, or ``package.module:callable``."""
    sizes: Mapping[str, Shape] = MappingProxyType({})
    """Shapes of inputs that the source leaves open, by the input's name; that of the main one by ``""``."""
    partial: bool = False
    """Whether what is not understood becomes ``custom`` instead of a refusal."""

    def shape_of(self, name: str, is_main: bool) -> Shape | None:
        """The shape asked for an input, or ``None``."""
        return self.sizes.get(name, self.sizes.get("") if is_main else None)


def unknown_item(
    op: str,
    inputs: Iterable[str],
    output: str,
    *,
    reason: str,
    label: str,
    shape: Shape | None,
    params: int | None = None,
    macs: int | None = None,
    buffers: int | None = None,
) -> Item:
    """What takes the place of something not understood, with ``partial``: a ``custom`` that states its shape
    and
    counts and sees all of its inputs.
    """
    given: dict[str, Value | None] = {"params": params, "macs": macs, "buffers": buffers or None, "rf": "all"}
    if shape is not None:
        given["shape"] = tuple("any" if size is None else size for size in shape.axes)
    return Item(
        op="custom",
        inputs=tuple(inputs),
        output=output,
        arguments=MappingProxyType({name: value for name, value in given.items() if value is not None}),
        label=label,
        shape=shape,
        note=f"{op}: {reason}; stated by the import, not computed",
    )
