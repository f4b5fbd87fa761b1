"""What `expect` may say, in all its forms, and what becomes of it."""

from __future__ import annotations

import pytest

import cnncalc
from cnncalc.analysis.report import totals_of
from cnncalc.checks.expectations import check
from cnncalc.network.expectation import Finding
from cnncalc.network.naming import scopes

HEAD = "input: [4, 8, 8]\nvars: {n: 4}\n"


def findings(spec: str) -> list[Finding]:
    return [finding for model in cnncalc.loads(spec, "f.yaml") for finding in check(model)]


def held(expect: str, item: str = "conv3x3: n") -> bool:
    """Whether the expectations on one layer hold."""
    found = findings(f"{HEAD}layers: [{{{item}, expect: {expect}}}]\n")
    assert found
    return all(finding.ok for finding in found)


@pytest.mark.parametrize(
    "expect",
    [
        "[4, 6, 6]", "4x6x6", "[n, n+2, 6]", "[4, any, any]", "4x?xany", '["?", 6, 6]', "{shape: [4, 6, 6]}", '{shape: ["<= 4", ">= 6", {min: 5, max: 6}]}',
        "{channels: 4}", "{size: 6}", "{size: [6, 6]}", "{size: 6x6}", "{in: [4, 8, 8]}", "{buffers: 0}", "{trainable: 148}",
        "{params: 148}", "{params: 9*4*n+n}", "{params: 0.148K}", "{params: 1_48}", "{params: ~148}", "{params: ~0.15K}",
        "{params: ~0.1K}",         '{params: "<= 148"}', "{params: <= 0.2K}",
        '{params: ">= 148"}', "{params: {min: 148}}", "{params: {max: 148}}",
        "{params: {min: 1, max: 1K}}", "{shape: {min: 4}}", '{shape: "<= 6"}', "{in: {min: 4, max: 8}}", '"<= 6"',
        "{macs: 5184}", "{macs: ~5.2K}", "{macs: <= 1M}", "{macs: <= 1G}", "{macs: <= 1T}", "{macs: 5.184K}",
        "{rf: 3}", "{rf: [3, 3]}", "{rf: 3x3}", "{stride: 1}", "{padding: 0}", "{padding: [0, 0]}", "{rf: <= 3}",
    ],
)  # fmt: skip
def test_expectations_that_hold(expect: str) -> None:
    assert held(expect)


@pytest.mark.parametrize(
    ("expect", "message"),
    [
        ("[5, 6, 6]", "expected shape [5, 6, 6], got [4, 6, 6]"),
        ("[4, 6]", "expected shape [4, 6], got [4, 6, 6]"),
        ("{params: 149}", "expected params 149, got 148 (-0.7 %)"),
        ("{params: ~149}", "expected params ~149, got 148 (-0.3 %)"),
        ("{params: ~150}", "expected params ~150, got 148 (-1.0 %)"),
        ('{params: "<= 147"}', "expected params <= 147, got 148 (+0.7 %)"),
        ('{params: ">= 149"}', "expected params >= 149, got 148 (-0.7 %)"),
        ("{params: {min: 149}}", "expected params {min: 149}, got 148 (-0.7 %)"),
        ("{size: [6, {min: 7, max: 9}]}", "expected size [6, {min: 7, max: 9}], got [6, 6]"),
        ('{shape: ">= 5"}', "expected shape >= 5, got [4, 6, 6]"),
        ("{shape: {max: 5}}", "expected shape {max: 5}, got [4, 6, 6]"),
        ("{shape: 4}", "expected shape [4], got [4, 6, 6]"),
        ("{size: 7}", "expected size 7, got 6"),
        ("{rf: [3, 5]}", "expected rf [3, 5], got [3, 3]"),
        ("{rf: all}", "expected rf all, got 3"),
        ("{in: [4, 6, 6]}", "expected in [4, 6, 6], got [4, 8, 8]"),
    ],
)
def test_expectations_that_fail(expect: str, message: str) -> None:
    (finding,) = findings(f"{HEAD}layers:\n  - conv3x3: n\n    expect: {expect}\n")
    assert finding.diagnostic is not None
    assert (finding.diagnostic.code, finding.diagnostic.message, finding.path) == (
        "E401",
        message,
        "conv3x3_1",
    )
    assert finding.diagnostic.location is not None
    assert finding.diagnostic.location.line == 5


