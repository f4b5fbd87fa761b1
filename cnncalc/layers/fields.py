"""The kinds of argument an operation declares; one declaration serves the reader, the listing and the
operation itself.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, ClassVar, Generic, NamedTuple, Self, TypeVar, overload

from cnncalc.errors import Fault
from cnncalc.frameworks.rules import AxisPadding
from cnncalc.support.numbers import by

T = TypeVar("T")
D = TypeVar("D")


class PerAxis(NamedTuple):
    """One value per spatial axis; a single value counts for all of them."""

    values: tuple[int, ...]

    def over(self, rank: int, what: str) -> tuple[int, ...]:
        """The values of ``rank`` axes.

        Raises:
            Fault: E304, where the number of values is another one.
        """
        if len(self.values) == rank:
            return self.values
        if len(self.values) == 1:
            return self.values * rank
        raise _wrong_rank(what, str(self), len(self.values), rank)

    def __str__(self) -> str:
        return by(self.values)


class Factors(NamedTuple):
    """One positive rational number per spatial axis; a single one counts for all of them."""

    values: tuple[Fraction, ...]

    def over(self, rank: int, what: str) -> tuple[Fraction, ...]:
        """The factors of ``rank`` axes.

        Raises:
            Fault: E304, where the number of factors is another one.
        """
        if len(self.values) == rank:
            return self.values
        if len(self.values) == 1:
            return self.values * rank
        raise _wrong_rank(what, by(self.values), len(self.values), rank)


class Padding(NamedTuple):
    """Padding or cropping as written: one pair per axis, one pair for all, ``half`` a kernel, ``causal``, or
    the framework's ``same``.
    """

    pairs: tuple[tuple[int, int], ...] = ((0, 0),)
    mode: str = "explicit"

    def over(self, kernel: tuple[int, ...]) -> tuple[AxisPadding, ...]:
        """The padding of each axis of a window of these kernels.

        Raises:
            Fault: E304, where the number of pairs is another one.
        """
        if self.mode.startswith("same"):
            return (AxisPadding(same=True, lower=self.mode == "same_lower"),) * len(kernel)
        if self.mode == "causal":
            return (AxisPadding(causal=True),) * len(kernel)
        if self.mode == "half":
            return tuple(AxisPadding(k // 2, k // 2) for k in kernel)
        if len(self.pairs) == len(kernel):
            return tuple(AxisPadding(*pair) for pair in self.pairs)
        if len(self.pairs) == 1:
            return (AxisPadding(*self.pairs[0]),) * len(kernel)
        raise _wrong_rank("padding", str(list(map(list, self.pairs))), len(self.pairs), len(kernel))


def _wrong_rank(what: str, written: str, count: int, rank: int) -> Fault:
    axes = "1 spatial axis" if rank == 1 else f"{rank} spatial axes"
    return Fault(
        "E304", f"{what} {written} has {count} values, but the map has {axes}", f"give one value, or {rank}"
    )


NO_PADDING = Padding()
HALF_PADDING = Padding(mode="half")
PADDING_WORDS = {
    "valid": NO_PADDING,
    "half": HALF_PADDING,
    "causal": Padding(mode="causal"),
    "same": Padding(mode="same"),
    "same_upper": Padding(mode="same"),
    "same_lower": Padding(mode="same_lower"),
}


class Field(Generic[T]):
    """One argument of an operation: how it is read and what it is when absent.

    A non-data descriptor: the class carries the declaration, each layer the value.
    """

    def __init__(
        self,
        kind: str,
        default: Any = None,
        *,
        doc: str,
        required: bool = False,
        primary: bool = False,
        short: str | None = None,
        foreign: tuple[str, ...] = (),
        minimum: int | None = None,
        count: int | None = None,
        choices: tuple[str, ...] = (),
        shown_default: str | None = None,
        spec_name: str | None = None,
    ) -> None:
        self.spec_name = spec_name or ""
        """The name that a spec has for it."""
        self.kind = kind
        self.default = default
        self.doc = doc
        self.required = required
        self.primary = primary
        self.short = short
        self.foreign = foreign
        self.minimum = minimum
        self.count = count
        """The number of entries of a list, where it is fixed."""
        self.choices = choices
        """The words that it may be, besides other values of its kind."""
        self.shown_default = shown_default
        self.name = ""
        """The attribute of the layer that holds the value."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self.spec_name = self.spec_name or name

    def given_twice(self) -> Fault:
        """The fault where both of its forms are given."""
        return Fault(
            "E107", f"`{self.spec_name}` is given twice, also as `{self.short}`", "write only one of them"
        )

    @overload
    def __get__(self, instance: None, owner: type) -> Field[T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> Any:
        if instance is None:
            return self
        raise AttributeError(f"{owner.__name__} has no value for {self.name}")


def integer(
    doc: str,
    *,
    minimum: int = 1,
    primary: bool = False,
    foreign: tuple[str, ...] = (),
    spec_name: str | None = None,
) -> Field[int | None]:
    """An integer that may be left out and is then unknown."""
    return Field("int", None, doc=doc, minimum=minimum, primary=primary, foreign=foreign, spec_name=spec_name)


def integer_or(
    default: int, doc: str, *, minimum: int = 1, primary: bool = False, foreign: tuple[str, ...] = ()
) -> Field[int]:
    """An integer with a default."""
    return Field("int", default, doc=doc, minimum=minimum, primary=primary, foreign=foreign)


def required_integer(doc: str, *, primary: bool = False, foreign: tuple[str, ...] = ()) -> Field[int]:
    """An integer that must be given, at least 1."""
    return Field("int", doc=doc, required=True, minimum=1, primary=primary, foreign=foreign)


def flag(default: bool, doc: str, *, foreign: tuple[str, ...] = ()) -> Field[bool]:
    """True or false."""
    return Field("bool", default, doc=doc, foreign=foreign)


def yes_or_no(value: bool) -> str:
    """A flag as a spec writes it."""
    return "true" if value else "false"


def framework_flag(doc: str, shown_default: str, *, foreign: tuple[str, ...] = ()) -> Field[bool | None]:
    """True or false, ``None`` for the framework's default."""
    return Field("bool", None, doc=doc, foreign=foreign, shown_default=shown_default)


def number(default: float, doc: str, *, primary: bool = False, foreign: tuple[str, ...] = ()) -> Field[float]:
    """A number on which no size or count depends."""
    return Field("number", default, doc=doc, primary=primary, foreign=foreign)


def choice(default: str, choices: tuple[str, ...], doc: str, *, foreign: tuple[str, ...] = ()) -> Field[str]:
    """One of a few words."""
    return Field("choice", default, doc=doc, choices=choices, foreign=foreign)


def integers(
    doc: str, *, count: int | None = None, primary: bool = False, minimum: int = 1
) -> Field[tuple[int, ...]]:
    """A list of integers that must be given, of ``count`` entries where the number is fixed."""
    return Field("ints", doc=doc, required=True, primary=primary, minimum=minimum, count=count)


def optional_integers(
    doc: str, *, primary: bool = False, foreign: tuple[str, ...] = ()
) -> Field[tuple[int, ...]]:
    """A list of integers that may be left out and is then empty."""
    return Field("ints", (), doc=doc, primary=primary, minimum=1, foreign=foreign)


def axes(
    default: int, doc: str, *, short: str | None = None, minimum: int = 1, foreign: tuple[str, ...] = ()
) -> Field[PerAxis]:
    """One integer per axis with a default."""
    return Field("axes", PerAxis((default,)), doc=doc, short=short, minimum=minimum, foreign=foreign)


def optional_axes(
    doc: str,
    *,
    primary: bool = False,
    short: str | None = None,
    minimum: int = 1,
    foreign: tuple[str, ...] = (),
    shown_default: str | None = None,
) -> Field[PerAxis | None]:
    """One integer per axis that may be left out."""
    return Field(
        "axes",
        None,
        doc=doc,
        primary=primary,
        short=short,
        minimum=minimum,
        foreign=foreign,
        shown_default=shown_default,
    )


def optional_factors(
    doc: str, *, primary: bool = False, foreign: tuple[str, ...] = ()
) -> Field[Factors | None]:
    """One positive rational number per axis that may be left out."""
    return Field("factors", None, doc=doc, primary=primary, foreign=foreign)


def size_or_name(doc: str, *, foreign: tuple[str, ...] = ()) -> Field[PerAxis | str | None]:
    """One size per axis, or the name of an earlier tensor that has it, which becomes a second input."""
    return Field("size", None, doc=doc, minimum=1, foreign=foreign)


def required_axes(
    doc: str, *, primary: bool = False, short: str | None = None, foreign: tuple[str, ...] = ()
) -> Field[PerAxis]:
    """One integer per axis that must be given."""
    return Field("axes", doc=doc, required=True, primary=primary, short=short, minimum=1, foreign=foreign)


def kernel_field(*, primary: bool = False) -> Field[PerAxis]:
    return required_axes(
        "window size, also in the name: 3x3",
        short="k",
        primary=primary,
        foreign=("kernel_size", "pool_size", "ksize", "size"),
    )


def padding_field() -> Field[Padding]:
    return Field(
        "padding",
        NO_PADDING,
        doc="`valid` (0), `half` (k//2 at both ends, whatever the dilation), `causal` (d(k-1) before), "
        "`same` or `same_lower` (the framework's), a number, one per axis, or [before, after] per axis",
        short="p",
        foreign=("pad", "pads", "auto_pad"),
        choices=tuple(PADDING_WORDS),
        shown_default="0",
    )


def margins_field(doc: str) -> Field[Padding]:
    return Field(
        "margins", doc=doc, required=True, primary=True, foreign=("padding", "pads", "cropping", "p")
    )


def steps(doc: str, *, primary: bool = False, required: bool = True) -> Field[Any]:
    """A list of layers."""
    return Field("steps", (), doc=doc, primary=primary, required=required)


def tensor_name(doc: str) -> Field[str]:
    """The name of an earlier tensor, which becomes a second input."""
    return Field("name", doc=doc, required=True, primary=True)


def learned_field() -> Field[bool]:
    return flag(
        True, "false: fixed weights, counted as buffers", foreign=("trainable", "requires_grad", "learnable")
    )


def optional_tensor_name(doc: str, *, foreign: tuple[str, ...] = ()) -> Field[str]:
    """The name of an earlier tensor, which becomes a second input; empty where it is left out."""
    return Field("name", "", doc=doc, foreign=foreign)


def tensor_names(doc: str) -> Field[tuple[str, ...]]:
    """A list of names of earlier tensors, which become the inputs; empty where it is left out."""
    return Field("names", (), doc=doc)


NOTHING = ("none",)
"""The word for no layer afterwards."""


def norm_field() -> Field[None]:
    doc = "a normalization as a layer of its own afterwards; before `bn`, `bias` is false by default"
    return Field("norm", doc=doc, choices=NOTHING)


def act_field() -> Field[None]:
    return Field(
        "act",
        doc="an activation as a layer of its own afterwards",
        foreign=("activation", "nonlinearity"),
        choices=NOTHING,
    )


class Declared:
    """An operation with declared arguments; its values are set once."""

    op: ClassVar[str] = ""
    fields: ClassVar[dict[str, Field[Any]]] = {}
    """The arguments by the names they have in a spec."""
    foreign: ClassVar[tuple[str, ...]] = ()
    """Its names in other frameworks, in lower case."""
    kernel_in_name: ClassVar[bool] = False
    """Whether a kernel may follow the name, as in ``conv3x3``."""
    example: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        own = {
            value.spec_name or name: value for name, value in vars(cls).items() if isinstance(value, Field)
        }
        cls.fields = {**cls.fields, **own}

    def __init__(self, **values: Any) -> None:
        stored = self.__dict__
        for name, field in self.fields.items():
            stored[field.name] = values.pop(name, field.default)
        if values:
            raise TypeError(f"{self.op} has no {', '.join(values)}")
        self.check()

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("layers are immutable")

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"
        )

    def replaced(self, **changes: Any) -> Self:
        """The same operation with some arguments changed."""
        given = {name: vars(self)[field.name] for name, field in self.fields.items()}
        return type(self)(**{**given, **changes})

    @classmethod
    def field_named(cls, name: str) -> Field[Any] | None:
        """The field of that long or short name."""
        return cls.fields.get(name) or next(
            (field for field in cls.fields.values() if field.short == name), None
        )

    @classmethod
    def foreign_arguments(cls) -> dict[str, str]:
        """The names of the arguments in other frameworks, with those in cnncalc."""
        return {other: name for name, field in cls.fields.items() for other in field.foreign}

    @classmethod
    def primary(cls) -> Field[Any] | None:
        """The field that a scalar argument fills."""
        return next((field for field in cls.fields.values() if field.primary), None)

    def check(self) -> None:
        """Reject arguments that contradict each other, whatever the input.

        Raises:
            Fault: naming them.
        """
