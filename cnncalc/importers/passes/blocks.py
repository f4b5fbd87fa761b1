"""Equal structures with other numbers become the uses of a block with parameters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from math import gcd
from typing import Any, NamedTuple

from cnncalc.importers.items import UNNAMED
from cnncalc.importers.passes.alike import key_of, leaves_of, rebuilt
from cnncalc.language.written import Block, Expression, Piece, evaluated
from cnncalc.layers.base import OPERATIONS

LONGEST = 12
"""Pieces of a block."""
MOST_PARAMS = 10
MOST_BLOCKS = 30
LARGEST_FACTOR = 8
"""Of one number of channels to another, where that is no accident."""
MOST_STRUCTURES = 2
"""Beside each other in a block; more are a stage of a network and not what it is made of."""
LEAST_SAVING = 2
"""Lines."""
LONGEST_WITHOUT_SCOPES = 6
"""Pieces of a block, where nothing but the structure tells where one begins."""

_LETTERS = {
    "out": "c", "stride": "s", "kernel": "k", "padding": "p", "dilation": "d", "groups": "g", "mult": "m",
    "factor": "f", "size": "size", "channels": "part", "repeat": "n",
}  # fmt: skip
_POOR = {
    "features",
    "layer",
    "layers",
    "block",
    "blocks",
    "module",
    "model",
    "stage",
    "stages",
    "body",
    "conv",
}


Accepts = Callable[[tuple[Piece, ...]], bool]


class Found(NamedTuple):
    """A run of pieces that occurs several times."""

    keys: tuple[Any, ...]
    saving: int


class Scopes:
    """How many items of a network lie within each scope of its labels."""

    def __init__(self, items: Iterable[Any]) -> None:
        self.counts: Counter[str] = Counter()
        labels = [one.label for one in items]
        for label in labels:
            for stop in (*(found.start() for found in re.finditer(r"\.", label)), len(label)):
                self.counts[label[:stop]] += 1
        self.are_known = sum("." in label for label in labels) * 2 > len(labels)
        """Whether the source has modules; where it has, blocks are modules."""

    def is_module(self, run: tuple[Piece, ...]) -> bool:
        """Whether a run is all that lies within a scope."""
        labels = [one.label for one in evaluated(run) if one.label]
        scope = common_scope(labels)
        return bool(scope) and self.counts[scope] == len(labels)

    def accepts(self, run: tuple[Piece, ...], blocks: Container[str]) -> bool:
        """Whether a run may be a block: a module, or where there are none what begins with a layer that
        has weights, or with a structure.
        """
        return all(piece.is_plain for piece in run) and self.accepts_plain(run, blocks)

    def accepts_plain(self, run: tuple[Piece, ...], blocks: Container[str]) -> bool:
        """``accepts`` of pieces that refer to nothing around them."""
        if all(piece.op in blocks for piece in run):
            return False
        if sum(bool(piece.branches) for piece in run) > MOST_STRUCTURES:
            return False
        if self.are_known:
            return self.is_module(run)
        is_layer = run[0].op in OPERATIONS and not run[0].branches
        if is_layer and not {"out", "mult"} & set(OPERATIONS[run[0].op].fields):
            return False
        return len(run) <= LONGEST_WITHOUT_SCOPES and not any(piece.op in blocks for piece in run)


def with_blocks(
    lists: Sequence[tuple[Piece, ...]], classes: Mapping[str, str]
) -> tuple[list[tuple[Piece, ...]], list[Block]]:
    """Lists with uses of blocks in place of what occurs again and again, and the blocks."""
    lists = list(lists)
    blocks: dict[str, Block] = {}
    refused: set[tuple[Any, ...]] = set()
    scopes = Scopes(one for pieces in lists for one in evaluated(pieces))
    while len(blocks) < MOST_BLOCKS:
        everything = [*lists, *(block.pieces for block in blocks.values())]
        best = _best(everything, scopes, blocks, refused)
        if best is None:
            break

        accepts = _accepting(scopes, frozenset(blocks), best.keys)
        length = len(best.keys)
        occurrences = list(_occurrences(everything, length, accepts))
        made = _block(_name_of(occurrences, classes, blocks), occurrences)
        if made is None:
            refused.add(best.keys)
            continue
        block, uses = made
        calls = iter(uses)
        lists = [_replaced(one, length, accepts, calls) for one in lists]
        blocks = {
            name: one._replace(pieces=_replaced(one.pieces, length, accepts, calls))
            for name, one in blocks.items()
        }
        blocks[block.name] = block
    return lists, _in_order(list(blocks.values()))


def _in_order(blocks: list[Block]) -> list[Block]:
    """Those that are used by others first."""
    return blocks[::-1]


# What occurs


def _every_list(lists: Sequence[tuple[Piece, ...]]) -> Iterator[tuple[Piece, ...]]:
    """The lists and those inside them, outer ones first; the order in which ``_replaced`` meets them."""
    for pieces in lists:
        yield pieces
        for piece in pieces:
            yield from _every_list([branch.pieces for branch in piece.branches])


def _best(
    lists: Sequence[tuple[Piece, ...]],
    scopes: Scopes,
    blocks: Container[str],
    refused: Container[tuple[Any, ...]],
) -> Found | None:
    """The run whose block would save most lines."""
    occurrences: dict[tuple[int, ...], list[tuple[int, int, tuple[Piece, ...]]]] = {}
    numbers: dict[Any, int] = {}
    for number, pieces in enumerate(_every_list(lists)):
        keys = [numbers.setdefault(key_of(piece), len(numbers)) for piece in pieces]
        lines = [*accumulate(map(lines_of, pieces), initial=0)]
        free = _plain_from(pieces)
        for length in range(1, min(LONGEST, len(pieces)) + 1):
            for start in range(len(pieces) - length + 1):
                if free[start] < length or lines[start + length] - lines[start] < 2:
                    continue
                run = pieces[start : start + length]
                if scopes.accepts_plain(run, blocks):
                    occurrences.setdefault(tuple(keys[start : start + length]), []).append(
                        (number, start, run)
                    )
    names = {number: key for key, number in numbers.items()}
    best: Found | None = None
    for run_keys, places in occurrences.items():
        if len(places) < 2 or _is_periodic(run_keys):
            continue
        saving = _saving(places, len(run_keys))
        if saving >= LEAST_SAVING and (best is None or saving > best.saving):
            found = tuple(names[key] for key in run_keys)
            best = best if found in refused else Found(found, saving)
    return best


def _plain_from(pieces: tuple[Piece, ...]) -> list[int]:
    """How many pieces from each one on can be moved into a block."""
    found: list[int] = []
    count = 0
    for piece in reversed(pieces):
        count = count + 1 if piece.is_plain else 0
        found.append(count)
    return found[::-1]


def _is_periodic(keys: tuple[Any, ...]) -> bool:
    """Whether a run is a shorter one several times."""
    count = len(keys)
    return any(
        count % length == 0 and keys == keys[:length] * (count // length)
        for length in range(1, count // 2 + 1)
    )


def _saving(places: list[tuple[int, int, tuple[Piece, ...]]], length: int) -> int:
    """Lines that a block for some runs would save.

    Runs one after another that are equal are a repeat anyway; equal ones inside structures are written once
    where these become a block.
    """
    groups, last = 0, (-1, -1)
    before: tuple[Any, ...] = ()
    met: set[tuple[Any, ...]] = set()
    for number, start, run in places:
        if number == last[0] and start < last[1]:
            continue  # overlaps the one before
        values = tuple(leaf.value for piece in run for leaf in leaves_of(piece))
        if number and values in met:
            continue
        met.add(values)
        if (number, start) != last or values != before:
            groups += 1
        last, before = (number, start + length), values
    lines = sum(map(lines_of, places[0][2]))
    return groups * (lines + 1) - (2 * groups + lines + 3) if groups > 1 and lines > 1 else 0


def lines_of(piece: Piece) -> int:
    """About as many lines as the writer will need."""
    if piece.inside and not piece.branches:
        return 2
    inner = [branch for branch in piece.branches if branch.pieces]
    if not inner:
        return 1
    return 1 + sum(1 + sum(map(lines_of, branch.pieces)) for branch in inner)


def _accepting(scopes: Scopes, blocks: frozenset[str], keys: tuple[Any, ...]) -> Accepts:
    """What tells the runs of these keys that may be a block."""

    def accepts(run: tuple[Piece, ...]) -> bool:
        return scopes.accepts(run, blocks) and tuple(map(key_of, run)) == keys

    return accepts


def _occurrences(
    lists: Sequence[tuple[Piece, ...]], length: int, accepts: Accepts
) -> Iterator[tuple[Piece, ...]]:
    """The accepted runs that do not overlap, in the order in which they are replaced."""
    for pieces in lists:
        place = 0
        while place < len(pieces):
            run = pieces[place : place + length]
            if len(run) == length and accepts(run):
                yield run
                place += length
            else:
                branches = [branch.pieces for branch in pieces[place].branches]
                yield from _occurrences(branches, length, accepts)
                place += 1


def _replaced(
    pieces: tuple[Piece, ...], length: int, accepts: Accepts, uses: Iterator[Piece]
) -> tuple[Piece, ...]:
    found: list[Piece] = []
    place = 0
    while place < len(pieces):
        run = pieces[place : place + length]
        if len(run) == length and accepts(run):
            found.append(next(uses))
            place += length
            continue
        branches = tuple(
            [
                branch._replace(pieces=_replaced(branch.pieces, length, accepts, uses))
                for branch in pieces[place].branches
            ]
        )
        found.append(pieces[place]._replace(branches=branches))
        place += 1
    return tuple(found)


# What differs


class _Param(NamedTuple):
    name: str
    values: tuple[Any, ...]


def _block(name: str, occurrences: list[tuple[Piece, ...]]) -> tuple[Block, list[Piece]] | None:
    """A block for some runs, and its uses; ``None`` where they differ in too much."""
    rows = [[leaf for piece in run for leaf in leaves_of(piece)] for run in occurrences]
    columns = list(zip(*rows, strict=True))
    wanted: list[tuple[str, tuple[Any, ...]]] = []
    for column in columns:
        values = tuple(leaf.value for leaf in column)
        if len(set(values)) > 1 or any(isinstance(value, Expression) for value in values):
            wanted.append((column[0].field, values))
    params = _params(wanted)
    if len(params) > MOST_PARAMS:
        return None
    said = iter([_said(tuple(leaf.value for leaf in column), column[0].field, params) for column in columns])
    template = _with_all_projections(occurrences)
    if template is None:
        return None
    body = tuple([rebuilt(piece, said) for piece in template])
    defaults = {param.name: _default(param, place) for place, param in enumerate(params)}
    uses = []
    for place, run in enumerate(occurrences):
        given = {param.name: param.values[place] for param in params}
        arguments = {key: value for key, value in given.items() if value != defaults[key]}
        uses.append(Piece(op=name, arguments=arguments, inside=(run,), output=run[-1].output))
    return Block(name, tuple(defaults.items()), body), uses


def _with_all_projections(occurrences: list[tuple[Piece, ...]]) -> tuple[Piece, ...] | None:
    """The run that projects wherever one of them does, which is an identity where shapes agree; ``None``
    where
    none does, or not in the same way.
    """
    words = [[word for piece in run for word in _shortcuts(piece)] for run in occurrences]
    common = []
    for along in zip(*words, strict=True):
        kinds = {str(word): word for word in along if word is not None}
        if len(kinds) > 1:
            return None
        common.append(next(iter(kinds.values()), None))
    return next((run for run, own in zip(occurrences, words, strict=True) if own == common), None)


def _shortcuts(piece: Piece) -> Iterator[Any]:
    """The word of each residual's shortcut, ``None`` for the others."""
    if piece.op == "residual":
        yield piece.arguments.get("shortcut")
    for branch in piece.branches:
        for inner in branch.pieces:
            yield from _shortcuts(inner)


