"""No spec, however odd, ends in anything but models or located errors: valid specs with one part replaced at random."""

from __future__ import annotations

import contextlib
import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc.checks.expectations import check
from cnncalc.errors import CnncalcError, Diagnostic

BLOCKS = {
    "basic": {
        "params": ["c", "s=1", "w=relu"],
        "layers": [
            {
                "residual": {
                    "body": [
                        {"conv3x3": {"out": "c", "stride": "s", "padding": 1, "norm": "bn", "act": "w"}}
                    ],
                    "shortcut": "project",
                }
            },
            {"relu": None, "expect": ["c", "any", "any"]},
        ],
    },
    "unused": {
        "params": ["n", "t"],
        "layers": [{"dense_block": {"repeat": "n", "body": [{"conv1x1": "n*i"}]}}, {"concat": ["t", "prev"]}],
    },
}
LAYERS: list[Any] = [
    {
        "conv": {
            "out": "2*n",
            "kernel": [3, 5],
            "stride": 2,
            "padding": [[0, 1], [1, 0]],
            "dilation": 1,
            "groups": 2,
            "bias": False,
        },
        "name": "stem",
    },
    "bn",
    {
        "conv3x3": {"out": 8, "p": "same", "norm": {"gn": 2}, "act": {"leaky_relu": 0.1}},
        "repeat": 2,
        "note": "x",
    },
    {
        "concat": {
            "a": [{"conv1x1": "n"}],
            "b": [{"maxpool3x3": {"s": 1, "p": 1}}, {"separable3x3": {"out": 4, "p": 1}}],
            "c": [],
        }
    },
    {
        "inception": {"1x1": 2, "3x3": [2, 4], "pool": True, "norm": "bn"},
        "expect": {"params": "~1K", "rf": {"min": 1, "max": 99}},
    },
    {"basic": {"c": 4, "w": "gelu"}, "repeat": "n - 1", "name": "stage"},
    {"head": [{"spp": {"levels": [2, 1], "mode": "adaptive"}}, {"linear": 10}], "name": "aux"},
    {"upsample": {"factor": 2, "mode": "bilinear"}},
    {"crop_to": "stem"},
    {"conv_transpose2": {"out": 4, "s": 2, "output_padding": 1}},
    {"slice": {"channels": [0, 2]}},
    {"ppm": {"bins": [1, 2], "out": 3, "bias": False}},
    {"seq": [{"add": ["prev", [{"conv1x1": {"out": 6}}]]}], "from": "stem"},
    {"custom": {"kernel": 3, "stride": 1, "out": 4, "params": 1, "macs": 2}},
    {"conv3x3": {"out": 4, "p": 1}, "name": "own"},
    {"conv3x3": {"out": 4, "p": 1}, "share": "own"},
]
SPEC: dict[str, Any] = {
    "name": "net",
    "description": "of it",
    "source": ["a", "b"],
    "framework": "pytorch",
    "input": [4, 32, 32],
    "vars": {"n": 3, "m": "n*2"},
    "defaults": {"conv": {"padding": "half", "act": "relu"}, "maxpool": {"stride": 2}},
    "blocks": BLOCKS,
    "layers": LAYERS,
    "expect": {"params": "<= 5M", "macs": {"min": 0}, "shape": ["any", ">= 1", "any"], "in": "4x32x32"},
    "cases": [
        {
            "name": "small",
            "input": "4x24x24",
            "vars": {"n": 2},
            "framework": "caffe",
            "expect": {"error": "E301"},
        }
    ],
}
VARIANTS = {
    **{key: SPEC[key] for key in ("input", "vars", "blocks")},
    "models": {"a": {"layers": LAYERS[:4]}, "b": {"vars": {"n": 2}, "layers": ["bn"]}},
}
INPUTS = {
    "input": {"left": [2, 8, 8], "right": ["any", 8, 8]},
    "layers": [{"concat": ["left", "right"]}],
    "cases": [{"input": {"left": [3, 9, 9]}}],
}

WORDS = """
~ x prev input stem i n c relu conv3x3 none same true no any all E301 [0] a/b ü ' % ( **
0 -1 1 3x5 1.5 n/2 1/0 2**99 ~1.5M 0x3 1e9
"""
ODD: list[Any] = [
    *WORDS.split(),
    *("", "<= 3", "\x1b[31m", "9" * 13, "9" * 400),
    *(None, [], {}, [[]], [None], [{}], [[1, 2], 3], [1], [1, 2, 3, 4, 5], 10**6, [10**6] * 3),
    *(
        ["prev"],
        ["nope"],
        ["c", "c"],
        ["i=1"],
        ["=", "a=b=c"],
        ["relu", ["relu"]],
        [{"relu": None}],
        [{"a": 1, "b": 2}],
        [{"name": "stem"}],
    ),
    *(
        {"": ""},
        {"relu": None},
        {"x": {"y": []}},
        {"min": []},
        {"conv3x3": {"out": 4}},
        {"out": 4, "k": 3},
        {"body": [], "repeat": 3},
    ),
    *({"params": ["c"], "layers": [{"basic": "c"}]}, {"layers": ["unused"]}),
]


def places(node: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The ways to every part of a tree, the whole included."""
    entries = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [here, *(place for key, value in entries for place in places(value, (*here, key)))]


def replaced(tree: Any, place: tuple[Any, ...], by: Any, as_key: bool) -> Any:
    """The tree with something else at a place; for a mapping's key, with another word as the key."""
    if not place:
        return by
    tree = copy.deepcopy(tree)
    parent = tree
    for step in place[:-1]:
        parent = parent[step]
    if as_key and isinstance(parent, dict) and isinstance(by, str):
        parent[by] = parent.pop(place[-1])
    else:
        parent[place[-1]] = by
    return tree


@st.composite
def odd_specs(draw: st.DrawFn) -> Any:
    tree: Any = draw(st.sampled_from([SPEC, SPEC, SPEC, VARIANTS, INPUTS]))
    for _ in range(draw(st.integers(1, 2))):
        tree = replaced(
            tree, draw(st.sampled_from(places(tree))), draw(st.sampled_from(ODD)), draw(st.booleans())
        )
    return tree


def outcome(spec: str) -> tuple[Diagnostic, ...]:
    """Read, evaluate and check a spec; the diagnostics on the way."""
    try:
        models = cnncalc.loads(spec, "f.yaml")
    except CnncalcError as error:
        return error.diagnostics
    reports = [cnncalc.analyze(model) for model in models]
    findings = [finding.diagnostic for model in models for finding in check(model)]
    return (*(found for report in reports for found in report.diagnostics), *filter(None, findings))


@pytest.mark.slow
@given(odd_specs())
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_odd_specs_give_models_or_located_errors(tree: Any) -> None:
    for found in outcome(json.dumps(tree)):
        assert found.location is not None
        assert found.message.isprintable()
        assert "UNDETERMINED" not in found.message
        assert (found.help or "").isprintable()


@pytest.mark.parametrize("tree", [SPEC, VARIANTS, INPUTS])
def test_what_is_replaced_is_valid_before(tree: Any) -> None:
    assert all(cnncalc.analyze(model).failed is None for model in cnncalc.loads(json.dumps(tree)))


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_text(text: str) -> None:
    for spec in (
        text,
        f"layers: [{text}]",
        f"layers:\n  - conv3x3: {text}\n",
        f"layers: [{{relu: , expect: {{params: {text}}}}}]",
    ):
        with contextlib.suppress(CnncalcError):
            cnncalc.loads(spec)
