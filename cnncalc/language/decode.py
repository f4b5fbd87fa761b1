"""A file's keys: from the root node to Models."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from pathlib import PurePath
from typing import NamedTuple

from cnncalc.errors import CnncalcError, Diagnostic, GraphError, SpecError
from cnncalc.frameworks import DEFAULT
from cnncalc.geometry.shape import Shape
from cnncalc.language.arguments import kind_of
from cnncalc.language.context import BeyondLimit, Block, Context, Declarations, Scope
from cnncalc.language.definitions import read_blocks, read_defaults
from cnncalc.language.expect import read_expect
from cnncalc.language.expressions import UNDETERMINED, Value
from cnncalc.language.items import ItemReader
from cnncalc.language.keys import DEFAULT_RANK, KeyReader
from cnncalc.language.nodes import Mapping, Scalar, Sequence, YamlNode, size_of
from cnncalc.language.variables import declared, evaluated
from cnncalc.layers.base import Layer
from cnncalc.layers.fields import PerAxis
from cnncalc.network.expectation import Expectation
from cnncalc.network.graph import Graph, OverLimit, build_graph
from cnncalc.network.model import Case, Model
from cnncalc.network.structure import Part, Ref, SeriesBody, Steps, step_of
from cnncalc.support.words import shown

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
TOP = Scope()
"""The scope of a file's own keys, which no names are in."""

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


def decode(
    context: Context, root: YamlNode, sets: MappingOf[str, str], unknown: frozenset[str] = frozenset()
) -> Decoded:
    """The models of a file; everything wrong with it is one error. What depends on ``unknown`` variables is
    not looked at.

    Raises:
        UsageError: for a variable that is set to an invalid value.
    """
    context.root = root
    file = _FileReader(context, sets, unknown)
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


def _is_network(node: Mapping) -> bool:
    return "layers" in node.keys or "models" in node.keys


