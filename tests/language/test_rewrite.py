"""Measured values in place of failed ones: what holds afterwards, and that nothing else changes."""

from __future__ import annotations

import random
import re

import pytest

from cnncalc import analyze, bundled, loads
from cnncalc.checks import expectations
from cnncalc.language.edit import rewrite
from cnncalc.language.edit.document import Document
from cnncalc.language.edit.spelling import expect_text, respelt, spelt
from cnncalc.language.nodes import Scalar, Sequence
from cnncalc.language.source import Source, read_source
from cnncalc.loading import Options, load_source
from cnncalc.network.expectation import Bounds, Finding
from tests.timing import ratio

HEAD = "input: [3, 32, 32]\nlayers:\n  - conv3x3: {out: 8, padding: 1}\n"
"""8 x 32 x 32, 3*8*9 + 8 = 224 parameters, 9*3*8*32*32 = 221184 MACs, rf 3."""


def findings(source: Source) -> list[Finding]:
    return [
        finding for model in load_source(source, Options()).whole() for finding in expectations.check(model)
    ]


def updated(text: str) -> rewrite.Rewritten:
    source = Source("f.yaml", text)
    return rewrite.update(source, findings(source))


def expected(text: str) -> str:
    """What stands behind ``expect:`` of the model after an update."""
    found = updated(f"{HEAD}expect: {text}\n")
    assert found.left == ()
    assert all(finding.ok for finding in findings(Source("f.yaml", found.text)))
    assert found.text.startswith(f"{HEAD}expect: ")
    return found.text.removeprefix(f"{HEAD}expect: ").removesuffix("\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{params: 5}", "{params: 224}"),
        ("{ params :  5 }  # why", "{ params :  224 }  # why"),
        ("{params: 3*8*9}", "{params: 224}"),
        ("{params: '5'}", "{params: '224'}"),
        ("{macs: 5}", "{macs: 221_184}"),
        ("{macs: 54321}", "{macs: 221184}"),
        ("{macs: 54_321}", "{macs: 221_184}"),
        ("{macs: 5K}", "{macs: 221_184}"),
        ("{macs: 1.000K}", "{macs: 221.184K}"),
        ("{macs: ~62.4M}", "{macs: ~0.2M}"),
        ("{macs: ~62M}", "{macs: ~221K}"),
        ("{macs: ~6M}", "{macs: ~221K}"),
        ("{macs: ~200K}", "{macs: ~221K}"),
        ("{macs: ~ 1_000.25 K}", "{macs: ~ 221.18 K}"),
        ('{macs: "<= 5K"}', '{macs: "<= 221_184"}'),
        ("{macs: <=5K}", "{macs: <=221_184}"),
        ("{macs: '>= 1M'}", "{macs: '>= 221_184'}"),
        ("{macs: {min: 300_000, max: 400_000}}", "{macs: {min: 221_184, max: 400_000}}"),
        ("{macs: {min: 10, max: 3*40}}", "{macs: {min: 10, max: 221_184}}"),
        ("[9, 32, 31]", "[8, 32, 32]"),
        ("[ 9,any , 30 ]", "[ 8,any , 32 ]"),
        ("[8, '>= 40', {max: 3}]", "[8, '>= 32', {max: 32}]"),
        ("[8, 32]", "[8, 32, 32]"),
        ("[8, 32, 32, 1]", "[8, 32, 32]"),
        ("[9, # a 'quote'\n  32, 31]", "[8, # a 'quote'\n  32, 32]"),
        ("[8, '32',\n  ]  # a ']'", "[8, 32, 32]  # a ']'"),
        ("9x32xany", "8x32xany"),
        ("'9x32x32'", "'8x32x32'"),
        ("8x32", "[8, 32, 32]"),
        ("1000", "[8, 32, 32]"),
        ("{shape: {min: 9, max: 40}}", "{shape: {min: 8, max: 40}}"),
        ('{shape: "<= 31"}', '{shape: "<= 32"}'),
        ('">= 9"', '">= 8"'),
        ("{size: 7}", "{size: 32}"),
        ("{rf: 212}", "{rf: 3}"),
        ("{rf: all}", "{rf: 3}"),
        ("{rf: [5, all]}", "{rf: [3, 3]}"),
        ("{stride: 1/2, rf: 3}", "{stride: 1, rf: 3}"),
        ("\n  shape:\n  - 9\n  - 32  # b\n  -   31", "\n  shape:\n  - 8\n  - 32  # b\n  -   32"),
        ("\n  shape:\n    - 9\n    - 32  # b", "\n  shape:\n    - 8\n    - 32  # b\n    - 32"),
        (
            "\n  size:\n    - 9\n    - 32\n    # no more\n    - 1  # c",
            "\n  size:\n    - 32\n    - 32\n    # no more",
        ),
        (
            "\n  macs:\n    min: 300_000  # low\n    max: 1M",
            "\n  macs:\n    min: 221_184  # low\n    max: 1M",
        ),
        ("\n  ? params\n  : 5", "\n  ? params\n  : 224"),
        ("&e {params: &n 5, macs: 221_184}", "&e {params: &n 224, macs: 221_184}"),
    ],
)
def test_a_value_keeps_its_form(before: str, after: str) -> None:
    assert expected(before) == after


