"""A Caffe network as items: inputs, the layers of the test phase in order, blobs that layers write over."""

from __future__ import annotations

import re
from pathlib import Path

from cnncalc.geometry.shape import Shape
from cnncalc.importers.building import Building, read_file, text_of
from cnncalc.importers.caffe.prototxt import Message, Value
from cnncalc.importers.caffe.prototxt import read as parse
from cnncalc.importers.caffe.translation import NEEDS_MAP, Layer, translate
from cnncalc.importers.caffe.views import EACH_BY_ITSELF, KINDS, View, as_map, seen
from cnncalc.importers.items import Malformed, Network, Refused, Request, unknown_item
from cnncalc.importers.unforeseen import reported

_DATA = (
    "data",
    "imagedata",
    "hdf5data",
    "memorydata",
    "dummydata",
    "windowdata",
    "annotateddata",
    "python_data",
)
_ENDS = (
    "accuracy",
    "silence",
    "hdf5output",
    "argmax",
    "detectionoutput",
    "detectionevaluate",
    "evaldetection",
)
"""Layers that measure, discard or decode boxes; what they read is an output where nothing else reads it."""
_CONSTANTS = ("priorbox",)
"""Layers that read the sizes of maps alone: what they make is the same for each input."""
_REGIONS = ("proposal", "proposallayer", "proposaltargetlayer", "anchortargetlayer")
"""Layers that make regions of interest out of scores, as layers in Python too; what comes behind them is
counted for one region.
"""
_LOSS = re.compile(r".*loss(ohem)?$")
_SOFTMAX_LOSS = ("softmaxwithloss", "softmaxloss")
_BESIDE_LAYERS = frozenset(
    ("name", "input", "input_dim", "input_shape", "layer", "layers", "state", "force_backward", "debug_info")
)
REGIONS = "the layers behind the proposals are counted for one region of interest"


def read(request: Request) -> Network:
    """The network of a prototxt file, as its test phase runs it.

    Raises:
        SourceError: where the file cannot be read.
        Malformed: where it is no network in the text format.
        Refused: where a layer or one of its parameters is not understood, or an input has no size.
    """
    data = read_file(request.source)
    message = parse(text_of(request.source, data), request.source)
    parts = [*message.messages("layer"), *message.messages("layers")]
    if not parts:
        help = "a solver names its network in `net:`" if message.values("net") else "is it a Caffe network?"
        raise Malformed(request.source, "there is no `layer` in the file", help)
    translation = _Translation(request)
    translation.inputs_of(message)
    for part in parts:
        translation.layer(part)
    if translation.building.problems and not request.partial:
        raise Refused(translation.building.problems)
    return translation.network(message.text("name"), len(parts))


