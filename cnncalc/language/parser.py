"""The only reader of YAML: text to positioned nodes, from the parser's events, within limits."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, NoReturn, TypeAlias

from cnncalc.errors import MOST_ERRORS, TOO_MANY_ERRORS, Diagnostic, Location, SpecError
from cnncalc.language.nodes import Mapping, Scalar, Sequence, YamlNode, moved
from cnncalc.language.repeats import Again, Place, shortened
from cnncalc.language.source import MAX_BYTES, Source, read_source
from cnncalc.support.words import did_you_mean, shown

__all__ = [
    "MAX_BYTES",
    "MAX_NESTING",
    "MAX_NODES",
    "Mapping",
    "Scalar",
    "Sequence",
    "Source",
    "YamlNode",
    "comments",
    "parse",
    "read_source",
]

MAX_NODES = 1_000_000
"""Lists, mappings, keys and values of a spec, each alias counted as everything it refers to."""
LONG_TEXT = 64
"""A text counts as one more node for each of so many characters."""
LONG = 10_000
"""Characters of a text in which it is worth while to look for repeated items."""
MAX_NESTING = 200
"""Lists and mappings inside one another, aliases expanded."""

# The two parsers' events agree in what they have, but share no type that says so.
_Event: TypeAlias = Any

# Searched from a position, never in a copy of the rest: a file may be one line of 8 MiB.
_ANCHOR = r"&\S+[ \t]+(?=[^\s#])"
_TAG = r"!\S*"
_ALIAS = r"\*(\S+)"
_SURROGATE = "[\ud800-\udfff]"


def parse(source: Source) -> tuple[YamlNode, list[Diagnostic]]:
    """The root node, and what is wrong but does not keep the rest from being read (such entries are left
    out).

    Raises SpecError: E101 for what is not YAML or not in the language, E102 beyond a limit; it carries the
    findings before it.
    """
    if len(source.text) > LONG and "\r" not in source.text:
        found = _by_repeats(source)
        if found is not None:
            return found, []
    return _TreeBuilder(source, source.text).build()


def _by_repeats(source: Source) -> YamlNode | None:
    """The root node of a text with items that repeat others, each read once; ``None`` where something is
    wrong or unusual, so that it is to be read as it is.
    """
    short = shortened(source.lines)
    if not short.left_out:
        return None
    builder = _TreeBuilder(source, short.text, short.repeats)
    try:
        root, diagnostics = builder.build()
    except SpecError:
        return None
    return root if not diagnostics and builder.put_back == short.left_out else None


def comments(source: Source) -> Iterator[tuple[int, int, str]]:
    """The comments of a text that ``parse`` could read, from their ``#`` on, with their lines and columns."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    tokens = (token for token in yaml.scan(source.text, Loader=loader) if isinstance(token, yaml.ScalarToken))
    marks = [(token.start_mark, token.end_mark) for token in tokens]
    starts = [(start.line, start.column) for start, _ in marks]
    ends = [(end.line, end.column) for _, end in marks]
    for line, text in enumerate(source.lines):
        for found in re.finditer(r"(?<!\S)#", text):
            before = bisect_right(starts, (line, found.start())) - 1
            if before < 0 or ends[before] <= (line, found.start()):
                yield line + 1, found.start() + 1, text[found.start() :]
                break


class _Anchored(NamedTuple):
    """The value of an alias."""

    node: YamlNode
    size: int
    height: int


_NO_ENTRIES: list[tuple[Scalar, YamlNode]] = []


class _Open:
    """A list or mapping that is still being read."""

    __slots__ = ("anchor", "before", "braced", "entries", "height", "items", "key", "keys", "node")

    def __init__(self, node: Sequence | Mapping, anchor: str | None, before: int) -> None:
        self.node = node
        self.items: list[YamlNode] | None = None
        """Where the next node goes, if it is a list."""
        self.entries: list[tuple[Scalar, YamlNode]] = _NO_ENTRIES
        """Where keys go with their values, if it is a mapping."""
        if isinstance(node, Sequence):
            self.items = node.items
        else:
            self.entries = node.entries
        self.anchor = anchor
        self.before = before
        """Nodes counted before this one."""
        self.height = 1
        self.key: Scalar | None = None
        """The key whose value comes next."""
        self.keys: dict[str, Scalar] = {}
        self.braced: Scalar | None = None
        """The name in `{{name}}`, which is reported, and read as if it had no braces."""


# In place of a rejected key: its value is read and left out.
_REFUSED = Scalar("", True, 0, 0, 0)