def test_axes_that_differ_become_a_list() -> None:
    text = 'input: [1, 9, 9]\nlayers:\n  - conv3x5: {out: 1}\nexpect: {rf: 9, size: ">= 9", padding: any}\n'
    after = text.replace("rf: 9", "rf: [3, 5]").replace('">= 9"', '">= 5"')
    assert updated(text).text == after


def test_bounds_hold_for_every_axis_and_rounded_values_for_each() -> None:
    text = "input: [1, 90, 90]\nlayers: [{conv31x59: 1, expect: {rf: ~3K}}]\n"
    assert updated(text).text == text.replace("~3K", "[~31, ~59]")


def test_a_global_field_is_all() -> None:
    text = "input: [1, 9, 9]\nlayers: [{global_avgpool: , expect: {rf: 9}}]\n"
    assert updated(text).text == text.replace("rf: 9", "rf: all")


@pytest.mark.parametrize(
    ("layers", "before", "after"),
    [
        ("global_avgpool", "rf: 32x32", "rf: [all, all]"),
        ("global_avgpool", "rf: '32x32'", "rf: [all, all]"),
        ("global_avgpool", "rf: [{min: 5}, 5]", "rf: [{min: 5}, all]"),
        ("global_avgpool", "rf: '?x32'", "rf: [any, all]"),
        ("conv3x3: 1", "in: 1x?x8", "in: 1x?x9"),
        ("upsample: 2", "stride: 1x1", "stride: [1/2, 1/2]"),
        ("conv3x3: {out: 1, padding: 1}", "padding: 0x1", "padding: 1x1"),
        ("{crop: 1}", "padding: 0x0", "padding: [-1, -1]"),
    ],
)
def test_what_no_shape_in_one_text_can_say_becomes_a_list(layers: str, before: str, after: str) -> None:
    text = f"input: [1, 9, 9]\nlayers: [{layers}]\nexpect: {{{before}}}\n"
    assert updated(text).text == text.replace(before, after)


def test_uses_of_a_shape_may_differ_where_any_is_allowed() -> None:
    block = "blocks:\n  b: {params: [c], layers: [{conv3x3: {out: c, padding: 1}, expect: anyx6x5}]}\n"
    text = f"input: [1, 8, 8]\n{block}layers: [b: 4, b: 5]\n"
    assert updated(text).text == text.replace("anyx6x5", "anyx8x8")


def test_several_expectations_in_their_places() -> None:
    text = (
        HEAD
        + "    expect: {params: 1}\n  - relu\n  - bn:\n    expect: [9, 32, 32]  # here\nexpect: {params: 2, macs: 221184}\n"
    )
    found = updated(text)
    assert found.text == text.replace("params: 1", "params: 224").replace("[9,", "[8,").replace(
        "params: 2,", "params: 240,"
    )
    assert [(change.location.line, change.what, change.old, change.new) for change in found.changes] == [
        (4, "f: conv3x3_1 params", "1", "224"),
        (7, "f: bn_1 shape", "[9, 32, 32]", "[8, 32, 32]"),
        (8, "f: params", "2", "240"),
    ]


