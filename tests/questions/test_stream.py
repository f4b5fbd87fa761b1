"""Streaming: refusals, layers and the command. Its numbers are held against PyTorch in tests/oracle/test_streams.py."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import cnncalc
from cnncalc.geometry.resample import Bilinear, Nearest
from cnncalc.geometry.window import Window
from cnncalc.network.model import Model
from cnncalc.questions.stream import progress, stream
from tests.cli.running import Ran


def model_of(layers: str, input: str = "[2, any]") -> Model:
    (model,) = cnncalc.loads(f"input: {input}\nlayers: {layers}")
    return model


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        (Window(3, 1), [2]),
        (Window(3, 1, dilation=4), [8]),
        (Window(4, 2, 2, 0), [2, 3]),
        (Window(4, 2, 1, 1), [3, 2]),
        (Window(10, 5, 5, 0), [5, 6, 7, 8, 9]),
        (Window(2, 5), [0, 1, 0, 0, 0]),
        (Nearest(3), [0]),
        (Bilinear(2), [1]),
    ],
)
def test_what_a_window_keeps(rule: Any, kept: list[int]) -> None:
    """By the positions that have come beyond whole strides: at least its extent less the stride."""
    reads = rule.reads(100)
    assert [progress(reads, 100 * reads.advance + more)[1] for more in range(reads.advance)] == kept


@pytest.mark.parametrize(
    ("padding", "first", "state", "whole_chunks"),
    [
        ("[[2, 0]]", 2, 2, 2),  # k - s before: chunks are in line with the windows
        ("[[3, 0]]", 1, 2, 3),  # k - 1 before: unit 0 ends with position 0
        ("[[1, 1]]", 1, 2, 3),
        ("0", 2, 2, 2),
    ],
)
def test_chunks_out_of_line_with_the_padding_keep_more(
    padding: str, first: int, state: int, whole_chunks: int
) -> None:
    found = stream(model_of(f"[conv4: {{out: 3, stride: 2, padding: {padding}}}]"))
    assert (found.chunk, found.first) == (2, first)
    assert (found.state, found.state_whole_chunks) == (2 * state, 2 * whole_chunks)


def test_branches_wait_only_while_a_chunk_leaves_them_apart() -> None:
    """Units that read -1..2 and 0..1: behind 3 positions both branches have one, behind 2 only the second one."""
    found = stream(
        model_of(
            "[concat: [[conv4: {out: 3, stride: 2, padding: 1}], [conv2: {out: 5, stride: 2, padding: 0}]]]"
        )
    )
    assert (found.first, found.state, found.state_whole_chunks) == (1, 2 * 2, 3 * 2 + 5)


@pytest.mark.parametrize(
    ("layers", "chunk"),
    [
        ("[conv4: {out: 2, stride: 2}, conv9: {out: 2, stride: 3}]", 6),
        ("[concat: [[conv4: {out: 2, stride: 4, padding: 0}], [maxpool2, maxpool2]]]", 4),
        ("[conv6: {out: 2, stride: 6, padding: 0}, conv_transpose4: {out: 2, stride: 4}]", 6),
        ("[conv_transpose3: {out: 2, stride: 2}, conv3: {out: 2, stride: 3}]", 3),
    ],
)
def test_a_chunk_is_the_least_that_leaves_every_layer_without_a_remainder(layers: str, chunk: int) -> None:
    """By the sizes of all maps of an input that grows position by position: each grows evenly with such inputs alone."""
    model = model_of(layers, "[2, 600]")
    maps = [
        [layer.shape.sizes[0] or 0 for layer in cnncalc.analyze(model, (2, 600 + more)).layers]
        for more in range(4 * chunk + 1)
    ]

    def leaves_no_remainder(step: int) -> bool:
        steps = [
            maps[at + step][layer] - maps[at][layer]
            for layer in range(len(maps[0]))
            for at in range(2 * chunk)
        ]
        return all(
            len(set(steps[begin : begin + 2 * chunk])) == 1 for begin in range(0, len(steps), 2 * chunk)
        )

    assert stream(model).chunk == chunk
    assert [step for step in range(1, 2 * chunk + 1) if leaves_no_remainder(step)] == [chunk, 2 * chunk]


@pytest.mark.parametrize(
    ("padding", "causal", "said"), [("causal", True, "yes"), ("[[1, 1]]", "to the chunk", "to the chunk"), ("[[0, 2]]", False, "no")]
)  # fmt: skip
def test_a_network_that_looks_ahead_less_than_a_chunk_is_causal_to_the_chunk(
    padding: str, causal: bool | str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Windows of three with a stride of 2: of unit u the last position is 2u, 2u + 1 or 2u + 2."""
    spec = tmp_path / "net.yaml"
    spec.write_text(
        f"input: [2, 64]\nlayers: [conv3: {{out: 2, stride: 2, padding: {padding}}}]\n", encoding="utf-8"
    )
    (model,) = cnncalc.load(spec)
    assert (stream(model).chunk, stream(model).causal) == (2, causal)
    assert re.search(rf"^causal +{said}$", Ran(capsys, "stream", str(spec)).out, re.MULTILINE)


