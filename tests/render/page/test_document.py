"""The page as a file: how large it is, what it holds, and what begins it."""

from __future__ import annotations

import re
from pathlib import Path
from time import process_time

import pytest

from tests.cli.running import Ran


def page(folder: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    target = folder / "page.html"
    ran = Ran(capsys, "draw", *arguments, "-o", str(target))
    assert (ran.code, ran.err) == (0, "")
    return target.read_text(encoding="utf-8")


def test_pages_are_small(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    begin = process_time()
    assert len(page(tmp_path, capsys, "resnet18").encode()) < 200_000
    assert process_time() - begin < 3  # a second on a machine that does nothing else
    assert len(page(tmp_path, capsys, "resnet50").encode()) < 200_000  # both variants, and how they differ


def test_the_colours_of_pictures_are_in_a_page_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = page(tmp_path, capsys, "stack3x3")
    assert text.count("<svg") > 5
    assert text.count(".cnncalc-picture text{") == 1
    assert text.index(".cnncalc-picture text{") < text.index("</head>")


def test_a_page_names_no_address(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = page(tmp_path, capsys, "stack3x3")
    assert re.findall(r'(?:src|href)="[^"]*"', text) == []
    assert "default-src 'none'" in text.replace("&#x27;", "'")


def test_a_page_begins_with_the_layer_and_unit_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = page(tmp_path, capsys, "vgg16", "--layer", "conv3_1", "--at", "5,7")
    assert '"start":[6,[5,7]]' in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--what", "growth"], "leave it out"),
        (["--layer", "nope"], "is named 'nope'"),
        (["--at", "3"], "has 2 spatial axes, not 1"),
        (["--layer", "conv3_1", "--at", "56,0"], "has units up to 55 along an axis, not 56"),
    ],
)
def test_what_a_page_cannot_begin_with_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    ran = Ran(capsys, "draw", "vgg16", *arguments, "-o", str(tmp_path / "x.html"))
    assert ran.code == 2
    assert message in ran.err


@pytest.mark.parametrize(
    ("spec", "code", "reason"),
    [
        ("input: [3, 4, 4]\nlayers: [conv7x7: 8]", 1, "No layer could be computed."),
        ("input: [9]\nlayers: [linear: 8]", 0, "The input has no spatial axes"),
        ("layers: [conv3x3: 8]", 0, "The input&#x27;s size is not known"),
    ],
)
def test_where_no_unit_can_be_drawn_there_are_no_controls_for_it(
    spec: str, code: int, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "net.yaml", tmp_path / "net.html"
    source.write_text(spec, encoding="utf-8")
    assert Ran(capsys, "draw", str(source), "-o", str(target)).code == code
    text = target.read_text(encoding="utf-8")
    assert f'</div><p class="reading">{reason}' in text
    assert '<div hidden><div class="tools">' in text
    assert "neighbouring unit" not in text


def test_a_page_shows_all_parts_of_a_network(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    spec = Path("net.yaml")
    spec.write_text(
        "input: [8, 32, 32]\nlayers:\n  - concat:\n"
        "      near: [conv3x3: {out: 8, padding: 1}]\n      far: [conv3x3: {out: 8, padding: [[2, 0], [2, 0]]}]\n",
        encoding="utf-8",
    )
    text = page(tmp_path, capsys, str(spec))
    cards = dict(re.findall(r"<h2>(.*?)</h2>(.*?)</section>", text, re.DOTALL))
    assert list(cards) == [
        "What one unit sees", "Growth of the receptive field", "Notes", "Layers", "The network as a graph", "Spec: net.yaml",
    ]  # fmt: skip
    assert f"{2 * (8 * 8 * 9 + 8):,}" in text.partition("<h2>")[0]
    assert "W502" in cards["Notes"]
    assert (
        all("<svg" in cards[name] for name in list(cards)[:2]) and "<svg" in cards["The network as a graph"]
    )
    assert cards["Layers"].count("<tr") > 3
    assert "near: [conv3x3: {out: 8, padding: 1}]" in cards["Spec: net.yaml"]


def test_counts_of_a_page_are_rounded_with_the_exact_ones_as_titles(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = page(tmp_path, capsys, "vgg16")
    cells = re.findall(r'<td class="n" title="([0-9,]+)"[^>]*>([0-9.]+)([KMG])</td>', text)
    assert len(cells) > 20
    for exact, short, unit in cells:
        factor = {"K": 1e3, "M": 1e6, "G": 1e9}[unit]
        assert round(int(exact.replace(",", "")) / factor, 1) == float(short)
    assert ("102,764,544", "102.8", "M") in cells  # fc6: 512*7*7*4096 + 4096


def test_an_input_of_unknown_size_has_a_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text("layers:\n  - conv3x3: 8\n", encoding="utf-8")
    text = page(tmp_path, capsys, str(spec))
    assert "needs the input size" in text or "no spatial axes" in text


UNKNOWN = """
input: [3, any, any]
framework: tensorflow
layers:
  - concat:
      a: [maxpool3x3: {stride: 2, padding: same}]
      b: [conv5x5: {out: 16, stride: 2, padding: same}]
"""


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ("[conv3x3: 8]", "There is nothing to remark."),
        (
            "[residual: [conv3x3: {out: 3, padding: 1}]]",
            "The branches of every join have their centres at the same places. "
            "There is nothing else to remark.",
        ),
    ],
)
def test_a_page_says_that_branches_are_aligned_where_there_are_some(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], layers: str, said: str
) -> None:
    net = tmp_path / "net.yaml"
    net.write_text(f"input: [3, 32, 32]\nlayers: {layers}\n", encoding="utf-8")
    assert f'<p class="soft">{said}</p>' in page(tmp_path, capsys, str(net))


def test_a_page_does_not_say_that_branches_are_aligned_that_are_only_taken_to_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net = tmp_path / "net.yaml"
    net.write_text(UNKNOWN, encoding="utf-8")
    assert Ran(capsys, "draw", str(net), "-o", str(tmp_path / "page.html")).code == 0
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "W503" in text
    assert "have their centres at the same places" not in text
    assert "not drawn" not in text  # the sizes are known: only where units begin is not