def test_a_block_changes_only_where_one_value_fits_all_its_uses() -> None:
    block = "blocks:\n  b:\n    params: [c]\n    layers: [{conv3x3: c, expect: {rf: 9, params: 7, channels: c}}]\n"
    text = f"input: [1, 9, 9]\n{block}layers: [relu, b: 4]\n"
    assert updated(text).text == text.replace("rf: 9", "rf: 3").replace("params: 7", "params: 40")
    found = updated(text.replace("b: 4]", "b: 4, b: 5]"))
    assert (found.text, [left.reason for left in found.left]) == (
        text.replace("b: 4]", "b: 4, b: 5]"),
        ["its uses measure different values"] * 2,
    )


def test_a_use_that_holds_is_not_broken_for_one_that_fails() -> None:
    text = "input: [1, 9, 9]\nexpect: {params: 10}\nmodels: {a: {layers: [conv3x3: 1]}, b: {layers: [conv3x3: 2]}}\n"
    found = updated(text)
    assert (found.text, [left.what for left in found.left]) == (text, ["b: params"])


def test_a_bound_for_several_uses_holds_for_all() -> None:
    text = "input: [1, 9, 9]\nexpect: {params: <= 5}\nmodels: {a: {layers: [conv3x3: 1]}, b: {layers: [conv3x3: 2]}}\n"
    assert updated(text).text == text.replace("<= 5", "<= 20")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("params: <= 5", "<= 5 -> <= 20"),
        ("rf: '~1.0K'", "~1.0K -> ~3"),
        ("params: {min: 15, max: 15}", "{min: 15, max: 15} -> {min: 10, max: 20}"),
        ("rf: 9x9", "9x9 -> 3x3"),
        ("rf: [5, '>= 9', {max: 3}]", "[5, >= 9, {max: 3}] -> [3, 3]"),
        ("rf: [3, {min: 9}]", "[3, {min: 9}] -> [3, {min: 3}]"),
        ("rf: [3, '>= 9']", "[3, >= 9] -> [3, >= 3]"),
    ],
)
def test_what_is_reported_is_what_is_written(before: str, after: str) -> None:
    """10 parameters of one use, 20 of the other."""
    block = f"blocks:\n  b: {{params: [c], layers: [{{conv3x3: c, expect: {{{before}}}}}]}}\n"
    text = f"input: [1, 9, 9]\n{block}models: {{a: {{layers: [b: 1]}}, c: {{layers: [b: 2]}}}}\n"
    found = updated(text)
    assert [f"{change.old} -> {change.new}" for change in found.changes] == [after]
    assert found.left == ()


def test_an_unknown_size_stays_where_any_is_allowed() -> None:
    text = (
        "input: [3, any, 8]\nlayers: [conv3x3: 8]\nexpect: {shape: [9, any, 7], size: anyx5, channels: 9}\n"
    )
    assert updated(text).text == text.replace("[9, any, 7]", "[8, any, 6]").replace("anyx5", "anyx6").replace(
        "s: 9", "s: 8"
    )


