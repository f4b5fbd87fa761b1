"""The schema for editors: it accepts what the reader accepts, and refuses what an editor can know to be wrong."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema
import pytest

from cnncalc import bundled
from cnncalc.cli import main
from cnncalc.language.decode import CASE_KEYS, FILE_KEYS, MODEL_KEYS
from cnncalc.language.nodes import Scalar, Sequence, YamlNode
from cnncalc.language.parser import Source, parse, read_source
from cnncalc.language.schema.spec import schema
from cnncalc.language.vocabulary import SIBLINGS, WORDS
from cnncalc.network.expectation import METRICS
from tests.language.refusing import refusals

SCHEMA = schema()
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}


def as_editors_read(node: YamlNode) -> Any:
    """A document as YAML 1.2 has it, which is what editors hold against a schema."""
    if isinstance(node, Sequence):
        return [as_editors_read(item) for item in node.items]
    if not isinstance(node, Scalar):
        return {key.text: as_editors_read(value) for key, value in node.entries}
    if node.quoted or not re.fullmatch(
        r"[-+]?(?:[0-9]+|[0-9]*\.[0-9]+|[0-9]+\.)(?:[eE][-+]?[0-9]+)?", node.text
    ):
        return node.text if node.quoted else _WORDS.get(node.text, node.text)
    return float(node.text) if re.search("[.eE]", node.text) else int(node.text)


def errors(text: str) -> list[str]:
    """What an editor would underline."""
    document = as_editors_read(parse(Source("f.yaml", text))[0])
    return [error.message for error in VALIDATOR.iter_errors(document)]


def test_it_is_a_schema_of_draft_7() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)


def test_every_reference_has_its_definition_and_every_definition_its_use() -> None:
    used = set(re.findall(r'"#/definitions/([^"]+)"', json.dumps(SCHEMA)))
    assert used == set(SCHEMA["definitions"])


@pytest.mark.parametrize("name", bundled.names())
def test_bundled_configs_are_valid(name: str) -> None:
    document = as_editors_read(parse(read_source(str(bundled.path_of(name))))[0])
    assert [error.message for error in VALIDATOR.iter_errors(document)] == []


@pytest.mark.parametrize("op", WORDS)
def test_the_example_of_every_operation_is_valid(op: str) -> None:
    assert errors(f"layers:\n  - {WORDS[op].example}\n") == []


VALID = {
    "nothing but layers": "layers: [conv3x3, relu, bn]",
    "a kernel of any kind": "layers: [conv5, conv1x7: 8, maxpool3x3x3, {avgpool2: {s: 2}}, conv_transpose4x4: 3]",
    "arguments": "layers: [conv: {out: 64, k: 3x3, s: [2, 1], p: [[0, 1], [0, 1]], d: 1, bias: false, act: none}]",
    "every padding": "layers: [conv3x3: {p: same}, conv3x3: {p: half}, conv3x3: {padding: 1x2}, pad: [[0, 1], [2, 3]]]",
    "norm and act": "layers: [conv3x3: {out: 8, norm: {gn: 4}, act: leaky_relu}, linear: {out: 3, act: {elu: 0.5}}]",
    "siblings": "layers: [{bn: , name: x, note: why, expect: [3, 4, 4]}, {relu: , from: x, repeat: 2*3, expect: {size: 4}}]",
    "structures": "layers: [seq: [relu], residual: {body: [relu], shortcut: []}, {add: {a: [relu], b: []}}, mul: [prev, [relu]]]",
    "expressions without names": "layers: [{conv3x3: {out: '2 if i == 0 else max(1, 3)', bias: i > 0}, repeat: 2}]",
    "grouped digits": "layers: [linear: 1_000]",
    "expectations": "{layers: [relu], expect: {params: ~6.4M, macs: '<= 5M', rf: [3, {min: 1}], stride: all, size: 3x5}}",
    "inputs": "{input: {a: [3, any, 8], b: 3x8xany, c: 3x?x8}, layers: [concat: [a, b, c]]}",
    "a framework with an opset": "{framework: {onnx: {opset: 19}}, layers: [relu]}",
    "models": "{expect: {error: E301}, models: {a: {layers: [relu], input: 3x8x8}, b: {layers: [tanh]}}}",
    "models that share layers": "{layers: [relu], models: {a: {input: 3x8x8}, b: {framework: caffe}}}",
    "cases": "{vars: {n: 2}, layers: [relu], cases: [{name: a, input: [3, 8, 8], vars: {n: 3}, expect: {params: 2*n}, note: x}]}",
    "variables": "{vars: {n: 3, b: true, w: relu}, layers: [conv3x3: {out: 2*n, bias: b, act: w}, upsample: {mode: m}]}",
    "defaults": "{defaults: {conv: {k: 3, norm: bn}, dense_block: {repeat: 2}}, layers: [conv: 6, dense_block: {body: [relu]}]}",
    "blocks": "{blocks: {b: {params: [c, s=1], layers: [relu, conv3x3: c]}}, layers: [b: 6, b: {c: 2*3, s: c}, {b: 2, name: x}]}",
    "blocks of a model": "models: {m: {blocks: {b: {layers: [relu]}}, layers: [b]}}",
}


@pytest.mark.parametrize("text", VALID.values(), ids=VALID)
def test_what_the_language_allows_is_valid(text: str) -> None:
    assert errors(text) == []
    grammar = ("E101", "E104", "E105", "E106", "E107", "E108", "E111")
    assert [found.message for found in refusals(text) if found.code in grammar] == []


INVALID = {
    "no layers": "name: x",
    "layers that are no list": "layers: {conv3x3: 64}",
    "no layer": "layers: []",
    "a model without a layer": "models: {a: {layers: []}}",
    "an unknown key": "{layers: [relu], inputs: [3, 8, 8]}",
    "an unknown key of a model": "models: {a: {layer: [relu]}}",
    "an unknown key of a case": "{layers: [relu], cases: [{inputs: [3, 8, 8]}]}",
    "an unknown operation": "layers: [Conv2d: 64]",
    "an unknown bare operation": "layers: [rellu]",
    "a kernel where none belongs": "layers: [bn3x3]",
    "a kernel of 0": "layers: [conv0x3: 64]",
    "two operations": "layers: [{conv3x3: 64, relu: }]",
    "two operations with kernels": "layers: [{conv3x3: 64, maxpool2: }]",
    "only siblings": "layers: [{name: x}]",
    "an unknown sibling": "layers: [{conv3x3: 64, nmae: x}]",
    "an unknown argument": "layers: [conv3x3: {filters: 64}]",
    "a missing argument": "layers: [linear: {bias: false}]",
    "a missing kernel": "layers: [conv: 64]",
    "an operation that needs an argument": "layers: [linear]",
    "an argument too many": "layers: [relu: 3]",
    "both forms of an argument": "layers: [conv3x3: {s: 1, stride: 1}]",
    "the kernel twice": "layers: [conv3x3: {out: 64, k: 3}]",
    "a list for a number": "layers: [linear: [10]]",
    "a size for a number": "layers: [linear: 3x3]",
    "half a channel": "layers: [linear: 2.5]",
    "a negative padding": "layers: [conv3x3: {padding: -1}]",
    "yes for true": "layers: [conv3x3: {bias: yes}]",
    "a number for true": "layers: [conv3x3: {bias: 1}]",
    "an unknown choice": "layers: [spp: {levels: [1], mode: papper}]",
    "an unknown padding": "layers: [conv3x3: {padding: smae}]",
    "a norm that is an activation": "layers: [conv3x3: {norm: relu}]",
    "a name where there are none": "layers: [linear: n]",
    "an unknown shortcut": "layers: [residual: {body: [relu], shortcut: projection}]",
    "branches that are a word": "layers: [concat: stem]",
    "an inception without branches": "layers: [inception: {bias: false}]",
    "an inception of three": "layers: [inception: {3x3: [1, 2, 3]}]",
    "an unknown framework": "{framework: torch, layers: [relu]}",
    "an input of 0": "{input: [3, 0, 8], layers: [relu]}",
    "an unknown metric": "{layers: [relu], expect: {flops: 3}}",
    "an expected error of a layer": "layers: [{relu: , expect: {error: E301}}]",
    "a strict bound": "{layers: [relu], expect: {params: '< 5M'}}",
    "a limit of no range": "{layers: [relu], expect: {params: {most: 5}}}",
    "a list of parameters": "{layers: [relu], expect: {params: [3]}}",
    "an unknown operation beside variables": "{vars: {n: 3}, layers: [cnv3x3: n]}",
    "an unknown sibling beside blocks": "{blocks: {b: {layers: [relu]}}, layers: [{conv3x3: 64, nmae: x}]}",
    "an unknown argument beside blocks": "{blocks: {b: {layers: [relu]}}, layers: [conv3x3: {filters: 64}]}",
    "an error in a block": "{blocks: {b: {layers: [conv3x3: {filters: 64}]}}, layers: [b]}",
    "an unknown key of a block": "{blocks: {b: {body: [relu], layers: [relu]}}, layers: [b]}",
    "a block without layers": "{blocks: {b: {params: [c]}}, layers: [b: 3]}",
    "a block that hides an operation": "{blocks: {conv3x3: {layers: [relu]}}, layers: [relu]}",
    "defaults of an unknown operation": "{defaults: {conv2d: {padding: same}}, layers: [relu]}",
    "defaults of an unknown argument": "{defaults: {conv: {pad: same}}, layers: [relu]}",
    "an error deep inside": "layers: [residual: [concat: {a: [seq: [conv3x3: {filters: 1}]]}]]",
}


@pytest.mark.parametrize("text", INVALID.values(), ids=INVALID)
def test_what_the_language_refuses_is_invalid_for_both(text: str) -> None:
    assert errors(text)
    assert refusals(text)


def test_keys_and_arguments_come_from_the_declarations() -> None:
    definitions = SCHEMA["definitions"]
    item = definitions["layers"]["items"]["then"]
    assert {op for op in item["properties"] if op in WORDS} == set(WORDS)
    assert set(SIBLINGS) <= set(item["properties"])
    assert list(definitions["file"]["properties"]) == list(FILE_KEYS)
    assert list(definitions["model"]["properties"]) == list(MODEL_KEYS)
    assert list(definitions["file"]["properties"]["cases"]["items"]["properties"]) == list(CASE_KEYS)
    assert list(definitions["expect"]["anyOf"][1]["properties"]) == list(METRICS)
    for op, meaning in WORDS.items():
        if f"arguments-{op}" in definitions:
            shorts = {field.short for field in meaning.fields.values() if field.short}
            assert set(definitions[f"arguments-{op}"]["properties"]) == {*meaning.fields, *shorts}


def test_arguments_have_their_description_and_default() -> None:
    stride = SCHEMA["definitions"]["arguments-conv"]["properties"]["stride"]
    assert (stride["description"], stride["default"]) == (
        f"{WORDS['conv'].fields['stride'].doc}; default 1",
        1,
    )
    bias = SCHEMA["definitions"]["arguments-conv"]["properties"]["bias"]
    assert bias["description"].endswith("default true, false with `norm: bn` or `learned: false`")
    assert "default" not in bias


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    out, err = capsys.readouterr()
    assert (json.loads(out), err) == (SCHEMA, "")
