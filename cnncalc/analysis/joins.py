"""Receptive fields at joins: the union over the branches, and which branches are not aligned."""

from __future__ import annotations

from fractions import Fraction

from cnncalc.analysis.causality import Ends, is_causal, joined
from cnncalc.analysis.effort import Follower
from cnncalc.analysis.tensors import Tensor
from cnncalc.errors import Diagnostic, Fault
from cnncalc.geometry.arrangement import Along
from cnncalc.geometry.receptive_field import AxisField, offset
from cnncalc.geometry.shape import Shape, Size

WHOLE_MAP = AxisField((), True)
ABOUT_ALIGNMENT = ("W502", "W503", "W519")
UNLIKE_AXES = "joins branches that see an input axis along different axes of their own"
SPREAD = "joins a map with a single unit, which sees a part of the input, at all positions"


class Joins:
    """The joins of one network in the order of evaluation."""

    def __init__(self, inputs: tuple[Shape, ...], follower: Follower) -> None:
        self._inputs = inputs
        self._follower = follower
        self.looked_at_inputs = False
        """Whether fields of the last join depend on the sizes of the network's inputs."""
        self._reported: set[tuple[Fraction, Fraction]] = set()
        """The offsets of branches that have been reported; of one that many joins inherit, the first is
        enough.
        """

    def fields(
        self, tensors: list[Tensor], shape: Shape, place: int
    ) -> tuple[tuple[AxisField, ...], tuple[Along, ...], tuple[Fault, ...]]:
        """The union over the branches of a join that makes ``shape``, the view of a single unit being spread
        over the others' map, along which axes it changes, and what is remarkable about it.
        """
        self.looked_at_inputs = False
        branches = [self._spread(tensor, shape) for tensor in tensors]
        rank = max(map(len, branches))
        fields: tuple[AxisField, ...] = ()
        along: tuple[Along, ...] = ()
        faults: list[Fault] = []
        for tensor, branch in zip(tensors, branches, strict=True):
            if len(branch) != rank:
                continue
            if not fields:
                first, fields, along, ends = tensor, branch, tensor.along, tensor.ends
                continue
            ends = joined_ends((fields, branch), (ends, tensor.ends))
            union = tuple(
                [
                    self._follower.joined(one, other, place, is_causal(path))
                    for one, other, path in zip(fields, branch, ends, strict=True)
                ]
            )
            if tensor.along != along:
                union, along = _differently_laid(union, along, tensor.along)
            elif branch != fields:
                faults += self._offsets((first, tensor), (fields, branch), union)
            fields = union
        return fields, along, tuple(faults)

    def _spread(self, tensor: Tensor, shape: Shape) -> tuple[AxisField, ...]:
        """What every unit sees of the input through an axis of one unit: all, as far as that unit does."""
        is_spread = _spread_axes(tensor, shape)
        if not any(is_spread):
            return tensor.fields
        self.looked_at_inputs |= any(
            spread and field != WHOLE_MAP for field, spread in zip(tensor.fields, is_spread, strict=True)
        )
        inputs = [one.sizes for one in self._inputs if one.rank == len(tensor.fields)]
        return tuple(
            [
                field if not spread else WHOLE_MAP if _sees_all(field, axis) else field.lost(SPREAD)
                for field, spread, axis in zip(
                    tensor.fields, is_spread, zip(*inputs, strict=True), strict=False
                )
            ]
        )

    def _offsets(
        self,
        tensors: tuple[Tensor, Tensor],
        branches: tuple[tuple[AxisField, ...], tuple[AxisField, ...]],
        joined: tuple[AxisField, ...],
    ) -> list[Fault]:
        """Which two branches have their centres apart, or that this is not known: for the first such axis."""
        names = f"branches `{tensors[0].path}` and `{tensors[1].path}`"
        for one, other, result in zip(*branches, joined, strict=True):
            code = None if result.aligned else self._code_of_offset(one, other, result)
            if code is not None:
                return [Fault(code, f"{names} are not aligned: {_apart(one, other)}", _align(one, other))]
            if one.maps and other.maps and one.shifts != other.shifts:
                why = result.unknown_start or result.unknown
                return [Fault("W503", f"{names} are taken as aligned: their offset {why}")]
        return []

    def _code_of_offset(self, one: AxisField, other: AxisField, joined: AxisField) -> str | None:
        """For branches that are not aligned: W519 where no padding could fix it, ``None`` where it is already
        reported.
        """
        is_first = one.aligned and other.aligned
        if not joined.maps or one.shifts != other.shifts or _differ_in_stride(one, other):
            return "W502" if is_first else None
        least, most = apart = offset(one.maps[0], other.maps[0])
        if least == -most:
            # As far to the left as to the right is what upsampling does to units that are centred alike.
            return "W519" if is_first else None
        if apart in self._reported:
            return None
        self._reported |= {apart, (-most, -least)}
        return "W502"