class _Translation:
    """One file on its way to items: what each blob's name means at this point."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.building = Building(request.source)
        self.inputs: list[tuple[str, Shape]] = []
        self.blobs: dict[str, str] = {}
        self.labels: set[str] = set()
        """Blobs of labels and the like, which only losses read."""
        self.owners: dict[str, str] = {}
        """The item whose weights go by a name that layers share."""
        self.lost: set[str] = set()
        """Blobs that are missing for a reason already noted."""
        self.has_regions = False
        """Whether there are regions of interest, of which one is counted."""
        self.views: dict[str, View] = {}
        """Blobs that the file sees with other axes than their tensor has."""
        self.in_training: dict[str, Message] = {}
        """Sources of examples that only the training reads, by their first top."""

    def inputs_of(self, message: Message) -> None:
        """The inputs that stand beside the layers, as older files have them."""
        for field in message.fields:
            if field.name not in _BESIDE_LAYERS:
                self.building.refuse(
                    "", "NetParameter", f"the field `{field.name}` is not understood", field.line
                )
        shapes = [_numbers(shape.values("dim")) for shape in message.messages("input_shape")]
        flat = _numbers(message.values("input_dim"))
        shapes = shapes or [flat[start : start + 4] for start in range(0, len(flat), 4)]
        for name, dims in zip(
            [value.text for value in message.values("input")], shapes + [[]] * 100, strict=False
        ):
            self._input(name, dims, message.line)

    def _input(self, name: str, dims: list[int], line: int) -> None:
        asked = self.request.shape_of(name, not self.inputs)
        shape = asked or (Shape(dims[1], tuple(dims[2:])) if len(dims) > 1 else None)
        if shape is not None and len(dims) == 2 and dims[1] == 5 and self.inputs:
            self.labels.add(name)  # regions of interest: their number is that of the batch
            self.has_regions = True
            return
        if shape is None and self.inputs:
            self.labels.add(name)
            return
        if shape is None:
            help = "pass --input, for instance --input 3x224x224"
            self.building.refuse(name, "input", "the file does not say its size", line, help)
            shape = Shape(None, (None, None))
        tensor = self.building.tensor(name)
        self.building.shapes[tensor] = shape
        self.inputs.append((tensor, shape))
        self.blobs[name] = tensor

    def layer(self, message: Message) -> None:
        """Append what a layer computes in the test phase."""
        kind = _kind(message)
        name = message.text("name") or kind
        if not _is_run(message):
            if kind in _DATA:
                self.in_training.setdefault(message.text("top") and message.values("top")[0].text, message)
            return
        bottoms = [value.text for value in message.values("bottom")]
        tops = [value.text for value in message.values("top")]
        if kind == "input":
            shapes = [_numbers(one.values("dim")) for one in message.message("input_param").messages("shape")]
            for top, dims in zip(tops, shapes + shapes[-1:] * len(tops) + [[]] * len(tops), strict=False):
                self._input(top, dims, message.line)
            return
        if kind in _DATA or (not bottoms and kind != "parameter"):
            self._data(message, kind, tops)
            return
        if kind in _ENDS or (_LOSS.fullmatch(kind) and kind not in _SOFTMAX_LOSS):
            return
        self._computed(message, kind, name, bottoms, tops)

    def _data(self, message: Message, kind: str, tops: list[str]) -> None:
        """A source of examples: its first top is the input, the others are labels."""
        known = {top for top in tops if top in self.blobs}
        if not tops or known:
            return
        cut = _numbers(message.message("transform_param").values("crop_size")) or _numbers(
            message.message(f"{_PARAMETERS.get(kind, kind)}_param").values("crop_size")
        )
        dims = [1, 3, cut[0], cut[0]] if cut and cut[0] else []
        self._input(tops[0], dims, message.line)
        self.labels.update(tops[1:])

    def _computed(self, message: Message, kind: str, name: str, bottoms: list[str], tops: list[str]) -> None:
        for blob in bottoms:
            if blob in self.in_training and blob not in self.blobs and blob not in self.labels:
                source = self.in_training.pop(blob)
                self._data(source, _kind(source), [value.text for value in source.values("top")])
        if self.lost.intersection(bottoms):
            self.lost.update(tops)
            return
        missing = [blob for blob in bottoms if blob not in self.blobs and blob not in self.labels]
        if missing:
            self.lost.update(tops)
            reason = f"no layer before it makes the blob `{missing[0]}`"
            help = (
                f'an input is declared by `input: "{missing[0]}"` and `input_shape`'
                if not self.inputs
                else None
            )
            self.building.refuse(name, kind, reason, message.line, help)
            return
        tensors = [self.blobs[blob] for blob in bottoms if blob in self.blobs]
        if kind == "python":
            kind = _kind_in_python(message)
        if not tensors or kind in _CONSTANTS or kind in _REGIONS:
            self.labels.update(tops)
            self.has_regions = self.has_regions or kind in _REGIONS
            return
        layer = Layer(kind, name, message, tuple(tensors), len(tops), self.building, self.owners)
        with reported(self.request.source, line=message.line):
            made = self._made(layer, bottoms[0], tops)
        if made is None:
            made = [self._unknown(layer)]
            self.lost.update(tops[1:])
        for top, tensor in zip(tops, made, strict=False):
            self.blobs[top] = tensor

    def _made(self, layer: Layer, bottom: str, tops: list[str]) -> list[str] | None:
        """The tensors of a layer's tops; how they are seen is noted."""
        view = self.views.get(bottom, View(layer.shape.axes))
        for top in tops:
            self.views.pop(top, None)
        if layer.kind in KINDS:
            found = seen(layer, view)
            if found is not None and not found.view.is_of(self.building.shapes[found.tensor]):
                self.views.update(dict.fromkeys(tops, found.view))
            return None if found is None else [found.tensor]
        if layer.kind == "pooling":
            self.labels.update(tops[1:])  # the places where the largest values were found
        if not view.is_of(layer.shape) and layer.kind in NEEDS_MAP:
            tensor = as_map(layer, view)
            if tensor is not None:
                layer = layer._replace(inputs=(tensor, *layer.inputs[1:]))
                self.blobs[bottom], view = tensor, View(layer.shape.axes)
                self.views.pop(bottom, None)
        if not view.is_of(layer.shape):
            if layer.kind not in EACH_BY_ITSELF:
                axes = Shape(view.axes[0], view.axes[1:])
                layer.refuse(
                    f"it reads {layer.shape} reshaped or permuted to {axes}, which is not understood"
                )
                return None
            self.views.update(dict.fromkeys(tops, view))
        return translate(layer)

    def _unknown(self, layer: Layer) -> str:
        output = self.building.tensor(layer.name)
        self.building.items.append(
            unknown_item(
                layer.kind, layer.inputs, output, reason="not understood", label=layer.name, shape=None
            )
        )
        self.building.shapes[output] = Shape(None, (None,) * self.building.shapes[layer.inputs[0]].rank)
        return output

    def network(self, name: str, nodes: int) -> Network:
        read = {tensor for item in self.building.items for tensor in item.inputs}
        # The last tensor of each blob that no layer reads is what the network gives out.
        outputs = [tensor for tensor in dict.fromkeys(self.blobs.values()) if tensor not in read]
        made = [item.output for item in self.building.items]
        outputs = [tensor for tensor in outputs if tensor in made] or made[-1:]
        main = max(outputs, key=made.index) if outputs else ""
        return Network(
            name=name or Path(self.request.source).stem,
            inputs=tuple(self.inputs),
            items=tuple(self.building.items),
            outputs=(main, *(tensor for tensor in outputs if tensor != main)) if outputs else (),
            framework="caffe",
            source=f"{Path(self.request.source).name}, Caffe prototxt",
            nodes=nodes,
            remarks=(REGIONS,) if self.has_regions else (),
            unknown=tuple(self.building.problems),
        )


