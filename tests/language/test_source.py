"""Reading specs: places of nodes, the limits, and every refusal with its message and its place."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc.errors import MOST_ERRORS, Diagnostic, Location, SourceError, SpecError
from cnncalc.language import parser as source_module
from cnncalc.language.parser import (
    MAX_BYTES,
    MAX_NESTING,
    MAX_NODES,
    Mapping,
    Scalar,
    Sequence,
    Source,
    YamlNode,
    parse,
    read_source,
)
from tests.timing import ratio


@pytest.fixture(params=["libyaml", "pure"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Both parsers: the one of libyaml, and the one that stands in where it is missing."""
    if request.param == "pure":
        monkeypatch.delattr(yaml, "CSafeLoader")
    elif not hasattr(yaml, "CSafeLoader"):
        pytest.skip("no libyaml here")
    yield


def read(text: str) -> YamlNode:
    root, diagnostics = parse(Source("f.yaml", text))
    assert diagnostics == []
    return root


def refusals(text: str) -> tuple[Diagnostic, ...]:
    try:
        return tuple(parse(Source("f.yaml", text))[1])
    except SpecError as error:
        return error.diagnostics


def plain(node: YamlNode) -> Any:
    """What a node holds, without places."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key.text: plain(item) for key, item in node.entries}


def scalars(node: YamlNode) -> list[Scalar]:
    if isinstance(node, Scalar):
        return [node]
    if isinstance(node, Sequence):
        return [scalar for item in node.items for scalar in scalars(item)]
    return [scalar for key, item in node.entries for scalar in (key, *scalars(item))]


def places(text: str) -> list[tuple[str, int, int, int]]:
    return [(scalar.text, scalar.line, scalar.column, scalar.width) for scalar in scalars(read(text))]


# --- Nodes and their places ---


@pytest.mark.usefixtures("parser")
def test_nodes_know_where_they_stand() -> None:
    root = read("input: [3, 'x y']\nlayers:\n  - conv3x3: 64  # comment\n    name:\n  - relu\n")
    assert isinstance(root, Mapping)
    assert (root.line, root.column, root.keys) == (1, 1, ["input", "layers"])
    size, layers = root.get("input"), root.get("layers")
    assert isinstance(size, Sequence) and (size.line, size.column) == (1, 8)
    assert isinstance(layers, Sequence) and (layers.line, layers.column) == (3, 3)
    assert root.get("absent") is None
    assert [(s.text, s.quoted, s.line, s.column, s.width) for s in scalars(root)] == [
        ("input", False, 1, 1, 5),
        ("3", False, 1, 9, 1),
        ("x y", True, 1, 12, 5),
        ("layers", False, 2, 1, 6),
        ("conv3x3", False, 3, 5, 7),
        ("64", False, 3, 14, 2),
        ("name", False, 4, 5, 4),
        ("", False, 4, 10, 1),
        ("relu", False, 5, 5, 4),
    ]


def test_no_text_gets_a_type() -> None:
    text = "[010, 13:13, no, 1e3, 0x10, 2026-01-01, null, ~, '', 1_000, .5, <= 5M, ~62.4M]"
    assert plain(read(text)) == text[1:-1].replace("''", "").split(", ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a:", True),
        ("a: ~", True),
        ("a: null", True),
        ("a: ''", False),
        ("a: '~'", False),
        ('a: "null"', False),
        ("a: no", False),
    ],
)
def test_null_is_what_is_not_written(text: str, expected: bool) -> None:
    root = read(text)
    assert isinstance(root, Mapping)
    node = root.get("a")
    assert isinstance(node, Scalar) and node.is_null is expected


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("é: [😀, x]\n", [("é", 1, 1, 1), ("😀", 1, 5, 1), ("x", 1, 8, 1)]),
        ("\ufeffa: b\n", [("a", 1, 1, 1), ("b", 1, 4, 1)]),
        ("a: b\r\nc:\r\n  - d\r\n", [("a", 1, 1, 1), ("b", 1, 4, 1), ("c", 2, 1, 1), ("d", 3, 5, 1)]),
        ("a: b\rc: d\r", [("a", 1, 1, 1), ("b", 1, 4, 1), ("c", 2, 1, 1), ("d", 2, 4, 1)]),
        ('a: "b\n  c"\n', [("a", 1, 1, 1), ("b c", 1, 4, 2)]),
        (
            "a: long\n  text\nb: |\n  x\n  y\n",
            [("a", 1, 1, 1), ("long text", 1, 4, 4), ("b", 3, 1, 1), ("x\ny\n", 3, 4, 1)],
        ),
        ("a: &n 64\nb: &m\n  7\n", [("a", 1, 1, 1), ("64", 1, 7, 2), ("b", 2, 1, 1), ("7", 2, 4, 2)]),
        ("---\na: b\n...\n", [("a", 2, 1, 1), ("b", 2, 4, 1)]),
        ("a: b\u2028c: d\n", [("a", 1, 1, 1), ("b", 1, 4, 1), ("c", 2, 1, 1), ("d", 2, 4, 1)]),
    ],
)
def test_places_count_characters_and_lines_as_written(
    text: str, expected: list[tuple[str, int, int, int]]
) -> None:
    assert places(text) == expected


def test_a_location_and_its_line() -> None:
    source = Source("f.yaml", "a:\r\n  - 'b'\r\n")
    root, _ = parse(source)
    assert isinstance(root, Mapping)
    items = root.get("a")
    assert isinstance(items, Sequence)
    assert source.location(items) == Location("f.yaml", 2, 3, 1)
    assert source.location(items.items[0]) == Location("f.yaml", 2, 5, 3)
    assert [source.excerpt(line) for line in (0, 1, 2, 3, 4)] == ["", "a:", "  - 'b'", "", ""]


TEXTS = st.text(alphabet="abcxyz:-#[]{}&*!|>'\"%@`é😀 \t\\0123456789~", max_size=8)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(
    st.recursive(
        TEXTS,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
        max_leaves=20,
    )
)
def test_any_quoted_text_comes_back(data: Any) -> None:
    if data == "":
        return
    root = read(yaml.safe_dump(data, default_style='"', allow_unicode=True))
    assert plain(root) == data


@settings(max_examples=600, deadline=None)
@given(st.text(alphabet="ab:-#[]{}&*!|>'\"%@`~é \t\n?,.<=", max_size=40) | st.text(max_size=30))
def test_any_text_is_read_or_refused_with_a_place_in_it(text: str) -> None:
    lines = re.split("\r\n|[\r\n\x85\u2028\u2029]", text.removeprefix("\ufeff"))
    for diagnostic in refusals(text):
        assert diagnostic.code in {"E101", "E103"}
        assert diagnostic.location is not None
        _, line, column, width, _ = diagnostic.location
        assert 1 <= line <= len(lines)
        assert 1 <= column <= len(lines[line - 1]) + 1 and width >= 1
        assert diagnostic.excerpt == lines[line - 1]


# --- Anchors ---


@pytest.mark.usefixtures("parser")
def test_an_alias_is_the_anchored_node() -> None:
    root = read("a: &x [1, 2]\nb: *x\nc: {d: *x}\n")
    assert isinstance(root, Mapping)
    inner = root.get("c")
    assert isinstance(inner, Mapping)
    assert root.get("a") is root.get("b") is inner.get("d")
    assert plain(root) == {"a": ["1", "2"], "b": ["1", "2"], "c": {"d": ["1", "2"]}}


@pytest.mark.usefixtures("parser")
def test_an_aliased_text_stands_where_it_is_used() -> None:
    assert places("a: &x '64'\nb: [*x]\n")[-1] == ("64", 2, 5, 2)
    assert plain(read("a: &x k\n*x : 1\n")) == {"a": "k", "k": "1"}


def test_an_anchor_can_be_used_again_for_something_else() -> None:
    assert plain(read("[&x 1, *x, &x 2, *x]")) == ["1", "1", "2", "2"]
    assert plain(read("[&x [&x 1], *x]")) == [["1"], "1"]


# --- Refusals of the language ---


def one(text: str) -> tuple[str, int, int, int, str, str | None]:
    (found,) = refusals(text)
    assert found.location is not None and found.location.file == "f.yaml"
    assert found.excerpt == Source("f.yaml", text).excerpt(found.location.line)
    return (
        found.code,
        found.location.line,
        found.location.column,
        found.location.width,
        found.message,
        found.help,
    )


NO_TAG = "delete it: the field decides a value's type; a text that starts with `!` needs quotes"
NO_KEY = "a key is a single name; variables are written without braces: `n`, not `{{n}}`"


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("text", "line", "column", "width", "message", "help"),
    [
        ("", 1, 1, 1, "the spec is empty", "begin with `layers:` and a list"),
        ("# only words\n", 1, 1, 1, "the spec is empty", "begin with `layers:` and a list"),
        ("~", 1, 1, 1, "the spec is empty", "begin with `layers:` and a list"),
        ("---\n", 1, 1, 1, "the spec is empty", "begin with `layers:` and a list"),
        ("a: 1\n---\nb: 2\n", 2, 1, 3, "a second document starts here", "a file holds one spec"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", 3, 3, 2, "merge keys are not part of the language", "use `defaults:` or a block"),
        ("? [a]\n: b\n", 1, 3, 1, "a list cannot be a key", NO_KEY),
        ("out: {{n}}\n", 1, 7, 1, "a mapping cannot be a key", NO_KEY),
        ("a: !!python/object:os.system x\n", 1, 4, 25, "the tag `!!python/object:os.system` is not part of the language", NO_TAG),
        ("a: !!str 5\n", 1, 4, 5, "the tag `!!str` is not part of the language", NO_TAG),
        ("a: !foo [5]\n", 1, 4, 4, "the tag `!foo` is not part of the language", NO_TAG),
        ("a: &x !foo {b: 5}\n", 1, 7, 4, "the tag `!foo` is not part of the language", NO_TAG),
        ("a: ! 5\n", 1, 4, 1, "the tag `!` is not part of the language", NO_TAG),
        ("a: &stem 1\nb: *stm\n", 2, 4, 4, "`*stm` refers to an anchor `&stm` that is not before it", "did you mean `*stem`?"),
        ("a: *c\n", 1, 4, 2, "`*c` refers to an anchor `&c` that is not before it", 'if it is text, write it in quotes: "*c"'),
        ("a: [*c]\nb: &c 1\n", 1, 5, 2, "`*c` refers to an anchor `&c` that is not before it",
         'if it is text, write it in quotes: "*c"'),
        ("a: &x\n  - b: *x\n", 2, 8, 2, "`*x` is inside the value it refers to, which starts on line 1", "nothing can contain itself"),
        ("a: {out:64, k: 3}\n", 1, 5, 6, "there is no space after the colon of `out:64`", "write `out: 64`"),
        ("a: >5\n", 1, 4, 1, "a value cannot start with `>`", 'write it in quotes: ">5"'),
    ],
)  # fmt: skip
def test_what_is_yaml_but_not_in_the_language(
    text: str, line: int, column: int, width: int, message: str, help: str | None
) -> None:
    assert one(text) == ("E101", line, column, width, message, help)


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 1, "the key `a` stands on line 1 and again on line 3"),
        ("{a: 1, 'a': 2}", 1, 8, "the key `a` stands twice on line 1"),
        (
            "x:\n  - out: 1\n    k: 3\n    out: [2]\n",
            4,
            5,
            "the key `out` stands on line 2 and again on line 4",
        ),
        ("a: &x k\nk: 1\n*x : 2\n", 3, 1, "the key `k` stands on line 2 and again on line 3"),
    ],
)
def test_a_key_stands_once(text: str, line: int, column: int, message: str) -> None:
    code, *place, _, found, help = one(text)
    assert (code, *place, found, help) == (
        "E103",
        line,
        column,
        message,
        "keep one of them; the first is used",
    )


def test_the_rest_of_the_file_is_read_all_the_same() -> None:
    root, diagnostics = parse(Source("f.yaml", "a: 1\na: {x: 1}\n<<: {y: 1}\n[z]: 3\nb: !t 2\n"))
    assert plain(root) == {"a": "1", "b": "2"}
    assert [(d.code, d.location.line) for d in diagnostics if d.location] == [
        ("E103", 2),
        ("E101", 3),
        ("E101", 4),
        ("E101", 5),
    ]


def test_a_syntax_error_comes_with_the_findings_before_it() -> None:
    assert [(d.code, d.location.line) for d in refusals("a: 1\na: 2\nb: @\n") if d.location] == [
        ("E103", 2),
        ("E101", 3),
    ]


def test_a_quoted_merge_key_is_a_key_like_any_other() -> None:
    assert plain(read("'<<': 1")) == {"<<": "1"}


# --- Refusals of YAML itself, in plain words ---

TAB = ("a tab is used where only spaces are allowed", "indent with spaces")


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("text", "line", "column", "width", "message", "help"),
    [
        ("layers:\n\t- conv: 3\n", 2, 1, 1, *TAB),
        ("name: foo\n\tbar: 3\n", 2, 1, 1, *TAB),
        ("layers:\n  -\tconv: 3\n", 2, 4, 1, *TAB),
        ("layers:\n  - conv: 3\n  \tname: x\n", 3, 3, 1, *TAB),
        ("a: @x # c\n", 1, 4, 1, "a value cannot start with `@`", 'write it in quotes: "@x"'),
        ("a: %x\n", 1, 4, 1, "a value cannot start with `%`", 'write it in quotes: "%x"'),
        ("a: [`x`, 1]\n", 1, 5, 1, "a value cannot start with a backtick", 'write it in quotes: "`x`"'),
        ("a: * 2\n", 1, 4, 1, "a value cannot start with `*`", 'write it in quotes: "* 2"'),
        ("a: && b\n", 1, 4, 1, "a value cannot start with `&`", 'write it in quotes: "&& b"'),
        ("a: >= 224\n", 1, 4, 1, "a value cannot start with `>`", 'write it in quotes: ">= 224"'),
        ("a: {b: >= 5}\n", 1, 8, 1, "a value cannot start with `>`", 'write it in quotes: ">= 5"'),
        ("a: {b: >}\n", 1, 8, 1, "a value cannot start with `>`", "write it in quotes"),
        ("a: ? 5\n", 1, 4, 1, "a value cannot start with `?`", 'write it in quotes: "? 5"'),
        ("a: | 5\n", 1, 4, 1, "a value cannot start with `|`", 'write it in quotes: "| 5"'),
        ("a: !y!x 5\n", 1, 4, 1, "a value cannot start with `!`", 'write it in quotes: "!y!x 5"'),
        ("name:foo\nlayers:\n  - relu\n", 1, 1, 8, "there is no space after the colon of `name:foo`", "write `name: foo`"),
        ("input: 3\nname:foo\nlayers: 3\n", 2, 1, 8, "there is no space after the colon of `name:foo`", "write `name: foo`"),
        ("- conv:\n    out:64\n    kernel: 3\n", 2, 5, 6, "there is no space after the colon of `out:64`", "write `out: 64`"),
        ("layers:\n- conv: 3\n-relu\n- x\n", 3, 1, 1, "there is no space after the dash of `-relu`", "write `- relu`"),
        ("a: 1\nb\nc: 2\n", 2, 1, 1, "`b` has no colon, so it is neither a key nor a list item", None),
        ("name: Inception: the thing\n", 1, 16, 1, "a second colon in one value",
         'write the text in quotes: `name: "Inception: the thing"`'),
        ("name: a: \"b\"\n", 1, 8, 1, "a second colon in one value", "write the text in quotes"),
        ("- conv3x3: 32, padding: 1\n", 1, 23, 1, "several arguments without braces", "write `conv3x3: {out: 32, padding: 1}`"),
        ("- conv3x3: out: 32, s: 2, p: 1\n", 1, 15, 1, "several arguments without braces",
         "write `conv3x3: {out: 32, s: 2, p: 1}`"),
        ("- maxpool: 2, stride: 2\n", 1, 21, 1, "several arguments without braces", "write `maxpool: {kernel: 2, stride: 2}`"),
        ("- maxpool2: 2, stride: 2\n", 1, 22, 1, "several arguments without braces", "write `maxpool2: {..., stride: 2}`"),
        ("- stage: c, s: 2\n", 1, 14, 1, "several arguments without braces", "write `stage: {..., s: 2}`"),
        ("- name: a b, c: d\n", 1, 15, 1, "a second colon in one value", 'write the text in quotes: `- name: "a b, c: d"`'),
        ("k" * 1100 + ": 1\n", 1, 1101, 1, "this `:` ends no key", "a key is one name on one line, of at most 1,024 characters"),
        ("- conv: 64\n    name: stem\n", 2, 5, 4, "`name:` is indented too deep: the value on line 1 is complete",
         "start it at column 3, like the key above it"),
        ("layers:\n  - bn\n    name: x\n", 2, 5, 2, "`bn` needs a colon before `name:` can be beside it", "write `- bn:`"),
        ("layers: - conv\n", 1, 9, 1, "a list of `- ` items cannot start on the line of its key",
         "start it on the next line, or write it as `[...]`"),
        ("a:\n    b: 1\n  c: 2\n", 3, 3, 2, "the indentation of `c:` matches nothing above it", "lines above start at column 1 or 5"),
        ("- conv: 64\n name: x\n", 2, 2, 5, "the indentation of `name:` matches nothing above it", "lines above start at column 1 or 3"),
        ("a: b\n- c\n", 2, 1, 1, "found `-` among the keys of the mapping that starts on line 1",
         "a mapping has keys, a list has `- ` items: use one of them"),
        ("- c\na: b\n", 2, 1, 2, "`a:` is among the items of the list that starts on line 1",
         "start it with `- `, or indent it to make it part of the item above"),
        ("a: 'x' y\n", 1, 8, 1, "found `y` where the line should end", "a text with such a part needs quotes"),
        ("a: [1]]\n", 1, 7, 1, "found `]` where the line should end", "a text with such a part needs quotes"),
        ("a: [3, 4", 1, 4, 1, "the `[` is never closed", "close it with `]`"),
        ("a: {b: 3\n\n", 1, 4, 1, "the `{` is never closed", "close it with `}`"),
        ("input: [3, 224\nlayers:\n  - relu\n", 2, 7, 1, "found `:` where `,` or `]` is expected",
         "the `[` that is open here is on line 1, column 8"),
        ("a: [1,,2]\n", 1, 7, 1, "found `,` where a value is expected", None),
        ("a: \"x\nb: 3\n", 1, 4, 1, "the quote `\"` is never closed", "close it, or delete it"),
        ("a: 'x\nb: 3\n", 1, 4, 1, "the quote `'` is never closed", "close it, or delete it"),
        ("%x\na: 1\n", 1, 1, 1, "a line that starts with `%` is not part of a spec", "delete the line"),
        ("%YAML 3.0\n---\na: 1\n", 1, 1, 1, "a line that starts with `%` is not part of a spec", "delete the line"),
        ("a: 1\n...\nb: 2\n", 3, 1, 1, "something follows the end of the document", "a file contains one spec: delete the `...`"),
    ],
)  # fmt: skip
def test_what_is_not_yaml(
    text: str, line: int, column: int, width: int, message: str, help: str | None
) -> None:
    assert one(text) == ("E101", line, column, width, message, help)


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize("text", ['a: "\\d"\n', 'a: "\\xzz"\n'])
def test_backslashes_in_double_quotes(text: str) -> None:
    code, line, _, _, message, help = one(text)
    assert (code, line, message) == ("E101", 1, "double quotes do not know this use of the backslash")
    assert help == "write the text in single quotes, or double the backslash"


@pytest.mark.usefixtures("parser")
def test_half_a_surrogate_pair_as_an_escape() -> None:
    assert one('a: "\\ud800"\n')[:2] == ("E101", 1)


# --- Limits ---


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("text", "line", "column"),
    [("[" * 100_000, 1, 201), ("- " * 100_000, 1, 401), ("{a: " * 100_000, 1, 801), ("? " * 100_000, 1, 401), ("[\n" * 100_000, 201, 1)],
)  # fmt: skip
def test_nesting_without_end(text: str, line: int, column: int) -> None:
    (found,) = refusals(text)
    assert (found.code, found.message) == (
        "E102",
        "lists and mappings are nested deeper than 200 levels: found 201 here",
    )
    assert found.location == Location("f.yaml", line, column)


def test_nesting_up_to_the_limit() -> None:
    assert isinstance(read("[" * MAX_NESTING + "]" * MAX_NESTING), Sequence)
    (found,) = refusals("[" * (MAX_NESTING + 1) + "]" * (MAX_NESTING + 1))
    assert found.code == "E102"


def test_an_alias_brings_the_nesting_of_what_it_stands_for() -> None:
    half = MAX_NESTING // 2
    inner = "[" * half + "]" * half
    outer = "[" * (half - 1) + "*x" + "]" * (half - 1)
    assert refusals(f"[&x {inner}, {outer}]") == ()
    (found,) = refusals(f"[&x {inner}, [{outer}]]")
    assert (
        found.message
        == f"lists and mappings are nested deeper than {MAX_NESTING} levels: found {MAX_NESTING + 1} here"
    )


def bomb(levels: int) -> str:
    rows = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(["a0: &a0 [x, x, x, x, x, x, x, x, x, x]", *rows])


@pytest.mark.usefixtures("parser")
def test_a_bomb_is_refused_at_once() -> None:
    (found,) = refusals(bomb(60))
    harmless = bomb(60).replace("*", "")
    assert ratio(lambda: refusals(bomb(60)), lambda: refusals(harmless), 5) < 5
    assert found.code == "E102"
    assert (
        found.message
        == "the spec has more than 1,000,000 nodes, aliases expanded: found 1,012,351 up to here"
    )
    assert found.location == Location("f.yaml", 6, 45, 3)


def test_nodes_up_to_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_NODES == 1_000_000
    monkeypatch.setattr(source_module, "MAX_NODES", 10)
    assert refusals("{a: [1, 2, 3], b: [4, 5]}") == ()  # 10 with the keys
    (found,) = refusals("{a: [1, 2, 3], b: [4, 5, 6]}")
    assert found.message == "the spec has more than 10 nodes, aliases expanded: found 11 up to here"
    assert refusals("[&x [1, 2], *x, *x]") == ()
    assert refusals("[&x [1, 2], *x, *x, 1]")[0].code == "E102"


@pytest.mark.slow
def test_reading_costs_little_more_than_the_events() -> None:
    text = "layers:\n" + "".join(f"  - conv3x3: {{out: {n % 64}}}\n" for n in range(3000))
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    taken = ratio(lambda: parse(Source("f", text)), lambda: list(yaml.parse(text, Loader=loader)), 7)
    assert taken < 6, f"{taken:.1f} times the events"


def test_many_anchors_and_tags_on_one_line_cost_no_more_each() -> None:
    few, many = ("[" + "&a !t 1, " * count + "]" for count in (6_000, 60_000))
    assert len(refusals(many)) == MOST_ERRORS + 1
    assert ratio(lambda: refusals(many), lambda: refusals(few)) < 3 * 10  # a copy of the rest for each: 10**2


# --- Files and standard input ---


def unreadable(path: str, stdin: Any = None) -> tuple[str, str | None]:
    with pytest.raises(SourceError) as raised:
        read_source(path, stdin)
    (found,) = raised.value.diagnostics
    assert (found.code, found.location) == ("E110", None)
    return found.message, found.help


def undecodable(path: str, stdin: Any = None) -> Diagnostic:
    with pytest.raises(SpecError) as raised:
        read_source(path, stdin)
    (found,) = raised.value.diagnostics
    return found


def test_a_file_is_read_under_the_name_given(tmp_path: Path) -> None:
    path = tmp_path / "é.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: \xc3\xa9\r\n")
    source = read_source(str(path))
    assert (source.name, source.text, source.lines) == (str(path), "a: é\r\n", ["a: é", ""])


@pytest.mark.parametrize(
    "stdin",
    [io.BytesIO(b"\xef\xbb\xbfa: 1\n"), io.StringIO("\ufeffa: 1\n"), io.TextIOWrapper(io.BytesIO(b"a: 1\n"))],
)
def test_standard_input(stdin: Any) -> None:
    source = read_source("-", stdin)
    assert (source.name, source.text) == ("<stdin>", "a: 1\n")


def test_standard_input_is_the_process_s_own_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"b: 2\n")))
    assert read_source("-").text == "b: 2\n"
    monkeypatch.setattr("sys.stdin", None)
    assert unreadable("-") == ("standard input is closed", None)


def test_a_closed_standard_input() -> None:
    stdin = io.BytesIO()
    stdin.close()
    assert unreadable("-", stdin) == ("standard input is closed", None)


def test_a_pipe_that_gives_little_at_a_time() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"a: 1\n")
    os.close(writing)
    with open(reading, "rb", buffering=0) as stdin:
        assert read_source("-", stdin).text == "a: 1\n"


def test_what_cannot_be_read(tmp_path: Path) -> None:
    absent = str(tmp_path / "absent.yaml")
    assert unreadable("absent.yaml") == ("`absent.yaml` does not exist", None)
    assert unreadable("") == ("`` does not exist", None)
    assert unreadable("a\0b") == ("`a\\x00b` is not the name of a file", None)
    assert unreadable("\ud800")[0] == "`\\ud800` is not the name of a file"
    assert unreadable("x" * 5000)[0].endswith("…` cannot be read: file name too long")
    assert unreadable(os.curdir) == ("`.` is a folder", "name a file in it")
    assert unreadable("/dev/null") == (
        "`/dev/null` is not a file but a device or a pipe",
        "to read standard input, name `-`",
    )
    assert unreadable(absent + "\x1b[31m")[0].isprintable()


def test_a_pipe_with_a_name_is_refused_without_waiting(tmp_path: Path) -> None:
    path = tmp_path / "p"
    os.mkfifo(path)
    assert unreadable(str(path))[0].endswith("is not a file but a device or a pipe")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("secret.yaml").touch(mode=0)
    assert unreadable("secret.yaml") == ("`secret.yaml` cannot be read: permission denied", None)


@pytest.mark.parametrize(
    ("data", "line", "column", "message", "excerpt"),
    [
        (b"a: 1\nb: \xc3\xa9\xff\n", 2, 5, "the byte 0xFF is not UTF-8", "b: é\ufffd"),
        (b"\xef\xbb\xbfa: \xe9\r\n", 1, 4, "the byte 0xE9 is not UTF-8", "a: \ufffd"),
        (b"a: \xed\xa0\x80\n", 1, 4, "the byte 0xED is not UTF-8", "a: \ufffd\ufffd\ufffd"),
        ("a: 1\n".encode("utf-16"), 1, 1, "the file is UTF-16, not UTF-8", "\ufffd\ufffda\0:\0 \x001\0"),
    ],
)
def test_what_is_not_utf_8(data: bytes, line: int, column: int, message: str, excerpt: str) -> None:
    found = undecodable("-", io.BytesIO(data))
    assert (found.code, found.message, found.help) == ("E101", message, "save the file as UTF-8")
    assert (found.location, found.excerpt) == (Location("<stdin>", line, column), excerpt)


@pytest.mark.parametrize(
    ("text", "line", "column", "name"),
    [
        ("a: 1\nb\0: 2\n", 2, 2, "U+0000 (NUL)"),
        ("\ufeffa: \x1b[31m\n", 1, 4, "U+001B (a control character)"),
        ("a: 1\u2028b: \x9f", 2, 4, "U+009F (a control character)"),
        ("é: \ud83d\n", 1, 4, "U+D83D (half of a surrogate pair)"),
    ],
)
def test_characters_that_no_spec_holds(text: str, line: int, column: int, name: str) -> None:
    found = undecodable("-", io.StringIO(text))
    assert (found.code, found.message) == ("E101", f"the character {name} cannot be in a spec")
    assert found.location == Location("<stdin>", line, column)


def test_text_up_to_the_limit(tmp_path: Path) -> None:
    assert MAX_BYTES == 8 * 1024 * 1024
    full = b"a: " + b"x" * (MAX_BYTES - 3)
    assert len(read_source("-", io.BytesIO(full)).text) == MAX_BYTES
    beyond = undecodable("-", io.BytesIO(full + b"x"))
    limit = "the spec is larger than 8 MiB of text (8,388,608 bytes): found "
    assert (beyond.code, beyond.message, beyond.location) == (
        "E102",
        limit + "more than that",
        Location("<stdin>", 1, 1),
    )
    path = tmp_path / "large.yaml"
    path.write_bytes(full + b"\n\n")
    assert undecodable(str(path)).message == limit + "8,388,610 bytes"
    with pytest.raises(SpecError, match="found 8,388,609 characters"):
        Source("f", "x" * (MAX_BYTES + 1))


def test_an_endless_input_is_not_read_to_its_end() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            self.given += len(buffer)
            buffer[:] = b"x" * len(buffer)
            return len(buffer)

    endless = Endless()
    assert undecodable("-", io.BufferedReader(endless)).code == "E102"
    assert endless.given < 2 * MAX_BYTES


def test_nodes_show_themselves() -> None:
    assert repr(read("a: [1]")) == "Mapping([(Scalar('a', 1:1), Sequence([Scalar('1', 1:5)]))])"