def _params(wanted: list[tuple[str, tuple[Any, ...]]]) -> list[_Param]:
    """The parameters that all differing numbers follow from, the output channels first."""
    columns = dict.fromkeys(values for _, values in wanted)
    fields = {values: field for field, values in reversed(wanted)}
    fields.update((values, field) for field, values in wanted if field == "out")
    outs = [values for values in columns if fields[values] == "out"]
    kept: list[tuple[Any, ...]] = []
    for values in sorted(
        columns, key=lambda values: (values not in outs, fields[values] != "kernel", _order(values))
    ):
        known = [_Param("x", one) for one in kept]
        if any(_from(values, field, known, fields) is None for field, same in wanted if same == values):
            kept.append(values)
    last = next((values for field, values in reversed(wanted) if field == "out" and values in kept), None)
    order = {values: place for place, values in enumerate(columns)}
    kept.sort(key=lambda values: (values != last, fields[values] != "out", order[values]))
    names: Counter[str] = Counter()
    found = []
    for values in kept:
        letter = _LETTERS.get(fields[values], fields[values]).rstrip("0123456789")
        letter = letter if re.fullmatch("[a-z_]+", letter) and letter != "i" else "x"
        names[letter] += 1
        found.append(_Param(letter if names[letter] == 1 else f"{letter}{names[letter]}", values))
    return found


