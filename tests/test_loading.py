"""Loading: without the engine, typed throughout."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import cnncalc
from cnncalc import bundled
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
        # A spec given as text says its input itself; only files of other formats leave it open.
        assert tuple(keywords) == tuple(
            name for name in Options._fields if name != "input" or function is cnncalc.load
        )


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


def test_the_models_of_bundled_configs_are_those_that_loading_finds() -> None:
    loaded: dict[str, tuple[str, ...]] = {}
    for config in bundled.names():
        for model in cnncalc.load(config):
            loaded[model.name] = (*loaded.get(model.name, ()), config)
    assert bundled.models() == loaded


@pytest.mark.parametrize(
    ("spec", "names"),
    [
        ("vgg19", ["vgg19"]),
        ("resnet34", ["resnet34"]),
        ("retinanet", ["retinanet"]),
        ("resnet50:paper", ["paper"]),
        ("slim_vgg:vgg_16", ["vgg_16"]),
        ("VGG-16", ["VGG-16"]),
        ("mobilenet_v1", ["mobilenet_v1", "conv_mobilenet"]),
        ("mobilenet_v1:mobilenet_v1", ["mobilenet_v1"]),
    ],
)
def test_a_bundled_model_has_its_own_name(spec: str, names: list[str]) -> None:
    assert [model.name for model in cnncalc.load(spec)] == names


def test_a_model_of_a_file_is_named_behind_a_colon(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("models: {one: {layers: [relu]}, two: {layers: [relu]}}\n")
    assert [model.name for model in cnncalc.load(f"{path}:two")] == ["two"]
    with pytest.raises(cnncalc.UsageError, match="no model is named `tow`; did you mean `two`"):
        cnncalc.load(f"{path}:tow")
    with pytest.raises(cnncalc.UsageError, match=r"is one model, and another is wanted: `one`"):
        cnncalc.load(f"{path}:two", model="one")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("vg19", "E110 no file and no bundled network is named `vg19`; did you mean `vgg19`?"),
        ("resnet43", "E110 no file and no bundled network is named `resnet43`; did you mean `resnet34`?"),
        (
            "qwertz",
            "E110 no file and no bundled network is named `qwertz`; `cnncalc zoo` lists the bundled networks",
        ),
        ("static_", "E110 no file and no bundled network is named `static_`; did you mean `static`?"),
        (
            "resnet101",
            "E110 several bundled configs have a model `resnet101`; name one: deeplabv3:resnet101, resnet:resnet101",
        ),
        ("nowhere.yaml", "E110 `nowhere.yaml` does not exist"),
        ("vgg16.yaml", "E110 `vgg16.yaml` does not exist; the bundled config is called `vgg16`"),
    ],
)
def test_a_name_that_is_no_network_says_which_is(spec: str, message: str) -> None:
    with pytest.raises(cnncalc.SourceError) as raised:
        cnncalc.load(spec)
    assert str(raised.value) == message


def test_what_does_not_exist_says_in_which_file() -> None:
    spec = "layers: [conv1x1: 8]\n"
    with pytest.raises(cnncalc.UsageError) as raised:
        cnncalc.loads(spec, "net.yaml", sets={"w": 3})
    (found,) = raised.value.diagnostics
    assert (found.message, found.help) == ("no variable is named `w`", "the spec has no `vars`")
    assert found.location is not None and found.location.said == "net.yaml"
    with pytest.raises(cnncalc.SpecError, match=r"unknown name `w`.*; no variable is declared: `vars: "):
        cnncalc.loads("layers: [conv1x1: w]\n")
