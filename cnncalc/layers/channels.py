"""Operations on the channel axis: shuffles, slices, means, maxima, gates and unit length."""

from __future__ import annotations

from cnncalc.errors import Fault
from cnncalc.geometry.shape import Shape, Size
from cnncalc.layers.base import Layer, divided
from cnncalc.layers.fields import integers, required_integer


class ChannelShuffle(Layer):
    """Channels reordered so that the next grouped convolution mixes the groups.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.ChannelShuffle.html
    """

    op = "channel_shuffle"
    foreign = ("channelshuffle", "shuffle", "shuffle_channels")
    example = "channel_shuffle: 2"
    groups = required_integer("groups to mix", primary=True, foreign=("group",))

    def out_channels(self, shape: Shape) -> Size:
        divided(shape.channels, self.groups, "{} groups")
        return shape.channels


class Slice(Layer):
    """``count`` channels from the channel ``first`` on, counted from 0."""

    op = "slice"
    foreign = ("split", "chunk", "narrow", "channel_split")
    example = "slice: {channels: [0, 58]}"
    channels = integers("[first, count]", count=2, primary=True, minimum=0)

    def check(self) -> None:
        if self.channels[1] < 1:
            raise Fault(
                "E109",
                f"a slice of {self.channels[1]} channels is empty",
                "write `channels: [first, count]`, counted from 0",
            )

    def out_channels(self, shape: Shape) -> Size:
        first, count = self.channels
        if shape.channels is not None and first + count > shape.channels:
            raise Fault(
                "E309",
                f"channels {first}..{first + count - 1} are beyond the {shape.channels} "
                "channels of the input",
                "write `channels: [first, count]`, counted from 0",
            )
        return count


class ChannelMean(Layer):
    """The mean over the channels, one channel."""

    op = "channel_mean"
    foreign = ("mean_channels", "channel_avg", "channelmean")
    example = "channel_mean"

    def out_channels(self, shape: Shape) -> Size:
        return 1


class ChannelMax(Layer):
    """The largest value over the channels, one channel."""

    op = "channel_max"
    foreign = ("max_channels", "channelmax")
    example = "channel_max"

    def out_channels(self, shape: Shape) -> Size:
        return 1


class GLU(Layer):
    """The first half of the channels times the sigmoid of the second half.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.GLU.html, over the channel axis
    """

    op = "glu"
    foreign = ("gated_linear_unit",)
    example = "glu"

    def out_channels(self, shape: Shape) -> Size:
        return divided(shape.channels, 2, "{} halves")


class L2Norm(Layer):
    """Each position's channels divided by their length.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.normalize.html, over the
    channel axis
    """

    op = "l2norm"
    foreign = ("l2_norm", "l2normalize", "l2_normalize", "normalize", "unitnormalization", "lpnormalization")
    example = "l2norm"