def test_cases_have_their_own_values() -> None:
    text = (
        HEAD
        + "cases:\n  - {input: 3x64x64, expect: [8, 32, 32]}\n  - {input: 3x8x8, expect: {macs: ~1.0K}}\n"
    )
    assert updated(text).text == text.replace("[8, 32, 32]", "[8, 64, 64]").replace("~1.0K", "~13.8K")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("layers:\n  - conv3x3: 4\nexpect: {params: 5}\n", "the value is not known"),
        (HEAD + "expect: {error: E301}\n", "an expected error is not a measured value"),
        (
            "vars: {n: &n 9}\ninput: &in [3, 8, 8]\nlayers: [conv3x3: n]\nexpect: *in\n",
            "its text is used elsewhere too",
        ),
        (HEAD + "expect:\n  params: >-\n    5\n", "it is written over several lines or with escapes"),
        (HEAD + 'expect: {params: "\\x35"}\n', "it is written over several lines or with escapes"),
        (
            "input: [3, 8, 8]\nlayers: [global_avgpool]\nexpect: {rf: {max: 1}}\n",
            "it is a range, and the measured value is not a number",
        ),
        (
            'layers: [conv3x3: 4, global_avgpool]\nexpect: {rf: "<= 5"}\n',
            "the measured value is not a number",
        ),
        ("layers: [conv3x3: 4, global_avgpool]\nexpect: {rf: ~5}\n", "the measured value is not a number"),
        (
            'layers: [conv3x3: 4, global_avgpool]\nexpect: {padding: ">= 32"}\n',
            "the measured value is not a number",
        ),
        (
            'layers: [conv3x3: 4, global_avgpool]\nexpect: {padding: [">= 100", all]}\n',
            "the measured value is not a number",
        ),
        ("layers: [conv3x3: 8]\nexpect: {in: anyx5x5x5}\n", "the value is not known"),
        ("layers: [conv3x3: 8]\nexpect: {in: [any, 5]}\n", "the value is not known"),
        (
            HEAD + "expect: [8, # a\n  32, 32, 7]\n",
            "it has another length, and there are comments between its items",
        ),
        (HEAD + "  - flatten\nexpect: {size: 3}\n", "there are no axes to measure"),
    ],
)
def test_what_stays(text: str, reason: str) -> None:
    found = updated(text)
    assert (found.text, [left.reason for left in found.left]) == (text, [reason])


def test_an_alias_gets_the_value_in_its_own_place() -> None:
    text = "vars: {n: &n 9}\ninput: [3, 8, 8]\nlayers: [conv3x3: n]\nexpect: {params: *n}\n"
    assert updated(text).text == text.replace("*n", "252")


@pytest.mark.parametrize("name", bundled.names())
def test_a_passing_config_stays_and_one_put_off_comes_back(name: str) -> None:
    source = read_source(str(bundled.path_of(name)))
    assert rewrite.update(source, findings(source)).text is source.text
    wrong = _put_off(source)
    found = rewrite.update(Source(source.name, wrong), findings(Source(source.name, wrong)))
    assert (found.text, found.left) == (source.text, ())


def _put_off(source: Source) -> str:
    """The text with every literal in an expectation of it made wrong, in the same form."""
    document = Document(source)
    edits = set()
    for finding in findings(source):
        assert finding.expectation is not None
        location = finding.expectation.origin.location
        assert location is not None
        node = document.values[location[1:3]]
        for item in node.items if isinstance(node, Sequence) else [node]:
            text = item.text if isinstance(item, Scalar) else ""
            literal = re.fullmatch(r"(~?)([1-9][0-9_]*)([KMG]?)", text)
            if isinstance(item, Scalar) and literal and finding.metric != "error":
                start, end = document.extent(item)
                wrong = int(literal[2].replace("_", "")) + random.Random(text).randint(1, 8)
                grouped = f"{wrong:_}" if "_" in literal[2] else str(wrong)
                edits.add((start, end, f"{literal[1]}{grouped}{literal[3]}"))
    assert edits or "expect" not in source.text
    text = source.text
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends_stay(ending: str, last: bool) -> None:
    text = f"{HEAD}    expect:\n      - 8\n      - 31\nexpect: {{params: 5}}  # ü 漢\n".replace("\n", ending)
    text = text if last else text.removesuffix(ending)
    after = text.replace(f"- 31{ending}", f"- 32{ending}      - 32{ending}").replace(
        "params: 5", "params: 224"
    )
    assert updated(text).text == after


# What is added


def added(text: str, *metrics: str) -> str:
    source = Source("f.yaml", text)
    additions = []
    for model in loads(text, "f.yaml"):
        report = analyze(model)
        texts = [
            f"{metric}: {expect_text(metric, expectations.measure(report, metric))}" for metric in metrics
        ]
        assert model.origin.location is not None
        additions.append(rewrite.Addition(model.origin.location, model.name, f"{{{', '.join(texts)}}}"))
    found = rewrite.add(source, additions)
    assert found.left == ()
    assert all(finding.ok for finding in findings(Source("f.yaml", found.text)))
    return found.text


