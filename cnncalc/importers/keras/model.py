"""A Keras model as items: its layers in order of evaluation, models inside it inlined."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from heapq import heapify, heappop, heappush
from pathlib import Path
from typing import Any, NamedTuple

from cnncalc.errors import Location
from cnncalc.geometry.shape import Shape
from cnncalc.importers.building import Building
from cnncalc.importers.items import Malformed, Network, Refused, Request, unknown_item
from cnncalc.importers.keras import config as files
from cnncalc.importers.keras.config import Config
from cnncalc.importers.keras.functions import as_operation
from cnncalc.importers.keras.legacy import modern
from cnncalc.importers.keras.steps import model_over_steps, over_steps
from cnncalc.importers.keras.translation import Call, Tensor, translate
from cnncalc.importers.unforeseen import reported
from cnncalc.support.words import shown

MOST_LAYERS = 200_000
"""Calls of layers in all models together."""
DEEPEST = 50
"""Models inside one another."""

_MODELS = ("Functional", "Model", "Sequential")
_CONSTANT = "_CONSTANT_VALUE"
"""What Keras 2 names in place of a layer where a function is given a number first."""
_MASKS = ("mask", "query_mask", "key_mask", "value_mask")
"""Arguments of calls that say which steps are padding; no shape and no count depends on them."""


def recognise(start: bytes) -> bool:
    """Whether JSON text is the configuration of a Keras model."""
    words = (b"class_name", b"model_config", b"keras_version", b"modelTopology")
    return any(b'"' + word + mark in start for word in words for mark in (b'"', b'\\"'))


def read(request: Request) -> Network:
    """The network of a Keras model.

    Raises:
        SourceError: where the file cannot be read.
        Malformed: where it holds no model.
        Refused: where a layer or an argument is not understood.
    """
    config = files.read(request.source)
    translation = _Translation(request)
    translation.channels_first = _is_channels_first(config, 0)
    outputs = translation.model(config)
    if translation.building.problems and not request.partial:
        raise Refused(translation.building.problems)
    version = config.get("keras_version")
    return Network(
        name=_text(_settings(config).get("name")) or Path(request.source).stem,
        inputs=tuple(translation.inputs),
        items=tuple(translation.building.items),
        outputs=tuple(tensor.id for tensor in outputs),
        framework="tensorflow",
        source=f"{Path(request.source).name}, Keras {version if isinstance(version, str) else ''}".rstrip(),
        nodes=translation.calls,
        unknown=tuple(translation.building.problems),
    )


class _Node(NamedTuple):
    """One call of a layer: what it is given, tensors where the configuration names them."""

    arguments: tuple[Any, ...]
    options: dict[str, Any]


class _Ref(NamedTuple):
    """A tensor as a configuration names it: the layer, which of its calls, which of its outputs."""

    layer: str
    call: int
    output: int


class _Translation:
    def __init__(self, request: Request) -> None:
        self.request = request
        self.building = Building(request.source)
        self.inputs: list[tuple[str, Shape]] = []
        self.calls = 0
        self.owners: dict[str, str] = {}
        """The first item with weights of each label, for later calls of its layer."""
        self.channels_first = False

    def model(self, config: Config) -> list[Tensor]:
        """The outermost model."""
        return self._model(config, None, "", 0)

    def _model(self, config: Config, given: list[Tensor] | None, scope: str, depth: int) -> list[Tensor]:
        """The outputs of a model, called with some tensors where it is inside another."""
        if depth > DEEPEST:
            raise Malformed(self.request.source, f"more than {DEEPEST} models inside one another")
        settings, layers = _settings(config), _layers(config)
        if layers is None:
            kind = _text(config.get("class_name")) or "model"
            help = "models written as classes have no configuration: import them from a running Keras by ONNX"
            raise Malformed(self.request.source, f"the {kind} has no list of layers", help)
        for number, layer in enumerate(layers, 1):
            if not _text(layer.get("class_name")):
                model = f"`{scope[:-1]}`" if scope else "the model"
                raise Malformed(self.request.source, f"layer {number} of {model} has no `class_name`")
        if config.get("class_name") == "Sequential" or "input_layers" not in settings:
            return self._sequential(settings, layers, given, scope, depth)
        return self._functional(settings, layers, given, scope, depth)

    def _sequential(
        self, settings: Config, layers: list[Config], given: list[Tensor] | None, scope: str, depth: int
    ) -> list[Tensor]:
        tensors = given
        if tensors is None:
            shape = self._shape_of(settings, layers)
            first = next((layer for layer in layers if layer.get("class_name") != "InputLayer"), None)
            is_line = first is not None and _reads_tokens(first)
            tensors = [self._input(_name(layers[0]) if layers else "input", shape, is_line)]
        for layer in layers:
            if layer.get("class_name") != "InputLayer":
                tensors = self._call(layer, _Node(tuple(tensors), {}), scope, depth)
        return tensors

    def _functional(
        self, settings: Config, layers: list[Config], given: list[Tensor] | None, scope: str, depth: int
    ) -> list[Tensor]:
        by_name = {_name(layer): layer for layer in layers}
        made: dict[_Ref, Tensor] = {}
        lines = _token_inputs(layers, self.request.source)
        starts = _refs(settings.get("input_layers"))
        for number, start in enumerate(starts):
            if given is None:
                shape = self._shape_of(by_name.get(start.layer, {}), [])
                made[start] = self._input(start.layer, shape, start.layer in lines)
            elif number < len(given):
                made[start] = given[number]
        outputs = _refs(settings.get("output_layers"))
        self._in_order(layers, made, outputs, scope, depth)
        return [made[ref] for ref in outputs if ref in made]

    def _in_order(
        self, layers: list[Config], made: dict[_Ref, Tensor], outputs: list[_Ref], scope: str, depth: int
    ) -> None:
        """All calls of layers, each when what it reads is there; layers need not be listed in that order."""
        calls = [
            (layer, number, node)
            for layer in layers
            if layer.get("class_name") != "InputLayer"
            for number, node in enumerate(_nodes(layer, self.request.source))
        ]
        skipped = _skipped(calls, outputs)
        calls = _needed(calls, outputs, skipped)
        waiting: dict[_Ref, list[int]] = {}
        missing: list[int] = []
        for place, (_, _, node) in enumerate(calls):
            refs = {ref for ref in _refs_in(node) if ref not in made}
            missing.append(len(refs))
            for ref in refs:
                waiting.setdefault(ref, []).append(place)
        ready = [place for place, count in enumerate(missing) if not count]
        heapify(ready)
        done = 0
        while ready:
            layer, number, node = calls[heappop(ready)]
            done += 1
            for output, tensor in enumerate(self._call(layer, _placed(node, made), scope, depth)):
                ref = _Ref(_name(layer), number + skipped.get(_name(layer), 0), output)
                made[ref] = tensor
                for place in waiting.pop(ref, ()):
                    missing[place] -= 1
                    if not missing[place]:
                        heappush(ready, place)
        if done < len(calls):
            self._report_missing([call for call, count in zip(calls, missing, strict=True) if count], made)

    def _report_missing(self, calls: list[tuple[Config, int, _Node]], made: dict[_Ref, Tensor]) -> None:
        """Report the first cause of tensors that no layer makes."""
        names = {_name(layer) for layer, _, _ in calls}
        for layer, _, node in calls:
            for ref in _refs_in(node):
                if ref not in made and ref.layer not in names:
                    reason = f"it reads `{ref.layer}`, which no layer makes"
                    self.building.refuse(_name(layer), _text(layer.get("class_name")), reason)
                    return
        layer = calls[0][0]
        self.building.refuse(_name(layer), _text(layer.get("class_name")), "it depends on its own output")

    def _input(self, name: str, shape: Shape | None, is_line: bool) -> Tensor:
        """An input of a shape; ``is_line`` says that it is the numbers of tokens, one behind the other."""
        asked = self.request.shape_of(name, not self.inputs)
        found = asked or shape
        if found is not None and is_line and not found.rank:
            found = Shape(1, (found.channels,))
        if found is None:
            help = "pass --input, for instance --input 3x224x224"
            self.building.refuse(name, "InputLayer", "the model does not say its input's shape", None, help)
            found = Shape(None, (None, None))
        tensor = self.building.tensor(name)
        self.building.shapes[tensor] = found
        self.inputs.append((tensor, found))
        return Tensor(tensor, found)

    def _shape_of(self, config: Config, layers: list[Config]) -> Shape | None:
        """The shape of an input, channels first: of its layer, or of the first of several."""
        first = [part for layer in layers[:1] for part in (layer, _settings(layer))]
        for place in (config, _settings(config), *first):
            for key in ("batch_shape", "batch_input_shape", "build_input_shape"):
                dims = place.get(key)
                if isinstance(dims, list) and len(dims) > 1:
                    sizes = [one if isinstance(one, int) and one > 0 else None for one in dims[1:]]
                    if self.channels_first:
                        return Shape(sizes[0], tuple(sizes[1:]))
                    return Shape(sizes[-1], tuple(sizes[:-1]))
        return None

    def _call(self, layer: Config, node: _Node, scope: str, depth: int) -> list[Tensor]:
        """What comes out of a layer, or of a model inside this one, that is given some tensors."""
        self.calls += 1
        if self.calls > MOST_LAYERS:
            raise Malformed(self.request.source, f"more than {MOST_LAYERS:,} calls of layers")
        name = _name(layer)
        tensors = list(_tensors(node.arguments)) + list(_tensors(node.options.values()))
        model = layer if layer.get("class_name") in _MODELS else model_over_steps(layer)
        if model is not None:
            return self._model(model, tensors, f"{scope}{name}.", depth + 1)
        call = Call(
            kind=_text(layer.get("class_name")),
            module=_text(layer.get("module")),
            name=name,
            label=f"{scope}{name}",
            settings=_settings(layer),
            tensors=tuple(tensors),
            arguments=node.arguments,
            options=node.options,
            building=self.building,
            channels_first=self.channels_first,
            owners=self.owners,
        )
        with reported(self.request.source, call.label):
            made = translate(over_steps(as_operation(call)))
        return [self._unknown(call, layer)] if made is None else made

    def _unknown(self, call: Call, layer: Config) -> Tensor:
        """What stands for a layer that is not understood, whose problem is noted already."""
        output = self.building.tensor(call.label)
        reason = self.building.problems[-1].reason
        self.building.items.append(
            unknown_item(
                call.kind,
                [tensor.id for tensor in call.tensors],
                output,
                reason=reason,
                label=call.label,
                shape=None,
            )
        )
        rank = call.tensors[0].shape.rank if call.tensors else 2
        shape = Shape(None, (None,) * rank)
        self.building.shapes[output] = shape
        return Tensor(output, shape)


def _settings(config: Config) -> Config:
    found = config.get("config")
    return found if isinstance(found, dict) else {}


def _layers(config: Config) -> list[Config] | None:
    found = config.get("config")
    if isinstance(found, dict):
        found = found.get("layers")
    if not isinstance(found, list):
        return None
    return [modern(one) for one in found if isinstance(one, dict)]


def _name(layer: Config) -> str:
    return _text(layer.get("name")) or _text(_settings(layer).get("name")) or _text(layer.get("class_name"))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _is_channels_first(config: Config, depth: int) -> bool:
    """Whether the channels are the first axis after the batch, as the first layer that says so has it; a pool
    of a sequence may also say so to pool the features of each step.
    """
    for layer in _layers(config) or []:
        settings = _settings(layer)
        if "data_format" in settings and not _pools_a_sequence(layer):
            return bool(settings["data_format"] == "channels_first")
        if depth < DEEPEST and "layers" in settings and _is_channels_first(layer, depth + 1):
            return True
    return False


def _pools_a_sequence(layer: Config) -> bool:
    return layer.get("class_name") in ("GlobalAveragePooling1D", "GlobalMaxPooling1D")


def _reads_tokens(layer: Config) -> bool:
    return layer.get("class_name") == "Embedding"


def _token_inputs(layers: list[Config], file: str) -> set[str]:
    """The layers that are read as numbers of tokens."""
    readers = filter(_reads_tokens, layers)
    return {ref.layer for one in readers for node in _nodes(one, file) for ref in _refs_in(node)}


def _skipped(calls: list[tuple[Config, int, _Node]], outputs: list[_Ref]) -> dict[str, int]:
    """By how much the numbers of calls differ from their places: a model inside another counts its own graph
    as the first call, which is not listed.
    """
    models = {_name(layer) for layer, _, _ in calls if layer.get("class_name") in _MODELS}
    refs = [ref for _, _, node in calls for ref in _refs_in(node)] + outputs
    numbers: dict[str, list[int]] = {}
    for ref in refs:
        if ref.layer in models:
            numbers.setdefault(ref.layer, []).append(ref.call)
    return {name: int(0 not in found) for name, found in numbers.items()}


def _needed(
    calls: list[tuple[Config, int, _Node]], outputs: list[_Ref], skipped: Mapping[str, int]
) -> list[tuple[Config, int, _Node]]:
    """The calls on which an output depends; what makes a mask alone is none of them."""
    places = {(_name(layer), n + skipped.get(_name(layer), 0)): at for at, (layer, n, _) in enumerate(calls)}
    needed: set[int] = set()
    refs = list(outputs)
    while refs:
        ref = refs.pop()
        place = places.get((ref.layer, ref.call))
        if place is not None and place not in needed:
            needed.add(place)
            refs += _refs_in(calls[place][2])
    return [call for place, call in enumerate(calls) if place in needed]


def _refs(value: object) -> list[_Ref]:
    """``["name", 0, 0]``, or a list of these."""
    if _is_ref(value):
        assert isinstance(value, list)
        return [_Ref(value[0], value[1], value[2])]
    if isinstance(value, dict):
        value = list(value.values())
    return [ref for one in value for ref in _refs(one)] if isinstance(value, list) else []


def _is_ref(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) >= 3
        and isinstance(value[0], str)
        and isinstance(value[1], int)
        and isinstance(value[2], int)
    )


def _nodes(layer: Config, file: str) -> list[_Node]:
    """The calls of a layer, as Keras 3 and Keras 2 write them.

    Raises:
        Malformed: where the arguments of one are none.
    """
    nodes: list[_Node] = []
    inbound = layer.get("inbound_nodes")
    for node in inbound if isinstance(inbound, list) else []:
        if isinstance(node, dict):
            args, kwargs = node.get("args") or [], node.get("kwargs") or {}
            if not isinstance(args, list) or not isinstance(kwargs, dict):
                wrong = "args" if isinstance(kwargs, dict) else "kwargs"
                place = Location(file, 1, 1, node=_name(layer))
                raise Malformed(file, f"`{wrong}` of a call is {shown(repr(node[wrong]))}", None, place)
            options = {key: _keras3(one) for key, one in kwargs.items() if key not in _MASKS}
            nodes.append(_Node(tuple(_keras3(one) for one in args), options))
        elif isinstance(node, list):
            is_constant = node[:1] == [_CONSTANT] and len(node) > 2
            parts = [node] if is_constant or _is_ref(node) else node
            options = {"x": node[2]} if is_constant else {}
            for part in parts:
                if isinstance(part, list) and len(part) > 3 and isinstance(part[3], dict):
                    options.update({key: _keras2(one) for key, one in part[3].items() if key not in _MASKS})
            nodes.append(_Node(() if is_constant else tuple(_refs(parts)), options))
    return nodes


def _keras3(value: Any) -> Any:
    """An argument of a call, tensors as references."""
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        history = _settings(value).get("keras_history")
        return _refs(history)[0] if _is_ref(history) else None
    if isinstance(value, list):
        return tuple(_keras3(one) for one in value)
    return value


def _keras2(value: Any) -> Any:
    return _refs(value)[0] if _is_ref(value) else value


def _refs_in(node: _Node) -> Iterator[_Ref]:
    for value in (*node.arguments, *node.options.values()):
        yield from _of_kind(value, _Ref)


def _tensors(values: Any) -> Iterator[Tensor]:
    for value in values:
        yield from _of_kind(value, Tensor)


def _of_kind(value: Any, kind: type) -> Iterator[Any]:
    if isinstance(value, kind):
        yield value
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _of_kind(one, kind)


def _placed(node: _Node, made: dict[_Ref, Tensor]) -> _Node:
    """A call with tensors in place of references."""
    return _Node(
        tuple(_with_tensors(one, made) for one in node.arguments),
        {key: _with_tensors(one, made) for key, one in node.options.items()},
    )


def _with_tensors(value: Any, made: dict[_Ref, Tensor]) -> Any:
    if isinstance(value, _Ref):
        return made[value]
    return tuple(_with_tensors(one, made) for one in value) if isinstance(value, tuple) else value
