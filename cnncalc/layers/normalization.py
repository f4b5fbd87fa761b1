"""Normalization, and learned factors and offsets: bn, gn, ln, instance_norm, lrn, scale, shift."""

from __future__ import annotations

from cnncalc.frameworks import Framework, default_in_words
from cnncalc.geometry.shape import Shape, Size, product
from cnncalc.layers.base import Layer, Params, divided
from cnncalc.layers.fields import flag, framework_flag, integer_or, number, required_integer, yes_or_no


class Normalization(Layer):
    """What ``norm`` may name: same shape, with learned factors and offsets per channel."""


class _Affine(Normalization):
    """A normalization that may learn a factor and an offset per channel."""

    gamma = framework_flag("learn the factors", "as `affine`")
    beta = framework_flag("learn the offsets", "as `affine`", foreign=("center", "bias"))

    def _learned(self, channels: Size, both: bool) -> Params:
        """Gamma and beta; one that is not given is as ``both``."""
        gamma, beta = (both if one is None else one for one in (self.gamma, self.beta))
        return Params(channels if gamma else 0, channels if beta else 0)


class BatchNorm(_Affine):
    """Batch normalization: gamma and beta per channel, running mean and variance as buffers.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html
    """

    op = "bn"
    in_place = True
    foreign = ("batchnorm", "batch_norm", "batchnormalization", "batch_normalization", "norm")
    example = "bn"
    scale = framework_flag(
        "learn gamma and beta",
        default_in_words(lambda rules: yes_or_no(rules.norm_scale)),
        foreign=("affine",),
    )

    def params(self, shape: Shape, framework: Framework) -> Params:
        learned = self._learned(shape.channels, framework.norm_scale if self.scale is None else self.scale)
        return learned._replace(buffers=_double(shape.channels))

    def subtracts_means(self, shape: Shape) -> bool:
        return True


class GroupNorm(_Affine):
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
        return self._learned(shape.channels, self.affine)

    def subtracts_means(self, shape: Shape) -> bool:
        return self.groups == shape.channels


class LayerNorm(_Affine):
    """Normalization over the channels of each position.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LayerNorm.html, over the channel axis
    """

    op = "ln"
    foreign = ("layernorm", "layer_norm", "layernormalization")
    example = "ln"
    affine = flag(True, "learn gamma and beta", foreign=("elementwise_affine", "scale"))

    def params(self, shape: Shape, framework: Framework) -> Params:
        return self._learned(shape.channels, self.affine)


class InstanceNorm(_Affine):
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
        return self._learned(shape.channels, learned)

    def subtracts_means(self, shape: Shape) -> bool:
        return True


class LocalResponseNorm(Normalization):
    """Local response normalization across channels; its constants are not learned.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LocalResponseNorm.html
    """

    op = "lrn"
    foreign = ("localresponsenorm", "local_response_norm", "localresponsenormalization")
    example = "lrn: 5"
    size = integer_or(5, "channels in the sum", primary=True, foreign=("local_size", "depth_radius"))
    alpha = number(1e-4, "scale of the squares")
    beta = number(0.75, "exponent")


class Scale(Layer):
    """A learned factor per channel, or a single one; with ``bias`` also a learned offset (Caffe's Scale,
    ConvNeXt's layer scale).
    """

    op = "scale"
    in_place = True
    foreign = ("layer_scale", "layerscale", "channel_scale")
    example = "scale"
    per_channel = flag(True, "one factor per channel instead of a single one")
    bias = flag(False, "as many offsets as well", foreign=("bias_term", "shift"))

    def params(self, shape: Shape, framework: Framework) -> Params:
        learned = shape.channels if self.per_channel else 1
        return Params(learned, learned if self.bias else 0)


class Shift(Layer):
    """A learned offset per channel, a single one, or with ``per_position`` one for each position (position
    embeddings).

    Source: Dosovitskiy et al. 2021, An Image is Worth 16x16 Words, section 3.1 (position embeddings)
    """

    op = "shift"
    in_place = True
    foreign = ("offset", "position_embedding", "pos_embed", "positional_embedding", "bias_add", "biasadd")
    example = "shift: {per_position: true}"
    per_channel = flag(True, "an offset of its own for each channel")
    per_position = flag(False, "an offset of its own for each position of the map")

    def params(self, shape: Shape, framework: Framework) -> Params:
        channels = shape.channels if self.per_channel else 1
        return Params(biases=product((channels, *(shape.sizes if self.per_position else ()))))


def _double(number: Size) -> Size:
    return None if number is None else 2 * number
