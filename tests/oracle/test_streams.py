"""Streaming in PyTorch: perturbed inputs find look-back and look-ahead, and a run in chunks equals the whole bit by bit with exactly the states said."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from random import Random
from typing import Any, NamedTuple

import pytest

import cnncalc
from cnncalc.questions.stream import Stream, stream
from tests.oracle.build import Builder, per_axis
from tests.oracle.modules import F, Tensor, nn, pads, torch
from tests.oracle.whole_numbers import WholeNumbers, image_of, network_of, run
from tests.rotation import todays


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
    """A recorded network that is fed in chunks and keeps no more than it needs, or than ``room`` says."""

    def __init__(self, parts: list[Part], room: dict[int, int] | None = None) -> None:
        self.parts = parts
        self.room = room
        """The positions that each layer may keep of each of its inputs; what is older is forgotten."""
        self.waiting: dict[tuple[int, int], Tensor] = {}
        """For each layer and input, what has come and is still needed."""
        self.skipped: dict[int, int] = defaultdict(int)
        """Positions between a window and the next one that are still to come."""

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
        dropped = min(self.skipped[at], new.shape[2])
        self.skipped[at] -= dropped
        new = new[:, :, dropped:]
        if (at, 0) not in self.waiting:
            before = pads(part.args.get("padding", 0), [kernel])[0][0]
            fill = -1e9 if part.op == "maxpool" else 0.0
            self.waiting[at, 0] = torch.full((1, new.shape[1], before), fill, dtype=torch.float64)
        whole = torch.cat([self.waiting[at, 0], new], 2)
        units = max((whole.shape[2] - dilation * (kernel - 1) - 1) // stride + 1, 0)
        self.skipped[at] += max(units * stride - whole.shape[2], 0)
        self._keep(at, whole[:, :, units * stride :])
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
        self._keep(at, made[:, :, ready:])
        return made[:, :, :ready] + conv.bias[None, :, None]

    def _joined(self, at: int, part: Part, new: list[Tensor]) -> Tensor:
        for place, tensor in enumerate(new):
            held = self.waiting.get((at, place))
            self.waiting[at, place] = tensor if held is None else torch.cat([held, tensor], 2)
        ready = min(self.waiting[at, place].shape[2] for place in range(len(new)))
        given = [self.waiting[at, place][:, :, :ready] for place in range(len(new))]
        for place in range(len(new)):
            self._keep(at, self.waiting[at, place][:, :, ready:], place)
        return part.module(*given) if ready else torch.zeros(1, part.channels, 0, dtype=torch.float64)

    def _keep(self, at: int, held: Tensor, place: int = 0) -> None:
        if self.room is not None:
            held = held.clone()
            held[:, :, : max(held.shape[2] - self.room[at], 0)] = torch.nan
        self.waiting[at, place] = held

    def positions(self) -> dict[int, int]:
        """The most positions in a buffer of each layer."""
        found: dict[int, int] = defaultdict(int)
        for (at, _), held in self.waiting.items():
            found[at] = max(found[at], held.shape[2])
        return found

    def by_layer(self) -> list[int]:
        """The numbers in the buffers of each layer; the first window of the longest keeps for all of a tensor."""
        shared: dict[int, tuple[int, int]] = {}
        found = [0] * len(self.parts)
        for (at, _), held in self.waiting.items():
            part = self.parts[at]
            if part.op not in ("conv", "maxpool"):
                found[at] += held[0].numel()
            elif held[0].numel() > shared.get(part.inputs[0], (0, 0))[0]:
                shared[part.inputs[0]] = (held[0].numel(), at)
        for numbers, at in shared.values():
            found[at] = numbers
        return found


class Runs:
    """One network whole and in chunks, from a first piece on."""

    def __init__(self, text: str, found: Stream, first: int, chunks: int = 1) -> None:
        network = network_of(text)
        self.first = first + max(-(-found.delay // found.chunk), 0) * found.chunk
        self.step = chunks * found.chunk
        self.rounds = max(2, min(8, 2000 // self.step))
        self.x = image_of(network, (self.first + self.rounds * self.step,))
        (name,) = network.inputs
        recorder = Recorder(network.framework, self.x)
        with torch.no_grad():
            self.whole = Builder(network, recorder).run({name: self.x}).tensor
        self.parts = recorder.parts

    def streamed(self, room: dict[int, int] | None = None) -> Streamed | None:
        """What is kept at the end; ``None`` where the chunks give something else than the whole."""
        engine = Streamed(self.parts, room)
        with torch.no_grad():
            pieces = [engine.feed(self.x[:, :, : self.first])]
            pieces += [engine.feed(piece) for piece in self.x[:, :, self.first :].split(self.step, 2)]
        out = torch.cat(pieces, 2)
        assert out.shape[2] >= self.rounds
        return engine if torch.equal(out, self.whole[:, :, : out.shape[2]]) else None


def check_states(text: str, found: Stream, chunks: int = 1, *, tight: bool = True) -> None:
    """Layer by layer, behind the first piece that is said and in whole chunks; one position less is too few,
    unless a later stride passes over the units that miss it.
    """
    for first, state in ((found.first, found.state), (found.chunk, found.state_whole_chunks)):
        runs = Runs(text, found, first, chunks)
        engine = runs.streamed()
        assert engine is not None
        assert sum(engine.by_layer()) == state
        if first == found.first:
            assert engine.by_layer() == [layer.state for layer in found.layers]
        room = engine.positions()
        assert runs.streamed(room) is not None
        for at in [at for at, positions in room.items() if positions and tight]:
            assert runs.streamed({**room, at: room[at] - 1}) is None


@pytest.mark.parametrize("chunks", [1, 3])
@pytest.mark.parametrize("name", todays(list(NETWORKS), 2))
def test_chunks_with_these_states_are_the_whole(name: str, chunks: int) -> None:
    check_states(*answer(name), chunks)


class Drawn:
    """A random network over time: strides, dilations, all paddings, pools, transposed ones and branches."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        items = [self.item(2) for _ in range(self.random.randint(1, 4))]
        self.text = f"input: [4, 9000]\nlayers: [{', '.join(items)}]"

    def item(self, depth: int) -> str:
        kinds = [self.conv, self.conv, self.pool, self.transposed, self.nearest]
        return self.random.choice([*kinds, *([self.residual, self.branches] if depth else [])])(depth)

    def conv(self, depth: int) -> str:
        stride = self.random.choice([1, 1, 2, 3])
        dilation = self.random.choice([1, 1, 2, 3])
        kernel = self.random.randint(1, 6)
        padding = [self.random.randint(0, 6), self.random.randint(0, 3)]
        args = f"stride: {stride}, dilation: {dilation}, padding: [{padding}]"
        return f"conv{kernel}: {{out: {self.random.randint(2, 4)}, {args}}}"

    def pool(self, depth: int) -> str:
        kernel = self.random.randint(2, 4)
        return f"maxpool{kernel}: {{stride: {self.random.randint(1, 4)}, padding: {self.random.randint(0, kernel // 2)}}}"

    def transposed(self, depth: int) -> str:
        stride = self.random.randint(1, 3)
        return f"conv_transpose{self.random.randint(stride, 6)}: {{out: 4, stride: {stride}, padding: 0}}"

    def nearest(self, depth: int) -> str:
        return "upsample: 2"

    def residual(self, depth: int) -> str:
        kernel, dilation = self.random.choice([3, 5]), self.random.randint(1, 2)
        before = self.random.randint(0, (kernel - 1) * dilation)
        padding = [before, (kernel - 1) * dilation - before]
        return f"residual: {{body: [conv{kernel}: {{out: 4, dilation: {dilation}, padding: [{padding}]}}], shortcut: project}}"

    def branches(self, depth: int) -> str:
        stride = self.random.choice([1, 2, 3])
        some = []
        for _ in range(self.random.randint(2, 3)):
            kernel = self.random.randint(1, 3) + stride
            before = self.random.randint(0, kernel - stride)
            padding = [before, kernel - stride - before]
            some.append(f"[conv{kernel}: {{out: 2, stride: {stride}, padding: [{padding}]}}]")
        return f"concat: [{', '.join(some)}]"


@pytest.mark.parametrize("seed", todays(range(60), 10))
def test_random_networks_keep_these_states(seed: int) -> None:
    text = Drawn(seed).text
    (model,) = cnncalc.loads(text)
    check_states(text, stream(model), tight=False)


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
