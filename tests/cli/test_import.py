"""`cnncalc import`, and files of other formats wherever a SPEC is taken."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from cnncalc import analyze, load
from cnncalc.cli import configuration
from cnncalc.cli.importing import closing
from cnncalc.errors import CnncalcError
from cnncalc.geometry.shape import Shape
from cnncalc.importers.items import Network, Problem, Request, unknown_item
from cnncalc.importers.translating import translated
from tests.cli.running import Ran
from tests.importers.examples import EXAMPLES
from tests.importers.onnx import files
from tests.importers.pt2.programs import relus, tensor, zipped

DENSE = files.graph(
    [files.node("Flatten", ["x"], ["f"]), files.node("Gemm", ["f", "w"], ["y"])],
    {"x": ["n", 4, "h", "w"]}, ["y"], [files.weights("w", [256, 10])],
)  # fmt: skip


def saved(folder: Path, body: bytes, name: str = "net.onnx") -> str:
    (folder / name).write_bytes(files.model(body))
    return str(folder / name)


def test_import_writes_a_spec_and_says_what_agrees(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = Ran(capsys, "import", saved(tmp_path, files.SMALL))
    assert ran.code == 0
    source, rest = ran.out.split("framework:")
    assert source.startswith('name: net\nsource: "net.onnx (sha256 ')
    assert rest == (
        " {onnx: {opset: 17}}\ninput: [3, 8, 8]\nlayers:\n  - conv3x3: {out: 4, padding: 1, bias: false}\n    name: stem.conv\n"
        "expect: {shape: [4, 8, 8], params: 108, macs: 6_912}\n"
    )
    assert (
        ran.err
        == "1 convolution, 1 node, 8 lines; shapes of 1 tensor, 108 parameters and 6,912 MACs agree with the source\n"
    )


def test_the_written_file_is_a_check_that_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = str(tmp_path / "net.yaml")
    assert Ran(capsys, "import", saved(tmp_path, files.SMALL), "-o", target, "--name", "Small").code == 0
    assert Ran(capsys, "check", target).code == 0
    assert load(target)[0].name == "Small"


@pytest.mark.parametrize(
    ("ending", "framework"),
    [
        (".onnx", "onnx:17"),
        (".pt2", "pytorch"),
        (".keras", "tensorflow"),
        (".json", "tensorflow"),
        (".prototxt", "caffe"),
        (".cfg", "pytorch"),
    ],
)
def test_a_written_spec_says_whose_rules_it_follows_and_which_file_it_is_of(
    ending: str, framework: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / f"source{ending}", tmp_path / "net.yaml"
    source.write_bytes(EXAMPLES[ending])
    assert Ran(capsys, "import", str(source), "-o", str(target)).code == 0
    (model,), text = load(target), target.read_text(encoding="utf-8")
    assert model.framework.name == framework
    assert f"source{ending} (sha256 {sha256(EXAMPLES[ending]).hexdigest()[:12]})" in text
    assert "expect: {shape: [4, " in text and "padding: same" not in text
    assert Ran(capsys, "check", str(target), "--require-expect").code == 0
    target.write_text(text.replace("out: 4", "out: 5"), encoding="utf-8")
    assert Ran(capsys, "check", str(target)).code == 1


def test_flat_lists_layers_without_structure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = files.graph(
        [files.CONV, files.node("Add", ["x", "y"], ["z"])],
        {"x": [1, 3, 8, 8]},
        ["z"],
        [files.weights("w", [3, 3, 3, 3])],
    )
    nested, flat = (Ran(capsys, "import", saved(tmp_path, body), *more).out for more in ((), ("--flat",)))
    assert "  - residual: [conv3x3" in nested
    assert "residual" not in flat and "  - add: [" in flat
    assert (
        nested.splitlines()[-1]
        == flat.splitlines()[-1]
        == "expect: {shape: [3, 8, 8], params: 81, macs: 5_184}"
    )


def test_a_spec_that_disagrees_is_not_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = relus(2)
    for name in ("y", "y1", "y2"):
        program["graph_module"]["graph"]["tensor_values"][name] = tensor(1, 4, 5, 6)
    source, target = tmp_path / "net.pt2", tmp_path / "net.yaml"
    source.write_bytes(zipped(json.dumps(program).encode()))
    ran = Ran(capsys, "import", str(source), "-o", str(target))
    assert (ran.code, ran.out, target.exists()) == (1, "", False)
    assert ran.err.count("E118") == ran.err.count("4x5x6") == 1
    assert "at `stem` the source has the shape 4x5x6, the spec 4x6x6" in " ".join(ran.err.split())


def test_a_committed_spec_guards_the_file_it_was_written_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec, source = str(tmp_path / "net.yaml"), saved(tmp_path, files.SMALL)
    assert Ran(capsys, "import", source, "-o", spec).code == 0
    guard = ("compare", spec, source, "--fail-if", "params != +0", "--fail-if", "macs != +0")
    assert Ran(capsys, *guard).code == 0
    Path(source).rename(tmp_path / "moved.onnx")
    assert Ran(capsys, "check", spec).code == 0  # reads the spec alone
    Path(tmp_path / "moved.onnx").rename(source)
    written = Path(spec).read_text(encoding="utf-8")
    Path(spec).write_text(written.replace("out: 4,", "out: 5,"), encoding="utf-8")
    ran = Ran(capsys, *guard)
    assert ran.code == 1
    assert "params was 135 and is 108" in ran.err  # 3*9*5 and 3*9*4


@pytest.mark.parametrize("name", ["net.py:Net", "torch.nn:Conv2d", "net:Net"])
def test_code_in_place_of_a_spec_is_led_to_the_import(
    name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.py").write_text("raise SystemExit('run')\n", encoding="utf-8")
    ran = Ran(capsys, "rf", name)
    assert (ran.code, ran.out) == (2, "")
    assert f"PyTorch code is run by `cnncalc import {name} -o net.yaml` only" in ran.err


def test_a_python_file_without_what_makes_the_module(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.py").write_text("", encoding="utf-8")
    assert (
        "name the module or what makes it: `cnncalc import net.py:Net -o net.yaml`"
        in Ran(capsys, "import", "net.py").err
    )
    assert "known endings: .onnx, .keras, .h5, .hdf5, .json, " in Ran(capsys, "import", "net.txt").err


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "net.yaml"
    target.write_text("mine", encoding="utf-8")
    source = saved(tmp_path, files.SMALL)
    ran = Ran(capsys, "import", source, "-o", str(target))
    assert (ran.code, target.read_text(encoding="utf-8")) == (2, "mine")
    assert "pass --force" in ran.err
    assert Ran(capsys, "import", source, "-o", str(target), "--force").code == 0
    assert target.read_text(encoding="utf-8").startswith("name: net\n")


@pytest.mark.parametrize("name", ["net.png", "net.onnx"])
def test_a_spec_is_written_to_no_file_of_another_ending(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / name
    ran = Ran(capsys, "import", "net.cfg", "--force", "-o", str(target))
    assert (ran.code, target.exists()) == (2, False)
    assert f"the ending of {str(target)!r} is none of .yaml, .yml" in ran.err


def test_what_is_not_understood_is_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "net.yaml"
    ran = Ran(capsys, "import", saved(tmp_path, files.UNKNOWN), "-o", str(target))
    assert (ran.code, ran.out, target.exists()) == (1, "", False)
    assert ran.err.startswith("error[E117]: NonZero: no such operator is known\n --> ")
    assert "net.onnx (/head/NonZero)\n" in ran.err
    checked = Ran(capsys, "check", saved(tmp_path, files.UNKNOWN), "--format", "concise")
    assert "net.onnx: E117 NonZero: no such operator is known (/head/NonZero); " in checked.out


@pytest.mark.parametrize(
    ("name", "help"),
    [
        ("net.pth", "pickles of PyTorch are not opened"),
        ("net.py", "`cnncalc import "),
        ("net.caffemodel", "name the .prototxt that it belongs to"),
        ("net.tflite", "write the network as ONNX"),
    ],
)
def test_files_of_other_kinds_say_what_would_work(
    name: str, help: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_bytes(b"\x80\x02")
    imported, read = Ran(capsys, "import", str(path)), Ran(capsys, "rf", str(path))
    assert (imported.code, read.code) == (2, 1)
    assert help in imported.err
    assert f"error[E101]: a {path.suffix} file is no spec\n" in read.err
    assert help in read.err


def test_a_spec_needs_no_import(capsys: pytest.CaptureFixture[str]) -> None:
    assert "it is a spec already" in Ran(capsys, "import", "net.yaml").err


def test_partial_says_what_is_stated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = files.graph(
        [files.CONV, files.node("NonZero", ["y"], ["z"]), files.node("Relu", ["z"], ["r"])],
        {"x": [1, 3, 8, 8]},
        ["r"],
        [files.weights("w", [4, 3, 3, 3])],
        {"z": [1, 4, 8, 8]},
    )
    ran = Ran(capsys, "import", saved(tmp_path, body), "--partial")
    assert "  - custom: {" in ran.out and "shape: [4, 8, 8]" in ran.out
    assert '    note: "NonZero: no such operator is known' in ran.out
    assert ran.err.endswith(
        "stated, not computed: 1 layer with 0 parameters and an unknown number of MACs\n"
        "  NonZero: no such operator is known (z)\n"
    )


@pytest.mark.parametrize(("macs", "said"), [(77, "77"), (0, "0"), (None, "an unknown number of")])
def test_the_closing_line_sums_what_is_stated(macs: int | None, said: str) -> None:
    shape = Shape(3, (4,))
    custom = unknown_item("odd", ["x"], "y", reason="new", label="", shape=shape, params=8, macs=macs)
    network = Network(
        name="n",
        inputs=(("x", shape),),
        items=(custom,),
        outputs=("y",),
        framework="pytorch",
        source="",
        unknown=(Problem("head", "odd", "new"), Problem("tail", "odd", "new"), Problem("", "even", "old")),
    )
    lines = closing(translated(network), Request("n.onnx"))
    assert lines[-3:] == [
        f"stated, not computed: 1 layer with 8 parameters and {said} MACs",
        "  odd: new (head, and 1 more)",
        "  even: old (the graph)",
    ]


def test_a_damaged_file_is_an_error_with_its_byte(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(files.model(files.SMALL)[:-3])
    ran = Ran(capsys, "rf", str(path))
    assert ran.code == 1
    assert "error[E116]: not an ONNX file, or damaged: a field of " in ran.err
    assert "at byte " in ran.err


@pytest.mark.parametrize("arguments", [("--from", "onyx"), ("--input", "big")])
def test_misuse_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, str]
) -> None:
    ran = Ran(capsys, "import", saved(tmp_path, files.SMALL), *arguments)
    assert ran.code == 2
    assert arguments[0] in ran.err


def test_a_source_of_no_known_format_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "import", str(tmp_path / "net.xyz"))
    assert ran.code == 2
    assert "it is not known which format" in ran.err


@pytest.mark.parametrize("ending", [".json", ".cfg"])
@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"a\0b", "error[E101]: the character U+0000 (NUL) cannot be in a spec"),
        (b"\x9ea", "error[E101]: the byte 0x9E is not UTF-8"),
        (b"", "error[E101]: the spec is empty"),
        (b"a: [", "error[E101]: found `the end of the line` where"),
        (None, "does not exist"),
    ],
)
def test_what_is_no_text_is_refused_alike_by_every_command(
    ending: str, data: bytes | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / f"net{ending}"
    if data is not None:
        file.write_bytes(data)
    ran = [Ran(capsys, command, str(file)) for command in ("import", "rf", "sizes")]
    assert said in ran[0].err
    assert {(one.code, one.err) for one in ran} == {(ran[0].code, ran[0].err)}


def test_a_text_of_another_kind_is_told_how_formats_begin(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "package.json"
    file.write_text('{"name": "a"}')
    ran = Ran(capsys, "import", str(file))
    assert ran.code == 2
    assert "it is not known which format" in ran.err
    assert "JSON of Keras has `class_name`, a Darknet network begins with `[net]`" in ran.err


def test_from_names_the_format_where_the_ending_does_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert Ran(capsys, "import", saved(tmp_path, files.SMALL, "weights.bin"), "--from", "onnx").code == 0


@pytest.mark.parametrize("command", ["params", "rf", "shapes", "summary"])
def test_a_file_is_taken_where_a_spec_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    ran = Ran(capsys, command, saved(tmp_path, files.SMALL))
    assert ran.code == 0
    assert "stem.conv" in ran.out


def test_two_files_are_compared_and_guarded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = saved(tmp_path, files.SMALL, "old.onnx")
    wide = files.SMALL.replace(files.weights("w", [4, 3, 3, 3]), files.weights("w", [5, 3, 3, 3]))
    new = saved(tmp_path, wide, "new.onnx")
    assert Ran(capsys, "compare", old, new, "--fail-if", "params > +5%").code == 1
    assert Ran(capsys, "compare", old, old, "--fail-if", "params > +5%").code == 0


def test_input_gives_the_sizes_that_a_file_leaves_open(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = saved(tmp_path, DENSE)
    assert Ran(capsys, "params", path).code == 1
    ran = Ran(capsys, "params", path, "--input", "4x8x8")
    assert ran.code == 0
    assert "2,560" in ran.out


def test_a_file_is_loaded_from_python(tmp_path: Path) -> None:
    (model,) = load(saved(tmp_path, files.SMALL))
    assert (model.name, model.framework.name) == ("net", "onnx:17")
    with pytest.raises(CnncalcError):
        load(saved(tmp_path, DENSE))
    assert load(saved(tmp_path, DENSE), input="4x8x8")[0].graph.layer_count == 2


def test_a_folder_is_checked_without_files_of_other_formats(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = saved(tmp_path, files.SMALL)
    ran = Ran(capsys, "check", str(tmp_path))
    assert ran.code == 2
    assert ran.err == (
        f"error[E115]: no spec in `{tmp_path}`\n"
        f"  = help: it has 1 file of other formats (.onnx): check one by its name, `cnncalc check {path}`, or all "
        'of them by `include = ["*.yaml", "*.onnx"]` of [tool.cnncalc] in pyproject.toml\n'
    )


def test_a_folder_is_checked_with_the_files_that_the_configuration_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved(tmp_path, files.SMALL)
    saved(tmp_path, files.UNKNOWN, "unknown.onnx")
    (tmp_path / "net.json").write_text("{}", encoding="utf-8")
    settings = tmp_path / "pyproject.toml"
    settings.write_text("[tool.cnncalc]\ninclude = ['net.onnx', '*.json']\n", encoding="utf-8")
    ran = Ran(capsys, "check", str(tmp_path))
    assert (ran.code, ran.out.splitlines()[-1][:6]) == (0, "1 file")
    settings.write_text("[tool.cnncalc]\ninclude = ['*.onnx']\n", encoding="utf-8")
    configuration.forget()
    ran = Ran(capsys, "check", str(tmp_path))
    assert ran.code == 1
    assert "E117 NonZero: no such operator is known" in ran.out + ran.err
    configuration.forget()


def test_a_file_named_to_check_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "check", saved(tmp_path, files.SMALL))
    assert ran.code == 0, ran.err


@pytest.mark.parametrize("operator", ["Conv", "ConvTranspose"])
@pytest.mark.parametrize(
    ("weight", "bias", "output", "norm", "is_remarked"),
    [
        ("onnx::Conv_{}", "b{}", "x{}", False, True),
        ("onnx::Conv_{}", "b{}", "x{}", True, False),
        ("onnx::Conv_{}", "", "x{}", False, False),
        ("features.{}.weight", "features.{}.bias", "x{}", False, False),
        ("features.{}.weight", "features.{}.bias", "getitem_{}", False, True),
        ("features.{}.weight", "", "getitem_{}", False, True),
        ("ConvBnFusion_W_{}.weight", "b{}", "x{}", False, True),
        ("vgg0_conv{}_weight", "vgg0_conv{}_bias", "x{}", False, False),
    ],
)
def test_a_file_without_any_norm_may_have_had_one(
    operator: str,
    weight: str,
    bias: str,
    output: str,
    norm: bool,
    is_remarked: bool,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = ["x", *(output.format(at) for at in range(4))]
    nodes = [
        files.node(
            operator, [names[at], weight.format(at), *([bias.format(at)] if bias else [])], [names[at + 1]]
        )
        for at in range(4)
    ]
    given = [files.weights(weight.format(at), [3, 3, 1, 1]) for at in range(4)]
    given += [files.weights(bias.format(at), [3]) for at in range(4) if bias]
    if norm:
        nodes.append(files.node("BatchNormalization", [names[-1], "s", "o", "m", "v"], ["y"]))
        given += [files.weights(name, [3]) for name in "somv"]
    body = files.graph(nodes, {"x": [1, 3, 8, 8]}, ["y" if norm else names[-1]], given)
    ran = Ran(capsys, "import", saved(tmp_path, body))
    assert ran.code == 0
    assert (
        "no batch norm in the file: it may have been folded into the convolutions" in ran.err
    ) is is_remarked


def test_a_network_written_without_norms_is_not_suspected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "vgg.onnx")
    assert Ran(capsys, "export", "vgg16", "--to", "onnx", "-o", file).code == 0
    ran = Ran(capsys, "import", file)
    assert ran.code == 0
    assert "norm" not in ran.err


def test_counts_that_a_source_does_not_give_leave_their_totals_unknown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nodes = [files.CONV, files.node("NonZero", ["y"], ["z"]), files.node("Relu", ["z"], ["r"])]
    given = [files.weights("w", [4, 3, 3, 3])]
    body = files.graph(nodes, {"x": [1, 3, 8, 8]}, ["r"], given, {"z": [1, 4, 8, 8]})
    target = tmp_path / "net.yaml"
    assert Ran(capsys, "import", saved(tmp_path, body), "--partial", "-o", str(target)).code == 0
    totals = analyze(load(target)[0]).totals
    assert (totals.params, totals.macs) == (4 * 3 * 9, None)
