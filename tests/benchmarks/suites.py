"""The benchmarks: start-up, summaries, layers, sweeps. ``tiny`` runs are there to show that they work."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from cnncalc import analyze, effective, from_torch, load, loads, sizes, tile
from tests.benchmarks.measure import ROOT, Cost, Line, call, processes, python

BARE = "import typer, yaml, rich.console, rich.table"
NETWORKS = (("vgg16", ""), ("resnet50", "torchvision"), ("inception_v3", ""), ("densenet", "densenet201"))
"""Bundled specs, and which of their variants where there are several."""
FIRST_CLAIM = "summary configs/vgg16.yaml / import torch"
"""The claim of the README's first sentence."""
WRONG = "input: 3x8x8\nlayers:\n  - conv3x3: 4\n  - covn: 3\n"


def startup(tiny: bool) -> Iterator[Line]:
    """Commands against the bare imports."""
    with TemporaryDirectory() as folder:
        wrong = Path(folder, "wrong.yaml")
        wrong.write_text(WRONG, encoding="utf-8")
        words = (
            ("rf", "configs/stack3x3.yaml"),
            ("--help",),
            ("rf", str(wrong)),
            ("check", "configs/stack3x3.yaml"),
        )
        names = ("rf configs/stack3x3.yaml", "--help", "an erroneous spec", "check configs/stack3x3.yaml")
        commands = [python("-c", BARE), *(python("-m", "cnncalc", *one) for one in words)]
        base, *costs = processes(commands, 1 if tiny else 15)
    for name, cost in zip(names, costs, strict=True):
        yield Line("start-up", f"{name} / bare imports", cost, base)
    note = _missing("torch", True)
    commands = [python("-m", "cnncalc", "summary", "configs/vgg16.yaml"), python("-c", "import torch")]
    whole, framework = (None, None) if note else processes(commands, 1 if tiny else 5)
    yield Line("start-up", FIRST_CLAIM, whole, framework, note)


def summaries(tiny: bool) -> Iterator[Line]:
    """Whole processes of ``cnncalc summary`` and of other tools on the same networks."""
    with TemporaryDirectory() as folder:
        for name, variant in NETWORKS[:1] if tiny else NETWORKS:
            spec = f"configs/{name}.yaml"
            onnx = str(Path(folder, f"{name}.onnx"))
            exported = not tiny and _runs(
                python("-m", "tests.benchmarks.others", "export", spec, variant, onnx)
            )
            own = python("-m", "cnncalc", "summary", spec, *(("--model", variant) if variant else ()))
            for tool in ("torchinfo", "onnx", "onnx_tool"):
                note = _missing(tool, exported)
                command = python("-m", "tests.benchmarks.others", tool, spec, variant, onnx)
                cost, base = (None, None) if note else processes([own, command], 1 if tiny else 3)
                yield Line(
                    "summary",
                    f"{name} {variant}".strip() + f" / {tool}",
                    cost,
                    base,
                    note or ("" if base else f"{tool} fails on it"),
                )


def _missing(tool: str, exported: bool) -> str:
    if find_spec(tool) is None or find_spec("torch") is None:
        return f"{tool} or torch is not installed"
    return "" if tool == "torchinfo" or exported else "no ONNX export"


def _runs(command: tuple[str, ...]) -> bool:
    done = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
    )
    return done.returncode == 0


def layers(tiny: bool) -> Iterator[Line]:
    """Microseconds per layer of known networks, and reading and analysis of generated ones as they grow tenfold."""
    for name, variant in NETWORKS:
        model = load(str(Path(ROOT, f"configs/{name}.yaml")), model=variant or None)[0]
        count = len(analyze(model).layers)
        cost = call(partial(analyze, model), 1 if tiny else 9)
        each = f"{1e6 * cost.seconds / count:.1f} us per layer"
        yield Line("analysis", f"{name} {variant}".strip(), cost, note=each)
    for kind, item, size in SHAPES:
        base: Cost | None = None
        for count in (100, 200) if tiny else (1_000, 10_000, 100_000):
            text = f"input: 16x32x32\nlayers:\n  - seq: {item}\n    repeat: {count // size}\n"
            cost = call(partial(_whole, text), 1)
            yield Line("scaling", f"{kind} of {count:,} / one tenth", cost, base)
            base = cost


SHAPES = (
    ("chain", "[conv3x3: {out: 16, padding: 1}]", 1),
    ("dense", "[{concat: [[conv3x3: {out: 16, padding: 1}], [identity]]}, conv1x1: 16]", 4),
    ("residual", "[residual: [conv3x3: {out: 16, padding: 1}]]", 2),
)


