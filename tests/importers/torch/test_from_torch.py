"""Models of PyTorch modules in a running program."""

from __future__ import annotations

from typing import Any

import pytest

torch: Any = pytest.importorskip("torch")
nn: Any = torch.nn

import cnncalc  # noqa: E402
from cnncalc.errors import SourceError  # noqa: E402
from cnncalc.importers.items import Refused  # noqa: E402

pytestmark = pytest.mark.slow


def net() -> Any:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 4, 3, stride=2)
    )


def test_a_module_becomes_a_model_with_its_own_numbers() -> None:
    module = net()
    (model,) = cnncalc.from_torch(module, input=(3, 32, 48))
    report = cnncalc.analyze(model)
    assert report.totals.params == sum(one.numel() for one in module.parameters())
    with torch.no_grad():
        made = module.eval()(torch.zeros(1, 3, 32, 48))
    assert report.outputs[0].shape.axes == tuple(made.shape[1:])
    assert report.layers[-1].field.size == (5, 5)


@pytest.mark.parametrize(
    "ends",
    [
        lambda y: y.flatten(1),
        lambda y: y.view(1, -1),
        lambda y: torch.relu(y.reshape(y.shape[0], -1)),
        lambda y: y.permute(0, 2, 3, 1).flatten(1),
        lambda y: y.mean((2, 3)),
        lambda y: y.mean((2, 3), keepdim=True),
        lambda y: y.flatten(2),
        lambda y: (y.flatten(1), y),
        lambda y: torch.pixel_shuffle(y, 2),
        lambda y: torch.pixel_unshuffle(y, 2),
    ],
)
def test_a_result_that_is_a_vector_or_a_sequence_is_one(ends: Any) -> None:
    class Ends(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 8, 3)

        def forward(self, x: Any) -> Any:
            return ends(self.conv(x))

    module = Ends()
    (model,) = cnncalc.from_torch(module, input=(3, 12, 14))
    with torch.no_grad():
        made = module.eval()(torch.zeros(1, 3, 12, 14))
    given = made if isinstance(made, tuple) else (made,)
    outputs = cnncalc.analyze(model).outputs
    assert {output.shape.axes for output in outputs} == {tuple(one.shape[1:]) for one in given}


def test_a_vector_given_out_as_an_image_is_a_map() -> None:
    for axes in ((1, 4, 6), (3, 2, 4), (3, 2, 2, 2)):
        module = nn.Sequential(nn.Linear(10, 24), nn.Unflatten(1, axes), nn.Tanh())
        (model,) = cnncalc.from_torch(module, input=(10,))
        assert [output.shape.axes for output in cnncalc.analyze(model).outputs] == [axes]


def test_a_module_that_gives_out_nothing_of_its_input_says_so() -> None:
    for given in (lambda _: None, lambda module: module.weight):

        class Nothing(nn.Conv2d):  # type: ignore[misc]
            def forward(self, x: Any) -> Any:
                super().forward(x)
                return given(self)  # noqa: B023  (called within the round)

        with pytest.raises(SourceError, match="gives out no tensor that depends on its input") as caught:
            cnncalc.from_torch(Nothing(3, 8, 3), input=(3, 12, 14))
        assert (caught.value.diagnostics[0].help or "").startswith("`forward` returns the network's tensors")


def test_the_module_is_left_as_it_was() -> None:
    module = net()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    module.train()
    cnncalc.from_torch(module, input=(3, 32, 32))
    assert module.training
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert next(module.parameters()).device.type == "cpu"


def test_several_inputs_are_a_list_of_shapes() -> None:
    class Sum(nn.Module):  # type: ignore[misc]
        def forward(self, left: Any, right: Any) -> Any:
            return left + right

    (model,) = cnncalc.from_torch(Sum(), input=[(3, 8, 8), (3, 8, 8)])
    assert [shape.axes for _, shape in model.inputs] == [(3, 8, 8), (3, 8, 8)]


def test_what_is_not_understood_is_refused_by_name() -> None:
    class Odd(nn.Module):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            return torch.cumsum(x, 1)

    with pytest.raises(Refused, match="cumsum"):
        cnncalc.from_torch(Odd(), input=(3, 8, 8))


