"""The tables of the bundled networks in configs/README.md: `python -m tests.zoo` writes them, a test fails where they are stale."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import cnncalc
from cnncalc import bundled
from cnncalc.checks.expectations import check
from cnncalc.network.expectation import Finding
from cnncalc.network.model import Model

CONFIGS = Path(__file__).parent.parent / "configs"
TABLE = CONFIGS / "README.md"
COUNTED = "layers"
"""The origin of totals that nobody has published to the last digit."""


class Entry(NamedTuple):
    """A spec in the tables: what it shows, and where the parameters that it expects are published."""

    shows: str
    origin: str = COUNTED
    others: Mapping[str, str] = MappingProxyType({})
    """Models whose parameters come from elsewhere."""
    picture: str = ""
    """The kind of picture that shows it, where one helps."""

    def origin_of(self, model: str) -> str:
        return self.others.get(model, self.origin)


GROUPS: Mapping[str, Mapping[str, Entry]] = {
    "Classification: up to VGG": {
        "lenet5": Entry("convolutions, pools, dense layers", "LeCun", {"modern": COUNTED, "caffe": COUNTED}),
        "alexnet": Entry(
            "large kernels, two towers, dense layers", "torchvision", {"two_tower": "dlcookbook"}
        ),
        "zfnet": Entry("a smaller first kernel and stride", "osmr"),
        "overfeat": Entry("a classifier that slides"),
        "nin": Entry("1x1 convolutions, no dense layers", COUNTED, {"nin_cifar10": "osmr"}),
        "vgg": Entry("3x3 only, 11 to 19 layers deep", "torchvision", {"vgg16_c": COUNTED}),
        "vgg16": Entry("the same, layer by layer", "torchvision"),
        "sppnet": Entry("a spatial pyramid before the dense layers"),
    },
    "Classification: Inception": {
        "googlenet": Entry("kernels side by side, reduced by 1x1", COUNTED, {"torchvision": "torchvision"}),
        "bn_inception": Entry("normalization, 5x5 as two 3x3", "Cadene"),
        "inception_v3": Entry("7x7 as 1x7 and 7x1", "timm"),
        "inception_v4": Entry("the same, without its history", "timm"),
        "inception_resnet_v2": Entry("modules as residual bodies", "timm"),
        "xception": Entry("depthwise separable all through", "timm"),
    },
    "Classification: residual and dense": {
        "resnet": Entry("18 to 152 layers, both stride placements", "torchvision"),
        "resnet18": Entry("the basic block, layer by layer", "torchvision"),
        "resnet50": Entry("the bottleneck, stride in 1x1 or 3x3", "torchvision"),
        "wide_resnet": Entry("wider instead of deeper", "torchvision", {"wrn_28_10": COUNTED}),
        "resnext": Entry("grouped bottlenecks", "torchvision"),
        "se": Entry("channels weighed by a gate", COUNTED, {"se_resnet50": "timm"}),
        "densenet": Entry("every layer reads all before it", "torchvision"),
        "regnet": Entry("widths along a line", "torchvision"),
        "convnext": Entry("7x7 depthwise, layer normalization", "torchvision"),
        "convnext_v2": Entry("channels that compete", "timm"),
        "dla": Entry("a tree of layers", "timm"),
        "hrnet": Entry("fine and coarse maps side by side", "timm"),
        "vovnet": Entry("one concatenation per module", "timm"),
        "repvgg": Entry("branches that training alone needs", COUNTED, {"train": "timm"}),
        "eca_resnet": Entry("a gate of a few numbers", "timm"),
        "resnet50_variants": Entry(
            "gates, fixed filters, attention, offsets", COUNTED, {"blur_pool": "timm", "cbam": "Woo"}
        ),
        "resnet_cifar": Entry("depth alone, 20 to 110 layers"),
        "densenet_cifar": Entry("with and without bottlenecks"),
    },
    "Classification: transformers": {
        "vit": Entry("patches as tokens, attention over all", "torchvision"),
        "swin": Entry("attention in shifted windows", "torchvision"),
        "efficientformer": Entry("pools instead of attention, until the last block", "timm"),
    },
    "Classification: small": {
        "squeezenet": Entry("squeeze with 1x1, expand", "torchvision"),
        "mobilenet_v1": Entry(
            "depthwise separable, width multiplier", "keras.io", {"conv_mobilenet": COUNTED}
        ),
        "mobilenet_v2": Entry("inverted residuals", "torchvision"),
        "mobilenet_v3": Entry("gates and hard activations", "torchvision"),
        "shufflenet_v2": Entry("split, shuffle, concatenate", "torchvision"),
        "ghostnet": Entry("half the channels from the other half", "timm"),
        "mobilenet_v4": Entry("one bottleneck, two depthwise places", "timm"),
        "mnasnet": Entry("found by search for a phone", "torchvision", {"mnasnet_a1": "timm"}),
        "efficientnet": Entry("depth, width and size scaled together", "torchvision"),
        "efficientnet_v2": Entry("depthwise only where maps are small", "torchvision"),
    },
    "Detection": {
        "fast_rcnn": Entry("RoI pooling, a pyramid of one level"),
        "faster_rcnn": Entry("anchors and proposals on the shared map"),
        "fpn": Entry(
            "a pyramid of maps, shared heads",
            COUNTED,
            {"faster_rcnn": "torchvision", "mask_rcnn": "torchvision", "retinanet": "torchvision"},
        ),
        "yolo_v1": Entry("a grid of cells, dense or local", COUNTED, {"darknet": "pjreddie"}),
        "darknet53": Entry("residual backbone, three scales", "osmr", {"yolov3": COUNTED}),
        "cspdarknet53": Entry("half of each stage goes around it", "timm"),
        "yolov8": Entry("five sizes, frozen weights", "Ultralytics"),
        "ssd300": Entry("boxes from six maps", "torchvision"),
        "ssdlite": Entry("the same, separable, on a phone", "torchvision"),
    },
    "Segmentation": {
        "fcn": Entry(
            "dense layers as convolutions",
            COUNTED,
            {"fcn_resnet50": "torchvision", "fcn_resnet101": "torchvision"},
        ),
        "segnet": Entry("an encoder and its mirror image"),
        "unet": Entry("down, up and across, unpadded"),
        "deeplab": Entry("dilation in place of stride"),
        "deeplabv3": Entry("an atrous spatial pyramid", "torchvision"),
        "deeplabv3plus": Entry("the same with a decoder", "segmentation_models_pytorch"),
        "dilated_context": Entry("dilations that double"),
        "pspnet": Entry("a pyramid pooling module"),
    },
    "Generation": {
        "dcgan": Entry("transposed convolutions, checkerboards", picture="align"),
        "patchgan": Entry("a discriminator of patches"),
        "pix2pix": Entry("a U-Net that draws"),
        "espcn": Entry("channels to pixels"),
        "srresnet": Entry("residual blocks, then channels to pixels"),
    },
    "Flow, video and volumes": {
        "flownets": Entry("two frames to a flow field"),
        "c3d": Entry("3x3x3 all through"),
        "r2plus1d": Entry("space and time apart or together", "torchvision"),
        "unet3d": Entry("U-Net for volumes", "Çiçek"),
    },
    "Text and audio": {
        "textcnn": Entry("shallow and wide, maximum over time"),
        "char_cnn": Entry("wide kernels on characters, mostly dense"),
        "crnn": Entry("an image as a sequence, recurrent", "Shi"),
        "vdcnn": Entry("deep and narrow, on characters"),
        "wavenet": Entry("causal dilations and gates"),
        "encodec": Entry("a codec: causal strides, an LSTM"),
        "tcn": Entry("causal pairs, dilations doubled"),
    },
    "Lessons": {
        "stack3x3": Entry("two 3x3 for a 5x5, three for a 7x7", picture="graph"),
        "inception": Entry("what a 1x1 reduction saves", picture="graph"),
        "pooling": Entry("standard, overlapping, with gaps", picture="pool"),
        "spp": Entry("four rules for the bins of a pyramid", picture="spp"),
        "gridding": Entry("holes in stacks of dilations", picture="erf"),
    },
    "TF-Slim, as in the published table of receptive fields": {
        "slim_alexnet_v2": Entry("strided windows VALID"),
        "slim_vgg": Entry("strided windows VALID", "torchvision"),
        "slim_inception_v2": Entry("SAME: padding depends on the size"),
        "slim_inception_v3": Entry("strided windows VALID", "keras.applications"),
        "slim_inception_v4": Entry("strided windows VALID"),
        "slim_inception_resnet_v2": Entry("both kinds of padding", "keras.applications"),
        "slim_resnet_v1": Entry("stride in a block's last unit", "torchvision", {"resnet_v1_200": COUNTED}),
        "slim_resnet_v2": Entry("normalization first", "keras.applications", {"resnet_v2_200": COUNTED}),
        "slim_mobilenet_v1": Entry("SAME: padding depends on the size"),
    },
}

_HEAD = f"""# The bundled networks

