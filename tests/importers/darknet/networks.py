"""Published Darknet networks, written from their papers' tables as cfg text."""

from __future__ import annotations

from collections.abc import Iterable


def section(name: str, **options: object) -> str:
    return "\n".join([f"[{name}]", *(f"{key}={value}" for key, value in options.items())]) + "\n\n"


def net(size: int) -> str:
    return section("net", batch=1, height=size, width=size, channels=3, learning_rate=0.001)


def conv(filters: int, size: int, stride: int = 1) -> str:
    return section(
        "convolutional",
        batch_normalize=1,
        filters=filters,
        size=size,
        stride=stride,
        pad=1,
        activation="leaky",
    )


def head(filters: int = 255) -> str:
    output = section("convolutional", filters=filters, size=1, stride=1, pad=1, activation="linear")
    return output + section("yolo", mask="0,1,2", classes=80, num=9)


def route(*layers: int, **options: object) -> str:
    return section("route", layers=",".join(map(str, layers)), **options)


def maxpool(size: int = 2, stride: int = 2) -> str:
    return section("maxpool", size=size, stride=stride)


def _darknet53_body() -> str:
    """Redmon and Farhadi 2018, Table 1."""
    parts = [conv(32, 3)]
    for filters, blocks in ((64, 1), (128, 2), (256, 8), (512, 8), (1024, 4)):
        parts.append(conv(filters, 3, 2))
        for _ in range(blocks):
            parts += [
                conv(filters // 2, 1),
                conv(filters, 3),
                section("shortcut", **{"from": -3}, activation="linear"),
            ]
    return "".join(parts)


def darknet53(size: int) -> str:
    last = section("convolutional", filters=1000, size=1, stride=1, pad=1, activation="linear")
    return net(size) + _darknet53_body() + section("avgpool") + last + section("softmax", groups=1)


def _pairs(filters: int, count: int) -> Iterable[str]:
    for _ in range(count):
        yield conv(filters, 1)
        yield conv(filters * 2, 3)


def yolov3(size: int) -> str:
    """Darknet-53 and three heads, the second and third behind an upsampling joined with an earlier map."""
    parts = [net(size), _darknet53_body(), *_pairs(512, 3), head()]
    parts += [route(-4), conv(256, 1), section("upsample", stride=2), route(-1, 61), *_pairs(256, 3), head()]
    parts += [route(-4), conv(128, 1), section("upsample", stride=2), route(-1, 36), *_pairs(128, 3), head()]
    return "".join(parts)


def yolov3_tiny(size: int) -> str:
    parts = [net(size)]
    for filters in (16, 32, 64, 128, 256):
        parts += [conv(filters, 3), maxpool()]
    parts += [conv(512, 3), maxpool(2, 1), conv(1024, 3), conv(256, 1), conv(512, 3), head()]
    parts += [route(-4), conv(128, 1), section("upsample", stride=2), route(-1, 8), conv(256, 3), head()]
    return "".join(parts)


def yolov4_tiny(size: int) -> str:
    """Wang et al. 2021, Scaled-YOLOv4: three partial stages, whose second half of channels goes on."""
    parts = [net(size), conv(32, 3, 2), conv(64, 3, 2)]
    for filters in (64, 128, 256):
        parts += [
            conv(filters, 3),
            route(-1, groups=2, group_id=1),
            conv(filters // 2, 3),
            conv(filters // 2, 3),
            route(-1, -2),
            conv(filters, 1),
            route(-6, -1),
            maxpool(),
        ]
    parts += [conv(512, 3), conv(256, 1), conv(512, 3), head()]
    parts += [route(-4), conv(128, 1), section("upsample", stride=2), route(-1, 23), conv(256, 3), head()]
    return "".join(parts)
