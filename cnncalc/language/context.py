"""The state of decoding a file: the scope of a place, and what is reported and counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, NoReturn, TypeVar

from cnncalc.errors import MOST_ERRORS, TOO_MANY_ERRORS, Diagnostic, Fault, Origin
from cnncalc.language.expressions import UNDETERMINED, Value, compile_expression
from cnncalc.language.nodes import Scalar, Sequence, YamlNode, size_of
from cnncalc.language.source import Source
from cnncalc.layers.base import Layer
from cnncalc.network.graph import MOST_LAYERS, RAISE_LIMIT, too_many_layers
from cnncalc.network.naming import copy_named
from cnncalc.network.structure import Ref
from cnncalc.support.words import did_you_mean, listed, shown

C = TypeVar("C")


class Block(NamedTuple):
    """A block as the file defines it."""

    name: str
    params: tuple[tuple[str, str | None], ...]
    """Names with the text of their defaults, ``None`` where one is required."""
    layers: YamlNode
    node: YamlNode


class Declarations(NamedTuple):
    """What a file declares for the layers of one model."""

    variables: Mapping[str, Value] = {}
    blocks: Mapping[str, Block] = {}
    refused: frozenset[str] = frozenset()
    """Names of blocks that are in error themselves, so that their calls are not."""
    defaults: Mapping[str, Mapping[str, YamlNode]] = {}
    """Default arguments, by operation and field."""


class IndexUse:
    """Whether what is read for a copy has used its index."""

    __slots__ = ("found",)

    def __init__(self) -> None:
        self.found = False


class Scope(NamedTuple):
    """The names in force at a place: variables, block parameters, the index ``i``."""

    names: Mapping[str, Value] = {}
    tensors: Mapping[str, Ref] = {}
    """Block parameters that refer to a tensor."""
    depth: int = 0
    chain: tuple[str, ...] = ()
    """The calls of blocks that led here, for messages."""
    active: tuple[str, ...] = ()
    """The names of the blocks being expanded."""
    nesting: int = 0
    """Lists of layers around the place."""
    file: Declarations = Declarations()
    index_use: IndexUse | None = None
    """Of the innermost copy around the place."""

    def with_index(self, index: Value, use: IndexUse) -> Scope:
        return self._replace(names={**self.names, "i": index}, index_use=use)

    def of_the_file(self) -> Scope:
        """The names of the file alone, as its default arguments see them."""
        return Scope(self.file.variables, file=self.file)


class DependsOnParameter(Exception):
    """A value that depends on a block parameter while a block is checked without being used."""


class BeyondLimit(Exception):
    """A file that exceeds a limit; raised out of the decoding, with everything found before it
    reported.
    """


DEEPEST = 65
"""Lists of layers inside one another, the network's own and the calls of blocks included."""
LEAST_REREAD = 10_000
"""Nodes that are read again however few layers are allowed, so that the layers are what is too many."""
REREAD_PER_LAYER = 10
"""Nodes read again, on average, for the calls of blocks, copies that use their index, variants and cases; two
characters of an
expression count as one."""


def too_many_items(most: int) -> Fault:
    return Fault("E102", f"more than {most:,} items after expanding blocks and repeats", RAISE_LIMIT)