def one_per_line(diagnostics: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The findings with those about alignment once for each line of a file, which copies of a block share."""
    found: dict[object, list[Diagnostic]] = {}
    for number, one in enumerate(diagnostics):
        is_shared = one.code in ABOUT_ALIGNMENT and one.location is not None
        place = None if one.location is None else one.location._replace(node=None)
        found.setdefault((one.code, place) if is_shared else number, []).append(one)
    return tuple([_with_more(first, more) for first, *more in found.values()])


def _with_more(first: Diagnostic, more: list[Diagnostic]) -> Diagnostic:
    if not more:
        return first
    others = "another join" if len(more) == 1 else f"{len(more)} more joins, the last"
    has_lines = first.location is not None and first.location.node is None
    where = "from this line also" if has_lines else "also"
    return first._replace(message=f"{first.message}; {where} {others}: `{more[-1].path}`")


def joined_ends(
    fields: tuple[tuple[AxisField, ...], ...], ends: tuple[tuple[Ends | None, ...], ...]
) -> tuple[Ends | None, ...]:
    """How joined paths are padded along each axis; one that sees the whole axis counts for nothing."""
    return tuple(
        [
            joined([end for field, end in zip(seen, some, strict=True) if field.maps])
            for seen, some in zip(zip(*fields, strict=True), zip(*ends, strict=True), strict=True)
        ]
    )


def _spread_axes(tensor: Tensor, shape: Shape) -> tuple[bool, ...]:
    """Of each input axis, whether a join of this shape spreads a single unit over the units of others."""
    if tensor.shape.rank != shape.rank:
        return (tensor.shape.is_point and not shape.is_point,) * len(tensor.fields)
    mine, joint = tensor.shape.sizes, shape.sizes
    return tuple([axis is not None and mine[axis] == 1 and joint[axis] != 1 for axis in tensor.along])


def _differently_laid(
    fields: tuple[AxisField, ...], one: tuple[Along, ...], other: tuple[Along, ...]
) -> tuple[tuple[AxisField, ...], tuple[Along, ...]]:
    """The fields of branches that see an input axis along unlike axes of their own, which are not
    followed.
    """
    pairs = tuple(zip(one, other, strict=True))
    along = tuple([here if there is None else there for here, there in pairs])
    unlike = [None not in pair and pair[0] != pair[1] for pair in pairs]
    lost = [
        field.lost(UNLIKE_AXES) if is_lost else field for field, is_lost in zip(fields, unlike, strict=True)
    ]
    return tuple(lost), along


def _sees_all(field: AxisField, sizes: tuple[Size, ...]) -> bool:
    """Whether the first unit sees the whole of every input along an axis."""
    seen = field.at(0)
    return field.is_global or (
        seen is not None and seen[0] <= 0 and all(size is not None and seen[1] >= size - 1 for size in sizes)
    )


def _differ_in_stride(one: AxisField, other: AxisField) -> bool:
    return len(one.maps) != 1 or len(other.maps) != 1 or one.stride != other.stride


def _apart(one: AxisField, other: AxisField) -> str:
    """The distance of two branches' centres, in words."""
    if _differ_in_stride(one, other):
        return f"their strides are {_or_mixed(one.stride)} and {_or_mixed(other.stride)} input positions"
    least, most = offset(one.maps[0], other.maps[0])
    near, far = sorted((abs(least), abs(most)))
    unit = "input position" if far == 1 else "input positions"
    if least == most:
        return f"their centres are {far} {unit} apart"
    if least < 0 < most:
        return f"their centres are up to {far} {unit} apart, alternately to either side"
    return f"their centres are {near} to {far} {unit} apart, varying by phase"


def _align(one: AxisField, other: AxisField) -> str | None:
    """What would bring the branches' centres together; nothing does where their distance varies."""
    if _differ_in_stride(one, other):
        return "give the branches the same stride"
    least, most = offset(one.maps[0], other.maps[0])
    return "pad or crop the branches alike" if least == most else None


def _or_mixed(stride: Fraction | None) -> str:
    return "mixed" if stride is None else str(stride)
