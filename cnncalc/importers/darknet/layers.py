"""The sections of a Darknet cfg as items, by the sizes and counts of Darknet's own code.

Source: src/parser.c and the layers' files of AlexeyAB/darknet
"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import prod
from pathlib import Path

from cnncalc.geometry.shape import Shape, Size, total
from cnncalc.geometry.window import Window
from cnncalc.importers.building import Building, fitted, read_file, text_of
from cnncalc.importers.darknet.cfg import Section, sections
from cnncalc.importers.items import Malformed, Network, Refused, Request, unknown_item
from cnncalc.importers.unforeseen import reported


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ACTIVATIONS = {
    "linear": None,
    "leaky": "leaky_relu",
    "relu": "relu",
    "relu6": "relu6",
    "logistic": "sigmoid",
    "mish": "mish",
    "swish": "silu",
    "tanh": "tanh",
    "elu": "elu",
    "selu": "selu",
    "gelu": "gelu",
    "hardtan": "hardtanh",
}
"""Darknet's activations that the spec language has; ``None`` for none."""

_OUTPUTS = ("yolo", "region", "detection", "gaussian_yolo")
_NOTHING = ("cost",)
_TRAINING = _words(
    """stopbackward dontload dontloadscales train_only_bn burnin_update dont_update
    onlyforward flipped stream wait_stream grad_centr learning_rate bin_output binary
    xnor angle"""
)
"""Options of any section that change nothing of what a trained network computes in shape or count."""
_OF_OUTPUTS = None
"""Sections whose options say how outputs are decoded or trained: any."""

_KNOWN: dict[str, frozenset[str] | None] = {
    "convolutional": _words(
        """filters groups size stride stride_x stride_y dilation pad padding activation
    batch_normalize cbn share_index"""
    ),
    "local": _words("filters size stride pad activation"),
    "maxpool": _words("size stride stride_x stride_y padding"),
    "local_avgpool": _words("size stride stride_x stride_y padding"),
    "avgpool": frozenset(),
    "route": _words("layers groups group_id"),
    "shortcut": _words("from activation weights_type weights_normalization"),
    "upsample": _words("stride scale"),
    "reorg": _words("stride reverse"),
    "reorg3d": _words("stride reverse"),
    "dropout": _words("probability dropblock dropblock_size_abs dropblock_size_rel"),
    "connected": _words("output activation batch_normalize"),
    "softmax": _words("groups temperature tree spatial noloss"),
    "scale_channels": _words("from activation scale_wh"),
    "sam": _words("from activation"),
    "batchnorm": _words("activation"),
    "crop": _words("crop_height crop_width flip angle saturation exposure shift noadjust"),
    "cost": _OF_OUTPUTS,
    "yolo": _OF_OUTPUTS,
    "region": _OF_OUTPUTS,
    "detection": _OF_OUTPUTS,
    "gaussian_yolo": _OF_OUTPUTS,
}
_INEFFECTIVE = _words(
    """antialiasing assisted_excitation sway rotate stretch stretch_sway coordconv reverse
    dot maxpool_depth out_channels maxpool_zero_nonmax"""
)
"""Options that change a layer where they are not 0, and are not understood then."""

_WHOLE = re.compile(r"[-+]?[0-9]{1,9}")


def recognise(start: bytes) -> bool:
    """Whether a file that ends in ``.cfg`` is Darknet's: its first section says so."""
    found = re.search(rb"^[ \t]*\[([a-z]+)\]", start, re.MULTILINE)
    return found is not None and found[1] in (b"net", b"network")


def read(request: Request) -> Network:
    """The network of a cfg file.

    Raises:
        SourceError: where the file cannot be read.
        Malformed: where it is no cfg.
        Refused: where a section or an option is not understood.
    """
    data = read_file(request.source)
    parts = sections(text_of(request.source, data), request.source)
    if not parts or parts[0].name not in ("net", "network"):
        raise Malformed(request.source, "the first section is not [net]", "a Darknet cfg begins with `[net]`")
    translation = _Translation(request, parts[0])
    for section in parts[1:]:
        with reported(request.source, line=section.line):
            translation.section(section)
    if translation.building.problems and not request.partial:
        raise Refused(translation.building.problems)
    return translation.network(len(parts) - 1)