FULL = "expect: {shape: [8, 32, 32], params: 224, macs: 221_184, rf: 3}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (HEAD, HEAD + FULL + "\n"),
        (HEAD.removesuffix("\n"), HEAD + FULL),
        (HEAD + "\n# the end\n\n", HEAD + FULL + "\n\n# the end\n\n"),
        (HEAD + "...\n", HEAD + FULL + "\n...\n"),
        ("--- # a spec\n" + HEAD, "--- # a spec\n" + HEAD + FULL + "\n"),
        (HEAD.replace("\n", "\r\n"), (HEAD + FULL + "\n").replace("\n", "\r\n")),
        (
            "{input: 3x32x32, layers: [conv3x3: {out: 8, p: 1}]}",
            f"{{{FULL}, input: 3x32x32, layers: [conv3x3: {{out: 8, p: 1}}]}}",
        ),
    ],
)
def test_an_expect_is_put_behind_the_other_keys(before: str, after: str) -> None:
    assert added(before, "shape", "params", "macs", "rf") == after


def test_every_variant_gets_its_own() -> None:
    text = (
        "models:\n  a:\n    # lead\n    layers:\n      - conv3x3: 4\n    # about b\n"
        "  b:\n    layers: [conv3x3: 5]\n    input: 1x9x9\n"
        "  c: {layers: [conv1: 1]}\n  d: {}\n  e: { # none\n    }\n\ninput: [2, 9, 9]\nlayers: [relu]\n"
    )
    assert added(text, "params") == (
        "models:\n  a:\n    # lead\n    layers:\n      - conv3x3: 4\n    expect: {params: 76}\n    # about b\n  b:\n"
        "    layers: [conv3x3: 5]\n    input: 1x9x9\n    expect: {params: 50}\n"
        "  c: {expect: {params: 3}, layers: [conv1: 1]}\n  d: {expect: {params: 0}}\n"
        "  e: {expect: {params: 0} # none\n    }\n\ninput: [2, 9, 9]\nlayers: [relu]\n"
    )


def test_a_place_that_would_change_something_else_is_left() -> None:
    text = "layers: [conv3x3]\ndescription: |\n  text\n\n  # part of it\n"
    source = Source("f.yaml", text)
    (model,) = loads(text, "f.yaml")
    assert model.origin.location is not None
    found = rewrite.add(source, [rewrite.Addition(model.origin.location, "f", "{rf: 3}")])
    assert (found.text, [left.reason for left in found.left]) == (
        text,
        ["it cannot be added without changing the rest"],
    )


def test_many_models_are_added_to_in_one_pass_over_the_keys() -> None:
    count = 1500
    text = "models:\n" + "".join(
        f"  m{number}:\n    layers:\n      - conv1x1: {{out: 4}}\n" for number in range(count)
    )
    source = Source("f.yaml", text)
    additions = [
        rewrite.Addition(model.origin.location, model.name, "{rf: 1}")
        for model in load_source(source, Options()).whole()
        if model.origin.location
    ]
    found = rewrite.add(source, additions)
    # A search through all keys for each takes a quarter of a minute.
    assert ratio(lambda: rewrite.add(source, additions), lambda: load_source(source, Options()), 1) < 4
    assert len(found.changes) == count
    assert found.text == text.replace("{out: 4}\n", "{out: 4}\n    expect: {rf: 1}\n")


@pytest.mark.parametrize(
    ("value", "like", "text"),
    [
        (9999, "", "9999"),
        (10000, "", "10_000"),
        (-10000, "", "-10_000"),
        (5_000_000, "4M", "5M"),
        (5_100_000, "4M", "5_100_000"),
    ],
)
def test_digits(value: int, like: str, text: str) -> None:
    assert spelt(value, like) == text


def test_what_holds_is_not_respelt() -> None:
    assert respelt("2 + 1", [(Bounds("2 + 1", 3, 3), 3)]) == "2 + 1"
