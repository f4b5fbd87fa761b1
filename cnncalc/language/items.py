"""Lists of layers: from nodes to Steps, each item with its name, source, copies and expectations."""

from __future__ import annotations

from cnncalc.errors import Fault
from cnncalc.language.alike import Alike, Read
from cnncalc.language.arguments import kind_of, read_flag, read_integer
from cnncalc.language.calls import BlockReader
from cnncalc.language.context import DEEPEST, Context, DependsOnParameter, Scope
from cnncalc.language.expect import read_expect
from cnncalc.language.foreign import rewritten
from cnncalc.language.nodes import Mapping, Repeated, Scalar, Sequence, YamlNode
from cnncalc.language.operations import OperationReader
from cnncalc.language.vocabulary import KINDS, NEWER, SIBLINGS, look_up, suggest
from cnncalc.layers.activation import Identity
from cnncalc.network.naming import LONGEST_NAME, NAME_RULE, Names, is_name
from cnncalc.network.structure import HeadBody, LayerBody, LayerStep, Part, Ref, Step, Steps
from cnncalc.support.words import shown

_FOREIGN_SIBLINGS = {
    "id": "name",
    "input": "from",
    "inputs": "from",
    "bottom": "from",
    "src": "from",
    "times": "repeat",
    "n": "repeat",
    "repeats": "repeat",
    "count": "repeat",
    "shared": "share",
    "weights": "share",
    "comment": "note",
    "shape": "expect",
}
_OPERATION_KEYS = ("type", "op", "layer", "class", *KINDS)


