"""The modules and functions that exported PyTorch source brings along, each only where it is used."""

from __future__ import annotations

HELPERS = {
    "Pad": '''
class Pad(nn.Module):
    """A border as `F.pad` takes it, the last axis first; negative numbers cut off."""

    def __init__(self, padding, value=0.0):
        super().__init__()
        self.padding = padding
        self.value = value

    def forward(self, x):
        return F.pad(x, self.padding, value=self.value)
''',
    "Apply": '''
class Apply(nn.Module):
    """A function as a layer."""

    def __init__(self, function, **arguments):
        super().__init__()
        self.function = function
        self.arguments = arguments

    def forward(self, x):
        return self.function(x, **self.arguments)
''',
    "ChannelNorm": '''
class ChannelNorm(nn.LayerNorm):
    """Layer normalization over the channels of each position."""

    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)
''',
    "PositionwiseLinear": '''
class PositionwiseLinear(nn.Linear):
    """A linear layer over the channels of each position."""

    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)
''',
    "TokenEmbedding": '''
class TokenEmbedding(nn.Embedding):
    """A vector for each token of a sequence (N, 1, L), as its channels."""

    def forward(self, x):
        return super().forward(x[:, 0].long()).transpose(1, 2)
''',
    "Scale": '''
class Scale(nn.Module):
    """A learned factor per channel, or a single one, and perhaps an offset."""

    def __init__(self, channels, bias=False):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels)) if bias else None

    def forward(self, x):
        y = x.movedim(1, -1) * self.weight
        return (y if self.bias is None else y + self.bias).movedim(-1, 1)
''',
    "Shift": '''
class Shift(nn.Module):
    """A learned offset."""

    def __init__(self, *size):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(size))

    def forward(self, x):
        return x + self.bias
''',
    "DropPath": '''
class DropPath(nn.Module):
    """Zeroes the whole tensor of a share of the examples in training."""

    def __init__(self, rate):
        super().__init__()
        self.rate = rate

    def forward(self, x):
        if not self.training or not self.rate:
            return x
        kept = torch.rand((len(x),) + (1,) * (x.dim() - 1), device=x.device) >= self.rate
        return x * kept / max(1 - self.rate, 1e-6)
''',
    "Tokens": '''
class Tokens(nn.Module):
    """The positions of a map one behind the other, after learned ones."""

    def __init__(self, extra, channels):
        super().__init__()
        self.extra = nn.Parameter(torch.zeros(1, channels, extra))

    def forward(self, x):
        return torch.cat([self.extra.expand(len(x), -1, -1), x.flatten(2)], dim=2)
''',
    "Unfold": '''
class Unfold(nn.Module):
    """The values under each window as channels of a map."""

    def __init__(self, kernel_size, stride=None, dilation=None):
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride or (1,) * len(kernel_size)
        self.dilation = dilation or (1,) * len(kernel_size)

    def forward(self, x):
        windows = zip(self.kernel_size, self.stride, self.dilation)
        for axis, (kernel, stride, dilation) in enumerate(windows, 2):
            x = x.unfold(axis, dilation * (kernel - 1) + 1, stride)[..., ::dilation]
        rank = len(self.kernel_size)
        return x.movedim(tuple(range(-rank, 0)), tuple(range(2, 2 + rank))).flatten(1, 1 + rank)
''',
    "PixelShuffleNd": '''
class PixelShuffleNd(nn.Module):
    """Channels to space, along any number of axes."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        batch, channels, *sizes = x.shape
        rank = len(sizes)
        factors = (self.factor,) * rank
        x = x.reshape(batch, channels // self.factor**rank, *factors, *sizes)
        order = [axis for pair in range(2, 2 + rank) for axis in (pair + rank, pair)]
        x = x.permute(0, 1, *order)
        return x.reshape(batch, x.shape[1], *(size * self.factor for size in sizes))
''',
    "PixelUnshuffleNd": '''
class PixelUnshuffleNd(nn.Module):
    """Space to channels, along any number of axes."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        batch, channels, *sizes = x.shape
        rank = len(sizes)
        split = [part for size in sizes for part in (size // self.factor, self.factor)]
        x = x.reshape(batch, channels, *split)
        x = x.permute(0, 1, *range(3, 3 + 2 * rank, 2), *range(2, 2 + 2 * rank, 2))
        return x.reshape(batch, channels * self.factor**rank, *split[::2])
''',
    "ChannelConv": '''
class ChannelConv(nn.Conv1d):
    """A convolution along the channels, the same at every position."""

    def __init__(self, kernel_size):
        super().__init__(1, 1, kernel_size, padding=kernel_size // 2, bias=False)

    def forward(self, x):
        lines = x.flatten(2).transpose(1, 2).reshape(-1, 1, x.shape[1])
        lines = super().forward(lines).reshape(len(x), -1, x.shape[1])
        return lines.transpose(1, 2).reshape(x.shape)
''',
    "Attention": '''
class Attention(nn.Module):
    """Multi-head attention of all positions, to those of another tensor where one is given."""

    def __init__(
        self,
        channels,
        heads,
        head=None,
        value=None,
        bias=True,
        out_bias=True,
        project=True,
        source=None,
    ):
        super().__init__()
        head = head or channels // heads
        values = heads * (value or head)
        source = source or channels
        self.heads = heads
        self.queries = nn.Linear(channels, heads * head, bias=bias)
        self.keys = nn.Linear(source, heads * head, bias=bias)
        self.values = nn.Linear(source, values, bias=bias)
        self.out = nn.Linear(values, channels, bias=out_bias) if project else nn.Identity()

    def forward(self, x, source=None):
        line = x.flatten(2).transpose(1, 2)
        other = line if source is None else source.flatten(2).transpose(1, 2)
        parts = self.queries(line), self.keys(other), self.values(other)
        parts = [part.unflatten(2, (self.heads, -1)).transpose(1, 2) for part in parts]
        mixed = self.out(F.scaled_dot_product_attention(*parts).transpose(1, 2).flatten(2))
        return mixed.transpose(1, 2).unflatten(2, x.shape[2:])
''',
    "BlockAttention": '''
class BlockAttention(nn.Module):
    """Multi-head attention within blocks of positions, which may be moved, with a bias per offset.

    Blocks that the border cuts are filled up, and moved blocks that wrap around are kept apart.
    """

    def __init__(
        self,
        channels,
        heads,
        window,
        shift=None,
        table=False,
        head=None,
        value=None,
        bias=True,
        out_bias=True,
        project=True,
    ):
        super().__init__()
        head = head or channels // heads
        values = heads * (value or head)
        self.heads = heads
        self.window = window
        self.shift = shift or (0,) * len(window)
        self.queries = nn.Linear(channels, heads * head, bias=bias)
        self.keys = nn.Linear(channels, heads * head, bias=bias)
        self.values = nn.Linear(channels, values, bias=bias)
        self.out = nn.Linear(values, channels, bias=out_bias) if project else nn.Identity()
        self.table = None
        if table:
            self.table = nn.Parameter(torch.zeros(heads, *(2 * size - 1 for size in window)))

    def forward(self, x):
        sizes = x.shape[2:]
        axes = tuple(range(2, x.dim()))
        ends = [(-size) % by for size, by in zip(sizes, self.window)]
        x = F.pad(x, [number for end in reversed(ends) for number in (0, end)])
        x = x.roll([-shift for shift in self.shift], axes)
        line = self.split(x)
        parts = self.queries(line), self.keys(line), self.values(line)
        parts = [part.unflatten(2, (self.heads, -1)).transpose(1, 2) for part in parts]
        mask = self.mask(x)
        mixed = F.scaled_dot_product_attention(*parts, attn_mask=mask)
        x = self.merge(self.out(mixed.transpose(1, 2).flatten(2)), x.shape)
        x = x.roll(self.shift, axes)
        for axis, size in enumerate(sizes, 2):
            x = x.narrow(axis, 0, size)
        return x

    def split(self, x):
        """Blocks as examples of their own, positions one behind the other."""
        for axis, by in enumerate(self.window):
            x = x.unflatten(2 + 2 * axis, (-1, by))
        rank = len(self.window)
        order = 0, *range(2, 2 + 2 * rank, 2), *range(3, 3 + 2 * rank, 2), 1
        return x.permute(order).flatten(0, rank).flatten(1, rank)

    def merge(self, line, shape):
        """The map that the blocks were split from, with the channels of the blocks."""
        rank = len(self.window)
        counts = [size // by for size, by in zip(shape[2:], self.window)]
        x = line.reshape(shape[0], *counts, *self.window, -1)
        order = [axis for pair in range(1, 1 + rank) for axis in (pair, pair + rank)]
        return x.permute(0, 2 * rank + 1, *order).reshape(shape[0], -1, *shape[2:])

    def mask(self, x):
        """What is added to the products of queries and keys."""
        ranges = [torch.arange(size, device=x.device) for size in self.window]
        places = torch.cartesian_prod(*ranges).reshape(-1, len(self.window))
        mask = None
        if self.table is not None:
            last = torch.tensor(self.window, device=x.device) - 1
            offsets = places[:, None] - places[None] + last
            mask = self.table[(slice(None), *offsets.unbind(-1))]
        if not any(self.shift):
            return mask
        region = torch.zeros((), device=x.device)
        for axis, (by, shift) in enumerate(zip(self.window, self.shift)):
            wrapped = torch.arange(x.shape[2 + axis], device=x.device) >= x.shape[2 + axis] - shift
            region = region[..., None] * 2 + wrapped
        lines = self.split(region.expand(len(x), 1, *region.shape))[..., 0]
        apart = torch.where(lines[:, None] == lines[:, :, None], 0.0, float("-inf"))[:, None]
        return apart if mask is None else apart + mask
''',
    "cropped": '''
def cropped(x, like, offset=None):
    """The part of a map as large as another one: its middle, or from an offset on."""
    for axis in range(2, x.dim()):
        size = like.shape[axis]
        first = (x.shape[axis] - size) // 2 if offset is None else offset[axis - 2]
        x = x.narrow(axis, first, size)
    return x
''',
    "fixed": '''
def fixed(module):
    """A module whose weights are not learned: buffers instead of parameters."""
    for name, value in list(module.named_parameters()):
        delattr(module, name)
        module.register_buffer(name, value.detach())
    return module
''',
    "without": '''
def without(norm, name):
    """A normalization less its factors (`weight`) or its offsets (`bias`)."""
    norm.register_parameter(name, None)
    return norm
''',
    **{
        f"{name}Layer": f'''
class {name}Layer(nn.{name}):
    """{about} over the one axis of a map; all states, or the last one."""

    def __init__(self, input_size, hidden_size, num_layers=1, bidirectional=False, sequence=True):
        super().__init__(
            input_size, hidden_size, num_layers, batch_first=True, bidirectional=bidirectional
        )
        self.sequence = sequence

    def forward(self, x):
        states = super().forward(x.transpose(1, 2))[0]
        if self.sequence:
            return states.transpose(1, 2)
        if not self.bidirectional:
            return states[:, -1]
        forwards, backwards = states.chunk(2, dim=2)
        return torch.cat([forwards[:, -1], backwards[:, 0]], dim=1)
'''
        for name, about in (
            ("LSTM", "A long short-term memory"),
            ("GRU", "Gated recurrent units"),
            ("RNN", "A plain recurrence"),
        )
    },
}
"""Source of each by its name, at most 100 columns wide."""
