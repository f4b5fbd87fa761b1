"""The keys of a file, a model or a case, one by one: framework, inputs, texts."""

from __future__ import annotations

from cnncalc.errors import Fault
from cnncalc.frameworks import FRAMEWORKS, Framework, framework_named, unknown_framework
from cnncalc.geometry.shape import MOST_AXES, Shape, Size, is_any
from cnncalc.language.arguments import kind_of, read_integer
from cnncalc.language.context import Context, DependsOnParameter, Scope
from cnncalc.language.expressions import NO_NAMES
from cnncalc.language.nodes import Mapping, Scalar, Sequence, YamlNode
from cnncalc.network.naming import NAME_RULE, is_name
from cnncalc.support.words import listed, shown

DEFAULT_RANK = 2
_UNREAD = Shape(None, (None,) * DEFAULT_RANK)


class KeyReader:
    """Reads the values of keys that are no layers."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def mapping(self, node: YamlNode | None, what: str, scope: Scope) -> Mapping | None:
        if node is None or isinstance(node, Mapping):
            return node
        if not (isinstance(node, Scalar) and node.is_null):
            self._error("E105", node, f"`{what}` is a mapping of names, found {kind_of(node)}", None, scope)
        return None

    def framework(self, node: YamlNode | None, default: Framework, scope: Scope) -> Framework:
        """A framework by name, or as ``{onnx: {opset: 19}}``."""
        if node is None:
            return default
        if isinstance(node, Mapping):
            return self._version(node, scope) or default
        found = framework_named(node.text) if isinstance(node, Scalar) else None
        if found is not None:
            return found
        if isinstance(node, Scalar):
            self._error("E112", node, *unknown_framework(node.text), scope)
        else:
            self._error(
                "E105",
                node,
                f"expected a framework's name, found {kind_of(node)}",
                ", ".join(FRAMEWORKS),
                scope,
            )
        return default

    def _version(self, node: Mapping, scope: Scope) -> Framework | None:
        versions = {one.name: one.versions for one in FRAMEWORKS.values() if one.versions is not None}
        name = node.keys[0] if len(node.keys) == 1 else ""
        word = versions[name].word if name in versions else ""
        options = node.get(name)
        number = options.get(word) if isinstance(options, Mapping) and options.keys == [word] else None
        if number is None:
            examples = (f"{{{name}: {{{one.word}: {one.newest}}}}}" for name, one in versions.items())
            help = f"for instance {' or '.join(examples)}"
            self._error("E105", node, f"only {' and '.join(versions)} takes an option", help, scope)
            return None
        try:
            return framework_named(f"{name}:{read_integer(number, self.context, scope, 1)}")
        except Fault as fault:
            self.context.fault(fault, number, scope)
            return None

    def inputs(self, node: YamlNode | None, scope: Scope) -> tuple[tuple[str, Shape], ...]:
        """The inputs by name; none where the spec gives none."""
        if node is None or (isinstance(node, Scalar) and node.is_null):
            return ()
        if not isinstance(node, Mapping):
            shape = self._shape(node, scope)
            return () if shape is None else (("input", shape),)
        if not node.entries:
            self._error(
                "E106",
                node,
                "`input` names no input",
                "for instance {left: [3, 64, 64], right: [3, 64, 64]}",
                scope,
            )
        for key, _ in node.entries:
            if not is_name(key.text):
                self._error("E114", key, f"`{shown(key.text)}` cannot be a name", NAME_RULE, scope)
        shapes = ((key.text, self._shape(value, scope)) for key, value in node.entries)
        return tuple((name, shape or _UNREAD) for name, shape in shapes)

    def case_inputs(
        self, node: YamlNode | None, inputs: tuple[tuple[str, Shape], ...], scope: Scope
    ) -> tuple[tuple[str, Shape], ...]:
        """The inputs of a case: those of the model, with the ones it gives in their place."""
        if node is None:
            return inputs
        names = [name for name, _ in inputs]
        given = dict(self.inputs(node, scope))
        if not isinstance(node, Mapping):
            if len(names) > 1:
                self._error(
                    "E105", node, "the network has several inputs", f"name one: {listed(names)}", scope
                )
                return inputs
            return tuple((names[0], shape) for shape in given.values()) or inputs
        for key, _ in node.entries:
            if key.text not in names:
                self.context.unknown_word("E104", "input", key, names, scope, None)
        return tuple((name, given.get(name, shape)) for name, shape in inputs)

    def _shape(self, node: YamlNode, scope: Scope) -> Shape | None:
        """Channels and sizes from a list or ``3x224x224``; ``any`` is unknown."""
        if isinstance(node, Mapping):
            self._error(
                "E105",
                node,
                f"expected a shape, found {kind_of(node)}",
                "for instance [3, 224, 224] or 3x224x224",
                scope,
            )
            return None
        axes: list[Size] = []
        number = len(node.items) if isinstance(node, Sequence) else node.text.count("x") + 1
        if number > MOST_AXES + 1:
            help = "without a batch axis, for instance [3, 224, 224]"
            self._error(
                "E109",
                node,
                f"{number:,} axes are more than the channels and {MOST_AXES} spatial axes",
                help,
                scope,
            )
            return None
        for item in _axis_nodes(node):
            try:
                axes.append(
                    None
                    if isinstance(item, Scalar) and is_any(item.text)
                    else read_integer(item, self.context, scope, 1)
                )
            except DependsOnParameter:
                return None
            except Fault as fault:
                told = None if fault.help == NO_NAMES else fault.help  # `RGB` is no variable
                help = told or "for instance [3, 224, 224] or 3x224x224; `any` is an unknown size"
                self.context.fault(Fault(fault.code, fault.message, help), item, scope)
                return None
        if not axes:
            self._error("E106", node, "an empty shape", "for instance [3, 224, 224] or 3x224x224", scope)
            return None
        return Shape(axes[0], tuple(axes[1:]))

    def text(self, node: YamlNode | None, scope: Scope) -> str | None:
        if node is None or (isinstance(node, Scalar) and node.is_empty):
            return None
        if isinstance(node, Scalar):
            return node.text
        self._error("E105", node, f"expected text, found {kind_of(node)}", None, scope)
        return None

    def texts(self, node: YamlNode | None, scope: Scope) -> tuple[str, ...]:
        nodes = node.items if isinstance(node, Sequence) else [node]
        return tuple(text for one in nodes if (text := self.text(one, scope)) is not None)

    def _error(self, code: str, node: YamlNode, message: str, help: str | None, scope: Scope) -> None:
        self.context.error(code, node, message, help, scope)


def _axis_nodes(node: Scalar | Sequence) -> list[YamlNode]:
    """One node per axis of a shape."""
    if isinstance(node, Sequence):
        return node.items
    return [
        Scalar(text.strip(), node.quoted, node.line, node.column, node.width) for text in node.text.split("x")
    ]