_PARAMETERS = {"imagedata": "image_data", "windowdata": "window_data", "memorydata": "memory_data"}


def _kind(message: Message) -> str:
    """The type of a layer in lower case without underscores: ``InnerProduct`` is ``INNER_PRODUCT``."""
    return message.text("type").replace("_", "").lower()


def _kind_in_python(message: Message) -> str:
    """The class of a layer written in Python, in lower case, where it is known what it does."""
    kind = message.message("python_param").text("layer").replace("_", "").lower()
    return "spatialdropout" if kind == "spatialdropoutlayer" else kind if kind in _REGIONS else "python"


def _is_run(message: Message) -> bool:
    """Whether a layer is part of the network in the test phase, without stages and at level 0.

    Source: ``Net::FilterNet`` and ``StateMeetsRule`` in src/caffe/net.cpp of BVLC/caffe
    """
    included, excluded = message.messages("include"), message.messages("exclude")
    if included:
        return any(_meets(rule) for rule in included)
    phase = message.text("phase")
    return not any(_meets(rule) for rule in excluded) and phase not in ("TRAIN", "0")


def _meets(rule: Message) -> bool:
    level = {key: _numbers(rule.values(key)) for key in ("min_level", "max_level")}
    return (
        rule.text("phase") not in ("TRAIN", "0")
        and not rule.values("stage")
        and not (level["min_level"] and level["min_level"][0] > 0)
        and not (level["max_level"] and level["max_level"][0] < 0)
    )


def _numbers(values: list[Value]) -> list[int]:
    """Whole numbers; what is none is left out and found missing by what needs it."""
    return [int(value.text) for value in values if re.fullmatch(r"-?[0-9]{1,9}", value.text)]
