"""Published Caffe networks, written from their papers' tables as prototxt text."""

from __future__ import annotations


def data(size: int) -> str:
    return f'input: "data"\ninput_dim: 1\ninput_dim: 3\ninput_dim: {size}\ninput_dim: {size}\n'


def conv(name: str, bottom: str, out: int, kernel: int, stride: int = 1, pad: int = 0, group: int = 1) -> str:
    """A convolution and a ReLU in place."""
    return (
        f'layer {{ name: "{name}" type: "Convolution" bottom: "{bottom}" top: "{name}"\n'
        f"  convolution_param {{ num_output: {out} kernel_size: {kernel} stride: {stride} pad: {pad} group: {group}\n"
        f'    weight_filler {{ type: "xavier" }} }} }}\n'
        f'layer {{ name: "relu_{name}" type: "ReLU" bottom: "{name}" top: "{name}" }}\n'
    )


def pool(name: str, bottom: str, kernel: int, stride: int, pad: int = 0, method: str = "MAX") -> str:
    return (
        f'layer {{ name: "{name}" type: "Pooling" bottom: "{bottom}" top: "{name}"\n'
        f"  pooling_param {{ pool: {method} kernel_size: {kernel} stride: {stride} pad: {pad} }} }}\n"
    )


def linear(name: str, bottom: str, out: int) -> str:
    return (
        f'layer {{ name: "{name}" type: "InnerProduct" bottom: "{bottom}" top: "{name}"\n'
        f"  inner_product_param {{ num_output: {out} }} }}\n"
    )


def lrn(name: str, bottom: str) -> str:
    return (
        f'layer {{ name: "{name}" type: "LRN" bottom: "{bottom}" top: "{name}"\n'
        "  lrn_param { local_size: 5 alpha: 0.0001 beta: 0.75 } }\n"
    )


def alexnet() -> str:
    """Krizhevsky et al. 2012, section 3.5, on 227x227 as Caffe's model has it."""
    parts = [
        'name: "AlexNet"\n' + data(227),
        conv("conv1", "data", 96, 11, stride=4),
        lrn("norm1", "conv1"),
        pool("pool1", "norm1", 3, 2),
        conv("conv2", "pool1", 256, 5, pad=2, group=2),
        lrn("norm2", "conv2"),
        pool("pool2", "norm2", 3, 2),
        conv("conv3", "pool2", 384, 3, pad=1),
        conv("conv4", "conv3", 384, 3, pad=1, group=2),
        conv("conv5", "conv4", 256, 3, pad=1, group=2),
        pool("pool5", "conv5", 3, 2),
        linear("fc6", "pool5", 4096),
        'layer { name: "drop6" type: "Dropout" bottom: "fc6" top: "fc6" dropout_param { dropout_ratio: 0.5 } }\n',
        linear("fc7", "fc6", 4096),
        linear("fc8", "fc7", 1000),
        'layer { name: "prob" type: "Softmax" bottom: "fc8" top: "prob" }\n',
    ]
    return "".join(parts)


MODULES = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
"""Szegedy et al. 2015, Table 1: 1x1, reduced to and 3x3, reduced to and 5x5, and the pool's projection."""


def googlenet() -> str:
    parts = [
        'name: "GoogLeNet"\n' + data(224),
        conv("conv1", "data", 64, 7, stride=2, pad=3),
        pool("pool1", "conv1", 3, 2),
        lrn("norm1", "pool1"),
        conv("reduce2", "norm1", 64, 1),
        conv("conv2", "reduce2", 192, 3, pad=1),
        lrn("norm2", "conv2"),
        pool("pool2", "norm2", 3, 2),
    ]
    before = "pool2"
    for name, (one, reduce3, three, reduce5, five, projected) in MODULES.items():
        parts += [
            conv(f"{name}_1", before, one, 1),
            conv(f"{name}_r3", before, reduce3, 1),
            conv(f"{name}_3", f"{name}_r3", three, 3, pad=1),
            conv(f"{name}_r5", before, reduce5, 1),
            conv(f"{name}_5", f"{name}_r5", five, 5, pad=2),
            pool(f"{name}_pool", before, 3, 1, pad=1),
            conv(f"{name}_p", f"{name}_pool", projected, 1),
            f'layer {{ name: "{name}" type: "Concat" top: "{name}" '
            + " ".join(f'bottom: "{name}_{branch}"' for branch in ("1", "3", "5", "p"))
            + " }\n",
        ]
        before = name
        if name in ("3b", "4e"):
            parts.append(pool(f"pool_{name}", name, 3, 2))
            before = f"pool_{name}"
    parts += [pool("pool5", before, 7, 1, method="AVE"), linear("classifier", "pool5", 1000)]
    return "".join(parts)