class ItemReader:
    """Reads lists of layers; errors go to the context, and a broken item leaves a placeholder that keeps its
    name.
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        self.operations = OperationReader(context, self.read_list)
        self.blocks = BlockReader(context, self.read_list)

    def read_list(self, node: YamlNode, scope: Scope, path: str) -> Steps:
        """The steps of a list; ``path`` is that of the list, empty for the network's own."""
        if not isinstance(node, Sequence):
            help = "write it as `- ...` items, or in brackets"
            self.context.error(
                "E105", node, f"expected a list of layers, found {kind_of(node)}", help, scope, path or None
            )
            return ()
        if scope.nesting >= DEEPEST:
            self.context.is_too_deep = True
            help = "use `repeat`, or flatten a level"
            self.context.error(
                "E102",
                node,
                f"structures and blocks are nested deeper than {DEEPEST} levels",
                help,
                scope,
                path,
            )
            return ()
        names, alike = Names(_given_names(node)), Alike(self.context)
        steps = []
        inner = scope._replace(nesting=scope.nesting + 1)
        for item in node.items:
            self.context.count_item(item, inner, path or None)
            steps.append(self._item(item, inner, path, names, alike))
        return tuple([step for step in steps if step is not None])

    def _item(
        self, item: YamlNode, scope: Scope, path: str, names: Names, alike: Alike
    ) -> LayerStep | Step | None:
        if isinstance(item, Repeated):
            read = alike.of(item.first.entries[0][0])
            if read is not None:
                return self._repeated(item, read, scope, path, names, alike)
        if isinstance(item, Mapping) and len(item.entries) == 1:
            key, argument = item.entries[0]
            if not _is_sibling(key.text, scope):
                return self._plain_step(key, argument, scope, path, names, alike)
        if isinstance(item, Sequence) or (isinstance(item, Scalar) and item.is_null):
            found = "an empty item" if isinstance(item, Scalar) else "a list"
            self.context.error(
                "E108",
                item,
                f"expected a layer, found {found}",
                "for instance `- conv3x3: 64`",
                scope,
                path or None,
            )
            return None
        if isinstance(item, Scalar):
            return self._plain_step(item, None, scope, path, names, alike)
        beside = [key.text for key, _ in item.entries if _is_sibling(key.text, scope)]
        siblings = {key.text: (key, value) for key, value in item.entries if key.text in beside}
        others = [(key, value) for key, value in item.entries if key.text not in beside]
        operation = self._the_operation(item, others, scope, path)
        if operation is None:
            return None
        key, argument = operation
        step = self._step(key, argument, siblings, scope, path, names)
        for other, _ in others:
            if other is not key and not _names_operation(key, argument, scope):
                self._misplaced(other, key, scope, f"{path}/{names.last}" if path else names.last)
        return step

    def _the_operation(
        self, item: Mapping, others: list[tuple[Scalar, YamlNode]], scope: Scope, path: str
    ) -> tuple[Scalar, YamlNode] | None:
        """The only operation among the keys of an item that are not keys of every item."""
        if not others:
            self.context.error(
                "E108",
                item,
                "an item without an operation",
                "for instance `- conv3x3: 64`",
                scope,
                path or None,
            )
            return None
        meant = next((entry for entry in others if _is_operation(entry[0].text, scope)), None)
        return meant or next((entry for entry in others if entry[0].text not in _FOREIGN_SIBLINGS), others[0])

    def _misplaced(self, key: Scalar, operation: Scalar, scope: Scope, path: str) -> None:
        """Report a key beside an operation: a second operation, one of its arguments, or nothing known."""
        argument = self.operations.argument(operation.text, key.text, scope)
        if _is_operation(key.text, scope):
            message = f"two operations in one item, `{shown(operation.text)}` and `{shown(key.text)}`"
            self.context.error("E108", key, message, "start each with `- `", scope, path)
        elif argument == key.text or (argument is not None and key.text not in _FOREIGN_SIBLINGS):
            help = f"write `{operation.text}: {{..., {argument}: ...}}`"
            message = f"`{key.text}` is an argument of {shown(operation.text)}, not of the item"
            if argument != key.text:
                message = f"unknown key `{shown(key.text)}`"
            self.context.error("E104", key, message, help, scope, path)
        else:
            self.context.unknown_word("E104", "key", key, SIBLINGS, scope, path, _FOREIGN_SIBLINGS)

    def _plain_step(
        self, key: Scalar, argument: YamlNode | None, scope: Scope, path: str, names: Names, alike: Alike
    ) -> LayerStep | Step:
        """An item with nothing beside its operation, as most are."""
        own = names.last = names.own(key.text[:LONGEST_NAME])
        path = f"{path}/{own}" if path else own
        read = alike.read(key, argument, scope, path, self._parts)
        return self._made(read, key, scope, names)

    def _repeated(
        self, item: Repeated, read: Read, scope: Scope, path: str, names: Names, alike: Alike
    ) -> LayerStep | Step:
        """The same where one written alike was read already."""
        key = item.key()
        own = names.last = names.own(key.text[:LONGEST_NAME])
        if read.items or read.reread:
            alike.count(read, key, scope, f"{path}/{own}" if path else own)
        return self._made(read, key, scope, names)

    def _made(self, read: Read, key: Scalar, scope: Scope, names: Names) -> LayerStep | Step:
        origin = self.context.origin(key, scope)
        if read.layer is not None:
            return LayerStep(read.labels[0], read.layer, origin)
        for label in read.labels[1:]:
            names.own(label)
        return Step((read.parts,), origin=origin, labels=read.labels, is_head=read.is_head)

    def _step(
        self,
        key: Scalar,
        argument: YamlNode | None,
        siblings: dict[str, tuple[Scalar, YamlNode]],
        scope: Scope,
        path: str,
        names: Names,
    ) -> Step:
        name = self._name(siblings, scope, path)
        own = names.last = name or names.own(key.text[:LONGEST_NAME])
        path = f"{path}/{own}" if path else own
        count, is_open = self._repeat(siblings, scope, path)
        copies = self._copies(key, argument, scope, path, count)
        expect = siblings.get("expect")
        labels = tuple([part.label for part in max(copies, key=len)])
        for label in labels[1:]:
            names.own(label)
        return Step(
            copies[: 1 if count is None else count],
            name,
            count is not None,
            self._reference("from", siblings, scope, path),
            self._reference("share", siblings, scope, path),
            read_expect(expect[1], self.context, scope, path) if expect else (),
            self.context.origin(key, scope),
            labels,
            any(isinstance(part.body, HeadBody) for part in copies[0]),
            self._is_frozen(siblings, scope, path),
            is_open,
        )

    def _copies(
        self, key: Scalar, argument: YamlNode | None, scope: Scope, path: str, count: int | None
    ) -> tuple[tuple[Part, ...], ...]:
        """The parts of each copy; of one at least, where there is none."""
        if count is None:
            return (self._parts(key, argument, scope, path),)

        def read(copy: Scope, index: int) -> tuple[Part, ...]:
            return self._parts(key, argument, copy, f"{path}[{index}]")

        return self.context.copies(count, read, argument or key, scope, path)

    def _parts(self, key: Scalar, argument: YamlNode | None, scope: Scope, path: str) -> tuple[Part, ...]:
        parts: tuple[Part, ...] | None = None
        block = scope.file.blocks.get(key.text)
        word = None if block else look_up(key.text)
        if block is not None:
            parts = self.blocks.parts(block, key, argument, scope, path)
        elif word is not None:
            parts = self.operations.parts(word, key, argument, scope, path)
        elif key.text not in scope.file.refused:
            help = suggest(key.text, tuple(scope.file.blocks)) or "`cnncalc layers` lists the operations"
            help = rewritten(key.text, argument) or help
            if isinstance(argument, Scalar) and _names_operation(key, argument, scope):
                help = f"the operation is itself the key: `- {argument.text}: ...`"
            self.context.error("E111", key, f"unknown operation `{shown(key.text)}`", help, scope, path)
        return parts or (Part(key.text, LayerBody(Identity())),)

    def _name(self, siblings: dict[str, tuple[Scalar, YamlNode]], scope: Scope, path: str) -> str | None:
        if "name" not in siblings:
            return None
        node = siblings["name"][1]
        if not isinstance(node, Scalar) or not node.text:
            self.context.error(
                "E105", node, f"expected a name, found {kind_of(node)}", None, scope, path or None
            )
            return None
        if not is_name(node.text):
            self.context.error(
                "E114", node, f"`{shown(node.text)}` cannot be a name", NAME_RULE, scope, path or None
            )
            return None
        return node.text

    def _repeat(
        self, siblings: dict[str, tuple[Scalar, YamlNode]], scope: Scope, path: str
    ) -> tuple[int | None, bool]:
        """How many copies there are, ``None`` where nothing is repeated, and whether that is not known."""
        if "repeat" not in siblings:
            return None, False
        node = siblings["repeat"][1]
        try:
            count = read_integer(node, self.context, scope)
            self.context.check_copies(count)
            return count, False
        except Fault as fault:
            self.context.fault(fault, node, scope, path)
        except DependsOnParameter:
            pass
        return 1, True

    def _is_frozen(self, siblings: dict[str, tuple[Scalar, YamlNode]], scope: Scope, path: str) -> bool:
        if "frozen" not in siblings:
            return False
        node = siblings["frozen"][1]
        try:
            return read_flag(node, self.context, scope)
        except Fault as fault:
            self.context.fault(fault, node, scope, path)
        except DependsOnParameter:
            pass
        return False

    def _reference(
        self, key: str, siblings: dict[str, tuple[Scalar, YamlNode]], scope: Scope, path: str
    ) -> Ref | None:
        if key not in siblings:
            return None
        node = siblings[key][1]
        if isinstance(node, Scalar) and not node.is_empty:
            return self.context.reference(node, scope)
        help = (
            "several tensors are joined by `concat: [a, b]` or `add: [a, b]`"
            if isinstance(node, Sequence)
            else None
        )
        self.context.error(
            "E105",
            node,
            f"`{key}` is the name of an earlier tensor, found {kind_of(node)}",
            help,
            scope,
            path,
        )
        return None


def _given_names(node: Sequence) -> list[str]:
    """The names that the items of a list give themselves."""
    mappings = [item for item in node.items if isinstance(item, Mapping) and not isinstance(item, Repeated)]
    return [
        value.text
        for item in mappings
        for key, value in item.entries
        if key.text == "name" and isinstance(value, Scalar)
    ]


def _is_operation(name: str, scope: Scope) -> bool:
    return name in scope.file.blocks or look_up(name) is not None


def _names_operation(key: Scalar, argument: YamlNode | None, scope: Scope) -> bool:
    """Whether an item says its operation as in formats where that is a value: ``type: conv``."""
    return (
        key.text.lower() in _OPERATION_KEYS
        and isinstance(argument, Scalar)
        and _is_operation(argument.text, scope)
    )


def _is_sibling(key: str, scope: Scope) -> bool:
    """Whether a key stands beside an operation, where no block has that name."""
    return key in SIBLINGS and not (key in NEWER and key in scope.file.blocks)