class Context:
    """What is found and counted in one file. Errors are collected, each place and message once."""

    def __init__(self, source: Source, most_layers: int = MOST_LAYERS) -> None:
        self.source = source
        self.most_layers = most_layers
        self.most_reread = max(REREAD_PER_LAYER * most_layers, LEAST_REREAD)
        self.diagnostics: list[Diagnostic] = []
        self.all_variables: set[str] = set()
        """The names of the variables of all models, for what is set from outside."""
        self.used_blocks: set[str] = set()
        self.declared: frozenset[str] | None = None
        """Names given with ``name:`` anywhere in the file; found when first needed."""
        self.root: YamlNode | None = None
        self.layers: dict[Any, Layer] = {}
        """Layers made so far: equal ones are one object."""
        self.is_too_deep = False
        """Whether a list was nested too deep to be read, so that what it calls is not known."""
        self.errors = 0
        """How many were found, those apart too."""
        self.findings = 0
        """The same with those that were reported before."""
        self.items_read = 0
        self.layers_made = 0
        """Layers of all models and cases so far."""
        self.reread = 0
        self._seen: set[tuple[str, int, int, str]] = set()

    @contextmanager
    def apart(self) -> Iterator[list[Diagnostic]]:
        """What is reported within goes into a list of its own, unless a limit ends it."""
        reported, seen = self.diagnostics, self._seen
        self.diagnostics, self._seen = [], set()
        try:
            yield self.diagnostics
        except BaseException:
            reported += self.diagnostics
            raise
        finally:
            self.diagnostics, self._seen = reported, seen

    def report_once(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Report what was found apart, but for what is reported already."""
        known = set(self.diagnostics)
        self.diagnostics.extend(found for found in diagnostics if found not in known)

    def error(
        self, code: str, node: YamlNode, message: str, help: str | None, scope: Scope, path: str | None = None
    ) -> None:
        self.fault(Fault(code, message, help), node, scope, path)

    def fault(self, fault: Fault, node: YamlNode, scope: Scope, path: str | None = None) -> None:
        """Report a bare fact at the place of a node."""
        self.findings += 1
        key = (fault.code, node.line, node.column, fault.message)
        if key not in self._seen:
            self._seen.add(key)
            if self.errors == MOST_ERRORS:
                self.stop(Fault("E102", *TOO_MANY_ERRORS), node, scope, path)
            self.errors += 1
            self._report(fault, node, scope, path)

    def _report(self, fault: Fault, node: YamlNode, scope: Scope, path: str | None) -> None:
        self.diagnostics.append(self.origin(node, scope).place(fault, path))

    def stop(self, fault: Fault, node: YamlNode, scope: Scope, path: str | None) -> NoReturn:
        """Report what is beyond a limit, and read no further.

        Raises:
            BeyondLimit
        """
        self._report(fault, node, scope, path)
        raise BeyondLimit

    def count_layers(self, number: int, node: YamlNode, scope: Scope) -> None:
        """Take note of layers that are going to be evaluated."""
        self.layers_made += number
        if self.layers_made > self.most_layers:
            self.stop(too_many_layers(self.most_layers), node, scope, None)

    def count_item(self, node: YamlNode, scope: Scope, path: str | None) -> None:
        """Take note of one more item of a list, copy, or layer that a shorthand makes."""
        self.items_read += 1
        if self.items_read > self.most_layers:
            self.stop(too_many_items(self.most_layers), node, scope, path)
        if self.reread > self.most_reread:
            self.spend(0, node, scope, path)

    def spend(self, effort: int, node: YamlNode, scope: Scope, path: str | None) -> None:
        """Take note of nodes that are read again."""
        self.reread += effort
        most = self.most_reread
        if self.reread > most:
            message = f"blocks, repeats, variants and cases make more than {most:,} nodes to be read again"
            self.stop(
                Fault("E102", message, "lower a `repeat`, or shorten what is repeated"), node, scope, path
            )

    def copies(
        self, count: int, read: Callable[[Scope, int], C], node: YamlNode, scope: Scope, path: str
    ) -> tuple[C, ...]:
        """What ``read`` makes of a node for each copy, its scope and its index given; of one at least, so
        that errors are seen.

        Copies that do not use their index are one and the same.
        """
        use = IndexUse()
        copies = [read(scope.with_index(0, use), 0)]
        if use.found:
            for index in range(1, count):
                self.count_item(node, scope, path)
                self.spend(size_of(node) + len(scope.names) // 8, node, scope, path)
                copies.append(read(scope.with_index(index, use), index))
        else:
            copies *= max(count, 1)
        return tuple(copies)

    def unknown_word(
        self,
        code: str,
        kind: str,
        node: Scalar,
        known: Iterable[str],
        scope: Scope,
        path: str | None,
        foreign: Mapping[str, str] | None = None,
    ) -> str | None:
        """Report a word that means nothing here, with the one that was probably meant, which is returned."""
        known = tuple(known)
        guess = (foreign or {}).get(node.text.lower()) or did_you_mean(node.text, known)
        help = (
            f"did you mean `{shown(guess)}`?"
            if guess
            else f"possible: {listed(map(shown, known))}"
            if known
            else None
        )
        self.error(code, node, f"unknown {kind} `{shown(node.text)}`", help, scope, path)
        return guess

    def beside(self, key: Scalar, operation: str, scope: Scope, path: str) -> None:
        """Report a key of the item among the arguments of its operation."""
        help = f"write `{key.text}: ...` beside `{shown(operation)}:`, not inside"
        self.error(
            "E104",
            key,
            f"`{key.text}` is a key of the item, not an argument of {shown(operation)}",
            help,
            scope,
            path,
        )

    def origin(self, node: YamlNode, scope: Scope) -> Origin:
        return Origin(self.source.location(node), self.source.excerpt(node.line), scope.chain)

    def evaluate(self, text: str, scope: Scope) -> Value:
        """The value of an expression.

        Raises:
            Fault: where it has none.
            DependsOnParameter: where it depends on something not given.
        """
        try:
            expression = compile_expression(text)
        except Fault as fault:
            if text.count("(") > text.count(")"):
                fault.help = "a comma ends a value inside {...} and [...]: put the expression in quotes"
            raise
        self.reread += len(text) // 2
        if scope.index_use is not None and "i" in expression.names:
            scope.index_use.found = True
        value = expression.evaluate(scope.names)
        if value is UNDETERMINED:
            raise DependsOnParameter
        return value

    def check_copies(self, count: int) -> None:
        """Reject more copies than the limit on layers.

        Raises:
            Fault: E102.
        """
        if count > self.most_layers:
            message = f"{count:,} copies exceed the limit of {self.most_layers:,} layers"
            raise Fault("E102", message, RAISE_LIMIT)

    def reference(self, node: Scalar, scope: Scope) -> Ref:
        """The tensor a name refers to: a block parameter's, else the earlier one of that name."""
        passed = scope.tensors.get(node.text)
        return passed or Ref(node.text, scope.depth, self.origin(node, scope))

    def is_declared(self, name: str) -> bool:
        """Whether some ``name:`` of the file gives this name, or an input has it."""
        if self.declared is None:
            self.declared = frozenset(_names_in(self.root)) if self.root is not None else frozenset()
        named = copy_named(name)
        return name in self.declared or (named is not None and named[0] in self.declared)

    def names_before(self, node: Scalar) -> tuple[str, ...]:
        """The names that a place can refer to: of inputs, and of earlier items of the lists around it."""
        return () if self.root is None else _names_before(node, self.root, (), set()) or ()


def _names_before(
    node: Scalar, within: YamlNode, known: tuple[str, ...], seen: set[int]
) -> tuple[str, ...] | None:
    """The names where a node is found; ``None`` where it is not within another one."""
    if within is node:
        return known
    if isinstance(within, Scalar) or id(within) in seen:
        return None
    seen.add(id(within))
    if isinstance(within, Sequence):
        for item in within.items:
            found = _names_before(node, item, known, seen)
            if found is not None:
                return found
            known += _own_name(item)
        return None
    known += _input_names(within.get("input"))
    for key, value in within.entries:
        found = _names_before(node, value, () if key.text == "blocks" else known, seen)
        if found is not None:
            return found
    return None


def _own_name(item: YamlNode) -> tuple[str, ...]:
    name = None if isinstance(item, Scalar | Sequence) else item.get("name")
    return (name.text,) if isinstance(name, Scalar) else ()


def _input_names(node: YamlNode | None) -> tuple[str, ...]:
    if node is None:
        return ()
    return ("input",) if isinstance(node, Scalar | Sequence) else tuple(node.keys)


def _names_in(root: YamlNode) -> Iterable[str]:
    """The values of all keys ``name``, and the keys of ``input``."""
    seen: set[int] = set()
    waiting = [root]
    yield from ("prev", "input")
    while waiting:
        node = waiting.pop()
        if isinstance(node, Scalar) or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Sequence):
            waiting.extend(node.items)
            continue
        for key, value in node.entries:
            if key.text == "name" and isinstance(value, Scalar):
                yield value.text
            elif key.text == "input" and not isinstance(value, (Scalar, Sequence)):
                yield from value.keys
            waiting.append(value)