_TOO_DEEP = "maximum nesting depth"
"""What libyaml says from its version 0.2.6 on."""


def _counted(node: YamlNode) -> int:
    """As how many nodes one counts, with those in it."""
    return 1 + len(node.text) // LONG_TEXT if isinstance(node, Scalar) else node.size


class _TreeBuilder:
    """Nodes from events; never recursive, so that no nesting can exhaust the stack."""

    def __init__(self, source: Source, text: str, repeats: dict[Place, list[Again]] | None = None) -> None:
        self.source = source
        self.text = text
        """What is read: that of the source, or a shortened one to which ``repeats`` are added."""
        self.repeats = repeats or {}
        self._clear()

    def _clear(self) -> None:
        self.diagnostics: list[Diagnostic] = []
        self.count = 0
        self.roots: list[YamlNode] = []
        self.stack = [_Open(Sequence(self.roots, 1, 1), None, 0)]
        """What is open, in a list that the root goes into."""
        self.anchors: dict[str, _Anchored | _Open] = {}
        self.items: dict[Place, YamlNode] = {}
        """The items that others repeat, by their places."""
        self.put_back = 0
        """How many items that were left out are there again."""

    def build(self) -> tuple[YamlNode, list[Diagnostic]]:
        import yaml  # here, because commands that read no spec do without its start-up time

        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # without libyaml only the slow one is there
        try:
            self._read(loader(self.text))
        except yaml.YAMLError as error:
            if _TOO_DEEP in str(
                error
            ):  # libyaml's own limit, met while it looks ahead; the slow parser tells the place of ours
                self._clear()
                self._read(yaml.SafeLoader(self.text))
            self._explain(error)
        root = self.roots[0] if self.roots else None
        if root is None or (isinstance(root, Scalar) and root.is_null):
            self._fail("E101", 1, 1, 1, "the spec is empty", "begin with `layers:` and a list")
        return root, self.diagnostics

    def _read(self, loader: Any) -> None:
        from yaml import events as kinds

        handlers: dict[type, Callable[[_Event], None]] = {
            kinds.ScalarEvent: self._scalar,
            kinds.MappingStartEvent: self._mapping,
            kinds.SequenceStartEvent: self._sequence,
            kinds.MappingEndEvent: self._close,
            kinds.SequenceEndEvent: self._close,
            kinds.AliasEvent: self._alias,
            kinds.DocumentStartEvent: self._document,
        }
        next_event = loader.get_event  # without the generator of `yaml.parse`, a tenth of the time
        while (event := next_event()) is not None:
            handler = handlers.get(type(event))
            if handler is not None:
                handler(event)

    def _document(self, event: _Event) -> None:
        if not self.roots:
            return
        mark = event.start_mark
        self._fail(
            "E101",
            mark.line + 1,
            mark.column + 1,
            3,
            "a second document starts here",
            "a file holds one spec",
        )

    def _scalar(self, event: _Event) -> None:
        """A word of one line as most are, which needs no further call; others are left to
        ``_other_scalar``.
        """
        mark, end, text = event.start_mark, event.end_mark, event.value
        line, column = mark.line, mark.column
        if event.style or event.anchor is not None or event.tag is not None or end.line != line:
            self._other_scalar(event)
            return
        width = end.column - column
        node = Scalar(text, False, line + 1, column + 1, width if width > 0 else 1)
        self.count += 1 + len(text) // LONG_TEXT
        if self.count > MAX_NODES:
            self._too_many(node)
        top = self.stack[-1]
        if top.items is not None and not self.repeats:
            top.items.append(node)
        elif top.key is None or not text:
            self._add(node)
        else:
            if top.key is not _REFUSED:
                top.entries.append((top.key, node))
            top.key = None

    def _other_scalar(self, event: _Event) -> None:
        mark, end, style, anchor = event.start_mark, event.end_mark, event.style, event.anchor
        line, column = mark.line, mark.column
        if anchor is not None:
            column = self._after_anchor(line, column)
        width = end.column - column if end.line == line else len(self.source.excerpt(line + 1)) - column
        node = Scalar(event.value, bool(style), line + 1, column + 1, width if width > 0 else 1)
        if event.tag is not None:
            self._refuse_tag(event)
        if style:
            self._check_quoted(node, style)
        size = _counted(node)
        self._count(size, node)
        if anchor is not None:
            self.anchors[anchor] = _Anchored(node, size, 0)
        self._add(node)

    def _mapping(self, event: _Event) -> None:
        mark = event.start_mark
        self._open(Mapping([], mark.line + 1, mark.column + 1), event)

    def _sequence(self, event: _Event) -> None:
        mark = event.start_mark
        self._open(Sequence([], mark.line + 1, mark.column + 1), event)

    def _open(self, node: Sequence | Mapping, event: _Event) -> None:
        if len(self.stack) > MAX_NESTING:
            self._too_deep(node.line, node.column, len(self.stack))
        if event.tag is not None:
            self._refuse_tag(event)
        opened = _Open(node, event.anchor, self.count)
        if event.anchor is not None:
            node.column = self._after_anchor(node.line - 1, node.column - 1) + 1
            self.anchors[event.anchor] = opened
        self._count(1, node)
        self.stack.append(opened)

    def _close(self, event: _Event) -> None:
        done = self.stack.pop()
        done.node.size = self.count - done.before
        if done.anchor is not None and self.anchors[done.anchor] is done:
            self.anchors[done.anchor] = _Anchored(done.node, self.count - done.before, done.height)
        if done.braced is not None and not done.entries:
            self._add(done.braced)
        else:
            self._add(done.node, done.height)

    def _alias(self, event: _Event) -> None:
        mark = event.start_mark
        line, column = mark.line + 1, mark.column + 1
        anchored = self.anchors.get(event.anchor)
        if anchored is None:
            self._unknown_alias(event.anchor, line, column)
        width = len(event.anchor) + 1
        if isinstance(anchored, _Open):
            start = anchored.node.line
            message = (
                f"`*{shown(event.anchor)}` is inside the value it refers to, which starts on line {start}"
            )
            self._fail("E101", line, column, width, message, "nothing can contain itself")
        if len(self.stack) - 1 + anchored.height > MAX_NESTING:
            self._too_deep(line, column, len(self.stack) - 1 + anchored.height)
        node = anchored.node
        if isinstance(node, Scalar):  # a text of its own place, so that a finding about it points here
            node = Scalar(node.text, node.quoted, line, column, width)
        self._count(anchored.size, Scalar("", True, line, column, width))
        self._add(node, anchored.height)

    def _add(self, node: YamlNode, height: int = 0) -> None:
        """Puts a complete node where it belongs: into the list, under its key, or as the next key."""
        top = self.stack[-1]
        if height >= top.height:
            top.height = height + 1
        if top.items is not None:
            top.items.append(node)
            if self.repeats:
                self._repeat(node, top.items)
        elif top.key is None:
            top.key = self._key(top, node)
        else:
            if top.key is not _REFUSED:
                top.entries.append((top.key, node))
                if isinstance(node, Scalar) and not node.text and ":" in top.key.text:
                    self._check_space(top.key, node)
            top.key = None

    def _repeat(self, node: YamlNode, items: list[YamlNode]) -> None:
        """Puts the items back that were left out after one."""
        place = Place(node.line, node.column)
        if place not in self.repeats:
            return
        self.items[place] = node
        for line, first in self.repeats[place]:
            known = self.items.get(first)
            if known is not None:
                again = moved(known, line - known.line)
                self._count(_counted(known), again)
                items.append(again)
                self.put_back += 1

    def _key(self, top: _Open, node: YamlNode) -> Scalar:
        if not isinstance(node, Scalar):
            kind = "list" if isinstance(node, Sequence) else "mapping"
            help = "a key is a single name; variables are written without braces: `n`, not `{{n}}`"
            self._report("E101", node.line, node.column, 1, f"a {kind} cannot be a key", help)
            if isinstance(node, Mapping) and len(node.entries) == 1:
                top.braced = node.entries[0][0]
            return _REFUSED
        if node.text == "<<" and not node.quoted:
            help = "use `defaults:` or a block"
            self._report(
                "E101", node.line, node.column, node.width, "merge keys are not part of the language", help
            )
            return _REFUSED
        first = top.keys.setdefault(node.text, node)
        if first is node:
            return node
        places = (
            f"on line {first.line} and again on line {node.line}"
            if first.line != node.line
            else f"twice on line {node.line}"
        )
        message = f"the key `{shown(node.text)}` stands {places}"
        self._report(
            "E103", node.line, node.column, node.width, message, "keep one of them; the first is used"
        )
        return _REFUSED

    def _check_space(self, key: Scalar, value: Scalar) -> None:
        """``{out:64}`` is a key without a value to YAML, and never meant so."""
        name, _, rest = key.text.partition(":")
        if (
            not (key.quoted or value.quoted)
            and rest
            and (value.line, value.column) == (key.line, key.column + key.width)
        ):
            from cnncalc.language.yaml_errors import missing_space

            message, help = missing_space(name, rest)
            self._report("E101", key.line, key.column, key.width, message, help)

    def _check_quoted(self, node: Scalar, style: str) -> None:
        if style in "|>":
            rest = self.source.excerpt(node.line)[node.column - 1 :]
            if (
                not node.text and rest[1:2].isdigit()
            ):  # `>5` is an empty folded text to YAML, and never meant so
                from cnncalc.language.yaml_errors import reserved_start

                message, help = reserved_start(style, rest)
                self._report("E101", node.line, node.column, 1, message, help)
        elif not node.text.isascii() and re.search(
            _SURROGATE, node.text
        ):  # the C parser refuses the escape itself
            self._fail(
                "E101",
                node.line,
                node.column,
                node.width,
                "half of a surrogate pair cannot be in a spec",
                None,
            )

    def _refuse_tag(self, event: _Event) -> None:
        mark = event.start_mark
        found = re.compile(_TAG).search(self.source.excerpt(mark.line + 1), mark.column)
        tag, column = (found[0], found.start()) if found else (str(event.tag), mark.column)
        message = f"the tag `{shown(tag)}` is not part of the language"
        help = "delete it: the field decides a value's type; a text that starts with `!` needs quotes"
        self._report("E101", mark.line + 1, column + 1, len(tag), message, help)

    def _unknown_alias(self, name: str, line: int, column: int) -> NoReturn:
        found = re.match(_ALIAS, self.source.excerpt(line)[column - 1 :])
        text = found[0].rstrip(",]}") if found else f"*{name}"
        close = did_you_mean(name, self.anchors)
        help = f"did you mean `*{close}`?" if close else f'if it is text, write it in quotes: "{shown(text)}"'
        message = f"`{shown(text)}` refers to an anchor `&{shown(name)}` that is not before it"
        self._fail("E101", line, column, len(text), message, help)

    def _after_anchor(self, line: int, column: int) -> int:
        """Where the anchored node itself starts, if on the same line."""
        found = re.compile(_ANCHOR).match(self.source.excerpt(line + 1), column)
        return found.end() if found else column

    def _count(self, size: int, node: YamlNode) -> None:
        self.count += size
        if self.count > MAX_NODES:
            self._too_many(node)

    def _too_many(self, node: YamlNode) -> NoReturn:
        width = node.width if isinstance(node, Scalar) else 1
        message = (
            f"the spec has more than {MAX_NODES:,} nodes, aliases expanded: found {self.count:,} up to here"
        )
        self._fail("E102", node.line, node.column, width, message, "use `repeat:`, a block, or several files")

    def _too_deep(self, line: int, column: int, found: int) -> NoReturn:
        message = f"lists and mappings are nested deeper than {MAX_NESTING} levels: found {found} here"
        self._fail("E102", line, column, 1, message, "move the inner part into a block")

    def _explain(self, error: Exception) -> NoReturn:
        from cnncalc.language.yaml_errors import (
            in_plain_words,
            unquoted_copy,
        )  # here, because only errors need it and it costs start-up time

        mark, context = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
        explained = in_plain_words(
            self.source.lines,
            str(getattr(error, "problem", error)),
            (mark.line, mark.column) if mark is not None else (0, 0),
            getattr(error, "context", None),
            (context.line, context.column) if context is not None else None,
        )
        line, column = explained.place
        copy = unquoted_copy(self.source.lines[line], column) if line < len(self.source.lines) else None
        if copy is not None:
            help = f'inside brackets a copy is written in quotes: `"{copy}"`'
            self._fail("E101", line + 1, column + 1, explained.width, explained.message, help)
        self._fail("E101", line + 1, column + 1, explained.width, explained.message, explained.help)

    def _report(self, code: str, line: int, column: int, width: int, message: str, help: str | None) -> None:
        is_beyond = len(self.diagnostics) == MOST_ERRORS
        if is_beyond:
            code, message, help = ("E102", *TOO_MANY_ERRORS)
        location = Location(self.source.name, line, column, max(width, 1))
        excerpt = self.source.excerpt(line)
        self.diagnostics.append(Diagnostic(code, "error", message, help, location=location, excerpt=excerpt))
        if is_beyond:
            raise SpecError(*self.diagnostics)

    def _fail(
        self, code: str, line: int, column: int, width: int, message: str, help: str | None
    ) -> NoReturn:
        self._report(code, line, column, width, message, help)
        raise SpecError(*self.diagnostics)