class _FileReader:
    """Reads one file; ``sets`` are variables given from outside, of ``unknown`` ones no value is known."""

    def __init__(self, context: Context, sets: MappingOf[str, str], unknown: frozenset[str]) -> None:
        self.context = context
        self.sets = sets
        self.unknown = unknown
        self.items = ItemReader(context)
        self.keys = KeyReader(context)
        self.fine: list[Model] = []
        """Variants that nothing is wrong with, in a file whose own keys are in order."""
        self.is_misnamed = False
        """Whether a key was reported below which the layers may be."""
        self.all_blocks: dict[int, tuple[Block, Declarations]] = {}

    def models(self, root: YamlNode) -> tuple[Model, ...]:
        if not isinstance(root, Mapping):
            help = "for instance `layers:` with a list of layers below it"
            self._error("E105", root, f"a spec is a mapping of keys, found {kind_of(root)}", help)
            return ()
        root = self._unwrapped(root)
        file = self._section(root, PurePath(self.context.source.name).stem, FILE_KEYS)
        variants = file.keys.pop("models", None)
        if variants is None:
            if "layers" not in file.keys:
                if self.is_misnamed:
                    return ()
                help = "a network is a list below `layers:`, variants are below `models:`"
                self._error("E106", root, "the spec has no `layers`", help)
                return ()
            name = self.keys.text(file.keys.get("name"), TOP) or file.name
            return (self._model(file, name),)
        return self._variants(file, variants)

    def _unwrapped(self, root: Mapping) -> Mapping:
        """A file all of whose network is below a key of its own, which is reported, with these keys at the
        top.
        """
        if "layers" in root.keys or "models" in root.keys:
            return root
        found = [
            (key, value)
            for key, value in root.entries
            if key.text not in FILE_KEYS and isinstance(value, Mapping) and _is_network(value)
        ]
        if len(found) != 1:
            return root
        ((wrapper, inner),) = found
        help = "the keys below it belong at the top of the file, without indentation"
        self._error("E104", wrapper, f"unknown key `{shown(wrapper.text)}`", help)
        others = [(key, value) for key, value in root.entries if key is not wrapper]
        unwrapped = Mapping([*others, *inner.entries], root.line, root.column)
        unwrapped.size = root.size
        return unwrapped

    def _variants(self, file: _Section, variants: YamlNode) -> tuple[Model, ...]:
        if not isinstance(variants, Mapping):
            message = f"models are a mapping of names to models, found {kind_of(variants)}"
            self._error("E105", variants, message, None)
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
            message = f"the model `{shown(key.text)}` is a mapping of keys, found {kind_of(node)}"
            self._error("E105", node, message, None)
            return None
        section = _overlaid(file, self._section(node, key.text, MODEL_KEYS))
        if "layers" in section.keys:
            name = self.keys.text(section.keys.get("name"), TOP)
            network = None if name else self.keys.text(file.keys.get("name"), TOP)
            return self._model(section, name or key.text, network or None)
        self._error("E106", key, f"the model `{shown(key.text)}` has no `layers`", None)
        return None

    def _section(self, node: Mapping, name: str, known: tuple[str, ...]) -> _Section:
        keys: dict[str, YamlNode] = {}
        misnamed: YamlNode | None = None
        for key, value in node.entries:
            if key.text in known:
                keys[key.text] = value
            else:
                foreign = _FOREIGN_KEYS | ({"model": "layers"} if isinstance(value, Sequence) else {})
                meant = self.context.unknown_word("E104", "key", key, known, TOP, None, foreign)
                self.is_misnamed |= meant in ("layers", "models")
                if meant == "input":
                    misnamed = value
        if misnamed is not None:
            keys.setdefault("input", misnamed)  # so that names of its inputs are not reported as well
        vars_node = self.keys.mapping(keys.pop("vars", None), "vars", TOP)
        variables = declared(vars_node, self.context, TOP) if vars_node else {}
        defaults = self.keys.mapping(keys.pop("defaults", None), "defaults", TOP)
        blocks = self.keys.mapping(keys.pop("blocks", None), "blocks", TOP)
        return _Section(
            name, keys, variables, [defaults] if defaults else [], [blocks] if blocks else [], node
        )

    # One model

    def _model(self, section: _Section, name: str, network: str | None = None) -> Model:
        scope = self._scope(section, section.variables)
        layers = section.keys["layers"]
        if isinstance(layers, Sequence) and not layers.items:
            self._error("E106", layers, "`layers` has no layer", "for instance `- conv3x3: 64`")
        self.context.spend(size_of(layers), section.node, scope, None)
        framework = self.keys.framework(section.keys.get("framework"), DEFAULT, scope)
        steps = self.items.read_list(section.keys["layers"], scope, "")
        inputs = self.keys.inputs(section.keys.get("input"), scope)
        graph = self._graph(steps, inputs)
        model = Model(
            name,
            self.context.source.name,
            framework,
            inputs or _unknown_input(graph),
            graph,
            self._expectations(section.keys.get("expect"), scope),
            (),
            self.keys.text(section.keys.get("description"), scope),
            self.keys.texts(section.keys.get("source"), scope),
            self.context.origin(section.node, scope),
            network=network,
        )
        return model._replace(cases=self._cases(section, model, scope))

    def _scope(self, section: _Section, variables: dict[str, tuple[YamlNode, YamlNode]]) -> Scope:
        """The scope of a section's layers: variables, blocks and default arguments."""
        nodes = (*section.defaults, *section.blocks)
        effort = sum(node.size for node in nodes) + 8 * len(variables)
        self.context.spend(effort, section.node, TOP, None)
        values = evaluated(variables, self.sets, self.context, TOP, self.unknown)
        self.context.all_variables.update(values)
        scope = Scope(values)
        blocks, refused = read_blocks(section.blocks, self.context, scope)
        defaults = read_defaults(section.defaults, self.context, scope)
        file = Declarations(values, blocks, refused, defaults)
        for block in blocks.values():
            self.all_blocks.setdefault(id(block.node), (block, file))
        return scope._replace(file=file)

    def _graph(self, steps: Steps, inputs: tuple[tuple[str, Shape], ...]) -> Graph:
        names = tuple(name for name, _ in inputs) or ("input",)
        graph, diagnostics = build_graph(steps, names, self.context.most_layers, self.context.layers_made)
        self.context.layers_made += graph.layer_count
        self.context.report_once(diagnostics)
        return graph

    def _expectations(self, node: YamlNode | None, scope: Scope) -> tuple[Expectation, ...]:
        return read_expect(node, self.context, scope, None, allow_error=True) if node else ()

    def _cases(self, section: _Section, model: Model, scope: Scope) -> tuple[Case, ...]:
        node = section.keys.get("cases")
        if node is None:
            return ()
        if not isinstance(node, Sequence):
            help = "for instance `- {input: 3x180x180, expect: [1000]}`"
            self._error("E105", node, f"cases are a list, found {kind_of(node)}", help)
            return ()
        cases = (self._case(number, item, section, model, scope) for number, item in enumerate(node.items, 1))
        return tuple(case for case in cases if case is not None)

    def _case(
        self, number: int, node: YamlNode, section: _Section, model: Model, scope: Scope
    ) -> Case | None:
        if not isinstance(node, Mapping):
            self._error("E105", node, f"a case is a mapping of keys, found {kind_of(node)}", None)
            return None
        keys: dict[str, YamlNode] = {}
        for key, value in node.entries:
            if key.text in CASE_KEYS:
                keys[key.text] = value
            else:
                self.context.unknown_word("E104", "key of a case", key, CASE_KEYS, scope, None, _FOREIGN_KEYS)
        own = self.keys.mapping(keys.get("vars"), "vars", scope)
        for key, _ in own.entries if own else ():
            if key.text not in section.variables:
                self.context.unknown_word("E203", "variable", key, section.variables, scope, None)
        self.context.spend(len(model.inputs), node, scope, None)
        with self.context.apart() as errors:
            inner = self._case_scope(own, section, scope)
            case = self._reread(keys, node, section, model, scope, inner)
        expectations = self._expectations(keys.get("expect"), inner)
        if not any(expectation.metric == "error" for expectation in expectations):
            self.context.report_once(errors)
        told = f", {case.framework.name}" if "framework" in keys else ""
        name = (
            self.keys.text(keys.get("name"), scope)
            or (str(case.inputs[0][1]) if "input" in keys else f"case {number}") + told
        )
        return Case(name, case._replace(expectations=expectations, cases=(), errors=tuple(errors)))

    def _case_scope(self, own: Mapping | None, section: _Section, scope: Scope) -> Scope:
        """The scope of a case: the model's, but for variables of its own."""
        if not own:
            return scope
        return self._scope(section, {**section.variables, **declared(own, self.context, scope)})

    def _reread(
        self,
        keys: dict[str, YamlNode],
        node: Mapping,
        section: _Section,
        model: Model,
        outer: Scope,
        scope: Scope,
    ) -> Model:
        """The model once more under the keys of a case."""
        inputs, graph = model.inputs, model.graph
        if scope is not outer:
            self.context.spend(size_of(section.keys["layers"]), node, scope, None)
            inputs = self.keys.inputs(section.keys.get("input"), scope) or inputs
        inputs = self.keys.case_inputs(keys.get("input"), inputs, scope)
        if scope is not outer:
            graph = self._graph(self.items.read_list(section.keys["layers"], scope, ""), inputs)
        else:
            self.context.count_layers(graph.layer_count, node, scope)
        framework = self.keys.framework(keys.get("framework"), model.framework, scope)
        return model._replace(inputs=inputs, graph=graph, framework=framework)

    # Blocks that nothing calls

    def check_unused_blocks(self) -> None:
        """Read the blocks that nothing calls, with parameters unknown, so that their errors are seen too."""
        for block, file in self.all_blocks.values():
            if block.name in self.context.used_blocks or self.context.is_too_deep:
                continue
            names: dict[str, Value] = {name: UNDETERMINED for name, _ in block.params}
            tensors = {name: Ref("prev", 0) for name, _ in block.params}
            names = {**file.variables, **names, "i": UNDETERMINED}
            scope = Scope(names, tensors, depth=1, active=(block.name,), file=file)
            steps = self.items.read_list(block.layers, scope, f"{block.name}_1")
            self._graph((step_of((Part(block.name, SeriesBody(steps, is_block=True)),)),), ())

    def _error(self, code: str, node: YamlNode, message: str, help: str | None) -> None:
        self.context.error(code, node, message, help, TOP)


def _overlaid(file: _Section, variant: _Section) -> _Section:
    """A variant's keys, which override the file's; variables, defaults and blocks of both."""
    keys = {key: node for key, node in file.keys.items() if key != "name"}
    return _Section(
        variant.name,
        {**keys, **variant.keys},
        {**file.variables, **variant.variables},
        [*file.defaults, *variant.defaults],
        [*file.blocks, *variant.blocks],
        variant.node,
    )


def _unknown_input(graph: Graph) -> tuple[tuple[str, Shape], ...]:
    """An input of unknown size, with as many axes as the first kernel that gives one value for each."""
    for node in graph.nodes[1:]:
        kernel = getattr(node.layer, "kernel", None) if isinstance(node.layer, Layer) else None
        if isinstance(kernel, PerAxis) and len(kernel.values) > 1:
            return (("input", Shape(None, (None,) * len(kernel.values))),)
    return (("input", Shape(None, (None,) * DEFAULT_RANK)),)
