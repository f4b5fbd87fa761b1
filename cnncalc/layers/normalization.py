"""Normalization and learned scaling: bn, gn, ln, instance_norm, lrn, scale."""

from __future__ import annotations

from cnncalc.frameworks import Framework, default_in_words
from cnncalc.geometry.shape import Shape, Size
from cnncalc.layers.base import NO_PARAMS, Layer, Params, divided
from cnncalc.layers.fields import flag, framework_flag, integer_or, number, required_integer, yes_or_no


class Normalization(Layer):
    """What ``norm`` may name: same shape, with learned factors and offsets per channel."""


class BatchNorm(Normalization):
    """Batch normalization: gamma and beta per channel, running mean and variance as buffers.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html
    """

    op = "bn"
    foreign = ("batchnorm", "batch_norm", "batchnormalization", "batch_normalization", "norm")
    example = "bn"
    scale = framework_flag(
        "learn gamma and beta",
        default_in_words(lambda rules: yes_or_no(rules.norm_scale)),
        foreign=("affine", "center"),
    )

    def params(self, shape: Shape, framework: Framework) -> Params:
        channels = shape.channels
        learned = framework.norm_scale if self.scale is None else self.scale
        return Params(*((channels, channels) if learned else (0, 0)), _double(channels))


class GroupNorm(Normalization):
    """Normalization over groups of channels and all positions, whose statistics therefore see the whole map.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.GroupNorm.html
    """

    op = "gn"
    sees_all = True
    foreign = ("groupnorm", "group_norm", "groupnormalization")
    example = "gn: 32"
    groups = required_integer("groups of channels", primary=True, foreign=("num_groups", "group"))
    affine = flag(True, "learn gamma and beta", foreign=("scale",))

    def params(self, shape: Shape, framework: Framework) -> Params:
        divided(shape.channels, self.groups, "{} groups")
        return Params(shape.channels, shape.channels) if self.affine else NO_PARAMS


class LayerNorm(Normalization):
    """Normalization over the channels of each position.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LayerNorm.html, over the channel axis
    """

    op = "ln"
    foreign = ("layernorm", "layer_norm", "layernormalization")
    example = "ln"
    affine = flag(True, "learn gamma and beta", foreign=("elementwise_affine", "scale"))

    def params(self, shape: Shape, framework: Framework) -> Params:
        return Params(shape.channels, shape.channels) if self.affine else NO_PARAMS


class InstanceNorm(Normalization):
    """Normalization over the positions of each channel, which therefore sees the whole map's statistics.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.InstanceNorm2d.html
    """

    op = "instance_norm"
    sees_all = True
    foreign = ("instancenorm", "instancenormalization", "in")
    example = "instance_norm: {affine: true}"
    affine = framework_flag(
        "learn gamma and beta",
        default_in_words(lambda rules: yes_or_no(rules.instance_norm_affine)),
        foreign=("scale",),
    )

    def params(self, shape: Shape, framework: Framework) -> Params:
        learned = framework.instance_norm_affine if self.affine is None else self.affine
        return Params(shape.channels, shape.channels) if learned else NO_PARAMS


class LocalResponseNorm(Normalization):
    """Local response normalization across channels; its constants are not learned.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LocalResponseNorm.html
    """

    op = "lrn"
    foreign = ("localresponsenorm", "local_response_norm", "localresponsenormalization")
    example = "lrn: 5"
    size = integer_or(5, "channels taken together", primary=True, foreign=("local_size", "depth_radius"))
    alpha = number(1e-4, "scale of the squares")
    beta = number(0.75, "exponent")


class Scale(Layer):
    """A learned factor per channel, with ``bias`` also a learned offset (Caffe's Scale, ConvNeXt's layer
    scale).
    """

    op = "scale"
    foreign = ("layer_scale", "layerscale", "channel_scale")
    example = "scale"
    bias = flag(False, "also one offset per channel", foreign=("bias_term", "shift"))

    def params(self, shape: Shape, framework: Framework) -> Params:
        return Params(shape.channels, shape.channels if self.bias else 0)


def _double(number: Size) -> Size:
    return None if number is None else 2 * number