@pytest.mark.parametrize(
    ("written", "low", "high"),
    [
        ("~62.4M", 62_350_000, 62_450_000),
        ("~62M", 61_500_000, 62_500_000),
        ("~62.40M", 62_395_000, 62_405_000),
        ("~7", 6.5, 7.5),
        ("~138.4G", 138.35e9, 138.45e9),
    ],
)
def test_rounded_numbers_equal_to_the_written_precision(written: str, low: float, high: float) -> None:
    for value, holds in ((low + 1, True), (high - 1, True), (low - 1, False), (high + 1, False)):
        if value == int(value):
            assert held(f"{{params: {written}}}", f"custom: {{params: {int(value)}, macs: 0}}") is holds


@pytest.mark.parametrize(("suffix", "power"), [("", 0), ("K", 3), ("M", 6), ("G", 9), ("T", 12)])
def test_suffixes_are_powers_of_1000(suffix: str, power: int) -> None:
    assert held(f"{{macs: 0.5{suffix}}}", f"custom: {{params: 0, macs: {5 * 10**power // 10}}}") is (
        power > 0
    )
    assert held(f"{{macs: 1{suffix}}}", f"custom: {{params: 0, macs: {10**power}}}")


def test_several_expectations_at_once() -> None:
    counts = "channels: 4, params: 148, trainable: 148, buffers: 0, macs: 5184"
    expect = f"{{shape: [4, 6, 6], size: 6, {counts}, rf: 3, stride: 1, padding: 0, in: 4x8x8}}"
    found = findings(f"{HEAD}layers: [{{conv3x3: n, expect: {expect}}}]\n")
    assert len(found) == 11
    assert all(finding.ok for finding in found)


STRUCTURES = [
    ("seq: [conv3x3: {out: 4, p: 1}, bn, conv3x3: {out: 2, s: 2}]", 148 + 8 + 74, [2, 3, 3], 5),
    ("residual: [conv3x3: {out: 4, p: 1}]", 148, [4, 8, 8], 3),
    ("concat: {a: [conv1x1: 3], b: [conv3x3: {out: 4, p: 1}]}", 15 + 148, [7, 8, 8], 3),
    ("inception: {1x1: 3, 3x3: [2, 4], pool: 2}", 15 + 10 + (9 * 2 * 4 + 4) + 10, [9, 8, 8], 3),
    ("block: 4", 148 + 148, [4, 8, 8], 5),
    ("dense_block: {repeat: 2, body: [conv3x3: {out: 4, p: 1}]}", 148 + (9 * 8 * 4 + 4), [12, 8, 8], 5),
    ("head: [conv1x1: 3]", 15, [3, 8, 8], 1),
]


@pytest.mark.parametrize(("item", "params", "shape", "rf"), STRUCTURES)
def test_expectations_on_structures_are_sums_inside_and_facts_at_the_borders(
    item: str, params: int, shape: list[int], rf: int
) -> None:
    blocks = "blocks: {block: {params: [c], layers: [conv3x3: {out: c, p: 1}, conv3x3: {out: c, p: 1}]}}\n"
    expect = f"{{params: {params}, in: [4, 8, 8], shape: {shape}, rf: {rf}}}"
    for name in ("", ", name: x"):
        found = findings(f"{HEAD}{blocks}layers: [{{{item}{name}, expect: {expect}}}, conv1x1: 9]\n")
        assert [finding.ok for finding in found] == [True] * 4


def test_expectations_on_copies_are_about_all_of_them() -> None:
    expect = "{params: 3*148, rf: 7, in: [4, 8, 8]}"
    spec = (
        f"{HEAD}layers: [{{conv3x3: {{out: 4, p: 1}}, repeat: 3, expect: {expect}}}, {{relu: , repeat: 2}}]\n"
    )
    assert [finding.ok for finding in findings(spec)] == [True] * 3


def test_sums_of_one_name_do_not_take_in_a_longer_one() -> None:
    others = "{conv1x1: 4, name: ab}, {conv1x1: 4, name: 'a[x]'}"
    spec = f"{HEAD}layers: [{{conv1x1: 4, name: a, expect: {{params: 20}}}}, {others}]\n"
    assert [finding.ok for finding in findings(spec)] == [True]


def test_expectations_inside_blocks_use_their_parameters() -> None:
    block = "{params: [c], layers: [{conv1x1: c, expect: [c, 8, 8]}]}"
    spec = f"{HEAD}blocks: {{b: {block}}}\nlayers: [b: 3, {{b: 5, repeat: 2}}]\n"
    found = findings(spec)
    assert [finding.ok for finding in found] == [True] * 3
    assert [finding.path for finding in found] == ["b_1/conv1x1_1", "b_2[0]/conv1x1_1", "b_2[1]/conv1x1_1"]