@pytest.mark.parametrize("input", [(), (3, 0, 8), ("3", 8), 5, [(3, 8), 4]])
def test_an_input_is_a_shape(input: Any) -> None:
    with pytest.raises(TypeError, match=r"a shape such as \(3, 224, 224\)"):
        cnncalc.from_torch(net(), input=input)


def test_an_input_is_also_a_text() -> None:
    (model,) = cnncalc.from_torch(net(), input="3x8x8")
    assert model.inputs[0][1].axes == (3, 8, 8)
    with pytest.raises(ValueError, match="is not a shape"):
        cnncalc.from_torch(net(), input="3x8xy")


def test_a_module_is_a_module() -> None:
    with pytest.raises(TypeError, match=r"a module is a torch\.nn\.Module, not str"):
        cnncalc.from_torch("resnet18", input=(3, 8, 8))


class _Scaled(nn.Module):  # type: ignore[misc]
    """A map times what it is given."""

    def forward(self, x: Any, factors: Any) -> Any:
        return x * factors


class _GivesAParameter(nn.Module):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 1, bias=False)
        self.factors = nn.Parameter(torch.ones(8, 1, 1))
        self.scaled = _Scaled()

    def forward(self, x: Any) -> Any:
        return self.scaled(self.conv(x), self.factors)


def test_a_module_that_is_given_a_parameter_has_it_trained() -> None:
    module = _GivesAParameter()
    (model,) = cnncalc.from_torch(module, input=(3, 8, 8))
    totals = cnncalc.analyze(model).totals
    assert (totals.params, totals.trainable) == (3 * 8 + 8, 3 * 8 + 8)
    assert all(parameter.requires_grad for parameter in module.parameters())


def test_a_module_that_does_not_take_the_size_says_so_with_the_size() -> None:
    with pytest.raises(SourceError, match="running the module at 4x32x32 fails: ") as caught:
        cnncalc.from_torch(net(), input=(4, 32, 32))
    assert (caught.value.diagnostics[0].help or "").startswith("check the size of the input; ")
    with pytest.raises(SourceError, match="running the module at 32x32x3 fails: ") as caught:
        cnncalc.from_torch(net(), input=(32, 32, 3))
    assert caught.value.diagnostics[0].help == "channels come first: 3x32x32"


@pytest.mark.parametrize(
    "given",
    [
        {"scale_factor": 1.5, "mode": "bilinear"},
        {"scale_factor": 1.5, "mode": "bilinear", "align_corners": True},
        {"scale_factor": 1.5, "mode": "bilinear", "recompute_scale_factor": True},
        {"scale_factor": (1.5, 2.0), "mode": "nearest"},
        {"scale_factor": 1 / 3, "mode": "bilinear"},
        {"size": (10, 9), "mode": "bicubic", "align_corners": True},
    ],
    ids=str,
)
def test_a_resized_map_reads_what_it_reads_in_pytorch(given: dict[str, Any]) -> None:
    class Resized(nn.Module):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            return nn.functional.interpolate(x, **given)

    (model,) = cnncalc.from_torch(Resized(), input=(2, 7, 7))
    (layer,) = cnncalc.analyze(model).layers
    x = torch.rand(1, 2, 7, 7, dtype=torch.float64, requires_grad=True)
    y = Resized()(x)
    assert layer.shape.axes == tuple(y.shape[1:])
    for unit in range(y.shape[2]):
        (gradient,) = torch.autograd.grad(y[0, 0, unit, 0], x, retain_graph=True)
        rows = torch.nonzero(gradient[0, 0].abs().sum(1))
        span = layer.field.axes[0].at(unit)
        assert span is not None
        assert (max(span[0], 0), min(span[1], 6)) == (int(rows.min()), int(rows.max())), unit


class Affine(nn.Module):  # type: ignore[misc]
    """Learned factors and offsets written as arithmetic."""

    def __init__(self) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.ones(1, 3, 1, 1))
        self.offset = nn.Parameter(torch.zeros(1, 3, 1, 1))

    def forward(self, x: Any) -> Any:
        return x * self.factor + self.offset


