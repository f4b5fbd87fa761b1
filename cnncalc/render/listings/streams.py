"""Streaming of a network: how far each layer looks, and in closing lines delay, chunk and state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, cast

from cnncalc.questions.stream import LayerDelay, Stream
from cnncalc.render.listing import Column, Listing, Total
from cnncalc.render.listings.answers import Answers, about_output, outputs_record, title
from cnncalc.render.surface import Surface
from cnncalc.render.text import NOTHING, exact, inert, memory
from cnncalc.render.tree import tree
from cnncalc.support.numbers import plural


class Branch(NamedTuple):
    """A row of the tree: a layer, or a structure that heads some."""

    label: str
    layer: LayerDelay
    is_head: bool


class Streams(Answers[Stream]):
    """What the command ``stream`` shows."""

    def table(self, answer: Stream, surface: Surface) -> Listing[Branch]:
        causal = answer.causal if isinstance(answer.causal, str) else "yes" if answer.causal else "no"
        shown = tuple(_telling(answer.layers))
        hidden = len(answer.layers) - len(shown)
        look, keep, are = ("looks", "keeps", "is") if hidden == 1 else ("look", "keep", "are")
        left = f"{plural(hidden, 'layer')} that {look} no further and {keep} nothing {are} not shown"
        totals = [
            Total("look-back", *_back(answer)),
            Total("look-ahead", f"{answer.look_ahead:,}", _time(answer, answer.look_ahead)),
            Total("delay", f"{answer.delay:,}", _time(answer, answer.delay)),
            Total("chunk: multiples of", f"{answer.chunk:,}", _time(answer, answer.chunk)),
            Total("causal", causal),
            Total("state", f"{answer.state:,}"),
            Total("state in bytes", f"{answer.state_bytes:,}", memory(answer.state_bytes)),
            *_first(answer),
        ]
        return Listing(
            title(answer, surface),
            tuple(map(_of_branch, (_PATH, _OP, _BACK, _AHEAD, _STATE))),
            tuple(_branches(shown, surface)),
            notes=(
                *about_output(answer, "look-back, look-ahead, delay and state below are"),
                "look-back and look-ahead in positions of the input; state in numbers",
                *((left,) if hidden else ()),
            ),
            totals=tuple(totals),
        )

    def complete(self, answer: Stream) -> Listing[LayerDelay]:
        return Listing("", (_PATH, _OP, _BACK, _AHEAD, _STATE), answer.layers)

    def record(self, answer: Stream) -> dict[str, Any]:
        rate = answer.rate
        whole = rate is None or rate.denominator == 1
        return {
            "layers": [layer._asdict() for layer in answer.layers],
            "stream": {
                "rate": None if rate is None else int(rate) if whole else float(rate),
                "look_back": answer.look_back,
                "look_ahead": answer.look_ahead,
                "delay": answer.delay,
                "delay_ms": answer.delay_ms,
                "chunk": answer.chunk,
                "causal": answer.causal,
                "state": answer.state,
                "state_bytes": answer.state_bytes,
                "first": answer.first,
                "state_whole_chunks": answer.state_whole_chunks,
            },
            **outputs_record(answer),
        }


def _telling(layers: tuple[LayerDelay, ...]) -> Iterator[LayerDelay]:
    """The layers that look further than the one before, or keep something."""
    before: tuple[int | None, int | None] = (0, 0)
    for layer in layers:
        here = (layer.look_back, layer.look_ahead)
        if layer.state or here != before:
            yield layer
        before = here


def _branches(layers: tuple[LayerDelay, ...], surface: Surface) -> Iterator[Branch]:
    """The layers as a tree, which asks them for nothing but their paths."""
    for row in tree(cast("Any", layers), by_field=True, surface=surface, folded=False):
        yield Branch(row.label, cast("Any", row.layer), row.is_head)


def _of_branch(column: Column[LayerDelay]) -> Column[Branch]:
    """A column about layers for the rows of the tree."""
    if column.key == "path":
        return Column(
            "path", "layer", _label, lambda row: row.layer.path, 0, right=False, folds=True, strong=_heads
        )
    return Column(
        column.key,
        column.title,
        lambda row: "" if row.is_head else column.text(row.layer),
        lambda row: None if row.is_head else column.raw(row.layer),
        column.rank,
        column.right,
        kind=column.kind,
    )


def _label(row: Branch) -> str:
    return row.label


def _heads(row: Branch) -> bool:
    return row.is_head


def _first(answer: Stream) -> Iterator[Total]:
    """The first piece after which that state is enough, where it is no whole chunk."""
    if answer.first != answer.chunk:
        yield Total("after a first piece of", f"{answer.first:,}", _time(answer, answer.first))
        yield Total("state of whole chunks only", f"{answer.state_whole_chunks:,}")


def _back(answer: Stream) -> tuple[str, str]:
    if answer.look_back is None:
        return "all before", ""
    return f"{answer.look_back:,}", _time(answer, answer.look_back)


def _time(answer: Stream, positions: int) -> str:
    return "" if answer.rate is None else f"{float(1000 * positions / answer.rate):,.2f} ms"


def _number(key: str, title: str, rank: int, ask: Any) -> Column[LayerDelay]:
    def text(layer: LayerDelay) -> str:
        return NOTHING if ask(layer) is None else exact(ask(layer))

    return Column(key, title, text, ask, rank, kind="count" if key == "state" else "field")


_PATH: Column[LayerDelay] = Column(
    "path", "layer", lambda layer: inert(layer.path), lambda layer: layer.path, 0, right=False, folds=True
)
_OP: Column[LayerDelay] = Column("op", "op", lambda layer: layer.op, lambda layer: layer.op, 3, right=False)
_BACK = _number("look_back", "look-back", 0, lambda layer: layer.look_back)
_AHEAD = _number("look_ahead", "look-ahead", 0, lambda layer: layer.look_ahead)
_STATE = _number("state", "state", 1, lambda layer: layer.state)
