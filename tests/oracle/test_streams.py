"""Streaming in PyTorch: perturbed inputs find look-back and look-ahead, and a run in chunks equals the whole bit by bit with exactly the states said."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import Any, NamedTuple

import pytest

import cnncalc
from cnncalc.questions.stream import Stream, stream
from tests.oracle.build import Builder, per_axis
from tests.oracle.modules import F, Tensor, nn, pads, torch
from tests.oracle.whole_numbers import WholeNumbers, image_of, network_of, run


def causal(kernel: int, stride: int = 1, dilation: int = 1, out: int = 4) -> str:
    before = dilation * (kernel - 1) + 1 - stride
    return f"conv{kernel}: {{out: {out}, stride: {stride}, dilation: {dilation}, padding: [[{before}, 0]]}}"


def encoder() -> list[str]:
    """Like EnCodec's: strided convolutions, each behind a residual."""
    items = [causal(7)]
    for kernel, stride in ((4, 2), (8, 4), (10, 5), (16, 8)):
        items += [f"residual: [{causal(3)}, conv1: 4]", causal(kernel, stride)]
    return [*items, causal(7)]


NETWORKS: dict[str, list[str]] = {
    "an encoder like EnCodec's": encoder(),
    "Demucs's encoder": ["{conv8: {out: 4, stride: 4}, repeat: 5}"],
    "the features of wav2vec 2.0": [
        f"conv{kernel}: {{out: 4, stride: {stride}}}"
        for kernel, stride in ((10, 5), (3, 2), (3, 2), (3, 2), (3, 2), (2, 2), (2, 2))
    ],
    "dilated pairs": [causal(3, 1, 2**at) for at in range(6) for _ in range(2)],
    "centred residuals": ["residual: [conv3: {out: 4, padding: 1}, conv5: {out: 4, padding: 2}]"] * 3,
    "unlike branches": [
        "concat: [[conv3: {out: 2, padding: 1}], [conv9: {out: 3, padding: 4}], [maxpool3: {stride: 1, padding: 1}]]",
        "conv3: {out: 4, padding: 1, dilation: 2}",
    ],
    "a transposed convolution": [
        causal(4, 2),
        causal(3),
        "conv_transpose4: {out: 4, stride: 2, padding: 0}",
        causal(3),
    ],
    "up-sampling": [causal(8, 4), "upsample: 2", causal(5), "upsample: 2", "conv3: {out: 2, padding: 1}"],
    "two windows on one tensor": [f"concat: [[{causal(3)}], [{causal(9)}], [{causal(5)}]]", causal(3, 1, 4)],
    "pools": [
        "conv5: {out: 4, padding: 2}",
        "maxpool2",
        "conv3: {out: 4, padding: 1}",
        "maxpool2",
        "conv3: {out: 4, padding: 1}",
    ],
}


def answer(name: str) -> tuple[str, Stream]:
    text = f"input: [4, 9000]\nlayers: [{', '.join(NETWORKS[name])}]"
    (model,) = cnncalc.loads(text)
    return text, stream(model, rate=24000)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("an encoder like EnCodec's", (2398, 319, 320, 320, "to the chunk")),
        ("Demucs's encoder", (0, 2387, 2388, 1024, False)),
        ("the features of wav2vec 2.0", (0, 399, 400, 320, False)),
        ("dilated pairs", (252, 0, 1, 1, True)),
    ],
)
def test_known_answers(name: str, expected: tuple[Any, ...]) -> None:
    _, found = answer(name)
    assert (found.look_back, found.look_ahead, found.delay, found.chunk, found.causal) == expected