class _Translation:
    """One file on its way to items: the tensor after each section, by its index."""

    def __init__(self, request: Request, net: Section) -> None:
        self.request = request
        self.building = Building(request.source)
        self.input = self._input(net)
        self.building.shapes["input"] = self.input
        self.current = self.building.tensor("input")
        self.made: list[str] = []
        self.weights: dict[int, str] = {}
        self.outputs: list[str] = []
        self.section_names: list[str] = []

    def _input(self, net: Section) -> Shape:
        asked = self.request.shape_of("input", True)
        if asked is not None:
            return asked
        given = {key: self._whole(net, key, 0) for key in ("height", "width", "channels", "inputs")}
        if given["height"] and given["width"]:
            return Shape(given["channels"] or 3, (given["height"], given["width"]))
        if given["inputs"]:
            return Shape(given["inputs"])
        return Shape(given["channels"] or 3, (None, None))

    def network(self, nodes: int) -> Network:
        outputs = list(self.outputs)
        if not outputs or self.current not in (*outputs, *self._read()):
            outputs.append(self.current)
        return Network(
            name=Path(self.request.source).stem,
            inputs=(("input", self.input),),
            items=tuple(self.building.items),
            outputs=tuple(dict.fromkeys(outputs)),
            framework="pytorch",
            source=f"{Path(self.request.source).name}, Darknet cfg",
            nodes=nodes,
            unknown=tuple(self.building.problems),
        )

    def _read(self) -> set[str]:
        return {tensor for item in self.building.items for tensor in item.inputs}

    def section(self, section: Section) -> None:
        """Append what a section does to the tensor before it."""
        name = section.name.lower()
        label = f"{name}_{len(self.made)}"
        self._check_options(section, name, label)
        step: Callable[[Section, str], str | None] | None = getattr(self, f"_{name}", None)
        if name in _OUTPUTS:
            self.outputs.append(self.current)
        elif name in _NOTHING:
            pass
        elif name not in _KNOWN or step is None:
            self._unknown(section, label, "there is no such layer in the spec language")
        else:
            made = step(section, label)
            if made is not None:
                self.current = made
        self.made.append(self.current)

    def _unknown(self, section: Section, label: str, reason: str) -> None:
        self.building.refuse(label, f"[{section.name}]", reason, section.line)
        output = self.building.tensor(label)
        self.building.items.append(
            unknown_item(f"[{section.name}]", (self.current,), output, reason=reason, label=label, shape=None)
        )
        self.building.shapes[output] = Shape(None, (None,) * self.shape.rank)
        self.current = output

    def _check_options(self, section: Section, name: str, label: str) -> None:
        known = _KNOWN.get(name, _OF_OUTPUTS)
        for key, option in section.options.items():
            if known is None or key in known or key in _TRAINING:
                continue
            if key in _INEFFECTIVE and option.text in ("0", "0.0"):
                continue
            self.building.refuse(
                label, f"[{section.name}]", f"the option `{key}={option.text}` is not understood", option.line
            )

    @property
    def shape(self) -> Shape:
        """The shape of the tensor after the last section."""
        return self.building.shapes[self.current]

    def _whole(self, section: Section, key: str, default: int) -> int:
        """An option as Darknet reads whole numbers: digits at the start, the rest left."""
        option = section.options.get(key)
        if option is None:
            return default
        match = _WHOLE.match(option.text)
        if match is None:
            self.building.refuse(
                section.name, f"[{section.name}]", f"`{key}={option.text}` is no whole number", option.line
            )
            return default
        return int(match[0])

    def _positive(self, section: Section, key: str, default: int) -> int:
        value = self._whole(section, key, default)
        if value < 1:
            reason = f"`{key}={value}` is less than 1"
            self.building.refuse(section.name, f"[{section.name}]", reason, section.line)
            return 1
        return value

    def _strides(self, section: Section) -> tuple[int, int]:
        stride = self._positive(section, "stride", 1)
        along_x, along_y = (self._whole(section, key, -1) for key in ("stride_x", "stride_y"))
        return (along_y if along_y > 0 else stride, along_x if along_x > 0 else stride)

    def _map(self, section: Section, label: str) -> bool:
        """Whether there is a map to work on; noted where there is none."""
        if self.shape.rank == 2:
            return True
        self._unknown(section, label, f"it needs a map, the layer before gives a vector of {self.shape}")
        return False

    def _tensors(self, section: Section, key: str) -> list[str] | None:
        """The tensors that an option names by layer: from the start, or back from here where negative."""
        option = section.options.get(key)
        found: list[str] = []
        for word in (option.text if option else "").split(","):
            match = _WHOLE.match(word)
            if match is None and not word and found:
                continue
            index = int(match[0]) if match else len(self.made)
            index = index + len(self.made) if index < 0 else index
            if not 0 <= index < len(self.made):
                reason = f"`{key}={option.text if option else ''}` names no layer before this one"
                self.building.refuse(
                    f"{section.name}_{len(self.made)}", f"[{section.name}]", reason, section.line
                )
                return None
            found.append(self.made[index])
        return found

    def _activated(self, section: Section, tensor: str, label: str, default: str) -> str:
        option = section.options.get("activation")
        word = option.text if option else default
        if word not in ACTIVATIONS:
            reason = f"the activation `{word}` is not understood"
            self.building.refuse(label, f"[{section.name}]", reason, section.line)
            return tensor
        op = ACTIVATIONS[word]
        if op is None:
            return tensor
        return self.building.add(op, tensor, self.building.shapes[tensor], f"{label}.{op}")

    def _convolutional(self, section: Section, label: str) -> str | None:
        if not self._map(section, label):
            return None
        filters, size = self._positive(section, "filters", 1), self._positive(section, "size", 1)
        groups, stride = self._positive(section, "groups", 1), self._strides(section)
        dilation = 1 if size == 1 else self._positive(section, "dilation", 1)
        pads = size // 2 if self._whole(section, "pad", 0) else self._whole(section, "padding", 0)
        normalized = bool(self._whole(section, "batch_normalize", 0) or self._whole(section, "cbn", 0))
        # Darknet counts the outputs without the dilation, and pads by it.
        windows = [Window(size, step, pads, pads) for step in stride]
        shape = Shape(filters, fitted(windows, self.shape.sizes))
        tensor = self.building.add(
            "conv",
            self.current,
            shape,
            label,
            share=self._shared(section),
            kernel=(size, size),
            out=filters,
            stride=stride,
            padding=((pads * dilation, pads * dilation),) * 2,
            dilation=(dilation, dilation),
            groups=groups,
            bias=not normalized,
        )
        self.weights[len(self.made)] = tensor
        if normalized:
            tensor = self.building.add("bn", tensor, shape, f"{label}.bn")
        return self._activated(section, tensor, label, "logistic")

    def _local(self, section: Section, label: str) -> str | None:
        """A convolution with weights of their own for each position, which no layer of a spec has.

        Source: ``make_local_layer`` in src/local_layer.c
        """
        if not self._map(section, label):
            return None
        filters, size = self._positive(section, "filters", 1), self._positive(section, "size", 1)
        stride, pad = self._positive(section, "stride", 1), int(bool(self._whole(section, "pad", 0)))
        sizes = fitted([Window(size, stride, pad, pad)] * 2, self.shape.sizes)
        if (pad and size != 3) or None in sizes or self.shape.channels is None:
            reason = f"of {self.shape} with `size={size}`, `pad={pad}` it is not understood"
            self._unknown(section, label, reason)
            return None
        positions = prod(size or 0 for size in sizes)
        weights = positions * size * size * self.shape.channels * filters
        tensor = self.building.add(
            "custom",
            self.current,
            Shape(filters, sizes),
            label,
            note="[local]: weights of its own for each position",
            kernel=(size, size),
            stride=(stride, stride),
            padding=((pad, pad),) * 2,
            out=filters,
            params=weights + positions * filters,
            macs=weights,
        )
        return self._activated(section, tensor, label, "logistic")

    def _shared(self, section: Section) -> str | None:
        if "share_index" not in section.options:
            return None
        index = self._whole(section, "share_index", 0)
        found = self.weights.get(index if index >= 0 else len(self.made) + index)
        if found is None:
            reason = f"`share_index={index}` names no convolution before this one"
            self.building.refuse(f"convolutional_{len(self.made)}", "[convolutional]", reason, section.line)
        return found

    def _pool(self, section: Section, label: str, op: str) -> str | None:
        if not self._map(section, label):
            return None
        stride = self._strides(section)
        size = self._positive(section, "size", self._positive(section, "stride", 1))
        pads = self._whole(section, "padding", size - 1)
        before = pads // 2
        windows = [Window(size, step, before, pads - before) for step in stride]
        # One position more at the end is what rounding up gives these, and reads the same.
        rounds_up = size == stride[0] == stride[1] and pads == size - 1 == 1
        return self.building.add(
            op,
            self.current,
            Shape(self.shape.channels, fitted(windows, self.shape.sizes)),
            label,
            kernel=(size, size),
            stride=stride,
            padding=((0, 0),) * 2 if rounds_up else ((before, pads - before),) * 2,
            ceil=rounds_up,
        )

    def _maxpool(self, section: Section, label: str) -> str | None:
        return self._pool(section, label, "maxpool")

    def _local_avgpool(self, section: Section, label: str) -> str | None:
        return self._pool(section, label, "avgpool")

    def _avgpool(self, section: Section, label: str) -> str | None:
        if not self._map(section, label):
            return None
        return self.building.add("global_avgpool", self.current, Shape(self.shape.channels, (1, 1)), label)

    def _route(self, section: Section, label: str) -> str | None:
        tensors = self._tensors(section, "layers")
        if tensors is None:
            return None
        groups, group = self._positive(section, "groups", 1), self._whole(section, "group_id", 0)
        if groups > 1:
            parts = [self._part(tensor, groups, group, label, section) for tensor in tensors]
            tensors = [part for part in parts if part is not None]
        if len(tensors) <= 1:
            return tensors[0] if tensors else None
        shapes = [self.building.shapes[tensor] for tensor in tensors]
        shape = Shape(total([one.channels for one in shapes]), shapes[0].sizes)
        return self.building.add("concat", tensors, shape, label)

    def _part(self, tensor: str, groups: int, group: int, label: str, section: Section) -> str | None:
        shape = self.building.shapes[tensor]
        if shape.channels is None or shape.channels % groups or not 0 <= group < groups:
            reason = f"group {group} of {groups} groups of {shape.channels} channels is not whole"
            self.building.refuse(label, "[route]", reason, section.line)
            return None
        count = shape.channels // groups
        return self.building.add(
            "slice",
            tensor,
            Shape(count, shape.sizes),
            f"{label}.part",
            channels=(group * count, count),
        )

    def _shortcut(self, section: Section, label: str) -> str | None:
        tensors = self._tensors(section, "from")
        if section.options.get("weights_type") and section.options["weights_type"].text != "none":
            self._unknown(section, label, f"weights_type={section.options['weights_type'].text}")
            return None
        if not tensors:
            return None
        here = self.current
        for tensor in tensors:
            found = self._sum(here, tensor, label)
            if found is None:
                return None
            here = found
        return self._activated(section, here, label, "linear")

    def _sum(self, here: str, other: str, label: str) -> str | None:
        """The sum of two tensors; of unlike numbers of channels Darknet adds those that both have."""
        other = self._sampled(here, other, label)
        shape, added = self.building.shapes[here], self.building.shapes[other]
        if shape.channels == added.channels or shape.channels is None or added.channels is None:
            return self.building.add("add", (here, other), shape, label)
        if added.channels > shape.channels:
            other = self._first(other, shape.channels, f"{label}.shared")
            return self.building.add("add", (here, other), shape, label)
        shared = self._first(here, added.channels, f"{label}.shared")
        rest = self.building.add(
            "slice",
            here,
            Shape(shape.channels - added.channels, shape.sizes),
            f"{label}.rest",
            channels=(added.channels, shape.channels - added.channels),
        )
        summed = self.building.add("add", (shared, other), added, f"{label}.sum")
        return self.building.add("concat", (summed, rest), shape, label)

    def _sampled(self, here: str, other: str, label: str) -> str:
        """A larger map at every second or third position, as Darknet's shortcuts read it.

        Source: ``shortcut_cpu`` in src/blas.c
        """
        pairs = list(zip(self.building.shapes[here].sizes, self.building.shapes[other].sizes, strict=False))
        steps = [1 if wanted is None or size is None else size // wanted for wanted, size in pairs]
        if all(step <= 1 for step in steps) or any(step < 1 for step in steps):
            return other
        shape = self.building.shapes[here]._replace(channels=self.building.shapes[other].channels)
        return self.building.add(
            "maxpool", other, shape, f"{label}.sampled", kernel=(1,) * len(steps), stride=tuple(steps)
        )

    def _first(self, tensor: str, count: int, label: str) -> str:
        sizes = self.building.shapes[tensor].sizes
        return self.building.add("slice", tensor, Shape(count, sizes), label, channels=(0, count))

    def _upsample(self, section: Section, label: str) -> str | None:
        if not self._map(section, label):
            return None
        factor = self._whole(section, "stride", 2)
        if factor < 1:
            self._unknown(section, label, f"`stride={factor}` is no whole factor to upsample by")
            return None
        sizes: tuple[Size, ...] = tuple(None if size is None else size * factor for size in self.shape.sizes)
        return self.building.add(
            "upsample", self.current, Shape(self.shape.channels, sizes), label, factor=(factor, factor)
        )

    def _reorg(self, section: Section, label: str) -> str | None:
        """Space to depth; Darknet's first version of it has an order of elements of its own."""
        return self._reordered(section, label, "the elements are in an order of Darknet's own")

    def _reorg3d(self, section: Section, label: str) -> str | None:
        return self._reordered(section, label, None)

    def _reordered(self, section: Section, label: str, note: str | None) -> str | None:
        if not self._map(section, label):
            return None
        step, channels = self._positive(section, "stride", 1), self.shape.channels
        back = bool(self._whole(section, "reverse", 0))
        if channels is None or (back and channels % step**2):
            self._unknown(section, label, f"{channels} channels do not fill {step}x{step} positions")
            return None
        area = step * step
        sizes = tuple(
            None if size is None else size * step if back else size // step for size in self.shape.sizes
        )
        shape = Shape(channels // area if back else channels * area, sizes)
        op = "pixel_shuffle" if back else "pixel_unshuffle"
        return self.building.add(op, self.current, shape, label, note=note, factor=step)

    def _dropout(self, section: Section, label: str) -> str:
        return self.building.add("dropout", self.current, self.shape, label)

    def _connected(self, section: Section, label: str) -> str:
        units = self._positive(section, "output", 1)
        tensor = self.current
        if self.shape.rank:
            tensor = self.building.add("flatten", tensor, Shape(self.shape.elements()), f"{label}.flatten")
        normalized = bool(self._whole(section, "batch_normalize", 0))
        tensor = self.building.add("linear", tensor, Shape(units), label, out=units, bias=not normalized)
        if normalized:
            tensor = self.building.add("bn", tensor, Shape(units), f"{label}.bn")
        return self._activated(section, tensor, label, "logistic")

    def _softmax(self, section: Section, label: str) -> str:
        return self.building.add("softmax", self.current, self.shape, label)

    def _scale_channels(self, section: Section, label: str) -> str | None:
        tensors = self._tensors(section, "from")
        if self._whole(section, "scale_wh", 0):
            self._unknown(section, label, "`scale_wh=1` scales positions, which is not understood")
            return None
        if not tensors:
            return None
        made = self.building.add("mul", (tensors[0], self.current), self.building.shapes[tensors[0]], label)
        return self._activated(section, made, label, "linear")

    def _sam(self, section: Section, label: str) -> str | None:
        tensors = self._tensors(section, "from")
        if not tensors:
            return None
        made = self.building.add("mul", (self.current, tensors[0]), self.shape, label)
        return self._activated(section, made, label, "linear")

    def _batchnorm(self, section: Section, label: str) -> str:
        made = self.building.add("bn", self.current, self.shape, label)
        return self._activated(section, made, label, "linear")

    def _crop(self, section: Section, label: str) -> str | None:
        if not self._map(section, label):
            return None
        wanted = (self._positive(section, "crop_height", 1), self._positive(section, "crop_width", 1))
        if None in self.shape.sizes or any(
            size is not None and size < least for size, least in zip(self.shape.sizes, wanted, strict=True)
        ):
            self._unknown(section, label, f"a crop to {wanted[0]}x{wanted[1]} of {self.shape}")
            return None
        spare = [(size or 0) - least for size, least in zip(self.shape.sizes, wanted, strict=True)]
        if not any(spare):
            return self.current
        margins = tuple((one // 2, one - one // 2) for one in spare)
        return self.building.add(
            "crop", self.current, Shape(self.shape.channels, wanted), label, margins=margins
        )
