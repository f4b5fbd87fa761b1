"""A file's keys: from the root node to Models."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from pathlib import PurePath
from typing import NamedTuple

from cnncalc.errors import CnncalcError, Diagnostic, Fault, GraphError, SpecError
from cnncalc.frameworks import DEFAULT, FRAMEWORKS, Framework, framework_named, unknown_framework
from cnncalc.geometry.shape import MOST_AXES, Shape, Size, is_any
from cnncalc.language.arguments import kind_of, read_integer
from cnncalc.language.context import BeyondLimit, Block, Context, DependsOnParameter, Scope
from cnncalc.language.definitions import read_blocks, read_defaults
from cnncalc.language.expect import read_expect
from cnncalc.language.expressions import UNDETERMINED, Value
from cnncalc.language.items import ItemReader
from cnncalc.language.nodes import Mapping, Scalar, Sequence, YamlNode, size_of
from cnncalc.language.variables import declared, evaluated
from cnncalc.layers.base import Layer
from cnncalc.layers.fields import PerAxis
from cnncalc.network.graph import Graph, OverLimit, build_graph
from cnncalc.network.model import Case, Model
from cnncalc.network.naming import NAME_RULE, is_name
from cnncalc.network.structure import Part, Ref, SeriesBody, Step, step_of
from cnncalc.support.words import listed, shown

MODEL_KEYS = (
    "name",
    "description",
    "source",
    "framework",
    "input",
    "vars",
    "defaults",
    "blocks",
    "layers",
    "expect",
    "cases",
)
FILE_KEYS = (*MODEL_KEYS, "models")
CASE_KEYS = ("name", "input", "vars", "framework", "expect", "note")
DEFAULT_RANK = 2
_UNREAD = Shape(None, (None,) * DEFAULT_RANK)

_FOREIGN_KEYS = {
    "network": "layers",
    "net": "layers",
    "backbone": "layers",
    "model": "models",
    "variants": "models",
    "inputs": "input",
    "input_shape": "input",
    "variables": "vars",
    "title": "name",
    "desc": "description",
}


class _Section(NamedTuple):
    """The keys that make up one model: the file's own, overlaid with those of a variant."""

    name: str
    keys: dict[str, YamlNode]
    variables: dict[str, tuple[YamlNode, YamlNode]]
    """Key and value of each variable."""
    defaults: list[Mapping]
    blocks: list[Mapping]
    node: YamlNode


class Decoded(NamedTuple):
    """The models of a file that nothing is wrong with, what is wrong otherwise, and the variables of all."""

    models: tuple[Model, ...]
    error: CnncalcError | None
    variables: frozenset[str]


def decode(context: Context, root: YamlNode, sets: MappingOf[str, str]) -> Decoded:
    """The models of a file; everything wrong with it is one error.

    Raises:
        UsageError: for a variable that is set to what means nothing.
    """
    context.root = root
    file = _FileReader(context, sets)
    models: tuple[Model, ...] = ()
    try:
        models = file.models(root)
        file.check_unused_blocks()
    except BeyondLimit:
        pass
    except OverLimit as limit:
        context.diagnostics.extend(limit.diagnostics)
    variables = frozenset(context.all_variables)
    if context.diagnostics:
        return Decoded(tuple(file.fine), _combined(context.diagnostics), variables)
    return Decoded(models, None, variables)


def _combined(diagnostics: list[Diagnostic]) -> CnncalcError:
    def place(diagnostic: Diagnostic) -> tuple[int, int]:
        return diagnostic.location[1:3] if diagnostic.location else (0, 0)

    is_graph = all(diagnostic.code in ("E201", "E208", "E209") for diagnostic in diagnostics)
    return (GraphError if is_graph else SpecError)(*sorted(diagnostics, key=place))


