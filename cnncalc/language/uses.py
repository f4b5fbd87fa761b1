"""The use of a block of the file: its parameters bound, its layers read with them."""

from __future__ import annotations

import re
from collections.abc import Callable

from cnncalc.errors import Fault
from cnncalc.language.arguments import kind_of
from cnncalc.language.expressions import UNDETERMINED, PassedWord, Value
from cnncalc.language.nodes import Mapping, Node, Scalar, size_of
from cnncalc.language.reading import Block, DependsOnParameter, Frame, Reading
from cnncalc.language.vocabulary import SIBLINGS, is_word, look_up
from cnncalc.network.structure import Part, Ref, SeriesBody, Step
from cnncalc.support.suggest import shown

ReadList = Callable[[Node, Frame, str], tuple[Step, ...]]
"""Reads a list of layers at a path."""


class BlockReader:
    """Reads uses of blocks. ``read_list`` reads the lists of layers inside them."""

    def __init__(self, reading: Reading, read_list: ReadList) -> None:
        self.reading = reading
        self.read_list = read_list

    def parts(
        self, block: Block, key: Scalar, argument: Node | None, frame: Frame, path: str
    ) -> tuple[Part, ...] | None:
        """The layers of a block with its parameters bound."""
        self.reading.used_blocks.add(block.name)
        if block.name in frame.active:
            chain = " -> ".join((*frame.active[frame.active.index(block.name) :], block.name))
            message = f"the block `{shown(block.name)}` uses itself: {shown(chain)}"
            self.reading.error("E206", key, message, "use `repeat`", frame, path)
            return None
        self.reading.spend(size_of(block.node) + len(self.reading.variables) // 8, key, frame, path)
        given = self._block_arguments(block, key, argument, frame, path)
        inner = self._bound(block, key, given, frame, path)
        if inner is None:
            return None
        return (Part(block.name, SeriesBody(self.read_list(block.layers, inner, path), is_block=True)),)

    def _block_arguments(
        self, block: Block, key: Scalar, argument: Node | None, frame: Frame, path: str
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
                    self.reading.beside(name, block.name, frame, path)
                elif not names:
                    self.reading.error(
                        "E104", name, f"the block `{shown(block.name)}` takes no arguments", None, frame, path
                    )
                else:
                    self.reading.unknown_word("E104", f"parameter of {block.name}", name, names, frame, path)
            elif not isinstance(value, Scalar):
                message = f"a value for `{parameter}` is wanted, found {kind_of(value)}"
                self.reading.error("E105", value, message, None, frame, path)
                given[parameter] = None
            else:
                given[parameter] = value
        return given

    def _bound(
        self, block: Block, key: Scalar, given: dict[str, Scalar | None], frame: Frame, path: str
    ) -> Frame | None:
        """The frame of a block's inside: the file's variables, its parameters, the index of the copy."""
        names: dict[str, Value] = {**self.reading.variables}
        tensors: dict[str, Ref] = {}
        if "i" in frame.names:
            names["i"] = frame.names["i"]
        complete = True
        for name, default in block.params:
            if name in given:
                node = given[name]
                complete &= node is not None and self._bind(name, node, frame, names, tensors, path)
            elif default is not None:
                node = Scalar(default, False, block.node.line, block.node.column, 1)
                complete &= self._bind(name, node, frame._replace(names=names), names, tensors, path)
            else:
                help = f"it takes {', '.join(one for one, _ in block.params)}"
                self.reading.error(
                    "E106", key, f"the block `{shown(block.name)}` needs `{name}`", help, frame, path
                )
                complete = False
        chain = (*frame.chain, f"`{block.name}` at line {key.line}")
        inner = Frame(names, tensors, frame.depth + 1, chain, (*frame.active, block.name))
        return inner if complete else None

    def _bind(
        self,
        name: str,
        node: Scalar,
        frame: Frame,
        names: dict[str, Value],
        tensors: dict[str, Ref],
        path: str,
    ) -> bool:
        """Give a parameter its value: a number, or the name of an operation or of a tensor."""
        try:
            if self._is_passed_name(node.text, frame):
                names[name] = PassedWord(node.text)
                tensors[name] = self.reading.reference(node, frame)
            else:
                names[name] = self.reading.evaluate(node.text, frame)
                if node.text in frame.tensors:
                    tensors[name] = frame.tensors[node.text]
            return True
        except DependsOnParameter:
            names[name] = UNDETERMINED
            if node.text in frame.tensors:
                tensors[name] = frame.tensors[node.text]
            return True
        except Fault as fault:
            self.reading.fault(fault, node, frame, path)
            return False

    def _is_passed_name(self, text: str, frame: Frame) -> bool:
        """Whether an argument is the name of an operation, an option or a tensor, or a size such as 1x3."""
        if text in frame.names or text.isdigit():
            return False
        own_name = re.fullmatch(r"(.+)_[0-9]+", text)
        is_tensor = self.reading.is_declared(text) or (own_name is not None and self._is_label(own_name[1]))
        return is_tensor or is_word(text)

    def _is_label(self, text: str) -> bool:
        return text in self.reading.blocks or look_up(text) is not None