def test_windows_on_one_tensor_share_what_they_keep() -> None:
    found = stream(model_of("[concat: [[conv3: 4], [conv5: {out: 4, padding: [[2, 0]]}]]]"))
    # conv5 keeps 4 positions of 2 channels, and the branch that looks 1 position less ahead waits for the other.
    assert (found.look_back, found.look_ahead, found.state) == (2, 2, 4 * 2)


def test_the_nominal_position_between_two_is_the_first_of_them() -> None:
    """Unit u behind nearest upsampling by 2 reads the position floor(u/2), its nominal one."""
    (delay,) = stream(model_of("[upsample: 2]")).layers
    assert (delay.look_back, delay.look_ahead) == (0, 0)


def test_a_size_need_not_be_known() -> None:
    assert stream(model_of("[conv3: {out: 4, stride: 2, padding: 1}]")).chunk == 2


@pytest.mark.parametrize(
    ("layers", "input", "message"),
    [
        ("[conv3x3: 4]", "[2, 8, 8]", "the input `input` of 2x8x8 has 2 spatial axes: a stream has one"),
        ("[linear: 4]", "[8]", "the input `input` of 8 has no spatial axis: a stream has one"),
        ("[conv3: 4, global_avgpool]", "[2, 80]", "`global_avgpool_1` (global_avgpool) sees the whole map"),
        ("[conv3: {out: 4, norm: instance_norm}]", "[2, 80]", "`instance_norm_1` (instance_norm) sees the whole map"),
        ("[upsample: {size: 50}]", "[2, 80]", "`upsample_1` (upsample) makes 50 units of a map of any size"),
    ],
)  # fmt: skip
def test_networks_without_an_answer(layers: str, input: str, message: str) -> None:
    with pytest.raises(cnncalc.NoAnswer) as found:
        stream(model_of(layers, input))
    assert found.value.diagnostics[0].message.startswith(message)


def test_same_of_an_unknown_size_has_no_answer() -> None:
    (model,) = cnncalc.loads(
        "framework: tensorflow\ninput: [2, any]\nlayers: [conv3: {out: 4, stride: 2, padding: same}]"
    )
    with pytest.raises(cnncalc.NoAnswer, match="needs the input size"):
        stream(model)
    assert stream(model, input="2x64").look_ahead == 2


@pytest.mark.parametrize("rate", [0, -1])
def test_a_rate_that_is_none(rate: int) -> None:
    with pytest.raises(ValueError, match="more than 0"):
        stream(model_of("[conv3: 4]"), rate=rate)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        "name: Net\ninput: [2, 8000]\nlayers: [conv5: {out: 3, stride: 4}, relu, conv3: {out: 2}]\n",
        encoding="utf-8",
    )
    ran = Ran(capsys, "stream", str(path), "--rate", "8k")
    assert ran.code == 0
    assert re.search(r"^delay +13 +1\.62 ms$", ran.out, re.MULTILINE)
    document = json.loads(Ran(capsys, "stream", str(path), "--rate", "8k", "--format", "json").out)
    assert document["models"][0]["stream"] == {
        "rate": 8000, "look_back": 0, "look_ahead": 12, "delay": 13, "delay_ms": 1.625, "chunk": 4,
        "causal": False, "state": 1 * 2 + 2 * 3, "state_bytes": 32,
        "first": 1, "state_whole_chunks": 4 * 2 + 2 * 3,
    }  # fmt: skip
    assert document["models"][0]["layers"][0] == {
        "path": "conv5_1", "op": "conv", "look_back": 0, "look_ahead": 4, "state": 2,
    }  # fmt: skip


@pytest.mark.parametrize("rate", ["0", "-5", "fast", "24 parsec"])
def test_rates_that_mean_nothing(rate: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "stream", "wavenet", f"--rate={rate}")
    assert ran.code == 2
    assert "is not a rate of more than 0 positions per second, such as 24000" in ran.err