def test_factors_and_offsets_used_again_are_one_layer() -> None:
    class Tied(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.affine = Affine()

        def forward(self, x: Any) -> Any:
            return self.affine(self.affine(x).relu())

    (model,) = cnncalc.from_torch(Tied(), input=(3, 8, 8))
    report = cnncalc.analyze(model)
    assert [(layer.op, layer.params) for layer in report.layers] == [("scale", 6), ("relu", 0), ("scale", 0)]


def test_an_offset_used_as_a_factor_elsewhere_is_refused() -> None:
    class Odd(Affine):
        def forward(self, x: Any) -> Any:
            return super().forward(x).relu() * self.offset

    with pytest.raises(Refused, match="its weights `offset` are those of another layer in part"):
        cnncalc.from_torch(Odd(), input=(3, 8, 8))


def test_no_tensor_to_write_into_is_as_none_given() -> None:
    class Length(nn.Module):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            return torch.norm(torch.add(x, x, out=None), p=2, dim=(2, 3), keepdim=True)

    (model,) = cnncalc.from_torch(Length(), input=(3, 8, 8))
    assert [layer.op for layer in cnncalc.analyze(model).layers] == ["add", "global_lppool"]


def test_what_no_output_depends_on_is_not_counted() -> None:
    class Dead(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.read, self.unread = nn.Conv1d(3, 4, 3), nn.Conv1d(4, 4, 1)

        def forward(self, x: Any) -> Any:
            y = self.read(x)
            self.unread(y).add_(y)
            return y

    (model,) = cnncalc.from_torch(Dead(), input=(3, 12))
    assert cnncalc.analyze(model).totals.params == 3 * 4 * 3 + 4


class Recurring(nn.Module):  # type: ignore[misc]
    """A recurrent layer between what the spec has as a map of one axis, and what is read of it."""

    def __init__(self, layer: Any, read: Any, **options: Any) -> None:
        super().__init__()
        self.layer, self.read = layer(6, 5, **options), read
        self.steps_first = not options.get("batch_first")

    def forward(self, x: Any) -> Any:
        return self.read(*self.layer(x.permute(2, 0, 1) if self.steps_first else x.transpose(1, 2)))


@pytest.mark.parametrize(
    ("module", "op", "axes"),
    [
        (Recurring(nn.LSTM, lambda y, _: y.permute(1, 2, 0)), "lstm", (5, 9)),
        (Recurring(nn.GRU, lambda y, _: y.transpose(1, 2), batch_first=True, num_layers=3), "gru", (5, 9)),
        (
            Recurring(nn.RNN, lambda y, _: y.transpose(1, 2), batch_first=True, bidirectional=True),
            "rnn",
            (10, 9),
        ),
        (Recurring(nn.LSTM, lambda _, states: states[0][-1], batch_first=True), "lstm", (5,)),
        (Recurring(nn.GRU, lambda _, h: torch.cat((h[0], h[1]), 1), bidirectional=True), "gru", (10,)),
    ],
)
def test_recurrent_layers_have_pytorchs_counts(module: Any, op: str, axes: tuple[int, ...]) -> None:
    (model,) = cnncalc.from_torch(module, input=(6, 9))
    (layer,) = cnncalc.analyze(model).layers
    assert (layer.op, layer.shape.axes) == (op, axes)
    assert layer.params == sum(one.numel() for one in module.parameters())


@pytest.mark.parametrize(
    ("module", "why"),
    [
        (Recurring(nn.LSTM, lambda y, _: y, proj_size=2), "it has projections"),
        (Recurring(nn.GRU, lambda y, _: y, bias=False), "it has no biases"),
        (Recurring(nn.LSTM, lambda _, states: states[1][0]), "the state of its cells is read"),
        (Recurring(nn.GRU, lambda _, h: h[0], num_layers=2), "nothing reads what its layers from layer 1 on"),
    ],
)
def test_what_a_recurrent_layer_cannot_say_is_refused(module: Any, why: str) -> None:
    with pytest.raises(Refused, match=why):
        cnncalc.from_torch(module, input=(6, 9))


def test_a_position_that_is_read_twice_is_one_layer() -> None:
    class Heads(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two = nn.Linear(6, 2), nn.Linear(6, 3)

        def forward(self, x: Any) -> Any:
            last = x.relu()[:, :, -1]
            return {"embedding": last, "one": self.one(last), "two": self.two(last)}

    (model,) = cnncalc.from_torch(Heads(), input=(6, 9))
    ops = [layer.op for layer in cnncalc.analyze(model).layers]
    assert (ops.count("token"), ops.count("linear")) == (1, 2)
