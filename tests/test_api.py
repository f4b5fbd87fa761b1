"""The public functions: wrong use, threads and processes."""

from __future__ import annotations

import gc
import pickle
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import pytest

import cnncalc
from cnncalc.geometry.shape import Shape

SIZES = [f"3x{size}x{size}" for size in range(64, 320, 32)]


def macs(input: str) -> int | None:
    """What a worker computes of one input size."""
    (model,) = cnncalc.load("resnet18")
    return cnncalc.analyze(model, input).totals.macs


@pytest.mark.parametrize("path", [3, None, b"vgg16", ["vgg16"]])
def test_a_path_that_is_none(path: Any) -> None:
    with pytest.raises(TypeError, match="a path is a str or a Path"):
        cnncalc.load(path)


def test_a_text_that_is_none() -> None:
    with pytest.raises(TypeError, match="a spec is text, not bytes"):
        cnncalc.loads(b"layers: []")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"input": "3xAx4"}, "is not a shape"),
        ({"input": ""}, "is not a shape"),
        (
            {"input": "0x4"},
            "is not a shape: 0 is not from 1 to 1,000,000,000,000,000,000; write the channels",
        ),
        ({"input": "3x-2x4"}, "'3x-2x4' is not a shape: -2 is not from 1 to "),
        ({"input": {"other": "3x4x4"}}, "no input is named 'other'"),
        (
            {"framework": "mxnet"},
            "unknown framework `mxnet`; possible: pytorch, tensorflow, caffe, onnx, onnx:OPSET",
        ),
    ],
)
def test_an_analysis_that_cannot_be_asked_for(arguments: dict[str, Any], message: str) -> None:
    (model,) = cnncalc.load("resnet18")
    with pytest.raises(ValueError, match=message):
        cnncalc.analyze(model, **arguments)


@pytest.mark.parametrize("model", [None, "vgg16", cnncalc.load("vgg16")])
def test_a_model_that_is_none(model: Any) -> None:
    asked: list[Callable[[], Any]] = [
        lambda: cnncalc.analyze(model),
        lambda: cnncalc.sizes(model),
        lambda: cnncalc.stream(model),
        lambda: cnncalc.tile(model, (64, 64), tile=32),
        lambda: cnncalc.effective(model),
        lambda: cnncalc.profile(model, "pool1"),
        lambda: cnncalc.crop(model, "pool1", ((0, 1), (0, 1))),
        lambda: cnncalc.to_spec(model),
    ]
    for ask in asked:
        with pytest.raises(TypeError, match="a model is what `load` returns one of, not"):
            ask()


@pytest.mark.parametrize("report", [None, "vgg16", cnncalc.load("vgg16"), *cnncalc.load("vgg16")])
def test_a_report_that_is_none(report: Any) -> None:
    asked: list[Callable[[], Any]] = [
        lambda: cnncalc.draw(report),
        lambda: cnncalc.compare(report),
        lambda: cnncalc.export(report, "torch"),
    ]
    for ask in asked:
        with pytest.raises(TypeError, match="a report is what `analyze` returns, not"):
            ask()