Each is a spec to read, copy and compute: `cnncalc rf NAME`. `cnncalc zoo` lists them with their receptive fields, `cnncalc zoo NAME`
prints one. A test recomputes these tables.

- **params** and **MACs** are what the model's spec expects and `cnncalc` computes, to the last digit; after a `~` is the expected number
  where it is known to fewer digits; a number in *italics* is computed only.
- **from** names the publisher of the parameters; the spec's sources name it in full. `{COUNTED}` means counted from the layers that the
  sources describe; where these give a total in fewer digits, it agrees. Multiply-adds are mostly published rounded.
- **checked** counts all expectations of the model, of its layers and of its cases.
"""

_COLUMNS = """| spec | model | shows | params | MACs | from | checked |
|---|---|---|---:|---:|---|---:|
"""


def entry_of(spec: str) -> Entry:
    """What the tables say about a spec."""
    return next(group[spec] for group in GROUPS.values() if spec in group)


def table() -> str:
    """The whole document."""
    contents = "\n".join(f"- [{title}](#{_anchor(title)})" for title in GROUPS)
    sections = (
        f"## {title}\n\n{_COLUMNS}"
        + "\n".join(row for spec, entry in group.items() for row in _rows(spec, entry))
        + "\n"
        for title, group in GROUPS.items()
    )
    return "\n".join((_HEAD, contents, "", *sections))


def _anchor(title: str) -> str:
    return "".join(
        character for character in title.lower().replace(" ", "-") if character.isalnum() or character == "-"
    )


def _rows(spec: str, entry: Entry) -> Iterator[str]:
    """A row per model; a name of the only one would repeat that of the spec."""
    path = bundled.path_of(spec)
    assert path is not None
    models = cnncalc.load(path)
    for number, model in enumerate(models):
        report = cnncalc.analyze(model)
        findings, totals = check(model, report), report.totals
        cells = (
            f"[{spec}]({path.relative_to(CONFIGS).as_posix()})",
            model.name if len(models) > 1 else "",
            "" if number else _shown(spec, entry),
            _total(findings, model, "params", totals.params),
            _total(findings, model, "macs", totals.macs),
            entry.origin_of(model.name) if totals.params else "",
            f"{sum(finding.ok for finding in findings)}",
        )
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _shown(spec: str, entry: Entry) -> str:
    """What a spec shows, with its picture where there is one."""
    return f"[{entry.shows}](../.github/pictures/{spec}.svg)" if entry.picture else entry.shows


def _total(findings: tuple[Finding, ...], model: Model, metric: str, total: int | None) -> str:
    """What was computed, marked by how exactly the model itself expectations it."""
    if total is None:
        return "?"
    own = [one for one in findings if one.model == model.name and one.path is None and one.metric == metric]
    if not own:
        return f"*{total:,}*"
    expectation = own[0].expectation
    exact = expectation is not None and all(bound.low == bound.high == total for bound in expectation.bounds)
    return f"{total:,}" if exact else f"{total:,} \\~ {own[0].wanted.lstrip('~')}"


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
