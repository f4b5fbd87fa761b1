"""Networks of torchvision and timm import whole, with PyTorch's own figures; a third of them, another one each
day.
"""

from __future__ import annotations

import re
from collections import Counter
from importlib.util import find_spec

import pytest

pytest.importorskip("torch")
if not (find_spec("timm") and find_spec("torchvision")):
    pytest.skip("torchvision and timm are not there", allow_module_level=True)

from cnncalc import analyze, from_torch, load
from tests.importers.real_models import BEGIN, END, GUIDE, Figures, built, figures, imported
from tests.rotation import todays

QUICK = ("tv:resnet18", "tv:shufflenet_v2_x1_5", "timm:tf_mobilenetv3_small_075")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.mark.parametrize("name", QUICK)
def test_small_networks_are_exact(name: str) -> None:
    result = imported(next(row for row in figures() if row.model == name))
    assert (result.wrong, result.refused, result.stated) == ("", (), 0)


@pytest.mark.parametrize(
    "row", todays([row for row in figures() if row.level != "C"], parts=6), ids=lambda row: row.model
)
def test_convolutional_networks_are_exact_and_whole(row: Figures) -> None:
    result = imported(row)
    assert (result.wrong, result.refused, result.stated) == ("", (), 0)


@pytest.mark.parametrize(
    "row", todays([row for row in figures() if row.level == "C"]), ids=lambda row: row.model
)
def test_others_are_exact_in_their_totals_with_stated_layers(row: Figures) -> None:
    result = imported(row, partial=True)
    assert (result.wrong, result.refused) == ("", ())


def test_the_table_of_the_guide_has_all_networks() -> None:
    counts = Counter(row.level for row in figures())
    rows = GUIDE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    found = re.findall(r"^\| (\d+): .* \| (\d+) \| \d+ \| (\d+) \| \d+ \|$", rows, re.MULTILINE)
    expected = [(counts[level], counts[level], 0) for level in "ABC"]  # all exact, none refused
    assert [tuple(map(int, row)) for row in found] == expected, (
        "run python -m tests.importers.real_models --write"
    )


@pytest.mark.slow
def test_inception_resnet_v2_sees_3039_pixels_as_the_bundled_one() -> None:
    (model,) = from_torch(built("timm:inception_resnet_v2"), input=(3, 299, 299))
    fields = {one.path: one.field for one in analyze(model).layers}
    main = analyze(load("slim_inception_resnet_v2")[0]).main
    assert main is not None
    assert fields["conv2d_7b.conv"].size == main.field.size == (3039, 3039)
    assert fields["conv2d_7b.conv"].stride == main.field.stride == (32, 32)
