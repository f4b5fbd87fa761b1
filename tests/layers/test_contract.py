"""What every registered operation must keep, whatever it is: found from the vocabulary, so that a new layer is held too."""

from __future__ import annotations

import pickle
from importlib import import_module
from pathlib import Path

import pytest

import cnncalc
from cnncalc.analysis.report import LayerReport, Report
from cnncalc.blocks import SHORTHANDS
from cnncalc.geometry.axis import IDENTITY_TAPS
from cnncalc.language.vocabulary import WORDS, operations
from cnncalc.layers import OPERATIONS
from cnncalc.layers.base import Layer
from cnncalc.layers.catalogue import Catalogue
from cnncalc.layers.convolution import Conv
from cnncalc.layers.fields import Declared, Field, PerAxis

SPEC = """
input: {inputs}
layers:
  - identity:
    name: skip1
  - identity:
    name: stem
  - {item}
"""
ALL = operations()


def spec_of(example: str, op: str) -> str:
    line = dict.fromkeys(("lstm", "gru", "rnn", "token"), "[64, 56]")
    shape = {"embedding": "[1, 56]", "linear": "[64, 1, 1]", "to_map": "[64, 144]", **line}.get(
        op, "[64, 12, 12]"
    )
    return SPEC.format(inputs=shape, item=example)


def report_of(example: str, op: str) -> Report:
    (model,) = cnncalc.loads(spec_of(example, op))
    return cnncalc.analyze(model)


def last_of(example: str, op: str) -> LayerReport:
    return report_of(example, op).layers[-1]


@pytest.mark.parametrize("catalogue", [OPERATIONS, SHORTHANDS], ids=["layers", "blocks"])
def test_the_catalogue_is_what_the_files_declare(catalogue: Catalogue[Declared]) -> None:
    """Names are listed beside the files so that only what a spec uses is loaded; here every file of the folder is."""
    package = "layers" if catalogue is OPERATIONS else "blocks"
    aside = {"__init__", "base", "catalogue", "fields"}
    files = {path.stem for path in (Path(cnncalc.__file__).parent / package).glob("*.py")} - aside
    listed = set(catalogue.families)
    assert not files - listed, f"list {files - listed} in the catalogue of cnncalc/{package}/base.py"
    assert not listed - files, f"there is no file in cnncalc/{package}/ for {listed - files}"
    for family, names in catalogue.families.items():
        module = import_module(f"cnncalc.{package}.{family}")
        own = [
            value
            for value in vars(module).values()
            if isinstance(value, type) and value.__module__ == module.__name__
        ]
        declared = tuple(one.op for one in own if issubclass(one, Declared) and "op" in vars(one))
        assert declared == names, (
            f"list in cnncalc/{package}/base.py what cnncalc/{package}/{family}.py declares, in the order of the "
            f'file: "{family}": {declared}'
        )


def test_the_listing_has_every_word() -> None:
    assert sorted(operation.op for operation in ALL) == sorted(WORDS)


@pytest.mark.parametrize("operation", ALL, ids=lambda operation: operation.op)
def test_every_operation_explains_itself(operation: object) -> None:
    meaning = WORDS[operation.op]  # type: ignore[attr-defined]
    assert (meaning.__doc__ or "").strip()
    assert meaning.example.partition(":")[0].startswith(meaning.op)
    assert all(field.doc for field in meaning.fields.values())


@pytest.mark.parametrize("operation", ALL, ids=lambda operation: operation.op)
def test_every_example_computes(operation: object) -> None:
    op = operation.op  # type: ignore[attr-defined]
    report = report_of(operation.example, op)  # type: ignore[attr-defined]
    assert report.failed is None, report.diagnostics
    known = [layer for layer in report.layers if layer.op != "custom"]
    assert all(layer.params is not None and layer.macs is not None for layer in known)


@pytest.mark.parametrize("op", [op for op, layer in OPERATIONS.items() if not layer.is_join])
def test_shape_and_receptive_field_follow_from_the_same_rule(op: str) -> None:
    """An operation that changes a size must say so along its axes: the identity default is a trap for such a layer."""
    layer = last_of(OPERATIONS[op].example, op)
    if OPERATIONS[op].flattens:
        assert layer.shape.rank == 0
        assert all(axis.is_global for axis in layer.field.axes)
        return
    if OPERATIONS[op].arrangement is not Layer.arrangement:
        return  # its axes are others than those of its input: tests/layers/test_words.py follows each unit
    for axis, size, before in zip(layer.field.axes, layer.shape.sizes, layer.in_shape.sizes, strict=True):
        assert size is not None
        assert before is not None
        if axis.maps and size != before:
            first, last = axis.at(0), axis.at(size - 1)
            assert first is not None
            assert last is not None
            assert last[0] - first[0] <= before + 1, "the last unit looks beyond the input"
            assert axis.stride != 1 or first[0] != 0 or first[1] - first[0] > 0 or size < before, (
                "a resized axis seen as identical"
            )


@pytest.mark.parametrize("op", list(OPERATIONS))
def test_layers_cannot_be_changed(op: str) -> None:
    (model,) = cnncalc.loads(spec_of(OPERATIONS[op].example, op))
    layer = next(node.layer for node in model.graph.nodes if type(node.layer) is OPERATIONS[op])
    for name in ("op", *(field.name for field in layer.fields.values())):
        before = getattr(layer, name)
        with pytest.raises(AttributeError, match="immutable"):
            setattr(layer, name, "other")
        assert getattr(layer, name) is before
    with pytest.raises(TypeError, match=f"{op} has no no such argument"):
        layer.replaced(**{"no such argument": 1})


def test_an_identity_default_reads_what_it_is_given() -> None:
    class Plain(Layer):
        """Nothing at all."""

    rules = Plain().axes(
        (cnncalc.loads("input: [3, 5]\nlayers: [relu]")[0].inputs[0][1],),
        cnncalc.loads("layers: [relu]")[0].framework,
    )
    assert [rule.reads(5) for rule in rules] == [IDENTITY_TAPS]


def test_a_field_is_a_declaration_on_the_class_and_a_value_on_the_layer() -> None:
    conv = OPERATIONS["conv"]
    assert isinstance(getattr(conv, "groups"), Field)  # noqa: B009


def test_layers_are_equal_by_what_they_are() -> None:
    one, other = (cnncalc.loads("{input: 3x9x9, layers: [conv3x3: 8, relu]}")[0] for _ in range(2))
    first, second = (cnncalc.analyze(model).layers for model in (one, other))
    assert first[0].layer == second[0].layer
    assert hash(first[0].layer) == hash(second[0].layer)
    assert first[0].layer != first[1].layer
    assert first[0].layer is not second[0].layer


def test_a_layer_keeps_its_hash_to_itself() -> None:
    layer = Conv(kernel=PerAxis((3, 3)), out=8)
    assert hash(layer) == hash(Conv(kernel=PerAxis((3, 3)), out=8))
    state = layer.__reduce_ex__(pickle.HIGHEST_PROTOCOL)[2]
    assert state == vars(layer)
    copied = pickle.loads(pickle.dumps(layer))
    assert (copied, hash(copied)) == (layer, hash(layer))
