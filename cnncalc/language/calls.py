"""The call of a block of the file: its parameters bound, its layers read with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from collections.abc import Mapping as MappingOf

from cnncalc.errors import Fault
from cnncalc.language.arguments import kind_of
from cnncalc.language.context import DEEPEST, Block, Context, DependsOnParameter, Scope, too_many_items
from cnncalc.language.expressions import UNDETERMINED, PassedWord, Value
from cnncalc.language.nodes import Mapping, Scalar, Sequence, YamlNode, size_of
from cnncalc.language.vocabulary import SIBLINGS, is_word, look_up
from cnncalc.network.structure import Part, Ref, SeriesBody, Steps
from cnncalc.support.words import shown

ReadList = Callable[[YamlNode, Scope, str], Steps]
"""Reads a list of layers at a path."""


class BlockReader:
    """Reads calls of blocks. ``read_list`` reads the lists of layers inside them."""

    def __init__(self, context: Context, read_list: ReadList) -> None:
        self.context = context
        self.read_list = read_list
        self._least: dict[tuple[int, int], int] = {}
        """The items of each block at least, by how deep it may still go, among the blocks of one model."""
        self._least_of: MappingOf[str, Block] = {}

    def parts(
        self, block: Block, key: Scalar, argument: YamlNode | None, scope: Scope, path: str
    ) -> tuple[Part, ...] | None:
        """The layers of a block with its parameters bound."""
        self.context.used_blocks.add(block.name)
        if block.name in scope.active:
            chain = " -> ".join((*scope.active[scope.active.index(block.name) :], block.name))
            message = f"the block `{shown(block.name)}` calls itself: {shown(chain)}"
            self.context.error("E206", key, message, "use `repeat`", scope, path)
            return None
        self._check_count(block, key, scope, path)
        self.context.spend(size_of(block.node) + len(scope.file.variables) // 8, key, scope, path)
        given = self._block_arguments(block, key, argument, scope, path)
        inner = self._bound(block, key, given, scope, path)
        if inner is None:
            return None
        return (Part(block.name, SeriesBody(self.read_list(block.layers, inner, path), is_block=True)),)

    def _check_count(self, block: Block, key: Scalar, scope: Scope, path: str) -> None:
        """Refuse at once a block whose calls of others, each twice and more, come to too many items."""
        if scope.file.blocks is not self._least_of:
            self._least, self._least_of = {}, scope.file.blocks
        least = self._least_items(block, scope, DEEPEST - scope.nesting)
        if self.context.items_read + least > self.context.most_layers:
            self.context.stop(too_many_items(self.context.most_layers), key, scope, path)

    def _least_items(self, block: Block, scope: Scope, depth: int) -> int:
        """Items that a call of a block makes at least: those of its own list and of the blocks they call."""
        known = self._least.get((id(block.node), depth))
        if known is not None:
            return known
        self._least[id(block.node), depth] = 0  # of a block that calls itself, which is an error of its own
        total = 0
        for name in _called(block.layers) if depth > 0 else ():
            other = scope.file.blocks.get(name)
            total += 1 + (self._least_items(other, scope, depth - 1) if other is not None else 0)
        self._least[id(block.node), depth] = total
        return total

    def _block_arguments(
        self, block: Block, key: Scalar, argument: YamlNode | None, scope: Scope, path: str
    ) -> dict[str, Scalar | None]:
        """The nodes given for a block's parameters, by name; ``None`` for one in error."""
        if argument is None or (isinstance(argument, Scalar) and argument.is_null and not argument.quoted):
            return {}
        names = tuple(name for name, _ in block.params)
        entries = argument.entries if isinstance(argument, Mapping) else [(key, argument)]
        given: dict[str, Scalar | None] = {}
        for name, value in entries:
            parameter = name.text if isinstance(argument, Mapping) else (names[0] if names else "")
            if parameter not in names:
                if name.text in SIBLINGS:
                    self.context.beside(name, block.name, scope, path)
                elif not names:
                    self.context.error(
                        "E104", name, f"the block `{shown(block.name)}` takes no arguments", None, scope, path
                    )
                else:
                    self.context.unknown_word("E104", f"parameter of {block.name}", name, names, scope, path)
            elif not isinstance(value, Scalar):
                message = f"expected a value for `{parameter}`, found {kind_of(value)}"
                self.context.error("E105", value, message, None, scope, path)
                given[parameter] = None
            else:
                given[parameter] = value
        return given

    def _bound(
        self, block: Block, key: Scalar, given: dict[str, Scalar | None], scope: Scope, path: str
    ) -> Scope | None:
        """The scope of a block's inside: the file's variables, its parameters, the index of the copy."""
        names: dict[str, Value] = {**scope.file.variables}
        tensors: dict[str, Ref] = {}
        if "i" in scope.names:
            names["i"] = scope.names["i"]
        complete = True
        for name, default in block.params:
            if name in given:
                node = given[name]
                complete &= node is not None and self._bind(name, node, scope, names, tensors, path)
            elif default is not None:
                node = Scalar(default, False, block.node.line, block.node.column, 1)
                complete &= self._bind(name, node, scope._replace(names=names), names, tensors, path)
            else:
                help = f"it takes {', '.join(one for one, _ in block.params)}"
                self.context.error(
                    "E106", key, f"the block `{shown(block.name)}` needs `{name}`", help, scope, path
                )
                complete = False
        chain = (*scope.chain, f"`{block.name}` at line {key.line}")
        inner = scope._replace(
            names=names,
            tensors=tensors,
            depth=scope.depth + 1,
            chain=chain,
            active=(*scope.active, block.name),
        )
        return inner if complete else None

    def _bind(
        self,
        name: str,
        node: Scalar,
        scope: Scope,
        names: dict[str, Value],
        tensors: dict[str, Ref],
        path: str,
    ) -> bool:
        """Give a parameter its value: a number, or the name of an operation or of a tensor."""
        try:
            if self._is_passed_name(node.text, scope):
                names[name] = PassedWord(node.text)
                tensors[name] = self.context.reference(node, scope)
            else:
                names[name] = self.context.evaluate(node.text, scope)
                if node.text in scope.tensors:
                    tensors[name] = scope.tensors[node.text]
            return True
        except DependsOnParameter:
            names[name] = UNDETERMINED
            if node.text in scope.tensors:
                tensors[name] = scope.tensors[node.text]
            return True
        except Fault as fault:
            self.context.fault(fault, node, scope, path)
            return False

    def _is_passed_name(self, text: str, scope: Scope) -> bool:
        """Whether an argument is the name of an operation, an option or a tensor, or a size such as 1x3."""
        if text in scope.names or text.isdigit():
            return False
        own_name = re.fullmatch(r"(.+)_[0-9]+", text)
        is_label = own_name is not None and (
            own_name[1] in scope.file.blocks or look_up(own_name[1]) is not None
        )
        is_tensor = self.context.is_declared(text) or is_label
        return is_tensor or is_word(text)


def _called(layers: YamlNode) -> Iterator[str]:
    """The operations of a list, but for those that may be there any number of times."""
    for item in layers.items if isinstance(layers, Sequence) else ():
        if isinstance(item, Scalar):
            yield item.text
        elif isinstance(item, Mapping) and item.get("repeat") is None:
            yield next((key.text for key, _ in item.entries if key.text not in SIBLINGS), "")
