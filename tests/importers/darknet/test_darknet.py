"""Darknet's cfg files: published figures of whole networks, each section by itself, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc.errors import CnncalcError
from cnncalc.geometry.shape import Shape
from cnncalc.importers.darknet import read, recognise
from cnncalc.importers.items import Malformed, Network, Refused, Request
from cnncalc.importers.translating import translated
from tests.importers.counting import counts
from tests.importers.darknet.networks import darknet53, yolov3, yolov3_tiny, yolov4_tiny


def network(tmp_path: Path, text: str, *, partial: bool = False) -> Network:
    path = tmp_path / "net.cfg"
    path.write_text(text, encoding="utf-8")
    return read(Request(str(path), partial=partial))


@pytest.mark.parametrize(
    ("text", "billions", "heads"),
    [
        (yolov3(416), 65.864, 3),  # README of AlexeyAB/darknet: 65.9
        (yolov3_tiny(416), 5.565, 2),  # 5.6
        (yolov4_tiny(416), 6.908, 2),  # 6.9
        (darknet53(256), 18.570, 1),  # Redmon and Farhadi 2018, Table 2: 18.57 of them are of convolutions
    ],
    ids=["yolov3", "yolov3-tiny", "yolov4-tiny", "darknet53"],
)
def test_published_operations(tmp_path: Path, text: str, billions: float, heads: int) -> None:
    found = network(tmp_path, text)
    assert round(2 * counts(found).macs / 1e9, 3) == billions
    assert len(found.outputs) == heads


def test_yolov4_tiny_has_the_parameters_of_its_modules(tmp_path: Path) -> None:
    assert counts(network(tmp_path, yolov4_tiny(416))).params == 6_056_606


NET = "[net]\nheight=16\nwidth=24\nchannels=3\n"


def last(tmp_path: Path, sections: str) -> tuple[str, tuple[int | None, ...], dict[str, object]]:
    item = network(tmp_path, NET + sections).items[-1]
    assert item.shape is not None
    return item.op, item.shape.axes, dict(item.arguments)


@pytest.mark.parametrize(
    ("sections", "op", "axes"),
    [
        ("[convolutional]\nfilters=4\nsize=3\nstride=1\npad=1\nactivation=linear", "conv", (4, 16, 24)),
        ("[convolutional]\nfilters=4\nsize=3\npad=1\npadding=0\nactivation=linear", "conv", (4, 16, 24)),
        ("[convolutional]\nfilters=4\nsize=3\nactivation=linear", "conv", (4, 14, 22)),
        (
            "[convolutional]\nfilters=4\nsize=3\nstride_x=2\nstride_y=1\npad=1\nactivation=linear",
            "conv",
            (4, 16, 12),
        ),
        (
            "[convolutional]\nfilters=4\nsize=3\ndilation=2\npad=1\nactivation=linear",
            "conv",
            (4, 16, 24),
        ),
        ("[convolutional]\nfilters=4\nsize=1\nactivation=leaky", "leaky_relu", (4, 16, 24)),
        ("[maxpool]\nsize=2\nstride=2", "maxpool", (3, 8, 12)),
        ("[maxpool]\nsize=2\nstride=1", "maxpool", (3, 16, 24)),
        ("[maxpool]\nsize=13\nstride=1", "maxpool", (3, 16, 24)),
        ("[avgpool]", "global_avgpool", (3, 1, 1)),
        ("[upsample]\nstride=2", "upsample", (3, 32, 48)),
        ("[reorg]\nstride=2", "pixel_unshuffle", (12, 8, 12)),
        ("[crop]\ncrop_height=12\ncrop_width=20", "crop", (3, 12, 20)),
        ("[connected]\noutput=7\nactivation=linear", "linear", (7,)),
        ("[dropout]\nprobability=.5", "dropout", (3, 16, 24)),
        ("[softmax]\ngroups=1", "softmax", (3, 16, 24)),
    ],
)
def test_sections(tmp_path: Path, sections: str, op: str, axes: tuple[int, ...]) -> None:
    assert last(tmp_path, sections)[:2] == (op, axes)


def test_an_even_pool_is_padded_more_at_its_end(tmp_path: Path) -> None:
    assert last(tmp_path, "[maxpool]\nsize=6\nstride=1")[2]["padding"] == ((2, 3), (2, 3))


CONV = "[convolutional]\nfilters={}\nsize=1\nactivation=linear\n"


def test_routes_name_layers_from_here_or_from_the_start(tmp_path: Path) -> None:
    sections = CONV.format(4) + CONV.format(6) + "[route]\nlayers=-1,0\n"
    assert last(tmp_path, sections)[:2] == ("concat", (10, 16, 24))


def test_a_route_to_one_layer_is_that_layer(tmp_path: Path) -> None:
    found = network(tmp_path, NET + CONV.format(4) + CONV.format(6) + "[route]\nlayers=-2\n" + CONV.format(8))
    assert found.items[-1].inputs == (found.items[0].output,)


def test_groups_of_a_route_take_a_part_of_each_layer(tmp_path: Path) -> None:
    found = network(tmp_path, NET + CONV.format(8) + "[route]\nlayers=-1\ngroups=2\ngroup_id=1\n")
    assert (found.items[-1].op, found.items[-1].arguments["channels"]) == ("slice", (4, 4))


@pytest.mark.parametrize(("first", "second", "ops"), [(4, 4, ["add"]), (8, 4, ["slice", "add"])])
def test_a_shortcut_keeps_the_channels_of_the_layer_before_it(
    tmp_path: Path, first: int, second: int, ops: list[str]
) -> None:
    found = network(
        tmp_path, NET + CONV.format(first) + CONV.format(second) + "[shortcut]\nfrom=-2\nactivation=linear\n"
    )
    assert [item.op for item in found.items[2:]] == ops
    assert found.items[-1].shape is not None
    assert found.items[-1].shape.channels == second


def test_a_shortcut_from_fewer_channels_adds_those(tmp_path: Path) -> None:
    found = network(
        tmp_path, NET + CONV.format(4) + CONV.format(8) + "[shortcut]\nfrom=-2\nactivation=linear\n"
    )
    assert [item.op for item in found.items[2:]] == ["slice", "slice", "add", "concat"]


def test_heads_are_outputs_and_the_path_goes_on(tmp_path: Path) -> None:
    found = network(tmp_path, NET + CONV.format(4) + "[yolo]\nmask=0\n[route]\nlayers=0\n" + CONV.format(5))
    assert found.outputs == (found.items[0].output, found.items[1].output)


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        (NET + "[rnn]\noutput=4", "there is no such layer in the spec language", 5),
        (
            NET + "[local]\nfilters=4\nsize=5\npad=1",
            "of 3x16x24 with `size=5`, `pad=1` it is not understood",
            5,
        ),
        (NET + CONV.format(4) + "antialiasing=1", "the option `antialiasing=1` is not understood", 9),
        (NET + CONV.format(4) + "no_such_thing=1", "the option `no_such_thing=1` is not understood", 9),
        (NET + "[convolutional]\nactivation=ramp", "the activation `ramp` is not understood", 5),
        (NET + "[route]\nlayers=-1", "`layers=-1` names no layer before this one", 5),
        (NET + "[convolutional]\nfilters=x\nactivation=linear", "`filters=x` is no whole number", 6),
        (NET + "[shortcut]\nfrom=3", "`from=3` names no layer before this one", 5),
    ],
)
def test_what_is_not_understood_is_refused(tmp_path: Path, text: str, message: str, line: int) -> None:
    with pytest.raises(Refused) as caught:
        network(tmp_path, text)
    found = caught.value.diagnostics[0]
    assert found.location is not None
    assert (found.message.partition(": ")[2], found.location.line) == (message, line)


def test_weights_of_each_position_are_stated(tmp_path: Path) -> None:
    """As YOLO's first version has them."""
    text = NET + "[local]\nfilters=4\nsize=3\nstride=2\npad=1\nactivation=leaky"
    found = translated(network(tmp_path, text)).report
    assert found.layers[0].shape == Shape(4, (8, 12))
    assert found.totals.params == 8 * 12 * 4 * (3 * 9 + 1)
    assert found.totals.macs == 8 * 12 * 4 * 3 * 9
    assert found.layers[0].field.size == (3, 3)


