"""The words of the language: operations and shorthands by name, other frameworks' words for them, and the
listing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Any, NamedTuple

from cnncalc.blocks.base import SHORTHANDS, Shorthand
from cnncalc.geometry.shape import MOST_AXES
from cnncalc.layers.base import OPERATIONS, Layer
from cnncalc.layers.catalogue import Catalogue
from cnncalc.layers.fields import Declared, Field, Padding, PerAxis
from cnncalc.support.words import did_you_mean


class _Words(Mapping[str, type[Layer] | type[Shorthand]]):
    """Every operation and shorthand; a join's shorthand represents its layer."""

    def __getitem__(self, name: str) -> type[Layer] | type[Shorthand]:
        return SHORTHANDS[name] if name in SHORTHANDS else OPERATIONS[name]

    def __contains__(self, name: object) -> bool:
        return name in SHORTHANDS or name in OPERATIONS

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*OPERATIONS, *SHORTHANDS)))

    def __len__(self) -> int:
        return len({*OPERATIONS, *SHORTHANDS})


SIBLINGS = ("name", "from", "repeat", "share", "frozen", "expect", "note")
"""The keys that an item may have beside its operation."""
SIBLING_DOCS = {
    "name": "the name for later items; the default is the operation and a number, such as conv3x3_1",
    "from": "the earlier tensor that it reads, instead of the previous item's",
    "repeat": (
        "the number of copies in sequence, 0 allowed; `i` is the index of a copy, and the name is "
        "that of the last one"
    ),
    "share": "the earlier item whose weights it uses",
    "frozen": "true if its parameters are not trained: they are counted, but not as trainable",
    "expect": "the expected result: a shape, or {shape, params, macs, rf, ...}",
    "note": "a remark, not read",
}

NEWER = frozenset(
    (
        *("square", "pow", "sqrt", "rsqrt", "exp", "log", "abs", "neg", "softplus", "softsign", "hardtanh"),
        *("celu", "logsigmoid", "tanhshrink", "drop_path", "channel_mean", "channel_max", "glu", "l2norm"),
        *("sub", "div", "max", "global_lppool", "shift", "squeeze", "frozen"),
        *("eca", "attention", "tokens", "to_map", "token", "deform_conv", "lstm", "gru", "rnn"),
    )
)
"""Words that version 1 of the language did not have: a block of a file may have such a name and hides it."""

WORDS: Mapping[str, type[Layer] | type[Shorthand]] = _Words()


@cache
def options() -> frozenset[str]:
    """Words that arguments may be, and that a block may therefore be given."""
    return frozenset(
        word for meaning in WORDS.values() for field in meaning.fields.values() for word in field.choices
    )


_WITH_KERNEL = re.compile(r"(.*?[a-z_])([0-9]{1,9}(?:x[0-9]{1,9})*)")
_SPELT_KERNEL = re.compile(
    r"([A-Za-z_]*[A-Za-z])[-_ ]?([0-9]{1,3}(?:[xX*][0-9]{1,3})+|[0-9]{1,3}(?=[xX*]?$))"
)
_FOREIGN_PREFIX = re.compile(r"^(?:torch\.nn\.|nn\.|tf\.keras\.layers\.|keras\.layers\.|layers\.|tf\.nn\.)")
_FOREIGN_RANK = re.compile(r"_?[123]d$")
SIZES = re.compile(r"[0-9]+(?:x[0-9]+){1,100}")
"""One value per axis in a word."""
LONGEST_WORD = 60
"""Characters of a name that can be an operation's."""

_NO_RESHAPE = (
    "there is no reshape: to make a map of a vector, begin with `input: [128, "
    "1, 1]` and `conv_transpose4x4: 64`;"
    " `flatten` makes a vector of a map"
)
_GATE = (
    "write `mul: {gate: [global_avgpool, conv1x1: 4, relu, conv1x1: 64, sigmoid], map: []}`, for 64 channels"
)
_STATED = (
    "there is no such operation; give its costs with `custom`: `custom: {out: 64, params: 1234, macs: 5678}`"
)
KINDS = ("activation", "act", "nonlinearity", "norm", "normalization", "normalisation")
"""Kinds of operations, of which one is meant, and which are arguments of a convolution."""
_MISSING = {
    **dict.fromkeys(("reshape", "view", "unflatten", "unsqueeze"), _NO_RESHAPE),
    **dict.fromkeys(("se", "seblock", "semodule", "selayer", "squeezeexcitation", "squeezeexcite"), _GATE),
    **dict.fromkeys(("maxout", "transformer", "convlstm"), _STATED),
    **dict.fromkeys(
        ("permute", "transpose", "movedim", "swapaxes", "moveaxis"),
        "leave it out: channels come first throughout, and the order of axes in memory changes no number",
    ),
    **dict.fromkeys(
        ("type", "op", "layer", "class"), "the operation is itself the key, for instance `- conv3x3: 64`"
    ),
    **dict.fromkeys(
        KINDS,
        "name the one that is meant: `- relu`, `- bn`, or both: `conv3x3: {out: 64, norm: bn, act: relu}`",
    ),
    **dict.fromkeys(
        ("input", "inputs", "inputlayer"),
        "the input is no layer: write `input: [3, 224, 224]` at the top of the file",
    ),
}
"""Operations that the language lacks, in lower case and without underscores, and what to write instead."""