def _order(values: tuple[Any, ...]) -> int:
    """Smaller numbers first, so that larger ones are multiples of them."""
    return sum(value for value in values if not isinstance(value, Expression))


def _from(
    values: tuple[Any, ...], field: str, params: list[_Param], fields: Mapping[tuple[Any, ...], str]
) -> str | None:
    """An expression of earlier parameters that gives these values."""
    for param in params:
        found = _relation(values, param, field, fields.get(param.values, ""))
        if found is not None:
            return found
    return None


def _relation(values: tuple[Any, ...], param: _Param, field: str, of: str) -> str | None:
    if values == param.values:
        return param.name
    if any(isinstance(value, Expression) for value in (*values, *param.values)):
        return None
    if of == "kernel" and all(value == base // 2 for value, base in zip(values, param.values, strict=True)):
        return f"{param.name}//2"
    if of != "out" or field not in ("out", "groups") or not all(param.values):
        return None
    common = gcd(*values), gcd(*param.values)
    up, down = common[0] // gcd(*common), common[1] // gcd(*common)
    if all(value * down == base * up for value, base in zip(values, param.values, strict=True)):
        return f"{up}*{param.name}" if down == 1 and up <= LARGEST_FACTOR else None
    return None


def _said(values: tuple[Any, ...], field: str, params: list[_Param]) -> Any:
    """A number, or the expression that gives it in each use."""
    if len(set(values)) == 1 and not isinstance(values[0], Expression):
        return values[0]
    own = next((param for param in params if param.values == values), None)
    if own is not None:
        return Expression(own.name)
    for param in params:
        of = {"c": "out", "k": "kernel"}.get(param.name.rstrip("0123456789"), "")
        found = _relation(values, param, field, of)
        if found is not None:
            return Expression(found)
    raise AssertionError("a number follows from no parameter")


def _default(param: _Param, place: int) -> Any:
    """The value that need not be given: 1 for steps, else what most uses have."""
    if place == 0 or any(isinstance(value, Expression) for value in param.values):
        return None
    if param.name[0] in "sdg" and 1 in param.values:
        return 1
    value, count = Counter(param.values).most_common(1)[0]
    return value if 2 * count > len(param.values) else None


# Names


def _name_of(occurrences: list[tuple[Piece, ...]], classes: Mapping[str, str], taken: Container[str]) -> str:
    """The kind of the modules that the runs are, or a word from their labels."""
    kinds: Counter[str] = Counter()
    for run in occurrences:
        scope = common_scope([one.label for one in evaluated(run) if one.label])
        kinds[_class_of(scope, classes) or _word_of(scope) or _structure(run)] += 1
    name = kinds.most_common(1)[0][0]
    number = 1
    found = name
    while found in taken or not _is_free(found):
        number += 1
        found = f"{name}{number}"
    return found


def _class_of(scope: str, classes: Mapping[str, str]) -> str | None:
    """The kind of a module; that of all copies where it is one of several."""
    while scope:
        if scope in classes:
            return classes[scope]
        scope, _, last = scope.rpartition(".")
        if not last.isdigit() and not last.startswith(UNNAMED):
            return None
    return None


def _is_free(name: str) -> bool:
    from cnncalc.language.vocabulary import look_up

    return look_up(name) is None


def common_scope(labels: Sequence[str]) -> str:
    """The scope that all labels are in."""
    if not labels:
        return ""
    common: list[str] = []
    for words in zip(*(label.split(".") for label in labels), strict=False):
        if len(set(words)) > 1:
            break
        common.append(words[0])
    return ".".join(common)


def _word_of(scope: str) -> str | None:
    """A word for a kind from the name of one: ``inception3a`` is an ``Inception``."""
    for word in reversed([word for word in scope.split(".") if not word.startswith(UNNAMED)]):
        bare = re.sub(r"_?\d+[a-z]?(_\d+)*$", "", word)
        if len(bare) > 2 and bare.isidentifier() and bare.lower() not in _POOR:
            return "".join(part[:1].upper() + part[1:] for part in bare.split("_"))
    return None


_KINDS = {"residual": "Residual", "concat": "Mixed", "mul": "Gated", "dense_block": "Dense", "add": "Sum"}


def _structure(run: tuple[Piece, ...]) -> str:
    return next((_KINDS[piece.op] for piece in run if piece.op in _KINDS), "Unit") + "Block"


__all__ = ["common_scope", "lines_of", "with_blocks"]
