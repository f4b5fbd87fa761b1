"""Each pass over small networks that isolate one thing."""

from __future__ import annotations

from typing import Any

import pytest

from cnncalc.geometry.shape import Shape
from cnncalc.importers.items import Item, Network, Problem, Refused, item, unknown_item
from cnncalc.importers.passes import cleaned, structured
from cnncalc.importers.passes.concats import completed_prefixes, shared_prefixes
from cnncalc.importers.passes.dead import without_dead, without_idle, without_sources
from cnncalc.importers.passes.laying import main_output
from cnncalc.importers.translating import translated
from cnncalc.language.written import evaluated


def network(*items: Item, outputs: tuple[str, ...] = ()) -> Network:
    inputs = (("x", Shape(8, (16, 16))),)
    return Network("net", inputs, items, outputs or (items[-1].output,), "pytorch", "by hand")


def conv(source: str, output: str, out: int = 8, label: str = "", **arguments: object) -> Item:
    given: dict[str, Any] = {"kernel": (3, 3), "padding": (1, 1), "out": out, **arguments}
    return item("conv", source, output, label=label, **given)


def layers(*items: Item, outputs: tuple[str, ...] = ()) -> str:
    """The text under ``layers:``, after the spec was held to its source."""
    text = translated(network(*items, outputs=outputs)).text
    return text.partition("layers:\n")[2].partition("expect:")[0]


# Over items


def test_what_no_output_depends_on_is_dropped() -> None:
    found = without_dead(network(conv("x", "a"), item("relu", "a", "dead"), item("tanh", "a", "y")))
    assert [one.output for one in found.items] == ["a", "y"]


def test_what_another_shares_its_weights_with_is_kept() -> None:
    found = without_dead(network(conv("x", "a"), conv("x", "y")._replace(share="a")))
    assert [one.output for one in found.items] == ["a", "y"]


def test_identities_and_joins_of_one_tensor_are_passed_through() -> None:
    found = without_idle(
        network(item("identity", "x", "a"), item("concat", ["a"], "b"), item("relu", "b", "y"))
    )
    assert [(one.op, one.inputs) for one in found.items] == [("relu", ("x",))]


def test_items_that_read_nothing_are_refused_together_by_what_the_source_calls_them() -> None:
    made = unknown_item("Noise", [], "a", reason="no such layer", label="noise", shape=None)
    given = network(made, item("relu", [], "b", label="start"), item("add", ["a", "b", "x"], "y"))
    given = given._replace(unknown=(Problem("noise", "Noise", "no such layer"),))
    with pytest.raises(Refused) as caught:
        without_sources(given)
    reason = "it reads no tensor, as a layer of a spec does"
    assert [(one.code, one.message, one.path) for one in caught.value.diagnostics] == [
        ("E117", f"Noise: {reason}", "noise"),
        ("E117", f"relu: {reason}", "start"),
    ]


def test_concats_that_list_all_before_read_the_one_before() -> None:
    found = shared_prefixes(
        network(
            item("concat", ["x", "a"], "b"),
            item("concat", ["x", "a", "c"], "d"),
            item("concat", ["x", "a", "c", "e"], "y"),
        )
    )
    assert [one.inputs for one in found.items] == [("x", "a"), ("b", "c"), ("d", "e")]


def test_a_missing_first_concat_is_completed() -> None:
    convs = [conv("x", "a"), conv("x", "b"), conv("x", "d")]
    grown = network(*convs, item("concat", ["x", "a", "b"], "c"), item("concat", ["x", "a", "b", "d"], "y"))
    joins = [one.inputs for one in completed_prefixes(grown).items if one.op == "concat"]
    assert joins == [("x", "a"), ("x", "a", "b"), ("x", "a", "b", "d")]


def test_branches_that_split_late_get_a_concat_of_their_own() -> None:
    text = layers(
        conv("x", "a", 4), conv("x", "b", 4), conv("b", "c", 6), conv("b", "d", 8), item("concat", ["a", "c", "d"], "y"),
    )  # fmt: skip
    assert text == (
        "  - concat:\n      b1: [conv3x3: {out: 4, padding: 1}]\n      b2:\n        - conv3x3: {out: 4, padding: 1}\n"
        "        - concat: {b1: [conv3x3: {out: 6, padding: 1}], b2: [conv3x3: {out: 8, padding: 1}]}\n"
    )


# Nesting


def test_a_chain_is_one_list_with_norm_and_activation_in_the_layer_before() -> None:
    assert (
        layers(conv("x", "a", bias=False), item("bn", "a", "b"), item("relu", "b", "y"))
        == "  - conv3x3: {out: 8, padding: 1, norm: bn, act: relu}\n"
    )


def test_a_bias_before_batch_norm_is_said() -> None:
    assert (
        layers(conv("x", "a", bias=True), item("bn", "a", "y"))
        == "  - conv3x3: {out: 8, padding: 1, bias: true, norm: bn}\n"
    )


