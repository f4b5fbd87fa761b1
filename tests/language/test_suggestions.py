"""What a message suggests works: followed, the error is gone."""

from __future__ import annotations

import re

import pytest

from cnncalc.layers.base import OPERATIONS
from tests.language.refusing import found_in

SIZED = [(op, name) for op in OPERATIONS for name, field in OPERATIONS[op].fields.items() if field.kind == "size"]  # fmt: skip
"""Fields that take a number or a tensor's name."""
EXAMPLES = {"conv_transpose": "conv_transpose2x2: {out: 4, stride: 2, FIELD: NAME}"}
SPEC = """
vars: {width: 16}
input: {image: [4, 16, 16], thumb: [4, 8, 8]}
blocks: {apart: {params: [c], layers: [{conv1x1: c, name: inmost}]}}
layers:
  - {conv3x3: {out: 4, padding: 1}, name: stem, from: image}
  - {maxpool2: , name: down}
  - residual: {body: [{conv1x1: 4, name: inside}], shortcut: project}
  - ITEM
  - {relu: , name: afterwards}
"""


def spec_of(op: str, field: str, name: str) -> str:
    return SPEC.replace("ITEM", EXAMPLES[op].replace("FIELD", field).replace("NAME", name))


def suggested(help: str | None) -> list[str]:
    assert help is not None
    found = re.fullmatch(r"did you mean `(.+)`\?", help)
    return [found[1]] if found else help.removeprefix("a number or a name: ").split(", ")


@pytest.mark.parametrize(("op", "field"), SIZED)
@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("steem", ["stem"]),
        ("witdh", ["width"]),
        ("imagge", ["image"]),
        ("t", ["width", "image", "thumb", "stem", "down"]),
        # Of another list or further down: nothing that could be meant.
        ("inmots", ["width", "image", "thumb", "stem", "down"]),
        ("afterward", ["width", "image", "thumb", "stem", "down"]),
    ],
)
def test_a_name_for_a_size(op: str, field: str, typed: str, expected: list[str]) -> None:
    ((code, _, message, help),) = found_in(spec_of(op, field, typed))
    assert (code, message) == ("E203", f"unknown name `{typed}`")
    assert suggested(help) == expected
    for name in expected:
        assert "E203" not in {code for code, *_ in found_in(spec_of(op, field, name))}
        assert "E201" not in {code for code, *_ in found_in(spec_of(op, field, name))}


@pytest.mark.parametrize("op", OPERATIONS)
def test_a_misspelt_key_of_any_operation(op: str) -> None:
    fields = OPERATIONS[op].fields
    for name in fields:
        wrong = name[:-1] + "q" + name[-1]
        if len(name) < 4 or wrong in fields:
            continue
        found = found_in(f"input: [4, 8, 8]\nlayers:\n  - {op}: {{{wrong}: 1}}\n")
        (help,) = [help for code, _, message, help in found if code == "E104" and f"`{wrong}`" in message]
        assert help == f"did you mean `{name}`?"
        followed = found_in(f"input: [4, 8, 8]\nlayers:\n  - {op}: {{{name}: 1}}\n")
        assert "E104" not in {code for code, *_ in followed}


@pytest.mark.parametrize("place", ["conv3x3: {out: VALUE}", "{conv3x3: 4, repeat: VALUE}", "conv3x3: VALUE"])
@pytest.mark.parametrize(
    "value",
    ["$a", "'$a'", "'${a}'", "'$(a)'", "'{a}'", "'{{ a }}'", "'<a>'", "$a*2", "2*$a", "$vars.a", "vars.a", "${a}", "{a}", "{{ a }}"],
)  # fmt: skip
def test_a_variable_as_in_a_template(place: str, value: str) -> None:
    """One report, which says how it is written here."""
    spec = f"vars: {{a: 2}}\nlayers:\n  - {place.replace('VALUE', value)}\n"
    ((code, _, _, help),) = found_in(spec)
    assert code in ("E101", "E104", "E105", "E202")
    if value == "{{ a }}":
        assert help == "a key is a single name; variables are written without braces: `n`, not `{{n}}`"
    else:
        assert help == "a variable is written by its name alone: `a`"


BELOW = "the keys below it belong at the top of the file, without indentation"


@pytest.mark.parametrize("key", ["model", "network", "net", "whatever"])
def test_a_network_below_a_key_of_its_own(key: str) -> None:
    spec = f"name: Net\n{key}:\n  input: [3, 8, 8]\n  layers:\n    - conv3x3: 4\n"
    assert found_in(spec) == [("E104", "2:1", f"unknown key `{key}`", BELOW)]
    assert found_in(spec.replace(f"{key}:\n", "").replace("\n  ", "\n")) == []
    # What is wrong below it is found in the same run.
    assert found_in(spec.replace("conv3x3: 4", "conv3x3: {ouut: 4}")) == [
        ("E104", "2:1", f"unknown key `{key}`", BELOW),
        ("E104", "5:17", "unknown argument of conv `ouut`", "did you mean `out`?"),
    ]


@pytest.mark.parametrize("key", ["model", "network", "backbone"])
def test_layers_below_another_key(key: str) -> None:
    assert found_in(f"{key}:\n  - conv3x3: 4\n") == [
        ("E104", "1:1", f"unknown key `{key}`", "did you mean `layers`?")
    ]
