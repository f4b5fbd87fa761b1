"""Loading: without the engine, typed throughout."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import Any

import pytest

import cnncalc
from cnncalc.language.source import Source
from cnncalc.loading import Loaded, Options, load_source
from cnncalc.network.graph import ExpectedOf, Graph
from cnncalc.network.model import Model
from cnncalc.network.structure import Step

ENGINE = ("analysis", "advice", "checks", "questions", "render", "cli", "importers", "exporters")
LOADS_ALL = """
import sys, cnncalc
from cnncalc import bundled
for name in bundled.names():
    cnncalc.load(name)
try:
    cnncalc.loads("layers: [conv3x3: {out: 3, strde: 1, expect: {params: ~}}]")
except cnncalc.SpecError:
    pass
print(sorted(name for name in sys.modules if name.startswith("cnncalc.")))
"""


def test_loading_a_spec_imports_nothing_of_the_engine() -> None:
    done = subprocess.run([sys.executable, "-c", LOADS_ALL], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[1] for name in eval(done.stdout)}
    assert "language" in loaded
    assert not loaded & set(ENGINE)


@pytest.mark.parametrize(
    "kind", [Model, Graph, Step, ExpectedOf, Options, Loaded], ids=lambda kind: kind.__name__
)
def test_what_is_loaded_is_typed(kind: type) -> None:
    written = {name: str(hint) for name, hint in inspect.get_annotations(kind).items()}
    assert not [name for name, hint in written.items() if "Any" in hint or "object" in hint]


@pytest.mark.parametrize(
    "function", [cnncalc.load, cnncalc.loads, cnncalc.analyze], ids=lambda one: one.__name__
)
def test_the_public_functions_name_their_keywords_and_types(function: Any) -> None:
    for parameter in inspect.signature(function).parameters.values():
        assert parameter.kind is not inspect.Parameter.VAR_KEYWORD
        assert "Any" not in str(parameter.annotation)


def test_load_and_loads_take_the_options() -> None:
    for function in (cnncalc.load, cnncalc.loads):
        keywords = [
            one.name
            for one in inspect.signature(function).parameters.values()
            if one.kind is one.KEYWORD_ONLY
        ]
        assert tuple(keywords) == Options._fields


def test_the_models_that_nothing_is_wrong_with_are_loaded_beside_the_error() -> None:
    spec = "models: {good: {layers: [relu]}, bad: {layers: [rilu]}}"
    loaded = load_source(Source("f.yaml", spec), Options())
    assert [model.name for model in loaded.models] == ["good"]
    assert loaded.error is not None
    assert [found.code for found in loaded.error.diagnostics] == ["E111"]
    with pytest.raises(cnncalc.SpecError):
        loaded.whole()


def test_a_model_that_is_wanted_and_is_in_order_is_loaded_beside_the_error() -> None:
    spec = "models: {one: {layers: [relu]}, two: {layers: [relu]}, bad: {layers: [rilu]}}"
    loaded = load_source(Source("f.yaml", spec), Options(model="two", framework="caffe"))
    assert [(model.name, model.framework.name) for model in loaded.models] == [("two", "caffe")]