def test_expectations_of_a_model_are_about_the_whole() -> None:
    expect = f"{{shape: [4, 6, 6], params: {148 + 144 * 7 + 7}, rf: 3, in: [4, 8, 8]}}"
    spec = f"{HEAD}layers: [conv3x3: n, head: [flatten, linear: 7], relu]\nexpect: {expect}\n"
    assert [(finding.path, finding.ok) for finding in findings(spec)] == [(None, True)] * 4


def test_expectations_of_cases() -> None:
    cases = """\
cases:
- {input: 4x9x9, expect: [4, 7, 7]}
- {vars: {n: 5}, expect: {params: 185}}
- {name: tiny, input: 4x1x1, expect: {error: E301}}
"""
    found = findings(f"{HEAD}layers: [conv3x3: n]\n{cases}")
    assert [finding.ok for finding in found] == [True] * 3
    assert found[2].model == "f (tiny)"


def test_the_expectations_of_a_case_see_its_own_variables() -> None:
    cases = "cases: [{vars: {n: 5}, expect: {params: 37*n, channels: n}}, {expect: {channels: n}}]"
    found = findings(f"{HEAD}layers: [conv3x3: n]\n{cases}\n")
    assert [(one.ok, one.wanted) for one in found] == [(True, "37*n"), (True, "n"), (True, "n")]


@pytest.mark.parametrize(
    ("expect", "message"),
    [
        ("{params: 28*n}", "expected params 28*n = 56, got 74 (+32.1 %)"),
        ("{params: '<= 28*n'}", "expected params <= 28*n = 56, got 74 (+32.1 %)"),
        ("[n, 7, n+6]", "expected shape [n = 2, 7, n+6 = 8], got [2, 7, 7]"),
        ("{params: 56}", "expected params 56, got 74 (+32.1 %)"),
        ("{params: -56}", "expected params -56, got 74"),
        ("{params: '>= 1K'}", "expected params >= 1K, got 74 (-92.6 %)"),
        ("{params: {max: 28*n}}", "expected params {max: 56}, got 74 (+32.1 %)"),
    ],
)
def test_an_expectation_that_is_an_expression_is_shown_with_its_value(expect: str, message: str) -> None:
    spec = f"input: [4, 9, 9]\nvars: {{n: 2}}\nlayers: [conv3x3: n]\nexpect: {expect}\n"
    failed = [finding for finding in findings(spec) if finding.diagnostic is not None]
    assert [one.diagnostic.message for one in failed if one.diagnostic] == [message]


def test_an_expected_error_that_comes_is_fine() -> None:
    assert [finding.ok for finding in findings(f"{HEAD}layers: [conv9x9: 4]\nexpect: {{error: E301}}\n")] == [
        True
    ]


@pytest.mark.parametrize(
    ("layers", "wanted", "got", "help"),
    [
        ("[conv3x3: 4]", "E301", "no error", None),
        ("[conv3x3: {out: 3, groups: 3}]", "E301", "E302", None),
        ("[conv3x3: 4]", "E999", "no error", "there is no code E999: `cnncalc explain` lists them"),
    ],
)
def test_an_expected_error_that_does_not_come(layers: str, wanted: str, got: str, help: str | None) -> None:
    (finding,) = findings(f"{HEAD}layers: {layers}\nexpect: {{error: {wanted}}}\n")
    found = finding.diagnostic
    assert found is not None
    assert (found.code, found.message, found.help) == (
        "E402",
        f"expected the error {wanted}, got {got}",
        help,
    )


def test_an_error_that_is_not_expected_stands_in_the_way() -> None:
    (finding,) = findings(f"{HEAD}layers: [conv9x9: 4]\nexpect: {{params: 5}}\n")
    assert finding.diagnostic is not None
    assert finding.diagnostic.code == "E301"


def test_expectations_about_the_unknown() -> None:
    unknown, any_, rf = findings(
        "layers: [{conv3x3: 4, expect: {params: 148, shape: [4, any, any], rf: 3}}]\n"
    )
    assert unknown.diagnostic is not None
    assert (unknown.diagnostic.code, unknown.diagnostic.message) == (
        "E403",
        "params is unknown, expected 148",
    )
    assert unknown.diagnostic.help == "needs the input size: add `input: ...` or pass --input"
    assert any_.ok
    assert rf.ok