def test_a_norm_with_an_argument_folds_with_it() -> None:
    assert (
        layers(conv("x", "a"), item("gn", "a", "y", groups=4))
        == "  - conv3x3: {out: 8, padding: 1, norm: {gn: 4}}\n"
    )


def test_an_activation_before_a_norm_does_not_swallow_it() -> None:
    assert (
        layers(conv("x", "a"), item("relu", "a", "b"), item("bn", "b", "y"))
        == "  - conv3x3: {out: 8, padding: 1, act: relu}\n  - bn\n"
    )


def test_a_sum_with_the_tensor_itself_is_a_residual() -> None:
    assert (
        layers(conv("x", "a"), item("add", ["x", "a"], "y"))
        == "  - residual: [conv3x3: {out: 8, padding: 1}]\n"
    )


def test_a_tensor_added_to_itself_is_no_residual() -> None:
    text = layers(conv("x", "a"), item("add", ["a", "a"], "b"), item("relu", "b", "y"))
    assert "residual" not in text
    assert "  - add: [prev, prev]\n" in text


def test_a_strided_1x1_with_batch_norm_as_the_shortcut_is_a_projection() -> None:
    text = layers(
        conv("x", "a", 16, stride=2, bias=False), item("bn", "a", "b"),
        item("conv", "x", "c", kernel=(1, 1), stride=2, out=16, bias=False), item("bn", "c", "d"), item("add", ["b", "d"], "y"),
    )  # fmt: skip
    assert (
        text
        == "  - residual: {body: [conv3x3: {out: 16, stride: 2, padding: 1, norm: bn}], shortcut: project}\n"
    )


def test_a_shortcut_with_a_bias_is_written_out() -> None:
    text = layers(
        conv("x", "a", 16, stride=2),
        item("conv", "x", "c", kernel=(1, 1), stride=2, out=16),
        item("add", ["a", "c"], "y"),
    )
    assert "shortcut: project" not in text


def test_a_shortcut_that_strides_otherwise_than_the_body_is_no_projection() -> None:
    up = item("upsample", "a", "u", factor=2)
    down = conv("u", "b", 16, stride=2, bias=False)
    shortcut = item("conv", "x", "c", kernel=(1, 1), out=16, bias=False)
    text = layers(
        conv("x", "a", 8),
        up,
        down,
        item("bn", "b", "d"),
        shortcut,
        item("bn", "c", "e"),
        item("add", ["d", "e"], "y"),
    )
    assert "shortcut: project" not in text


def test_branches_from_one_tensor_are_a_concat() -> None:
    text = layers(
        conv("x", "a", 4),
        item("maxpool", "x", "p", kernel=(3, 3), stride=1, padding=1),
        item("concat", ["a", "p"], "y"),
    )
    assert (
        text
        == "  - concat: {b1: [conv3x3: {out: 4, padding: 1}], b2: [maxpool3x3: {stride: 1, padding: 1}]}\n"
    )


def test_a_gate_is_a_product_with_the_map() -> None:
    text = layers(item("global_avgpool", "x", "p"), item("sigmoid", "p", "g"), item("mul", ["x", "g"], "y"))
    assert text == "  - mul: {map: [], gate: [global_avgpool, sigmoid]}\n"


def test_what_cannot_be_nested_has_a_name() -> None:
    text = layers(
        conv("x", "a", label="stem"), conv("a", "b", label="left"), conv("a", "c", label="right"), item("add", ["b", "c"], "d"),
        item("concat", ["b", "d"], "y"),
    )  # fmt: skip
    assert "    name: stem\n" in text
    assert "    from: stem\n" in text
    assert "  - concat: [left, prev]\n" in text


def test_a_second_output_is_a_head() -> None:
    text = layers(conv("x", "a"), item("relu", "a", "y"), conv("a", "aux", 2), outputs=("y", "aux"))
    assert text == (
        "  - conv3x3: {out: 8, padding: 1}\n  - head: [conv3x3: {out: 2, padding: 1}]\n  - relu\n"
    )


def test_equal_outputs_one_after_another_are_heads_of_one_tensor_each() -> None:
    """A head with ``repeat`` reads the copy before it."""
    heads = [conv("a", f"head{number}", 4) for number in range(3)]
    outputs = ("end", *(one.output for one in heads))
    found = translated(network(conv("x", "a"), *heads, conv("a", "end", 5), outputs=outputs))
    assert found.text.count("  - head: [") == 3
    assert [out.shape.channels for out in found.report.outputs] == [5, 4, 4, 4]


def test_equal_layers_in_a_row_are_repeated() -> None:
    assert (
        layers(conv("x", "a"), conv("a", "b"), conv("b", "y"))
        == "  - conv3x3: {out: 8, padding: 1}\n    repeat: 3\n"
    )


