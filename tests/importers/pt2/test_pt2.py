"""Programs of torch.export: the network that PyTorch has, and archives that are not what they say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cnncalc import analyze, from_torch, load
from cnncalc.errors import CnncalcError
from cnncalc.geometry.shape import Shape
from cnncalc.importers import pt2
from cnncalc.importers.items import Request
from cnncalc.importers.pt2.sizes import UnknownSize, number_of, solved, value_of
from cnncalc.importers.translating import translated
from tests.importers.pt2.programs import program, tensor, zipped


def archived(path: Path, data: bytes, name: str = "net/models/model.json", sample: bytes = b"") -> str:
    path.write_bytes(zipped(data, name, sample))
    return str(path)


def saved(path: Path, held: object) -> str:
    return archived(path, json.dumps(held).encode())


def test_a_program_is_read_from_its_json(tmp_path: Path) -> None:
    (model,) = load(saved(tmp_path / "net.pt2", program()))
    report = analyze(model)
    assert report.totals.params == 4 * 3 * 3 * 3
    assert report.totals.macs == 6 * 6 * 4 * 3 * 3 * 3
    assert [one.shape for one in report.outputs] == [Shape(4, (6, 6))]
    assert report.layers[0].path == "stem"
    (remark,) = pt2.read(Request(str(tmp_path / "net.pt2"))).remarks
    assert remark.endswith("the program was exported at one size; sizes that depend on it may be fixed")


def test_nothing_is_run_or_unpickled_and_pytorch_is_not_needed(tmp_path: Path) -> None:
    bomb = b"cbuiltins\nexec\n(S'raise SystemExit(77)'\ntR."
    file = archived(tmp_path / "net.pt2", json.dumps(program()).encode(), sample=bomb)
    code = (
        "import sys\n"
        "bad = []\n"
        "sys.addaudithook(lambda event, args: bad.append(event) if event.startswith(('pickle', 'os.system', 'subprocess')) else None)\n"
        "sys.modules['torch'] = None\n"
        "from cnncalc.cli import main\n"
        f"sys.argv = ['cnncalc', 'rf', {file!r}]\n"
        "try:\n    main()\nexcept SystemExit as error:\n    assert not error.code, error.code\n"
        "assert not bad, bad\n"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (0, "")
    assert "stem" in found.stdout


def test_an_older_archive_has_the_program_elsewhere(tmp_path: Path) -> None:
    file = archived(tmp_path / "net.pt2", json.dumps(program()).encode(), "serialized_exported_program.json")
    assert len(load(file)) == 1


def changed(*path: Any, to: Any) -> dict[str, Any]:
    found = program()
    place: Any = found
    for one in path[:-1]:
        place = place[one]
    place[path[-1]] = to
    return found


NODE = ("graph_module", "graph", "nodes", 0)


@pytest.mark.parametrize(
    ("held", "message"),
    [
        ({}, "it has no `graph_module`"),
        ({"graph_module": {}}, "a value here is unforeseen by the reader (KeyError: 'graph'"),
        (changed(*NODE, "outputs", to=[{"as_tensor": {"name": "z"}}]), "unforeseen by the reader (KeyError: 'z'"),
        (changed(*NODE, "inputs", to=7), "unforeseen by the reader (TypeError: 'int' object is not iterable"),
        (changed(*NODE, "target", to="torch.ops.mine.op.default"), "torch.ops.mine.op.default: the function is not known"),
        (
            changed("graph_module", "graph", "tensor_values", "y", "sizes", to=[{"as_expr": {"expr_str": "exit()"}}]),
            "the function `exit` of sizes is not known",
        ),
        (
            changed("graph_module", "graph", "tensor_values", "x", to=tensor(2, 3, 8, 8)),
            "the program reads 2x3x8x8: its batch is 2, not 1",
        ),
        (
            changed("graph_module", "graph", "tensor_values", "y", to=tensor(1, 4, 5, 6)),
            "would disagree with its source: at `stem` the source has the shape 4x5x6, the spec 4x6x6",
        ),
    ],
)  # fmt: skip
def test_damaged_programs_are_refused(tmp_path: Path, held: object, message: str) -> None:
    with pytest.raises(CnncalcError) as error:
        translated(pt2.read(Request(saved(tmp_path / "net.pt2", held))))
    assert message in str(error.value)


def test_another_size_than_the_exported_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CnncalcError, match="axis 2 of its input is 8, not 9"):
        pt2.read(Request(saved(tmp_path / "net.pt2", program()), {"": Shape(3, (9, 9))}))


def test_damaged_archives_are_refused(tmp_path: Path) -> None:
    whole = zipped(json.dumps(program()).encode())
    file = tmp_path / "net.pt2"
    for stop in range(0, len(whole), 7):
        file.write_bytes(whole[:stop])
        with pytest.raises(CnncalcError, match="the archive is damaged"):
            pt2.read(Request(str(file)))
    deep = b'{"graph_module": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    bomb = b'{"a": "' + b"a" * (70 * 2**20) + b'"}'
    for data, message in (
        (deep, "nested too deep"),
        (bomb, "73,400,329 bytes, more than"),
        (b"{", "no JSON"),
        (b"\xff", "not UTF-8"),
    ):
        with pytest.raises(CnncalcError, match=message):
            pt2.read(Request(archived(file, data)))
    with pytest.raises(CnncalcError, match="no program"):
        pt2.read(Request(archived(file, b"", "other")))
    with pytest.raises(CnncalcError, match="cannot read"):
        pt2.read(Request(str(tmp_path / "none.pt2")))


def test_sizes_are_computed_and_solved() -> None:
    two_h = {"as_expr": {"expr_str": "Mul(Integer(2), Symbol('h', positive=True, integer=True))"}}
    half = {"as_expr": {"expr_str": "Add(FloorDiv(Add(Symbol('h'), Integer(-1)), Integer(2)), Integer(1))"}}
    assert value_of(two_h, {"h": 5}) == 10
    assert [value_of(half, {"h": size}) for size in (7, 8)] == [(7 - 1) // 2 + 1, (8 - 1) // 2 + 1]
    scaled = "TruncToInt(Mul(Float('1.5', precision=53), ToFloat(Add(Symbol('h'), Integer(-2)))))"
    assert value_of({"as_expr": {"expr_str": scaled}}, {"h": 9}) == int(1.5 * 7)
    ceiling = "CeilToInt(IntTrueDiv(Symbol('h'), Integer(2)))"
    assert [value_of({"as_expr": {"expr_str": ceiling}}, {"h": size}) for size in (8, 9)] == [4, 5]
    assert number_of({"as_expr": {"expr_str": "Mul(Rational(1, 4), Symbol('h'))"}}, {"h": 9}) == 9 / 4
    assert solved(two_h, 12) == ("h", 6)
    assert solved(two_h, 13) is None
    for text in ("__import__('os')", "Symbol", "Mul(", "Pow(Integer(2), Integer(9))", "Symbol('w')", "ToFloat(Symbol('h'))", "TruncToInt(Float('inf'))", "Float('x')", "Rational(1, 0)"):  # fmt: skip
        with pytest.raises(UnknownSize):
            value_of({"as_expr": {"expr_str": text}}, {"h": 1})


# Held to PyTorch


def layers(text: str) -> str:
    """A text without what names its source."""
    return text[text.index("input:") :]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_exported_programs_are_the_modules(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    nn = torch.nn

    class Net(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.stem = nn.Sequential(
                nn.Conv2d(3, 8, 3, padding=1, bias=False),
                nn.BatchNorm2d(8),
                nn.ReLU(inplace=True),
                nn.MaxPool2d(2),
            )
            self.norm = nn.GroupNorm(2, 8)
            self.up = nn.ConvTranspose2d(8, 6, 2, stride=2)
            self.fc = nn.Linear(9, 10)

        def forward(self, x: Any) -> Any:
            deep = torch.nn.functional.silu(self.norm(self.stem(x)))
            joined = torch.cat([self.up(deep), x], 1)
            resized = torch.nn.functional.interpolate(deep, size=x.shape[-2:])
            scaled = torch.nn.functional.interpolate(deep, scale_factor=1.5)
            return self.fc(joined.mean((2, 3))), resized, torch.nn.functional.normalize(scaled, dim=1)

    module, axis = Net().eval(), torch.export.Dim
    sizes = {0: axis("b"), 2: 2 * axis("h", min=4, max=512), 3: 2 * axis("w", min=4)}
    exported = torch.export.export(module, (torch.zeros(2, 3, 32, 48),), dynamic_shapes={"x": sizes})
    (wanted,) = from_torch(module, input=(3, 32, 48))
    for number, one in enumerate((exported, exported.run_decompositions())):
        file = str(tmp_path / f"net{number}.pt2")
        torch.export.save(one, file)
        found = translated(pt2.read(Request(file)))
        assert found.agreement.params == sum(one.numel() for one in module.parameters())
        got, expected = found.report.totals, analyze(wanted).totals
        assert (got.params, got.buffers, got.macs) == (expected.params, expected.buffers, expected.macs)
        assert "upsample_to:" in found.text, "sizes that follow another tensor are not fixed"
        assert "upsample: 3/2" in found.text
        assert "l2norm" in found.text
        assert not any("may be fixed" in remark for remark in found.network.remarks)
        larger = pt2.read(Request(file, {"": Shape(3, (64, 64))}))
        assert layers(translated(larger).text).startswith("input: [3, 64, 64]")
        with pytest.raises(CnncalcError, match="outside of the sizes"):
            pt2.read(Request(file, {"": Shape(3, (2048, 64))}))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_what_is_changed_through_another_view_is_not_guessed(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")

    class Net(torch.nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, x: Any) -> Any:
            y = torch.relu(x)
            y[:, :2].mul_(3.0)
            return torch.sigmoid(y)

    file = str(tmp_path / "net.pt2")
    torch.export.save(torch.export.export(Net(), (torch.zeros(1, 3, 8, 8),)), file)
    with pytest.raises(CnncalcError, match="changed in place through another view"):
        pt2.read(Request(file))