def test_partial_puts_a_custom_in_its_place(tmp_path: Path) -> None:
    found = network(tmp_path, NET + "[rnn]\noutput=4\n" + CONV.format(4), partial=True)
    assert [item.op for item in found.items] == ["custom", "conv"]
    assert len(found.unknown) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the first section is not [net]"),
        ("[convolutional]\n", "the first section is not [net]"),
        ("size=3\n", "`size` is before the first section"),
        ("[net]\nwhat is this\n", "`whatisthis` is neither a section nor an option"),
    ],
)
def test_a_file_that_is_no_cfg(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(Malformed) as caught:
        network(tmp_path, text)
    assert caught.value.diagnostics[0].message == message


def test_other_cfg_files_are_not_taken_for_darknet() -> None:
    assert recognise(b"# comment\n[net]\nbatch=1\n")
    assert not recognise(b"[metadata]\nname = x\n")


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2000), st.text(max_size=6))
def test_damage_ends_in_an_error_of_ours(
    tmp_path_factory: pytest.TempPathFactory, at: int, inserted: str
) -> None:
    text = yolov3_tiny(416)
    damaged = text[:at] + inserted + text[at + 3 :]
    path = tmp_path_factory.mktemp("cfg") / "net.cfg"
    path.write_text(damaged, encoding="utf-8", errors="replace")
    try:
        read(Request(str(path)))
    except CnncalcError as error:
        assert error.diagnostics


def test_a_section_is_a_line_of_its_own(tmp_path: Path) -> None:
    rest = "\nwidth=8\nheight=8\n[convolutional]  # the first\nfilters=4\nsize=1\n"
    assert len(network(tmp_path, f"[net] ; of an example{rest}").items) == len(
        network(tmp_path, f"[net]{rest}").items
    )
    for more in ("\0", "x", "width=3"):
        with pytest.raises(Malformed, match="is behind the name of a section"):
            network(tmp_path, f"[net]{more}{rest}")
