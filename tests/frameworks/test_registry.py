"""The registry of frameworks: one file and one line make a framework, and everything else follows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from cnncalc import frameworks
from cnncalc.frameworks import FRAMEWORKS, Framework, framework_named, possible, unknown_framework
from tests.documents import FRAMEWORK_RULES

FOLDER = Path(frameworks.__file__).parent
ORACLE = Path(__file__).parent.parent / "oracle"
ABOUT = {"name", "title", "source", "aliases", "ported_with_same"}
"""Fields of a framework that are no rule of arithmetic."""


def test_every_file_is_registered_and_held_by_an_oracle() -> None:
    declared: dict[str, Framework] = {}
    for path in sorted(FOLDER.glob("*.py")):
        if path.stem not in ("__init__", "rules"):
            values = vars(import_module(f"cnncalc.frameworks.{path.stem}")).values()
            found = [value for value in values if isinstance(value, Framework)]
            assert len(found) == 1, f"{path.name} declares {len(found)} frameworks, one is wanted"
            declared[path.stem] = found[0]
    for stem, one in declared.items():
        line = f"add {stem.upper()} to FRAMEWORKS in cnncalc/frameworks/__init__.py"
        assert FRAMEWORKS.get(one.name) is one, f"{stem}.py is not registered: {line}"
        oracle = f"test_frameworks_{one.name}.py"
        assert (ORACLE / oracle).exists(), (
            f"nothing holds {stem}.py: run {one.title} in tests/oracle/{oracle}"
        )
        assert one.title and one.source.startswith("https://")


def test_every_rule_is_in_the_table_of_the_guide() -> None:
    """Each rule changes a cell of the table where it is another one."""
    base = FRAMEWORKS["onnx"]
    others = list(FRAMEWORKS.values())
    for field in set(Framework._fields) - ABOUT:
        values = [getattr(one, field) for one in others if getattr(one, field) != getattr(base, field)]
        assert values, f"{field} is the same everywhere"
        changed = base._replace(**{field: values[0]})
        cells = [words(base) != words(changed) for words in FRAMEWORK_RULES.values()]
        assert any(cells), f"add {field} to FRAMEWORK_RULES in tests/documents.py"


def test_names_aliases_and_versions_lead_to_one_framework() -> None:
    words = [word for one in FRAMEWORKS.values() for word in (one.name, *one.aliases)]
    assert len(set(words)) == len(words)
    for one in FRAMEWORKS.values():
        assert framework_named(one.name) is one
        for alias in one.aliases:
            assert unknown_framework(alias)[1] == f"did you mean `{one.name}`?"
        older = framework_named(f"{one.name}:1")
        if one.versions is None:
            assert older is None
        else:
            assert older is not None and older.name == f"{one.name}:1"
            assert framework_named(f"{one.name}:{one.versions.newest}") is one
        assert framework_named(f"{one.name}:0") is framework_named(f"{one.name}:9999") is None


MXNET = '''\
"""MXNet: https://mxnet.apache.org/versions/1.9.1/api/r/docs/api/mx.symbol.Pooling.html, for this test only."""

from cnncalc.frameworks.rules import Ceil, Framework, LinearOnMap, PoolPadding, Same, Transposed

MXNET = Framework(
    name="mxnet",
    title="MXNet",
    source="https://mxnet.apache.org",
    same=Same.ABSENT,
    same_lower=False,
    pool_ceil=Ceil.KEEPS,  # pooling_convention "full"
    pool_rounds_up=False,  # pooling_convention "valid"
    pool_stride_is_kernel=False,
    pool_padding=PoolPadding.FREE,
    transposed=Transposed.BY_PADDING,
    norm_scale=True,
    instance_norm_affine=True,
    linear_on_map=LinearOnMap.FLATTENS,
    recurrent_biases={"lstm": 2, "gru": 2, "rnn": 2},
    lacks={"maxpool": ("dilation",)},
    aliases=("gluon",),
)
'''
"""The one file of a fifth framework."""

RUN = """\
import importlib.util, sys
spec = importlib.util.spec_from_file_location("cnncalc.frameworks.mxnet", "mxnet.py")
mxnet = importlib.util.module_from_spec(spec)
spec.loader.exec_module(mxnet)
from cnncalc import frameworks
frameworks.FRAMEWORKS["mxnet"] = mxnet.MXNET  # the one line
from cnncalc.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mxnet.py").write_text(MXNET, encoding="utf-8")
    Path("run.py").write_text(RUN, encoding="utf-8")
    Path("net.yaml").write_text(
        "framework: mxnet\ninput: [3, 11, 11]\nlayers:\n- maxpool2: {stride: 2, padding: 1, ceil: true}\n"
    )


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "run.py", *words],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(FOLDER.parent.parent), "COLUMNS": "200"},
    )


@pytest.mark.usefixtures("_folder")
def test_a_fifth_framework_is_one_file_and_one_line() -> None:
    # Rounded up without dropping: ceil((11 + 2 - 2) / 2) + 1 = 7, where PyTorch drops the last window.
    assert json.loads(run("shapes", "net.yaml", "--format", "json").stdout)["models"][0]["layers"][0][
        "shape"
    ] == [3, 7, 7]
    across = run("compare", "--frameworks", "net.yaml").stdout
    assert across.splitlines()[2].split() == ["layer", *possible()[:4], "mxnet"]
    assert "3x7x7" in across and "3x6x6" in across
    portable = run("check", "--portability", "net.yaml")
    assert "W601 pytorch makes 6x6 of 11x11, mxnet 7x7" in portable.stdout
    other = run("check", "--portability", "--framework", "pytorch", "net.yaml")
    assert "W601 mxnet makes 7x7 of 11x11, pytorch 6x6" in other.stdout
    assert "mxnet" in " ".join(run("rf", "--help").stdout.split())
    assert "1 in caffe and onnx and mxnet" in run("layers", "maxpool").stdout
    assert '"mxnet"' in run("schema").stdout
    assert "did you mean `mxnet`?" in run("rf", "net.yaml", "--framework", "gluon").stderr
