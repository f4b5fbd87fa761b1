"""Texts are read the same whether items that repeat others are read again or not."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cnncalc import loads
from cnncalc.errors import SpecError
from cnncalc.language import parser
from cnncalc.language.nodes import Mapping, Repeated, Scalar, Sequence, YamlNode
from cnncalc.language.parser import parse
from cnncalc.language.repeats import shortened
from cnncalc.language.source import Source
from tests.language.test_alike import HEAD, found
from tests.language.test_alike import ITEMS as SPECS

LINES = (
    "- relu",
    "- relu:",
    "- conv3x3: {out: 2*c, padding: 1}",
    "- {conv1x1: 8, repeat: 2}",
    "- [relu, [relu]]",
    "- residual:\n      - relu\n      - conv: 1",
    "- relu relu\n    relu",
    # others
    "- conv3x3: {out: 8, out: 9}",
    "- - relu",
    "- residual:",
    "-  relu",
    "-",
    "relu",
    "conv: [1,",
    "2]",
    "- conv: [1,",
    "- a: {b: 1",
    "layers:",
    "note: |",
    "- note: >",
    "note: text",
    '- "text',
    'text"',
    "- 'it''s'",
    "- &a relu",
    "- &a",
    "- *a",
    "key: &b",
    "- add: *b",
    "# relu",
    "- relu # so",
    "? - relu",
    ": - relu",
    "---",
    "...",
    "",
)
"""Of a spec, and what may change the meaning of the lines after it."""


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Items that are repeated, and now and then something else among them."""
    usual = st.tuples(st.just(2), st.sampled_from(LINES[:7]), st.integers(1, 3))
    other = st.tuples(st.sampled_from((0, 2, 2, 4, 6)), st.sampled_from(LINES), st.integers(1, 3))
    parts = draw(st.lists(draw(st.sampled_from((usual, usual | other, other))), min_size=1, max_size=10))
    mostly = draw(st.sampled_from(("{}", "layers:\n{}", "layers:\n  - relu\n{}", "note: |\n{}")))
    return mostly.format(
        "\n".join(f"{' ' * indent}{text}" for indent, text, times in parts for _ in range(times))
    )


def told(node: YamlNode) -> object:
    """All that a node says, places and sizes included."""
    if isinstance(node, Scalar):
        return (node.text, node.quoted, node.line, node.column, node.width)
    inside = (
        [told(item) for item in node.items]
        if isinstance(node, Sequence)
        else [(told(key), told(value)) for key, value in node.entries]
    )
    return (type(node) is Sequence, node.line, node.column, node.size, inside)


def outcome(text: str) -> object:
    try:
        root, diagnostics = parse(Source("f.yaml", text))
    except SpecError as error:
        return error.diagnostics
    return told(root), diagnostics


@given(texts())
@example("layers:\n  - relu\n  - 'text\n  - relu\n  - relu\n    '\n")
@example("- relu\n- relu\n- relu\n\n  relu\n")
@example("note: |\n  - relu\n  - relu\n  - relu\n")
@example("note: text\n  - relu\n  - relu\n  - relu\n")
def test_a_text_is_read_as_it_is_without_them(text: str) -> None:
    with patch.object(parser, "LONG", 0):
        read = outcome(text)
    assert read == outcome(text)


@settings(max_examples=40)
@given(st.lists(st.sampled_from(SPECS), min_size=3, max_size=12), st.sampled_from((200_000, 14, 8)))
def test_a_spec_means_the_same_without_them(items: list[str], most: int) -> None:
    text = HEAD + "layers:\n" + "".join(f"  - {item}\n" for item in items)

    def read() -> object:
        return loads(text, max_layers=most)

    with patch.object(parser, "LONG", 0):
        models = found(read)
    assert models == found(read)


ITEMS = "  - conv3x3: {out: 8, padding: 1}\n  - relu\n  - residual:\n      - conv3x3: 8\n      - relu\n"


def test_repeated_items_are_left_out_of_what_yaml_reads() -> None:
    lines = f"layers:\n{ITEMS * 100}end: 1\n".split("\n")
    short = shortened(lines)
    assert short.left_out == 3 * 100 - 3 - 1  # all but the first of each, and the last one
    assert len(short.text.split("\n")) == len(lines)
    assert short.text.split() == f"layers:\n{ITEMS}{ITEMS[ITEMS.index('  - res') :]}end: 1".split()


@pytest.mark.parametrize("most", [5 + 8 + 9, 10_000])
def test_repeated_nodes_are_counted(most: int) -> None:
    """A list of relu counts as a node each, with the file, its keys and the lists."""
    text = "layers:\n" + "  - relu\n" * 20 + "note: a\n"
    with patch.object(parser, "LONG", 0), patch.object(parser, "MAX_NODES", most):
        read = outcome(text)
    with patch.object(parser, "MAX_NODES", most):
        assert read == outcome(text)


def test_a_repeated_mapping_knows_its_places_without_its_entries() -> None:
    with patch.object(parser, "LONG", 0):
        root, _ = parse(Source("f.yaml", "- conv: {out: 8}\n- conv: {out: 8}\n- conv: 1\n"))
    assert isinstance(root, Sequence)
    again = root.items[1]
    assert isinstance(again, Repeated) and isinstance(again, Mapping)
    assert (again.line, again.column, again.size) == (2, 3, 5)
    assert (
        repr(again) == "Mapping([(Scalar('conv', 2:3), Mapping([(Scalar('out', 2:10), Scalar('8', 2:15))]))])"
    )
    assert not hasattr(again, "keyz")
