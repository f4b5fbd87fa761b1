"""One cause is one report, found at once."""

from __future__ import annotations

from pathlib import Path

import pytest

import cnncalc
from cnncalc.render.diagnostics import render
from tests.cli.running import Ran
from tests.language.refusing import INPUT, found_in, refusals
from tests.timing import ratio


def chain(length: int, calls: int) -> str:
    """Blocks that each call the next one."""
    blocks = [f"  b{n}: {{layers: [{', '.join([f'b{n + 1}'] * calls)}]}}" for n in range(length)]
    return "\n".join(["layers: [b0]", "blocks:", *blocks, f"  b{length}: {{layers: [conv3x3: 3]}}\n"])


def test_blocks_nested_too_deep_are_one_error() -> None:
    (found,) = refusals(chain(2000, 1))
    assert found.code == "E102"
    assert len(render([found]).splitlines()) < 20


@pytest.mark.parametrize("calls", [2, 3, 9])
def test_blocks_of_too_many_items_are_refused_at_once(calls: int) -> None:
    ((code, _, message, _),) = found_in(chain(30, calls))
    assert (code, message) == ("E102", "more than 200,000 items after expanding blocks and repeats")
    assert ratio(lambda: found_in(chain(30, calls)), lambda: cnncalc.loads(chain(6, 2))) < 10


def test_what_is_within_the_limit_is_read() -> None:
    (model,) = cnncalc.loads(chain(12, 2))
    assert model.graph.layer_count == 2**12


def test_what_a_block_comes_to_is_counted_for_each_model() -> None:
    _, _, blocks = chain(30, 2).partition("\n")
    small, large = "small: {layers: [b0], blocks: {b9: {layers: [relu]}}}", "large: {layers: [b0]}"
    for models, place in ((f"{small}\n  {large}", "3:20"), (f"{large}\n  {small}", "2:20")):
        found = found_in(f"models:\n  {models}\n{blocks}")
        assert [(code, at) for code, at, *_ in found] == [("E102", place)]


def test_a_long_chain_of_blocks_is_shown_from_both_ends() -> None:
    (found,) = refusals(f"{INPUT}{chain(20, 1)}".replace("conv3x3: 3", "conv33x33: 3"))
    lines = [line.strip() for line in render([found]).splitlines() if "= in" in line or "more blocks" in line]
    assert lines[0] == "= in `b0` at line 2"
    assert lines[3] == "= ... 15 more blocks ..."
    assert lines[-1] == "= in `b20` at line 23"
    assert len(lines) == 7


