"""Bundled networks written once more in PyTorch, from their papers and implementations: counts and sizes without any tensor."""

from __future__ import annotations

from typing import Any

import pytest

import cnncalc
from cnncalc import bundled
from cnncalc.analysis.report import Report

torch: Any = pytest.importorskip("torch")
nn, F = torch.nn, torch.nn.functional

from tests.oracle.test_words import define_operators, multiplied, numbers  # noqa: E402


def report_of(spec: str, model: str | None = None, case: str | None = None) -> Report:
    path = bundled.path_of(spec)
    assert path is not None
    found = next(one for one in cnncalc.load(path) if model in (None, one.name))
    if case is not None:
        found = next(one.model for one in found.cases if one.name == case)
    return cnncalc.analyze(found)


def averages(module: Any) -> int:
    """Running means and variances; PyTorch also counts its batches, once a norm."""
    kept = dict(module.named_buffers())
    return sum(value.numel() for name, value in kept.items() if name.endswith(("_mean", "_var")))


def backbone(name: str, **options: Any) -> Any:
    define_operators()
    models = pytest.importorskip("torchvision.models")
    return getattr(models, name)(weights=None, **options)


def normed(*convolutions: Any) -> Any:
    return nn.Sequential(*convolutions, nn.BatchNorm2d(convolutions[-1].out_channels), nn.ReLU())


def separable(channels: int, out: int, rate: int = 1) -> Any:
    taps = nn.Conv2d(channels, channels, 3, padding=rate, dilation=rate, groups=channels, bias=False)
    return normed(taps, nn.Conv2d(channels, out, 1, bias=False))


class Decoded(nn.Module):  # type: ignore[misc, name-defined]
    """DeepLab v3+ on a ResNet of torchvision, whose last stage dilates."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.encoder = backbone(name)
        for part in self.encoder.layer4.modules():
            if isinstance(part, nn.Conv2d):
                part.stride, part.dilation, part.padding = (1, 1), (2, 2), (part.kernel_size[0] // 2 * 2,) * 2
        self.encoder.fc = nn.Identity()
        self.point = normed(nn.Conv2d(2048, 256, 1, bias=False))
        self.mean = normed(nn.Conv2d(2048, 256, 1, bias=False))
        self.rates = nn.ModuleList(separable(2048, 256, rate) for rate in (12, 24, 36))
        self.mixed = nn.Sequential(normed(nn.Conv2d(5 * 256, 256, 1, bias=False)), separable(256, 256))
        self.fine = normed(nn.Conv2d(256, 48, 1, bias=False))
        self.decoder = nn.Sequential(separable(256 + 48, 256), nn.Conv2d(256, 21, 1))

    def forward(self, x: Any) -> Any:
        e = self.encoder
        early = e.layer1(e.maxpool(e.relu(e.bn1(e.conv1(x)))))
        x = e.layer4(e.layer3(e.layer2(early)))
        mean = F.interpolate(self.mean(x.mean((2, 3), keepdim=True)), size=x.shape[2:], mode="bilinear")
        x = self.mixed(torch.cat([self.point(x), *(part(x) for part in self.rates), mean], 1))
        x = torch.cat([F.interpolate(x, scale_factor=4, mode="bilinear"), self.fine(early)], 1)
        return F.interpolate(self.decoder(x), scale_factor=4, mode="bilinear")


@pytest.mark.parametrize(("name", "case"), [("resnet50", None), ("resnet101", "ResNet-101")])
def test_deeplab_v3_plus(name: str, case: str | None) -> None:
    report = report_of("deeplabv3plus", case=case)
    with torch.device("meta"):
        module, x = Decoded(name).eval(), torch.empty(1, 3, 512, 512)
    assert report.layers[-1].shape.axes == tuple(module(x).shape[1:])
    assert report.totals.params == numbers(module)
    assert report.totals.buffers == averages(module)
    assert report.totals.macs == multiplied(module, x)


def test_bottleneck_transformer() -> None:
    """ResNet-50 with the attention of timm, which follows the paper's own code, in the place of the last three 3x3."""
    define_operators()
    attention = pytest.importorskip("timm.layers.bottleneck_attn").BottleneckAttn
    report, offsets = report_of("resnet50_variants", "botnet50"), 0
    with torch.device("meta"):
        net = backbone("resnet50").eval()
        for number, block in enumerate(net.layer4):
            size, stride = (14, 2) if number == 0 else (7, 1)
            block.conv2 = attention(512, 512, feat_size=(size, size), stride=stride, num_heads=4).eval()
            offsets += size**2 * 512 * 2 * (2 * size - 1)
        x = torch.empty(1, 3, 224, 224)
    assert report.totals.params == numbers(net)
    assert report.totals.params // 100_000 == 208, "published as 20.8 M, cut as 25.5 M of ResNet-50 is"
    assert report.totals.buffers == averages(net)
    # The products with the offsets are not among those of attention: the keys and the values are.
    assert report.totals.macs == multiplied(net, x) - offsets