@pytest.mark.parametrize("units", ["3..5,0..5", (3, 5), ((3, 5), 0), ((3.0, 5), (0, 5)), None])
def test_units_that_are_no_pairs(units: Any) -> None:
    (model,) = cnncalc.load("vgg16")
    with pytest.raises(TypeError, match="units are a first and a last one per axis, such as"):
        cnncalc.crop(model, "pool1", units)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sets": [("n", 3)]}, "`sets` is a mapping of names to values, not list"),
        ({"sets": {"n": 2.5}}, "`sets` maps names to expressions or whole numbers, not 'n' to 2.5"),
        ({"sets": {"n": True}}, "`sets` maps names"),
        ({"sets": {3: 3}}, "`sets` maps names"),
        ({"framework": 3}, "`framework` is a name, not int"),
        ({"model": b"a"}, "`model` is a name, not bytes"),
        ({"max_layers": 1.5}, "`max_layers` is a number, not float"),
        ({"max_layers": None}, "`max_layers` is a number, not NoneType"),
        ({"name": 3}, "a spec is text, not int"),
    ],
)
def test_options_of_another_type(options: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        cnncalc.loads("vars: {n: 1}\nlayers: [conv1x1: n]\n", **options)


def test_variables_from_outside_are_expressions_or_whole_numbers() -> None:
    spec = "vars: {n: 1}\nlayers: [conv1x1: n]\n"
    for value in (6, "2*3"):
        (model,) = cnncalc.loads(spec, sets={"n": value})
        assert cnncalc.analyze(model).layers[0].shape.channels == 6


@pytest.mark.parametrize(
    ("input", "error", "message"),
    [
        (
            3,
            TypeError,
            r"an input is a shape such as '3x224x224' or \(3, 224, 224\), or shapes by name, not int",
        ),
        ({3, 8}, TypeError, "not set"),
        ([], TypeError, "not an empty list"),
        ({"input": ()}, TypeError, r"a shape is '3x224x224', \(3, 224, 224\) or a Shape, not an empty tuple"),
        ((3, "8", 8), TypeError, "an axis is a whole number or None, not '8'"),
        ((3, 0, 8), ValueError, "an axis is a number from 1 to"),
        (Shape(3, (8.0, 8)), TypeError, "an axis is a whole number or None, not 8.0"),  # type: ignore[arg-type]
        (Shape(True, (8, 8)), TypeError, "an axis is a whole number or None, not True"),
        (Shape(3, (0, 8)), ValueError, "an axis is a number from 1 to"),
        (Shape(3, (8, 10**19)), ValueError, "an axis is a number from 1 to"),
        (Shape(3, (8,) * 4), ValueError, "at most 3 sizes"),
        ("3" + "x8" * 4, ValueError, "at most 3 sizes"),
    ],
)
def test_inputs_that_are_no_shapes(input: Any, error: type[Exception], message: str) -> None:
    (model,) = cnncalc.load("resnet18")
    with pytest.raises(error, match=message):
        cnncalc.analyze(model, input)


def test_an_input_as_a_shape() -> None:
    (model,) = cnncalc.load("resnet18")
    wanted = cnncalc.analyze(model, "3x96x64")
    assert (
        cnncalc.analyze(model, Shape(3, (96, 64)))
        == cnncalc.analyze(model, {"input": Shape(3, (96, 64))})
        == cnncalc.analyze(model, (3, 96, 64))
        == cnncalc.analyze(model, {"input": [3, 96, 64]})
        == wanted
    )


def test_a_framework_of_another_type() -> None:
    (model,) = cnncalc.load("resnet18")
    with pytest.raises(TypeError, match="a framework is given by its name, not as int"):
        cnncalc.analyze(model, framework=3)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["googlenet", "unet", "se", "sppnet"])
def test_models_and_reports_pickle(name: str) -> None:
    for model in cnncalc.load(name):
        report = cnncalc.analyze(model)
        assert pickle.loads(pickle.dumps(report)) == report
        assert cnncalc.analyze(pickle.loads(pickle.dumps(model))) == report


def test_a_process_pool_maps_over_a_search_space() -> None:
    with ProcessPoolExecutor(2) as pool:
        assert list(pool.map(macs, SIZES)) == [macs(size) for size in SIZES]


def test_threads_do_not_disturb_each_other() -> None:
    assert gc.isenabled()
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(macs, SIZES * 4)) == [macs(size) for size in SIZES] * 4
    assert gc.isenabled()


@pytest.mark.slow
def test_dask_maps_over_a_search_space() -> None:
    dask = pytest.importorskip("dask")
    (model,) = cnncalc.load("resnet18")
    for scheduler in ("threads", "processes"):
        wanted = [dask.delayed(cnncalc.analyze)(model, size) for size in SIZES]
        assert list(dask.compute(*wanted, scheduler=scheduler, num_workers=2)) == [
            cnncalc.analyze(model, size) for size in SIZES
        ]


@pytest.mark.parametrize(
    ("layers", "path"),
    [
        ("[conv3x3: 4, relu, {head: [flatten, linear: 2], name: aux}]", "relu_1"),
        ("[conv3x3: 4, conv9x9: 4]", None),
        ("[{head: [relu], name: aux}]", None),
    ],
)
def test_the_layer_of_the_main_output(layers: str, path: str | None) -> None:
    (model,) = cnncalc.loads(f"input: [3, 8, 8]\nlayers: {layers}\n")
    main = cnncalc.analyze(model).main
    assert (main.path if main is not None else None) == path


def test_the_layers_of_all_copies_or_of_one() -> None:
    (model,) = cnncalc.load("resnet18")
    report = cnncalc.analyze(model)
    paths = [layer.path for layer in report.layers]
    for path, begins in (
        ("layer3", ("layer3[",)),
        ("layer3[1]", ("layer3[1]/",)),
        ("layer3[0]/residual_1", ("layer3[0]/residual_1", "layer3[0]/residual_1/")),
        ("conv1", ("conv1",)),
        ("layer", ()),
    ):
        found = [layer.path for layer in report.within(path)]
        assert found == [one for one in paths if begins and one.startswith(begins)]
    assert len(report.within("layer3")) > len(report.within("layer3[1]")) > 0


def test_a_network_that_is_invalid_for_its_input_is_reported_and_not_raised() -> None:
    (model,) = cnncalc.load("vgg16")
    report = cnncalc.analyze(model, "3x16x16")
    (error,) = report.diagnostics
    assert (report.failed, error.severity, error.path) == ("pool5", "error", "pool5")
    assert report.layers[-1].path != "pool5"