def test_equal_groups_in_a_row_are_repeated() -> None:
    text = layers(
        conv("x", "a"),
        item("tanh", "a", "b"),
        item("dropout", "b", "c", rate=0.1),
        conv("c", "d"),
        item("tanh", "d", "e"),
        item("dropout", "e", "y", rate=0.1),
    )
    assert text == "  - seq: [conv3x3: {out: 8, padding: 1, act: tanh}, dropout: 0.1]\n    repeat: 2\n"


def test_concats_that_grow_by_equal_bodies_are_a_dense_block() -> None:
    text = layers(
        conv("x", "a", 4),
        item("concat", ["x", "a"], "b"),
        conv("b", "c", 4),
        item("concat", ["x", "a", "c"], "y"),
    )
    assert text == "  - dense_block: {repeat: 2, body: [conv3x3: {out: 4, padding: 1}]}\n"


def test_equal_structures_with_other_numbers_are_a_block_named_by_its_class() -> None:
    def unit(source: str, output: str, c: int, s: int, number: int) -> list[Item]:
        scope = f"stage{number}.0"
        return [
            conv(source, f"{output}a", c, f"{scope}.conv1", stride=s, bias=False), item("bn", f"{output}a", f"{output}b", label=f"{scope}.bn1"),
            conv(f"{output}b", f"{output}c", c, f"{scope}.conv2", bias=False), item("bn", f"{output}c", f"{output}d", label=f"{scope}.bn2"),
            item("conv", source, f"{output}e", label=f"{scope}.down.0", kernel=(1, 1), stride=s, out=c, bias=False),
            item("bn", f"{output}e", f"{output}f", label=f"{scope}.down.1"),
            item("add", [f"{output}d", f"{output}f"], f"{output}g", label=scope), item("relu", f"{output}g", output, label=f"{scope}.relu"),
        ]  # fmt: skip

    items = [*unit("x", "p", 16, 2, 1), *unit("p", "q", 32, 2, 2), *unit("q", "y", 64, 1, 3)]
    channels = {"p": 16, "q": 32, "ye": 64, "yf": 64}
    items = [
        one._replace(shape=Shape(channels[one.output], (None, None))) if one.output in channels else one
        for one in items
    ]
    given = network(*items)._replace(classes={f"stage{n}.0": "BasicBlock" for n in (1, 2, 3)})
    text = translated(given).text
    assert "  BasicBlock:\n    params: [c, s=1]\n" in text
    assert "  - BasicBlock: {c: 16, s: 2}\n" in text
    assert "  - BasicBlock: 64\n" in text


def test_structure_is_recognised_without_names() -> None:
    items, source = [], "x"
    for width in (16, 32, 64):
        first, norm, second, shortcut = (f"{name}{width}" for name in "abcd")
        items += [
            conv(source, first, width, stride=2, bias=False),
            item("bn", first, norm),
            item("conv", source, second, kernel=(1, 1), stride=2, out=width, bias=False),
            item("bn", second, shortcut),
            item("add", [norm, shortcut], f"{first}y"),
        ]
        source = f"{first}y"
    text = translated(network(*items)).text
    assert "  ResidualBlock:\n    params: [c]\n" in text and "shortcut: project" in text
    assert text.count("ResidualBlock: ") == 3
    misleading = [one._replace(label=f"z{place % 3}.{place % 2}") for place, one in enumerate(items)]
    text = translated(network(*misleading)).text
    assert text.count("shortcut: project") == 3
    assert "blocks:" not in text, "no module holds what a block would have"


def test_flat_and_nested_stand_for_the_same_items() -> None:
    items = [
        conv("x", "a"),
        item("bn", "a", "b"),
        item("add", ["x", "b"], "c"),
        conv("c", "d", 4),
        item("concat", ["c", "d"], "y"),
    ]
    given = network(*items)
    for flat in (False, True):
        sheet = structured(cleaned(given, flat), flat)
        assert sorted(one.output for one in evaluated(sheet.pieces)) == ["a", "b", "c", "d", "y"]
    assert translated(given).report.totals == translated(given, flat=True).report.totals


def test_a_number_of_another_kind_that_equals_one_derived_is_said_too() -> None:
    items, source = [], "x"
    for place, width in enumerate((8, 16, 24, 40, 56)):
        scope = f"stage.{place}"
        items += [
            conv(source, f"a{place}", width, label=f"{scope}.first"),
            conv(f"a{place}", f"b{place}", 2 * width, label=f"{scope}.second"),
            item("relu", f"b{place}", f"r{place}", label=f"{scope}.act"),
            item("lrn", f"r{place}", f"c{place}", size=2 * width, label=f"{scope}.norm"),
        ]
        source = f"c{place}"
    text = translated(network(*items)).text
    assert "params: [c, c2]" in text
    assert "lrn: c" in text


def test_an_output_whose_weights_are_shared_stays_before_those_that_share_them() -> None:
    items = (conv("x", "a"), conv("a", "y"), conv("a", "b"), conv("b", "z")._replace(share="y"))
    assert main_output(network(*items, outputs=("y", "z"))) == "z"
    assert "share: y" in layers(*(one._replace(label=one.output) for one in items), outputs=("y", "z"))