class Word(NamedTuple):
    """An operation as a spec names it, with the kernel that its name may hold."""

    meaning: type[Layer] | type[Shorthand]
    kernel: PerAxis | None


def is_word(text: str) -> bool:
    """Whether a variable or a block argument may be this text as it stands: an operation, an option, a size
    such as 1x3.
    """
    if not text.isidentifier():
        return SIZES.fullmatch(text) is not None
    return look_up(text) is not None or text in options()


@lru_cache(1000)
def look_up(name: str) -> Word | None:
    """What an operation's name means; ``None`` where it means nothing."""
    meaning = WORDS.get(name)
    if meaning is not None:
        return Word(meaning, None)
    match = _WITH_KERNEL.fullmatch(name) if len(name) <= LONGEST_WORD else None
    meaning = WORDS.get(match[1]) if match else None
    if match is None or meaning is None or not meaning.kernel_in_name:
        return None
    kernel = tuple(map(int, match[2].split("x")))
    return Word(meaning, PerAxis(kernel)) if min(kernel) > 0 and len(kernel) <= MOST_AXES else None


def suggest(name: str, block_names: tuple[str, ...]) -> str | None:
    """What was probably meant by an unknown name: a foreign word, a kernel too many, a typing error."""
    missing = _MISSING.get(_bare(name).replace("_", ""))
    if missing is not None and name not in block_names:
        return missing
    match = _WITH_KERNEL.fullmatch(name) if len(name) <= LONGEST_WORD else None
    base, kernel = (match[1], match[2]) if match else (name, "")
    spelt = _SPELT_KERNEL.match(name[:LONGEST_WORD]) if match is None or base not in WORDS else None
    if spelt is not None and spelt[1].lower() in WORDS and WORDS[spelt[1].lower()].kernel_in_name:
        wanted = re.sub("[X*]", "x", spelt[2])
        return f"did you mean `{spelt[1].lower()}{wanted if 'x' in wanted else f'{wanted}x{wanted}'}`?"
    if base in WORDS and kernel:
        if WORDS[base].kernel_in_name:
            return "a kernel is at least 1 along each axis"
        return f"`{base}` takes no kernel in its name"
    meant = foreign_operation(name)
    if meant is None and kernel:
        meant = foreign_operation(base)
    if meant is not None:
        kernel = kernel if WORDS[meant].kernel_in_name and not _FOREIGN_RANK.search(name.lower()) else ""
        return f"did you mean `{meant}{kernel}`?"
    guess = did_you_mean(base, (*WORDS, *block_names)) or did_you_mean(name, block_names)
    if guess is None:
        return None
    takes_kernel = guess in WORDS and WORDS[guess].kernel_in_name
    return f"did you mean `{guess}{kernel if takes_kernel else ''}`?"


def foreign_operation(name: str) -> str | None:
    """The operation that another framework calls so: with prefixes, CamelCase and numbers of dimensions taken
    off.
    """
    word = _bare(name)
    for candidate in (word, word.replace("_", ""), name.lower()):
        if candidate in WORDS:
            return candidate
        for op, meaning in WORDS.items():
            if candidate in meaning.foreign or candidate == op.replace("_", ""):
                return op
    return None


def _bare(name: str) -> str:
    return _FOREIGN_RANK.sub("", _FOREIGN_PREFIX.sub("", name).lower())


class FieldDoc(NamedTuple):
    """One argument in the listing."""

    name: str
    short: str | None
    primary: bool
    default: str
    doc: str


class Operation(NamedTuple):
    """One operation in the listing, taken from its class."""

    op: str
    family: str
    summary: str
    fields: tuple[FieldDoc, ...]
    example: str
    kernel_in_name: bool = False


def operations() -> tuple[Operation, ...]:
    """The whole vocabulary, family by family."""
    catalogues: tuple[Catalogue[Any], ...] = (OPERATIONS, SHORTHANDS)
    return tuple(
        _described(catalogue[op], family)
        for catalogue in catalogues
        for family, names in catalogue.families.items()
        for op in names
        if WORDS[op] is catalogue[op]
    )


def _described(meaning: type[Declared], family: str) -> Operation:
    summary = " ".join((meaning.__doc__ or "").strip().partition("\n\n")[0].split())
    fields = tuple(_field(name, field) for name, field in meaning.fields.items())
    if issubclass(meaning, Shorthand) and meaning.kernel_keys:
        fields = (_KERNEL_KEYS, *fields)
    return Operation(meaning.op, family, summary, fields, meaning.example, meaning.kernel_in_name)


_KERNEL_KEYS = FieldDoc(
    "KxK",
    None,
    False,
    "none",
    "a branch such as `3x3: 128`, or `3x3: [96, 128]` with a 1x1 to 96 channels before it; any number",
)


def _field(name: str, field: Field[Any]) -> FieldDoc:
    doc = field.doc + (f": {', '.join(field.choices)}" if field.kind == "choice" else "")
    return FieldDoc(name, field.short, field.primary, _default(field), doc)


def _default(field: Field[Any]) -> str:
    if field.required:
        return "required"
    if field.shown_default is not None:
        return field.shown_default
    if field.default is None or field.default == ():
        return "none"
    if isinstance(field.default, (PerAxis, Padding)):
        return str(field.default)
    return str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
