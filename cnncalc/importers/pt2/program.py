"""An exported program as a recording: its tensors, calls and modules, at one size of its inputs or two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cnncalc.errors import Diagnostic, UsageError
from cnncalc.importers.items import Malformed, Request
from cnncalc.importers.pt2.archive import Program
from cnncalc.importers.pt2.calls import macs_of, named
from cnncalc.importers.pt2.sizes import Symbols, UnknownSize, number_of, solved, value_of
from cnncalc.importers.torch.calls import Call, ModuleCall, Recording, Ref, Tensor, refs
from cnncalc.importers.torch.network import MORE, Recorded, Sizes, larger_size
from cnncalc.importers.unforeseen import reported

ATEN = "torch.ops.aten."
_SAME_MEMORY = (
    "view", "reshape", "permute", "transpose", "t", "slice", "select", "expand", "unsqueeze", "squeeze",
    "split", "split_with_sizes", "chunk", "unbind", "flatten", "unflatten", "narrow", "contiguous",
    "detach", "alias", "view_as", "expand_as", "movedim", "_unsafe_view",
)  # fmt: skip
"""Operators whose result may lie in the memory of what they read."""


_AT_ONE_SIZE = "export it without `dynamic_shapes`, or import the module: `cnncalc import net.py:Net`"


def recorded(program: Program, request: Request) -> Recorded:
    """The recordings of a program at the sizes asked for and, where it leaves sizes open, at larger ones.

    Raises:
        Malformed: where the program is no graph of tensors.
        UsageError: for a size that it was not exported for.
    """
    with reported(request.source):
        try:
            return _recorded(program, request)
        except UnknownSize as error:
            message = f"a size of the program cannot be computed: {error}"
            raise Malformed(request.source, message, _AT_ONE_SIZE) from error


def _recorded(program: Program, request: Request) -> Recorded:
    given = _inputs(program)
    stated = [_stated(sizes) for sizes in given]
    shapes = [
        tuple(size or 0 for size in shape.axes)
        if (shape := request.shape_of(f"input{place + 1}", place == 0))
        else own
        for place, own in enumerate(stated)
    ]
    symbols = _symbols(program, given, shapes)
    first = _Reading(program, symbols).recording()
    is_open = any(isinstance(size, dict) and "as_expr" in size for sizes in given for size in sizes[2:])
    if not is_open:
        return Recorded(first, None, tuple(shapes), (), "the program was exported at one size")
    for more in MORE:
        other = tuple(larger_size(shape, more) for shape in shapes)
        try:
            second = _Reading(program, _symbols(program, given, other)).recording()
        except (UsageError, UnknownSize):
            continue
        return Recorded(first, second, tuple(shapes), other, None)
    return Recorded(first, None, tuple(shapes), (), "the program allows no larger size")


# Inputs


def _graph(program: Program) -> Mapping[str, Any]:
    found: Mapping[str, Any] = program["graph_module"]["graph"]
    return found


def _specs(program: Program) -> list[Any]:
    found: list[Any] = program["graph_module"]["signature"]["input_specs"]
    return found


def _inputs(program: Program) -> list[list[Any]]:
    """The sizes of the tensors that come in, batch included."""
    values = _graph(program)["tensor_values"]
    found = []
    for spec in _specs(program):
        if "user_input" in spec and "as_tensor" in spec["user_input"]["arg"]:
            sizes = values[spec["user_input"]["arg"]["as_tensor"]["name"]]["sizes"]
            if len(sizes) < 2:
                raise UnknownSize("an input has no batch and channels")
            found.append(sizes)
    return found


def _stated(sizes: Sequence[Any]) -> Sizes:
    """The sizes that a program was exported at, without the batch."""
    return tuple(one["as_int"] if "as_int" in one else one["as_expr"]["hint"]["as_int"] for one in sizes[1:])


def _symbols(program: Program, given: Sequence[Sequence[Any]], shapes: Sequence[Sizes]) -> Symbols:
    """The values of symbols at these shapes, with a batch of 1."""
    symbols: dict[str, int] = {}
    for sizes, shape in zip(given, shapes, strict=True):
        if len(sizes) != len(shape) + 1:
            raise _refused(f"it reads {len(sizes) - 1} axes besides the batch, not {len(shape)}", sizes)
        for axis, (size, wanted) in enumerate(zip(sizes, (1, *shape), strict=True)):
            fixed = size.get("as_int")
            if fixed is not None and fixed != wanted:
                what = "its batch is" if axis == 0 else f"axis {axis} of its input is"
                raise _refused(f"{what} {fixed}, not {wanted}", sizes)
            found = None if fixed is not None else solved(size, wanted)
            if found is not None and symbols.setdefault(*found) != found[1]:
                raise _refused("two axes are always of one size", sizes)
            if fixed is None and found is None:
                raise _refused(f"axis {axis} of its input cannot be {wanted}", sizes)
            if axis and found is not None:
                _check_range(program, size, wanted, sizes)
    return symbols


def _check_range(program: Program, size: Any, wanted: int, sizes: Sequence[Any]) -> None:
    """Whether a size is within the bounds that the program states for its symbol."""
    name, value = solved(size, wanted) or ("", 0)
    bounds = (program.get("range_constraints") or {}).get(name)
    if not isinstance(bounds, dict):
        return
    least, most = bounds.get("min_val"), bounds.get("max_val")
    if (isinstance(least, int) and value < least) or (isinstance(most, int) and value > most):
        raise _refused(f"{wanted} is outside of the sizes that it was exported for", sizes)


def _refused(message: str, sizes: Sequence[Any]) -> UsageError:
    said = "x".join(str(one["as_int"]) if "as_int" in one else "any" for one in sizes)
    help = "export it with a batch of 1 and, for other sizes, with `dynamic_shapes`"
    return UsageError(Diagnostic("E113", "error", f"the program reads {said}: {message}", help))


# The graph


class _Reading:
    """The tensors met so far by name, and the calls and modules in order."""

    def __init__(self, program: Program, symbols: Symbols) -> None:
        self.graph = _graph(program)
        self.signature = program["graph_module"]["signature"]
        self.symbols = symbols
        self.tensors: list[Tensor] = []
        self.calls: list[Call] = []
        self.modules: list[ModuleCall] = []
        self.open: list[tuple[str, int]] = []
        self.places: dict[str, int] = {}
        """Where each tensor is held; one that is changed in place and what came of that are in one place."""
        self.held: list[Ref] = []
        self.shared: dict[int, set[int]] = {}
        """The places that may have memory in common, by each of them."""
        self.turned: dict[Ref, Ref] = {}
        """Matrices that are read with their axes exchanged, by what came of that."""
        self.inputs: list[Ref] = []

    def recording(self) -> Recording:
        for spec in self.signature["input_specs"]:
            self._take(spec)
        for node in self.graph["nodes"]:
            self._node(node)
        self._close(0)
        outputs = [
            spec["user_output"]["arg"] for spec in self.signature["output_specs"] if "user_output" in spec
        ]
        return Recording(
            tensors=tuple(self.tensors),
            calls=tuple(self.calls),
            modules=tuple(self.modules),
            inputs=tuple(self.inputs),
            outputs=tuple(refs([self._value(one) for one in outputs])),
        )

    def _take(self, spec: Mapping[str, Any]) -> None:
        """One of the tensors that a program starts with."""
        (kind, held), *_ = spec.items()
        if kind == "user_input":
            if "as_tensor" in held["arg"]:
                self.inputs.append(self._add(held["arg"]["as_tensor"]["name"], "input"))
        elif kind == "parameter":
            self._add(held["arg"]["name"], "parameter", str(held["parameter_name"]))
        elif kind == "buffer":
            self._add(held["arg"]["name"], "buffer", str(held["buffer_name"]))
        elif kind == "tensor_constant":
            self._add(held["arg"]["name"], "constant")

    def _add(self, name: str, kind: str, path: str = "") -> Ref:
        value = self.graph["tensor_values"][name]
        shape = tuple(value_of(size, self.symbols) for size in value["sizes"])
        ref = Ref(len(self.tensors))
        self.tensors.append(Tensor(shape, kind, path, bool(value.get("requires_grad"))))
        self.places[name] = len(self.held)
        self.held.append(ref)
        return ref

    def _node(self, node: Mapping[str, Any]) -> None:
        outputs = list(_tensor_names(node["outputs"]))
        if not outputs:
            return  # sizes, and checks of them
        target = str(node["target"])
        name, _, overload = (
            target.removeprefix(ATEN).partition(".") if target.startswith(ATEN) else (target, "", "")
        )
        inputs = node["inputs"]
        args = [self._value(one["arg"]) for one in inputs if one.get("kind", 1) == 1]
        kwargs = {one["name"]: self._value(one["arg"]) for one in inputs if one.get("kind", 1) != 1}
        function, args, kwargs = self._as_linear(*named(name, overload, args, kwargs))
        self._enter(str(node["metadata"].get("nn_module_stack", "")))
        read = [self.tensors[ref.number].shape for ref in refs((args, kwargs))]
        results = [self._add(one, "result") for one in outputs]
        shared = list(_tensor_names([one["arg"] for one in inputs]))
        self._remember(name, args, shared, outputs)
        taken = results[:1] if function in _FIRST_ALONE else results
        is_one = len(taken) == 1 and "as_tensors" not in node["outputs"][0]
        self.calls.append(
            Call(
                function=function,
                args=tuple(args),
                kwargs=kwargs,
                result=taken[0] if is_one else tuple(taken),
                module=self.open[-1][1] if self.open else -1,
                macs=macs_of(function, read, self.tensors[results[0].number].shape),
                products=None,
            )
        )
        if name.endswith("_") and not name.endswith("__") and shared:
            self._write(shared[0], outputs[0])

    def _remember(self, name: str, args: list[Any], read: list[str], outputs: list[str]) -> None:
        """What of the result lies where something read lies."""
        if name in _SAME_MEMORY and read:
            place = self.places[read[0]]
            group = self.shared.setdefault(place, {place})
            for one in outputs:
                group.add(self.places[one])
                self.shared[self.places[one]] = group
        is_turned = name == "t" or (name == "permute" and args[1:] == [[1, 0]])
        is_turned = is_turned or (name == "transpose" and sorted(args[1:]) in ([0, 1], [-2, -1]))
        if is_turned and len(self.tensors[args[0].number].shape) == 2:
            self.turned[self._known(outputs[0])] = args[0]

    def _as_linear(
        self, function: str, args: list[Any], kwargs: dict[str, Any]
    ) -> tuple[str, list[Any], Any]:
        """A product with a matrix whose axes are exchanged is a linear layer."""
        turned = self.turned
        if function == "addmm" and len(args) == 3 and not kwargs and args[2] in turned:
            return "linear", [args[1], turned[args[2]], args[0]], kwargs
        if function in ("mm", "matmul") and isinstance(args[1], Ref) and args[1] in turned:
            return "linear", [args[0], turned[args[1]]], kwargs
        return function, args, kwargs

    def _write(self, changed: str, result: str) -> None:
        """What an operator changes in place is what came of it; what else lies there is no longer known."""
        place = self.places[changed]
        for other in self.shared.pop(place, {place}) - {place}:
            before = self.held[other].number
            self.held[other] = Ref(len(self.tensors))
            name = f"{before} {len(self.calls) - 1}"
            self.tensors.append(Tensor(self.tensors[before].shape, "stale", name))
            self.shared.pop(other, None)
        self.held[place] = self._known(result)
        self.places[result] = place

    def _known(self, name: str) -> Ref:
        return self.held[self.places[name]]

    # Modules

    def _enter(self, stack: str) -> None:
        """Open and close modules until those around a call are these."""
        wanted = [part.split(",") for part in stack.split(";") if part.count(",") >= 2]
        common = 0
        while common < min(len(wanted), len(self.open)) and wanted[common][0] == self.open[common][0]:
            common += 1
        self._close(common)
        for key, path, kind in (part[:3] for part in wanted[common:]):
            parent = self.open[-1][1] if self.open else -1
            made = ModuleCall(path=path, kind=kind.rpartition(".")[2], parent=parent, first=len(self.calls))
            self.open.append((key, len(self.modules)))
            self.modules.append(made._replace(last=made.first))

    def _close(self, common: int) -> None:
        for _, index in self.open[common:]:
            self.modules[index] = self.modules[index]._replace(last=len(self.calls))
        del self.open[common:]

    # Arguments

    def _value(self, argument: Mapping[str, Any]) -> Any:
        """An argument as recordings have it."""
        ((kind, held),) = argument.items()
        if kind == "as_none":
            return None
        if kind == "as_tensor":
            return self._known(held["name"])
        if kind == "as_tensors":
            return [self._known(one["name"]) for one in held]
        if kind == "as_optional_tensors":
            return [None if "as_none" in one else self._known(one["as_tensor"]["name"]) for one in held]
        if kind in ("as_sym_int", "as_sym_ints"):
            sizes = [self._size(one) for one in (held if kind == "as_sym_ints" else [held])]
            return sizes if kind == "as_sym_ints" else sizes[0]
        if kind in ("as_sym_float", "as_sym_floats"):
            numbers = [self._number(one) for one in (held if kind == "as_sym_floats" else [held])]
            return numbers if kind == "as_sym_floats" else numbers[0]
        if kind in ("as_int", "as_float", "as_bool", "as_string", "as_ints", "as_floats", "as_bools"):
            return held
        return str(held)

    def _number(self, held: Mapping[str, Any]) -> float:
        return number_of(
            self.graph["sym_float_values"][held["as_name"]] if "as_name" in held else held, self.symbols
        )

    def _size(self, held: Mapping[str, Any]) -> int:
        return value_of(
            self.graph["sym_int_values"][held["as_name"]] if "as_name" in held else held, self.symbols
        )


_FIRST_ALONE = ("batch_norm", "layer_norm", "group_norm", "max_pool2d", "max_pool3d", "dropout")
"""Functions of which ATen's operators also give out what only training needs."""


def _tensor_names(arguments: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for one in arguments:
        if "as_tensor" in one:
            yield one["as_tensor"]["name"]
        for inner in one.get("as_tensors", ()):
            yield inner["name"]


__all__ = ["recorded"]