def test_expectations_about_the_whole_map() -> None:
    assert held("{rf: all}", "global_avgpool: ")
    assert not held("{rf: 8}", "global_avgpool: ")
    assert not held("{rf: all}")
    assert held("{rf: any, stride: any, padding: any}", "global_avgpool: ")
    assert held('{rf: ">= 2"}', "global_avgpool: ")
    assert held("{rf: {min: 1_000_000}}", "global_avgpool: ")
    assert not held('{rf: "<= 1_000_000"}', "global_avgpool: ")
    assert held("{stride: all, padding: all}", "global_avgpool: ")
    assert not held('{stride: ">= 1"}', "global_avgpool: ")


@pytest.mark.parametrize(("rf", "ok"), [("3", True), ("all", False), ('">= 4"', False), ('"<= 3"', True)])
def test_a_local_path_beside_the_whole_map_counts(rf: str, ok: bool) -> None:
    gate = "{mul: {gate: [global_avgpool, conv1x1: 4], map: []}, expect: {rf: %s}}"
    (finding,) = findings(f"input: [3, 8, 8]\nlayers: [conv3x3: 4, {gate % rf}]\n")
    assert finding.ok is ok


def test_padding_and_fractional_strides() -> None:
    assert held(
        "{stride: 1/2, padding: 0, rf: 2}", "conv_transpose3x3: {out: 4, s: 2, p: 1, output_padding: 1}"
    )
    assert held("{stride: 0.5}", "upsample: 2")
    assert held("{padding: [1, 2]}", "pad: [1, 2]")


def test_sums_of_many_paths_are_those_of_each() -> None:
    block = "{params: [c], layers: [{conv1x1: c, repeat: 2}, {seq: [conv1x1: c, bn], name: 'a[x]'}]}"
    items = "[{b: 3, name: a, repeat: 2}, {residual: [b: 3, conv1x1: 3], name: ab}, {head: [linear: 2], name: h}, {conv1x1: 4, name: a_b}]"
    report = cnncalc.analyze(cnncalc.loads(f"{HEAD}blocks: {{b: {block}}}\nlayers: {items}\n")[0])
    paths = {layer.path[:end] for layer in report.layers for end in range(1, len(layer.path) + 1)} | {
        "absent"
    }
    assert report.totals_within(paths) == {path: totals_of(report.within(path)) for path in paths}
    assert report.totals_within([]) == {}


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        (
            "{input: [3, 2, 2], vars: {n: 4}, layers: [conv1x1: n/2], cases: [{vars: {n: 3}, expect: {error: %s}}]}",
            "E204",
        ),
        (
            "{vars: {s: 1}, layers: [conv1x1: {out: 3, stride: s}], cases: [{vars: {s: 0}, expect: {error: %s}}]}",
            "E109",
        ),
        (
            "{vars: {g: 1}, layers: [conv1x1: {out: 4, groups: g}], cases: [{vars: {g: 3}, expect: {error: %s}}]}",
            "E302",
        ),
    ],
)
def test_a_case_may_expect_an_error_of_the_grammar(spec: str, code: str) -> None:
    for wanted, number in ((code, 1), (code, 2), ("E301", 1)):
        text = spec % wanted
        if number == 2:  # the same error is found in each of them
            case = text[text.index("cases: [") + len("cases: [") : -2]
            text = text.replace(case, f"{case}, {case}, {{expect: {{params: any}}}}")
        (model,) = cnncalc.loads(text)
        findings = check(model)
        assert [finding.ok for finding in findings] == (
            [wanted == code] if number == 1 else [True, True, True]
        )
    with pytest.raises(cnncalc.SpecError, match=code):
        cnncalc.loads(spec.replace("{error: %s}", "{params: any}"))


def test_an_index_is_made_of_the_digits_of_names() -> None:
    """`a[²]` is a name of its own and no copy of `a`, whose convolution has 1*4 + 4 parameters."""
    items = "[{seq: [conv1x1: 4], name: a, expect: {params: 8}}, {conv1x1: 4, name: 'a[²]'}]"
    (finding,) = findings(f"input: [1, 8, 8]\nlayers: {items}\n")
    assert finding.ok


@pytest.mark.parametrize(
    ("path", "scopes_of_it"),
    [
        ("a", ["a"]),
        ("a[0]", ["a", "a[0]"]),
        ("a[12]/b_1/c[3]", ["a", "a[12]", "a[12]/b_1", "a[12]/b_1/c", "a[12]/b_1/c[3]"]),
        ("a[²]/b[x]", ["a[²]", "a[²]/b[x]"]),
        ("a[]", ["a[]"]),
    ],
)
def test_what_a_path_is_within(path: str, scopes_of_it: list[str]) -> None:
    assert sorted(scopes(path)) == scopes_of_it