def test_efficientformer() -> None:
    define_operators()
    timm = pytest.importorskip("timm")
    report = report_of("efficientformer")
    with torch.device("meta"):
        module, x = timm.create_model("efficientformer_l1").eval(), torch.empty(1, 3, 224, 224)
    assert report.totals.params == numbers(module)
    assert report.totals.buffers == averages(module)
    assert report.totals.macs == multiplied(module, x)


class Causal(nn.Conv1d):  # type: ignore[misc, name-defined]
    """Padded before, by what the window exceeds its stride."""

    def forward(self, x: Any) -> Any:
        (kernel,), (stride,) = self.kernel_size, self.stride
        return super().forward(F.pad(x, (kernel - stride, 0)))


class Widening(nn.ConvTranspose1d):  # type: ignore[misc, name-defined]
    """Cut after, by what the window exceeds its stride."""

    def forward(self, x: Any) -> Any:
        (kernel,), (stride,) = self.kernel_size, self.stride
        return super().forward(x)[..., : -(kernel - stride)]


class Unit(nn.Module):  # type: ignore[misc, name-defined]
    def __init__(self, c: int) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.ELU(), Causal(c, c // 2, 3), nn.ELU(), Causal(c // 2, c, 1))
        self.shortcut = Causal(c, c, 1)

    def forward(self, x: Any) -> Any:
        return self.shortcut(x) + self.body(x)


class Memory(nn.LSTM):  # type: ignore[misc, name-defined]
    def forward(self, x: Any) -> Any:
        y, _ = super().forward(x.permute(2, 0, 1))
        return x + y.permute(1, 2, 0)


def codec(model: str) -> Any:
    """EnCodec's encoder or decoder of 24 kHz, without the gains of its weight normalization."""
    if model == "encoder":
        layers: list[Any] = [Causal(1, 32, 7)]
        for step, rate in enumerate((2, 4, 5, 8)):
            c = 32 * 2**step
            layers += [Unit(c), nn.ELU(), Causal(c, 2 * c, 2 * rate, stride=rate)]
        return nn.Sequential(*layers, Memory(512, 512, num_layers=2), nn.ELU(), Causal(512, 128, 7))
    layers = [Causal(128, 512, 7), Memory(512, 512, num_layers=2)]
    for step, rate in enumerate((8, 5, 4, 2)):
        c = 512 // 2**step
        layers += [nn.ELU(), Widening(c, c // 2, 2 * rate, stride=rate), Unit(c // 2)]
    return nn.Sequential(*layers, nn.ELU(), Causal(32, 1, 7))


@pytest.mark.parametrize(
    ("model", "read", "made"), [("encoder", (1, 24000), (128, 75)), ("decoder", (128, 75), (1, 24000))]
)
def test_encodec(model: str, read: tuple[int, ...], made: tuple[int, ...]) -> None:
    report = report_of("encodec", model)
    with torch.device("meta"):
        module, x = codec(model), torch.empty(1, *read)
    assert report.layers[-1].shape.axes == tuple(module(x).shape[1:]) == made
    assert report.totals.params == numbers(module)
    # PyTorch's counter does not know recurrent layers: every weight is used once a step.
    memory = next(part for part in module if isinstance(part, nn.LSTM))
    repeated = 75 * sum(value.numel() for name, value in memory.named_parameters() if "weight" in name)
    with torch.device("meta"):
        flat = nn.Sequential(*(part for part in module if part is not memory))
    assert report.totals.macs == multiplied(flat, x) + repeated