class _FileReader:
    """Reads one file; ``sets`` are variables given from outside."""

    def __init__(self, context: Context, sets: MappingOf[str, str]) -> None:
        self.context = context
        self.sets = sets
        self.items = ItemReader(context)
        self.scope = Scope()
        self.inputs: tuple[tuple[str, Shape], ...] = ()
        """The inputs of the model read last."""
        self.fine: list[Model] = []
        """Variants that nothing is wrong with, in a file whose own keys are in order."""
        self.all_blocks: dict[int, tuple[Block, dict[str, Value], dict[str, Block]]] = {}

    def models(self, root: YamlNode) -> tuple[Model, ...]:
        if not isinstance(root, Mapping):
            help = "for instance `layers:` with a list of layers below it"
            self._error("E105", root, f"a spec is a mapping of keys, found {kind_of(root)}", help)
            return ()
        file = self._section(root, PurePath(self.context.source.name).stem, FILE_KEYS)
        variants = file.keys.pop("models", None)
        if variants is None:
            if "layers" not in file.keys:
                self._error(
                    "E106",
                    root,
                    "the spec has no `layers`",
                    "a network is a list below `layers:`, variants are below `models:`",
                )
                return ()
            name = self._text(file.keys.get("name")) or file.name
            return (self._model(file, name),)
        return self._variants(file, variants)

    def _variants(self, file: _Section, variants: YamlNode) -> tuple[Model, ...]:
        if not isinstance(variants, Mapping):
            self._error(
                "E105", variants, f"models are a mapping of names to models, found {kind_of(variants)}", None
            )
            return ()
        if not variants.entries:
            self._error("E106", variants, "`models` names no model", "for instance {naive: {layers: [...]}}")
        is_in_order = not self.context.diagnostics
        models = []
        for key, node in variants.entries:
            with self.context.apart() as errors:
                model = self._variant(file, key, node)
            self.context.report_once(errors)
            if model is not None:
                models.append(model)
                if is_in_order and not errors:
                    self.fine.append(model)
        return tuple(models)

    def _variant(self, file: _Section, key: Scalar, node: YamlNode) -> Model | None:
        if not isinstance(node, Mapping):
            self._error(
                "E105",
                node,
                f"the model `{shown(key.text)}` is a mapping of keys, found {kind_of(node)}",
                None,
            )
            return None
        section = _overlaid(file, self._section(node, key.text, MODEL_KEYS))
        if "layers" in section.keys:
            return self._model(section, self._text(section.keys.get("name")) or key.text)
        self._error("E106", key, f"the model `{shown(key.text)}` has no `layers`", None)
        return None

    def _section(self, node: Mapping, name: str, known: tuple[str, ...]) -> _Section:
        keys: dict[str, YamlNode] = {}
        misnamed: YamlNode | None = None
        for key, value in node.entries:
            if key.text in known:
                keys[key.text] = value
            elif (
                self.context.unknown_word("E104", "key", key, known, self.scope, None, _FOREIGN_KEYS)
                == "input"
            ):
                misnamed = value
        if misnamed is not None:
            keys.setdefault("input", misnamed)  # so that names of its inputs are no errors, too
        vars_node = self._mapping(keys.pop("vars", None), "vars")
        variables = declared(vars_node, self.context, self.scope) if vars_node else {}
        defaults = self._mapping(keys.pop("defaults", None), "defaults")
        blocks = self._mapping(keys.pop("blocks", None), "blocks")
        return _Section(
            name, keys, variables, [defaults] if defaults else [], [blocks] if blocks else [], node
        )

    def _mapping(self, node: YamlNode | None, what: str) -> Mapping | None:
        if node is None or isinstance(node, Mapping):
            return node
        if not (isinstance(node, Scalar) and node.is_null):
            self._error("E105", node, f"`{what}` is a mapping of names, found {kind_of(node)}", None)
        return None

    # One model

    def _model(self, section: _Section, name: str) -> Model:
        self._enter(section, section.variables)
        layers = section.keys["layers"]
        if isinstance(layers, Sequence) and not layers.items:
            self._error("E106", layers, "`layers` has no layer", "for instance `- conv3x3: 64`")
        self.context.spend(size_of(layers), section.node, self.scope, None)
        framework = self._framework(section.keys.get("framework"), DEFAULT)
        steps = self.items.read_list(section.keys["layers"], self.scope, "")
        inputs = self.inputs = self._inputs(section.keys.get("input"))
        graph = self._graph(steps, inputs)
        expect = section.keys.get("expect")
        model = Model(
            name,
            self.context.source.name,
            framework,
            inputs or _unknown_input(graph),
            graph,
            read_expect(expect, self.context, self.scope, None, allow_error=True) if expect else (),
            (),
            self._text(section.keys.get("description")),
            self._texts(section.keys.get("source")),
            self.context.origin(section.node, self.scope),
        )
        return model._replace(cases=self._cases(section, model))

    def _enter(self, section: _Section, variables: dict[str, tuple[YamlNode, YamlNode]]) -> None:
        """Put a section's variables, defaults and blocks in force."""
        nodes = (*section.defaults, *section.blocks)
        self.context.spend(
            sum(node.size for node in nodes) + 8 * len(variables), section.node, self.scope, None
        )
        self.context.variables = evaluated(variables, self.sets, self.context, self.scope)
        self.context.all_variables.update(self.context.variables)
        self.scope = Scope(self.context.variables)
        self.context.blocks = read_blocks(section.blocks, self.context, self.scope)
        self.context.defaults = read_defaults(section.defaults, self.context, self.scope)
        for block in self.context.blocks.values():
            self.all_blocks.setdefault(id(block.node), (block, self.context.variables, self.context.blocks))

    def _graph(self, steps: tuple[Step, ...], inputs: tuple[tuple[str, Shape], ...]) -> Graph:
        names = tuple(name for name, _ in inputs) or ("input",)
        graph, diagnostics = build_graph(steps, names, self.context.most_layers, self.context.layers_made)
        self.context.layers_made += graph.layer_count
        self.context.report_once(diagnostics)
        return graph

    def _cases(self, section: _Section, model: Model) -> tuple[Case, ...]:
        node = section.keys.get("cases")
        if node is None:
            return ()
        if not isinstance(node, Sequence):
            self._error(
                "E105",
                node,
                f"cases are a list, found {kind_of(node)}",
                "for instance `- {input: 3x180x180, expect: [1000]}`",
            )
            return ()
        cases = (self._case(number, item, section, model) for number, item in enumerate(node.items, 1))
        return tuple(case for case in cases if case is not None)

    def _case(self, number: int, node: YamlNode, section: _Section, model: Model) -> Case | None:
        if not isinstance(node, Mapping):
            self._error("E105", node, f"a case is a mapping of keys, found {kind_of(node)}", None)
            return None
        keys: dict[str, YamlNode] = {}
        for key, value in node.entries:
            if key.text in CASE_KEYS:
                keys[key.text] = value
            else:
                self.context.unknown_word(
                    "E104", "key of a case", key, CASE_KEYS, self.scope, None, _FOREIGN_KEYS
                )
        own = self._mapping(keys.get("vars"), "vars")
        for key, _ in own.entries if own else ():
            if key.text not in section.variables:
                self.context.unknown_word("E203", "variable", key, section.variables, self.scope, None)
        expect = keys.get("expect")
        expectations = read_expect(expect, self.context, self.scope, None, allow_error=True) if expect else ()
        self.context.spend(len(model.inputs), node, self.scope, None)
        with self.context.apart() as errors:
            case = self._reread(keys, own, node, section, model)
        if not any(expectation.metric == "error" for expectation in expectations):
            self.context.report_once(errors)
        told = f", {case.framework.name}" if "framework" in keys else ""
        name = (
            self._text(keys.get("name"))
            or (str(case.inputs[0][1]) if "input" in keys else f"case {number}") + told
        )
        return Case(name, case._replace(expectations=expectations, cases=(), errors=tuple(errors)))

    def _reread(
        self, keys: dict[str, YamlNode], own: Mapping | None, node: Mapping, section: _Section, model: Model
    ) -> Model:
        """The model once more under the keys of a case."""
        inputs, graph = model.inputs, model.graph
        if own:
            self._enter(section, {**section.variables, **declared(own, self.context, self.scope)})
            self.context.spend(size_of(section.keys["layers"]), node, self.scope, None)
            inputs = self._inputs(section.keys.get("input")) or inputs
        inputs = self._case_inputs(keys.get("input"), inputs)
        if own:
            graph = self._graph(self.items.read_list(section.keys["layers"], self.scope, ""), inputs)
            self._enter(section, section.variables)
        else:
            self.context.count_layers(graph.layer_count, node, self.scope)
        return model._replace(
            inputs=inputs, graph=graph, framework=self._framework(keys.get("framework"), model.framework)
        )

    # Keys

    def _framework(self, node: YamlNode | None, default: Framework) -> Framework:
        """A framework by name, or as ``{onnx: {opset: 19}}``."""
        if node is None:
            return default
        if isinstance(node, Mapping):
            return self._version(node) or default
        found = framework_named(node.text) if isinstance(node, Scalar) else None
        if found is not None:
            return found
        if isinstance(node, Scalar):
            self._error("E112", node, *unknown_framework(node.text))
        else:
            self._error(
                "E105", node, f"a framework's name is wanted, found {kind_of(node)}", ", ".join(FRAMEWORKS)
            )
        return default

    def _version(self, node: Mapping) -> Framework | None:
        versions = {one.name: one.versions for one in FRAMEWORKS.values() if one.versions is not None}
        name = node.keys[0] if len(node.keys) == 1 else ""
        word = versions[name].word if name in versions else ""
        options = node.get(name)
        number = options.get(word) if isinstance(options, Mapping) and options.keys == [word] else None
        if number is None:
            examples = (f"{{{name}: {{{one.word}: {one.newest}}}}}" for name, one in versions.items())
            help = f"for instance {' or '.join(examples)}"
            self._error("E105", node, f"only {' and '.join(versions)} takes an option", help)
            return None
        try:
            return framework_named(f"{name}:{read_integer(number, self.context, self.scope, 1)}")
        except Fault as fault:
            self.context.fault(fault, number, self.scope)
            return None

    def _inputs(self, node: YamlNode | None) -> tuple[tuple[str, Shape], ...]:
        """The inputs by name; none where the spec gives none."""
        if node is None or (isinstance(node, Scalar) and node.is_null):
            return ()
        if not isinstance(node, Mapping):
            shape = self._shape(node)
            return () if shape is None else (("input", shape),)
        if not node.entries:
            self._error(
                "E106", node, "`input` names no input", "for instance {left: [3, 64, 64], right: [3, 64, 64]}"
            )
        for key, _ in node.entries:
            if not is_name(key.text):
                self._error("E114", key, f"`{shown(key.text)}` cannot be a name", NAME_RULE)
        shapes = ((key.text, self._shape(value)) for key, value in node.entries)
        return tuple((name, shape or _UNREAD) for name, shape in shapes)

    def _case_inputs(
        self, node: YamlNode | None, inputs: tuple[tuple[str, Shape], ...]
    ) -> tuple[tuple[str, Shape], ...]:
        """The inputs of a case: those of the model, with the ones it gives in their place."""
        if node is None:
            return inputs
        names = [name for name, _ in inputs]
        given = dict(self._inputs(node))
        if not isinstance(node, Mapping):
            if len(names) > 1:
                self._error("E105", node, "the network has several inputs", f"name one: {listed(names)}")
                return inputs
            return tuple((names[0], shape) for shape in given.values()) or inputs
        for key, _ in node.entries:
            if key.text not in names:
                self.context.unknown_word("E104", "input", key, names, self.scope, None)
        return tuple((name, given.get(name, shape)) for name, shape in inputs)

    def _shape(self, node: YamlNode) -> Shape | None:
        """Channels and sizes from a list or ``3x224x224``; ``any`` is unknown."""
        if isinstance(node, Mapping):
            self._error(
                "E105",
                node,
                f"a shape is wanted, found {kind_of(node)}",
                "for instance [3, 224, 224] or 3x224x224",
            )
            return None
        axes: list[Size] = []
        number = len(node.items) if isinstance(node, Sequence) else node.text.count("x") + 1
        if number > MOST_AXES + 1:
            help = "without a batch axis, for instance [3, 224, 224]"
            self._error(
                "E109", node, f"{number:,} axes are more than the channels and {MOST_AXES} spatial axes", help
            )
            return None
        for item in _axis_nodes(node):
            try:
                axes.append(
                    None
                    if isinstance(item, Scalar) and is_any(item.text)
                    else read_integer(item, self.context, self.scope, 1)
                )
            except DependsOnParameter:
                return None
            except Fault as fault:
                help = fault.help or "for instance [3, 224, 224] or 3x224x224; `any` is an unknown size"
                self.context.fault(Fault(fault.code, fault.message, help), item, self.scope)
                return None
        if not axes:
            self._error("E106", node, "an empty shape", "for instance [3, 224, 224] or 3x224x224")
            return None
        return Shape(axes[0], tuple(axes[1:]))

    def _text(self, node: YamlNode | None) -> str | None:
        if node is None or (isinstance(node, Scalar) and node.is_empty):
            return None
        if isinstance(node, Scalar):
            return node.text
        self._error("E105", node, f"text is wanted, found {kind_of(node)}", None)
        return None

    def _texts(self, node: YamlNode | None) -> tuple[str, ...]:
        nodes = node.items if isinstance(node, Sequence) else [node]
        return tuple(text for one in nodes if (text := self._text(one)) is not None)

    # Blocks that nothing uses

    def check_unused_blocks(self) -> None:
        """Read the blocks that nothing uses, with parameters unknown, so that their errors are seen too."""
        for block, variables, blocks in self.all_blocks.values():
            if block.name in self.context.used_blocks:
                continue
            self.context.variables, self.context.blocks = variables, blocks
            names: dict[str, Value] = {name: UNDETERMINED for name, _ in block.params}
            tensors = {name: Ref("prev", 0) for name, _ in block.params}
            scope = Scope({**variables, **names, "i": UNDETERMINED}, tensors, depth=1, active=(block.name,))
            steps = self.items.read_list(block.layers, scope, f"{block.name}_1")
            self._graph((step_of((Part(block.name, SeriesBody(steps, is_block=True)),)),), self.inputs)

    def _error(self, code: str, node: YamlNode, message: str, help: str | None) -> None:
        self.context.error(code, node, message, help, self.scope)


def _overlaid(file: _Section, variant: _Section) -> _Section:
    """A variant's keys over the file's; variables, defaults and blocks of both."""
    keys = {key: node for key, node in file.keys.items() if key != "name"}
    return _Section(
        variant.name,
        {**keys, **variant.keys},
        {**file.variables, **variant.variables},
        [*file.defaults, *variant.defaults],
        [*file.blocks, *variant.blocks],
        variant.node,
    )


def _axis_nodes(node: Scalar | Sequence) -> list[YamlNode]:
    """One node per axis of a shape."""
    if isinstance(node, Sequence):
        return node.items
    return [
        Scalar(text.strip(), node.quoted, node.line, node.column, node.width) for text in node.text.split("x")
    ]


def _unknown_input(graph: Graph) -> tuple[tuple[str, Shape], ...]:
    """An input of unknown size, with as many axes as the first kernel that gives one value for each."""
    for node in graph.nodes[1:]:
        kernel = getattr(node.layer, "kernel", None) if isinstance(node.layer, Layer) else None
        if isinstance(kernel, PerAxis) and len(kernel.values) > 1:
            return (("input", Shape(None, (None,) * len(kernel.values))),)
    return (("input", Shape(None, (None,) * DEFAULT_RANK)),)