def _whole(text: str) -> None:
    for model in loads(text):
        assert analyze(model).failed is None, "an error would be measured"


RESNET = "torchvision"


def sweeps(tiny: bool) -> Iterator[Line]:
    """One process for many inputs against as many loads and analyses."""
    count = 3 if tiny else 1_000
    path = str(Path(ROOT, "configs/resnet50.yaml"))
    swept = call(partial(_sweep, path, count), 1)
    once = call(lambda: [analyze(model) for model in load(path, model=RESNET)], 1 if tiny else 9)
    yield Line("sweep", f"resnet50 at {count:,} inputs / as many loads", swept, Cost(once.seconds * count))


def _sweep(path: str, count: int) -> None:
    from cnncalc.questions.sweep import Grid, parse_shapes, sweep

    rows = list(
        sweep(
            Grid({"": parse_shapes(f"3x224x200..{199 + count}")}),
            lambda sets: load(path, sets=sets, model=RESNET),
        )
    )
    assert len(rows) == count


def questions(tiny: bool) -> Iterator[Line]:
    """Questions about a network against one analysis of it."""
    for name, variant in NETWORKS[:1] if tiny else NETWORKS[:2]:
        model = load(str(Path(ROOT, f"configs/{name}.yaml")), model=variant or None)[0]
        once = call(partial(analyze, model), 1 if tiny else 9)
        for title, ask in (("sizes", sizes), ("effective field", effective)):
            yield Line("question", f"{title} of {name} / an analysis", call(partial(ask, model), 1), once)
    model = load(str(Path(ROOT, "configs/srresnet.yaml")))[0]
    once = call(partial(analyze, model), 1 if tiny else 9)
    cut = call(partial(tile, model, (512, 512) if tiny else (4096, 4096), tile=256), 1)
    yield Line("question", "tile of srresnet / an analysis", cut, once)


def imports(tiny: bool) -> Iterator[Line]:
    """Bringing in a module of PyTorch against what PyTorch itself takes to run or to export it."""
    if find_spec("torch") is None:
        yield Line("import", "from_torch of resnet50", None, note="torch is not installed")
        return
    import torch

    from tests.benchmarks.others import resnet50

    module, size = resnet50(), 64 if tiny else 224
    image = torch.zeros(1, 3, size, size)
    with torch.no_grad():
        forward = call(partial(module, image), 1 if tiny else 9)
        export = call(partial(torch.export.export, module, (image,)), 1 if tiny else 3)
    own = call(partial(from_torch, module, input=(3, size, size)), 1 if tiny else 3)
    yield Line("import", "from_torch of resnet50 / torch.export.export", own, export)
    yield Line("import", "from_torch of resnet50 / a forward pass of one image", own, forward)


def checks(tiny: bool) -> Iterator[Line]:
    """All bundled files in two processes against one."""
    what = ["configs/lenet5.yaml", "configs/vgg16.yaml"] if tiny else ["configs"]
    commands = [python("-m", "cnncalc", "check", *what, "--jobs", jobs) for jobs in ("2", "1")]
    two, one = processes(commands, 1 if tiny else 3)
    yield Line("check", "the bundled files with --jobs 2 / --jobs 1", two, one)


COMPOSE = """
import gc, sys, yaml
gc.disable()
with open(sys.argv[1], encoding="utf-8") as file:
    yaml.compose(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
"""
"""PyYAML's own nodes of a text, without a collection among them, as in a run of cnncalc."""


def texts(tiny: bool) -> Iterator[Line]:
    """A whole run over a text of many layers against what PyYAML takes to read it."""
    count = 100 if tiny else 100_000
    with TemporaryDirectory() as folder:
        spec = Path(folder, "long.yaml")
        lines = "".join(f"  - conv3x3: {{out: {8 + at % 8}, padding: 1}}\n" for at in range(count))
        spec.write_text(f"input: [8, 32, 32]\nlayers:\n{lines}", encoding="utf-8")
        runs = [python("-m", "cnncalc", "rf", str(spec), "--format", format) for format in ("csv", "table")]
        base, *costs = processes([python("-c", COMPOSE, str(spec)), *runs], 1)
        for format, cost in zip(("csv", "table"), costs, strict=True):
            subject = f"rf of {count:,} layers as text, {format} / yaml.compose"
            yield Line("text", subject, cost, base)


SUITES = {
    "start-up": startup,
    "summaries": summaries,
    "layers": layers,
    "sweeps": sweeps,
    "questions": questions,
    "imports": imports,
    "checks": checks,
    "texts": texts,
}