def test_copies_without_channels_are_one_note(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "f.yaml"
    path.write_text("layers:\n  - conv3x3:\n    repeat: 17\n")
    ran = Ran(capsys, "rf", str(path))
    assert ran.out.count("gives no `out` channels") == 1
    assert "? `conv3x3_1` gives no `out` channels" in ran.out


@pytest.mark.parametrize(
    ("item", "help"),
    [
        (
            "Conv2d: {in_channels: 3, out_channels: 64, kernel_size: 3}",
            "write `conv3x3: 64`: `conv`, no `in_channels`, which is known from the layer before, "
            "`out` for `out_channels`, `kernel` for `kernel_size`",
        ),
        (
            "Conv2D: {filters: 64, kernel_size: 3, strides: 2, padding: same}",
            "write `conv3x3: {out: 64, stride: 2, padding: same}`: `conv`, `out` for `filters`, "
            "`kernel` for `kernel_size`, `stride` for `strides`",
        ),
        (
            "MaxPool2d: {kernel_size: 3, stride: 2}",
            "write `maxpool3x3: {stride: 2}`: `maxpool`, `kernel` for `kernel_size`",
        ),
        (
            "Conv2d: {out_channels: 64, kernel_size: [3, 5]}",
            "write `conv: {out: 64, kernel: [3, 5]}`: `conv`, `out` for `out_channels`, `kernel` for `kernel_size`",
        ),
        (
            "Conv2d: {out_channels: 64, qwertz: 3, foo: 2}",
            "write `conv: 64`: `conv`, `out` for `out_channels`, conv has no `qwertz` and no `foo`",
        ),
        (
            "Conv2d: {out_channels: 64, pading: 1}",
            "write `conv: {out: 64, padding: 1}`: `conv`, `out` for `out_channels`, `padding` for `pading`",
        ),
        (
            "conv: {in_channels: 3, out_channels: 64, kernel_size: 3}",
            "write `conv3x3: 64`: no `in_channels`, which is known from the layer before, `out` for "
            "`out_channels`, `kernel` for `kernel_size`",
        ),
        (
            "conv3x3: {filters: 64, kernel_size: 3, strides: 2, pading: same, activation: relu}",
            "write `conv3x3: {out: 64, stride: 2, padding: same, act: relu}`: `out` for `filters`, no "
            "`kernel_size`, which is in the name, `stride` for `strides`, `padding` for `pading`, "
            "`act` for `activation`",
        ),
        ("Conv2d: {out_channels: [x: 1], kernel_size: 3}", "did you mean `conv`?"),
        (
            "permute: [0, 2, 1]",
            "leave it out: channels come first throughout, and the order of axes in memory changes no number",
        ),
        ("inception: {c1: 16}", "possible: 1x1, 3x3, 5x5, pool, bias, norm, act"),
    ],
)
def test_foreign_words_are_reported_in_one_round(item: str, help: str) -> None:
    ((_, _, _, said),) = found_in(f"{INPUT}layers:\n  - {item}\n")
    assert said == help


def test_words_of_several_meanings_are_reported_one_by_one() -> None:
    found = found_in(f"{INPUT}layers:\n  - conv3x3: {{kernel_size: 5, filters: 3}}\n")
    assert [(place, message) for _, place, message, _ in found] == [
        ("3:15", "unknown argument of conv `kernel_size`"),
        ("3:31", "unknown argument of conv `filters`"),
    ]


def test_words_of_another_framework_are_one_error_beside_others() -> None:
    """What is wrong for another reason is an error of its own."""
    found = found_in(f"{INPUT}layers:\n  - conv: {{out_channels: 3, kernel_size: 3, stride: -1, share: x}}\n")
    assert [(place, message) for _, place, message, _ in found] == [
        ("3:12", "unknown arguments of conv: `out_channels`, `kernel_size`, `share`"),
        ("3:53", "-1 is below the smallest possible value, 1"),
    ]
    help = found[0][3]
    assert help is not None and help.endswith("`share` beside it, as a key of its own")


@pytest.mark.parametrize("kernel", range(1, 6))
@pytest.mark.parametrize("stride", range(1, 5))
def test_same_of_a_transposed_convolution_names_the_number(kernel: int, stride: int) -> None:
    item = f"conv_transpose{kernel}x{kernel}"
    ((code, _, _, help),) = found_in(
        f"{INPUT}layers:\n  - {item}: {{out: 3, stride: {stride}, padding: same}}\n"
    )
    assert code == "E305"
    assert help is not None
    if stride == 1 and kernel % 2 == 0:
        assert help == "for the same size use an odd kernel: an even one needs unlike paddings"
        return
    arguments = help.partition("`")[2].rstrip("`")
    (model,) = cnncalc.loads(f"{INPUT}layers:\n  - {item}: {{out: 3, stride: {stride}, {arguments}}}\n")
    assert cnncalc.analyze(model).outputs[0].shape.sizes == (8 * stride, 8 * stride)


REFERRING = """
      - {conv1x1: 4, name: a, repeat: COUNT}
      - concat: ["a[0]", "a[3]", "a[*]"]
      - {conv1x1: 4, repeat: 2, from: "a[-1]", share: a}
"""


def test_copies_of_a_number_that_a_call_gives_are_not_counted_before() -> None:
    block = f"{INPUT}blocks:\n  b:\n    params: [n]\n    layers:{REFERRING.replace('COUNT', 'n')}"
    assert found_in(f"{block}layers: [relu]\n") == []
    found = found_in(f"{block}layers: [b: 3]\n")
    assert [(code, message) for code, _, message, _ in found] == [
        ("E201", "no earlier tensor is named `a[3]`"),
        ("E209", "`a` has 3 copies, but this has 2"),
    ]


def test_copies_of_a_number_that_is_wrong_are_one_error() -> None:
    ((code, _, message, _),) = found_in(f"{INPUT}layers:{REFERRING.replace('COUNT', 'm')}")
    assert (code, message) == ("E203", "unknown name `m`")