@pytest.mark.parametrize("name", NETWORKS)
def test_perturbed_inputs_find_what_a_unit_reads(name: str) -> None:
    """The first and last position whose change changes a unit in the middle, over some units."""
    text, found = answer(name)
    network = network_of(text)
    x = torch.zeros(1, 4, 9000, dtype=torch.float64)
    length = run(network, x).shape[2]
    stride = Fraction(found.chunk, _units_per_chunk(text, found.chunk))
    units = range(length // 2, min(length // 2 + 6, length))
    back, ahead = [], []
    for unit in units:
        nominal = int(unit * stride)
        reads = _positions_read(network, x, unit, nominal, found)
        back.append(nominal - min(reads))
        ahead.append(max(reads) - nominal)
    assert (max(back), max(ahead)) == (found.look_back, found.look_ahead)


def _units_per_chunk(text: str, chunk: int) -> int:
    """How many units come for a chunk of input, from two runs."""
    lengths = [
        run(network_of(text), torch.zeros(1, 4, size, dtype=torch.float64)).shape[2]
        for size in (6000 // chunk * chunk, 6000 // chunk * chunk + chunk)
    ]
    return int(lengths[1] - lengths[0])


def _positions_read(network: Any, x: Tensor, unit: int, nominal: int, found: Stream) -> list[int]:
    """Near both ends, and the ends themselves: positions on which a unit depends, by the gradient of a network of ones."""
    x = x.clone().requires_grad_(True)
    backend = _Ones(network.framework)
    (name,) = network.inputs
    y = Builder(network, backend).run({name: x}).tensor
    y[..., unit].sum().backward()
    return [int(at) for at in x.grad.abs().sum((0, 1)).nonzero().flatten()]


class _Ones(WholeNumbers):
    """All weights 1, averages for maxima, so that no gradient vanishes."""

    def apply(self, op: str, args: dict[str, Any], tensors: list[Tensor], tie: int | None) -> Tensor:
        return self._apply(
            {"maxpool": "avgpool"}.get(op, op), {**args, "framework": self.framework}, tensors, tie
        )

    def fill(self, value: Tensor, generator: Any) -> Tensor:
        return torch.ones_like(value)


class Part(NamedTuple):
    """One layer of a recorded network."""

    op: str
    args: dict[str, Any]
    module: Any
    inputs: list[int]
    channels: int


class Recorder(WholeNumbers):
    """Remembers which layers read which tensors."""

    def __init__(self, framework: str, first: Tensor) -> None:
        super().__init__(framework)
        self.tensors = [first]
        self.parts: list[Part] = []

    def _apply(self, op: str, args: dict[str, Any], tensors: list[Tensor], tie: int | None) -> Tensor:
        places = [next(at for at, one in enumerate(self.tensors) if one is tensor) for tensor in tensors]
        y = super()._apply(op, args, tensors, tie)
        self.tensors.append(y)
        self.parts.append(Part(op, args, self.modules[-1], places, y.shape[1]))
        return y


class Streamed:
    """A recorded network that is fed in chunks and keeps no more than it needs."""

    def __init__(self, parts: list[Part]) -> None:
        self.parts = parts
        self.waiting: dict[tuple[int, int], Tensor] = {}
        """For each layer and input, what has come and is still needed."""
        self.cut: dict[int, int] = defaultdict(int)
        """Units at the beginning of transposed convolutions that padding cuts off."""

    def feed(self, chunk: Tensor) -> Tensor:
        new = [chunk]
        for at, part in enumerate(self.parts):
            new.append(self._step(at, part, [new[place] for place in part.inputs]))
        return new[-1]

    def _step(self, at: int, part: Part, new: list[Tensor]) -> Tensor:
        if part.op in ("concat", "add", "residual", "mul"):
            return self._joined(at, part, new)
        if part.op in ("conv", "maxpool"):
            return self._windowed(at, part, new[0])
        if part.op == "conv_transpose":
            return self._overlapped(at, part, new[0])
        return part.module(new[0]) if new[0].shape[2] else new[0].repeat(1, 1, 0)

    def _windowed(self, at: int, part: Part, new: Tensor) -> Tensor:
        (kernel,), (stride,) = (
            per_axis(part.args["kernel"], 1),
            per_axis(part.args.get("stride", part.args["kernel"] if part.op == "maxpool" else 1), 1),
        )
        (dilation,) = per_axis(part.args.get("dilation", 1), 1)
        if (at, 0) not in self.waiting:
            before = pads(part.args.get("padding", 0), [kernel])[0][0]
            fill = -1e9 if part.op == "maxpool" else 0.0
            self.waiting[at, 0] = torch.full((1, new.shape[1], before), fill, dtype=torch.float64)
        whole = torch.cat([self.waiting[at, 0], new], 2)
        units = max((whole.shape[2] - dilation * (kernel - 1) - 1) // stride + 1, 0)
        self.waiting[at, 0] = whole[:, :, units * stride :]
        if not units:
            return torch.zeros(1, part.channels, 0, dtype=torch.float64)
        if part.op == "maxpool":
            return F.max_pool1d(whole, kernel, stride)[:, :, :units]
        (conv,) = [one for one in part.module.modules() if isinstance(one, nn.Conv1d)]
        return F.conv1d(whole, conv.weight, conv.bias, stride, 0, dilation, conv.groups)[:, :, :units]

    def _overlapped(self, at: int, part: Part, new: Tensor) -> Tensor:
        (conv,) = [one for one in part.module.modules() if isinstance(one, nn.ConvTranspose1d)]
        (kernel,), (stride,) = conv.kernel_size, conv.stride
        overlap = max(kernel - stride, 0)
        held = self.waiting.setdefault((at, 0), torch.zeros(1, part.channels, overlap, dtype=torch.float64))
        if not new.shape[2]:
            return held[:, :, :0]
        made = F.conv_transpose1d(new, conv.weight, None, conv.stride)
        made[:, :, :overlap] += held
        ready = new.shape[2] * stride
        self.waiting[at, 0] = made[:, :, ready:]
        return made[:, :, :ready] + conv.bias[None, :, None]

    def _joined(self, at: int, part: Part, new: list[Tensor]) -> Tensor:
        for place, tensor in enumerate(new):
            held = self.waiting.get((at, place))
            self.waiting[at, place] = tensor if held is None else torch.cat([held, tensor], 2)
        ready = min(self.waiting[at, place].shape[2] for place in range(len(new)))
        given = [self.waiting[at, place][:, :, :ready] for place in range(len(new))]
        for place in range(len(new)):
            self.waiting[at, place] = self.waiting[at, place][:, :, ready:]
        return part.module(*given) if ready else torch.zeros(1, part.channels, 0, dtype=torch.float64)

    def kept(self) -> int:
        """The numbers in all buffers; windows on one tensor share the longest."""
        shared: dict[int, int] = defaultdict(int)
        others = 0
        for (at, _), held in self.waiting.items():
            part = self.parts[at]
            if part.op in ("conv", "maxpool"):
                shared[part.inputs[0]] = max(shared[part.inputs[0]], held[0].numel())
            else:
                others += held[0].numel()
        return sum(shared.values()) + others


@pytest.mark.parametrize("chunks", [1, 3])
@pytest.mark.parametrize("name", NETWORKS)
def test_chunks_with_these_states_are_the_whole(name: str, chunks: int) -> None:
    text, found = answer(name)
    network = network_of(text)
    step = chunks * found.chunk
    rounds = max(2, min(40, 4000 // step))
    # The first piece brings the chunks in line with the layers: the delay, or whole chunks.
    firsts = (found.delay, -(-found.delay // found.chunk) * found.chunk)
    x = image_of(network, (max(firsts) + rounds * step,))
    (input_name,) = network.inputs
    recorder = Recorder(network.framework, x)
    kept = []
    with torch.no_grad():
        whole = Builder(network, recorder).run({input_name: x}).tensor
        for first in firsts:
            streamed = Streamed(recorder.parts)
            outputs = [streamed.feed(x[:, :, :first])]
            assert outputs[0].shape[2] >= 1
            most = 0
            for begin in range(first, first + rounds * step, step):
                outputs.append(streamed.feed(x[:, :, begin : begin + step]))
                most = max(most, streamed.kept())
            kept.append(most)
            out = torch.cat(outputs, 2)
            assert torch.equal(out, whole[:, :, : out.shape[2]])
            assert out.shape[2] >= rounds
    assert min(kept) == found.state


@pytest.mark.parametrize(("word", "layers"), [("lstm", 1), ("lstm", 2), ("gru", 1), ("rnn", 3)])
def test_a_recurrent_layer_keeps_its_state(word: str, layers: int) -> None:
    """As many numbers as PyTorch returns to be given again, with which chunks give what the whole gives."""
    (model,) = cnncalc.loads(
        f"input: [4, 96]\nlayers: [{causal(3)}, {word}: {{hidden: 6, layers: {layers}}}, {causal(5)}]"
    )
    found = stream(model)
    module = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}[word](4, 6, layers, batch_first=True).double()
    x = torch.randn(1, 30, 4, dtype=torch.float64)
    with torch.no_grad():
        whole, state = module(x)
        first, between = module(x[:, :12])
        last, _ = module(x[:, 12:], between)
    assert torch.equal(torch.cat([first, last], 1), whole)
    kept = sum(one.numel() for one in (state if isinstance(state, tuple) else (state,)))
    by_layer = {layer.op: layer for layer in found.layers}
    assert by_layer[word].state == kept
    assert by_layer[word].look_back is None
    assert (found.look_back, found.look_ahead, found.causal) == (None, 0, True)
    assert found.state == kept + 2 * 4 + 4 * 6
