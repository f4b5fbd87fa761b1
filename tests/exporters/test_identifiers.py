"""Names of specs as identifiers of Python."""

from __future__ import annotations

import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cnncalc
from cnncalc.exporters.identifiers import Identifiers, class_name, full_name, identifier, numbered
from tests.exporters.networks import NAMES


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("conv1", "conv1"),
        ("größe", "grosse"),
        ("Ångström", "Angstrom"),
        ("a\u0308b", "ab"),
        ("Łódź", "Lodz"),
        ("smørbrød", "smorbrod"),
        ("ﬁlter", "filter"),
        ("x²", "x2"),
        ("α_β", "alpha_beta"),
        ("Δt", "Deltat"),
        ("ώ", "omega"),
        ("λ", "lambda_"),
        ("µ", "mu"),
        ("卷积", "u5377u79ef"),
        ("слой", "u441u43bu43eu439"),
        ("a→b", "a_b"),
        ("class", "class_"),
        ("3a", "n3a"),
        ("***", "x"),
    ],
)
def test_an_identifier_is_near_to_the_name(name: str, expected: str) -> None:
    assert identifier(name) == expected


@given(st.lists(st.sampled_from(["x", "x2", "x3", "x_2", "x2_2", "y"])))
def test_a_name_that_is_taken_gets_the_first_free_number(names: list[str]) -> None:
    taken = Identifiers(["x3"])
    given = {"x3"}
    for name in names:
        free = (one for one in (name, *(numbered(name, n) for n in range(2, 99))) if one not in given)
        found = taken.own(name)
        assert found == next(free)
        given.add(found)


def test_unlike_names_stay_unlike() -> None:
    names = ["größe", "grösse", "grosse", "卷积", "池化", "слой", "слои", "α", "a", "ä", "á", "", "→", *NAMES]
    taken = Identifiers()
    found = [taken.own(name) for name in dict.fromkeys(names)]
    assert len(set(found)) == len(found)
    assert len({identifier(name) for name in ("卷积", "池化", "слой", "слои", "α", "a")}) == 6


@given(st.lists(st.text(max_size=8), max_size=6, unique=True))
def test_every_name_has_an_identifier(names: list[str]) -> None:
    taken = Identifiers()
    found = [taken.own(name) for name in names]
    assert len(set(found)) == len(names)
    for one in [*found, *map(class_name, names)]:
        assert one.isidentifier()
        assert one.isascii()
        assert not keyword.iskeyword(one)


@pytest.mark.parametrize(
    ("network", "name", "expected"),
    [
        (None, "paper", "Paper"),
        ("Inception module", "naive", "InceptionModuleNaive"),
        ("Inception", "paper", "InceptionPaper"),
        ("ResNet", "resnet18", "ResNet18"),
        ("ResNet", "resnet101_v1", "ResNet101V1"),
        ("ResNet for CIFAR-10", "resnet20", "ResNet20"),
        ("ResNet-50", "torchvision", "ResNet50Torchvision"),
        ("ResNeXt", "resnext50_32x4d", "ResNeXt50_32x4d"),
        ("MobileNet v3", "mobilenet_v3_large", "MobileNetV3Large"),
        ("MobileNet v1", "mobilenet_v1", "MobileNetV1"),
        ("TF-Slim VGG", "vgg_16", "TFSlimVGG16"),
        ("EfficientNetV2", "v2_s", "EfficientNetV2S"),
        ("FCN", "fcn_resnet50", "FCNResnet50"),
        ("Stacks of 3x3", "7x7", "StacksOf3x3_7x7"),
        ("A model", "adaptive", "AModelAdaptive"),
        ("Größen", "卷积", "GrossenU5377u79ef"),
        ("***", "a", "A"),
        ("***", "***", "Network"),
    ],
)
def test_a_class_carries_the_name_of_the_network(network: str | None, name: str, expected: str) -> None:
    assert class_name(full_name(name, network)) == expected


@given(st.text(max_size=12), st.none() | st.text(max_size=12))
def test_every_variant_has_a_class(name: str, network: str | None) -> None:
    found = class_name(full_name(name, network))
    assert found.isidentifier()
    assert found.isascii()


def test_the_network_of_a_variant_is_that_of_its_file() -> None:
    text = "name: Net\nlayers: [relu]\nmodels: {one: {}, two: {name: Own}, three: {cases: [{input: [3, 8]}]}}"
    models = cnncalc.loads(text)
    assert [(one.name, one.network) for one in models] == [("one", "Net"), ("Own", None), ("three", "Net")]
    assert [cnncalc.analyze(one).network for one in models] == ["Net", None, "Net"]
    assert models[2].cases[0].model.network == "Net"
    (plain,) = cnncalc.loads("name: Net\nlayers: [relu]")
    assert plain.network is None
