"""Figures and lists in the prose of the documents, computed where the program knows them."""

from __future__ import annotations

import ast
import inspect
import re
import tomllib
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import pytest

import cnncalc
from cnncalc.checks import budgets
from cnncalc.cli import main
from cnncalc.exporters import mermaid, onnx
from cnncalc.geometry.shape import Shape
from cnncalc.importers.registry import IMPORTERS
from cnncalc.language.arithmetic import FUNCTIONS
from cnncalc.language.decode import FILE_KEYS
from cnncalc.language.expressions import KEYWORDS, LITERALS
from cnncalc.layers import OPERATIONS
from cnncalc.layers.activation import Activation
from cnncalc.layers.base import Layer
from cnncalc.network.expectation import FITTING, METRICS
from cnncalc.questions.effective import MASS
from tests.benchmarks.ratios import ratios_in, read
from tests.documents import DOCUMENTS, ROOT, output_of

TEXTS = {document.name: " ".join(document.read_text(encoding="utf-8").split()) for document in DOCUMENTS}


@cache
def report(name: str) -> cnncalc.Report:
    (model,) = cnncalc.load(name)
    return cnncalc.analyze(model)


def weights(small: str, large: str) -> str:
    """The share of a large kernel's weights that small ones with its receptive field have."""
    new, old = report(f"stack3x3:{small}"), report(f"stack3x3:{large}")
    assert new.main is not None and old.main is not None
    assert new.main.field.size == old.main.field.size
    assert new.totals.weights and old.totals.weights
    return f"{new.totals.weights / old.totals.weights:.0%}"


def activations(small: str, large: str) -> str:
    new, old = report(f"stack3x3:{small}").totals.activations, report(f"stack3x3:{large}").totals.activations
    assert new and old
    return {3: "three"}[new // old] if new % old == 0 else f"{new / old:.2f}"


def folded(name: str) -> int:
    """The parameters that remain where each normalization is folded into its convolution's biases."""
    layers = report(name).layers
    norms = sum(layer.params or 0 for layer in layers if layer.op == "bn")
    return (report(name).totals.params or 0) - norms + norms // 2


def reduced(c1: int, c2: int) -> int:
    """The formula of the source that the guide speaks of."""
    return (1 * 1 * (3 * c1 + c2) + 3 * 3 * c2 + 5 * 5 * c2) * c1


def fitting(name: str, which: str) -> str:
    """The sizes that fit, as `sizes` says them."""
    shown = output_of(f"cnncalc sizes {name}")
    found = re.search(rf"^{which}\s+(.*?)\s{{2,}}", shown, re.MULTILINE)
    assert found, shown
    return found[1]


def quoted(words: Iterable[str]) -> str:
    """Words in code as a sentence lists them."""
    return listed(f"`{word}`" for word in words)


def listed(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}"


SENTENCES: tuple[tuple[str, str, Callable[[], tuple[object, ...]]], ...] = (
    (
        "README.md",
        "Three 3x3 convolutions have the receptive field of one 7x7 convolution for {} of its weights, and need {} times the activations",
        lambda: (weights("3x3x3", "7x7"), activations("3x3x3", "7x7")),
    ),
    (
        "README.md",
        "{} files become a spec, which is checked against the file;",
        lambda: (listed(one.title for one in IMPORTERS.values() if not one.runs_code),),
    ),
    (
        "questions.md",
        "Two 3x3 convolutions in a row have the receptive field of one 5x5 convolution with {} of its weights, and three that of a 7x7 with {}:",
        lambda: (weights("2x3x3", "5x5"), weights("3x3x3", "7x7")),
    ),
    (
        "questions.md",
        "The example's {} parameters become {}:",
        lambda: (report("inception:naive").totals.params, report("inception:reduced").totals.params),
    ),
    (
        "questions.md",
        "The source of the example prints {} for the reduced module.",
        lambda: (reduced(16, 8),),
    ),
    (
        "questions.md",
        "gives that for C1 = 16 and C2 = 8, and {} for C1 = C2 = 16",
        lambda: (reduced(16, 16),),
    ),
    (
        "questions.md",
        "VGG-16's fully connected layers fit no other sizes than {}:",
        lambda: (fitting("vgg16", "same weights"),),
    ),
    (
        "questions.md",
        "The original U-Net takes {} on, but only those that are {} without loss.",
        lambda: (fitting("unet", "valid"), fitting("unet", "whole").removesuffix(" from 188")),
    ),
    (
        "questions.md",
        "the fewest positions in a row that hold {:.2%} of it",
        lambda: (MASS,),
    ),
    (
        "numbers.md",
        "{:,} elements for ResNet-50.",
        lambda: (report("resnet50:torchvision").peak_in_place,),
    ),
    (
        "importing.md",
        "ResNet-18 has {:,} parameters in PyTorch and {:,} in such a file.",
        lambda: (report("resnet18").totals.params, folded("resnet18")),
    ),
    (
        "exporting.md",
        "VGG-16 is a file of {} kB.",
        lambda: (round(len(cnncalc.export(report("vgg16"), "onnx")) / 1000),),
    ),
    ("exporting.md", "Opset {} of the ONNX format", lambda: (onnx.OPSET,)),
    (
        "exporting.md",
        "({:,} characters, {} edges)",
        lambda: (mermaid.MOST_CHARACTERS, mermaid.MOST_EDGES),
    ),
    ("design.md", "There are {}: **typer**", lambda: ({3: "three"}[len(project()["dependencies"])],)),
    (
        "design.md",
        "any version from {} on",
        lambda: (project()["dependencies"][0].removeprefix("typer>="),),
    ),
    (
        "ci.md",
        "The metrics are {} (the largest number of activations in memory at once), and of the main output "
        "`{}` and `{}` (its positions).",
        lambda: (", ".join(f"`{name}`" for name in list(budgets.METRICS)[:-2]), *list(budgets.METRICS)[-2:]),
    ),
    ("ci.md", "The comparisons are {}.", lambda: (quoted(budgets.COMPARISONS),)),
    ("ci.md", "rev: v{} ", lambda: (cnncalc.__version__.partition(".dev")[0],)),
    (
        "language.md",
        "and the functions {} (the rounding of MobileNet)",
        lambda: (quoted(FUNCTIONS),),
    ),
)


def project() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return found


@pytest.mark.parametrize(
    ("document", "sentence", "values"), [pytest.param(*one, id=one[1][:40]) for one in SENTENCES]
)
def test_a_figure_in_a_sentence_is_what_the_program_computes(
    document: str, sentence: str, values: Callable[[], tuple[object, ...]]
) -> None:
    assert re.sub(r"(?<=\d)%", " %", sentence.format(*values())) in TEXTS[document]


def test_the_guide_lists_the_words_of_expressions() -> None:
    sentence = (
        TEXTS["language.md"].partition("An expression is a text")[2].partition(", and the functions")[0]
    )
    code = " ".join(re.findall(r"`([^`]*)`", sentence))
    assert set(re.findall(r"[a-z]{2,}", code)) == KEYWORDS | set(LITERALS)


def test_the_guide_lists_what_may_be_expected() -> None:
    start, end = "`expect` is a shape, or a mapping of ", " (of the receptive field)"
    sentence = TEXTS["language.md"].partition(start)[2].partition(end)[0]
    named = re.findall(r"`(\w+)`", sentence)
    assert sorted(named) == sorted(set(METRICS) - {FITTING})


def test_the_guide_says_which_layers_have_macs() -> None:
    """By the families that have a rule for them."""
    (words,) = re.findall(
        r"multiply-accumulates of (.*?) for one input.*?; `custom` states its own", TEXTS["numbers.md"]
    )
    assert re.split(", | and ", words) == ["convolutions", "linear layers", "attention", "recurrent layers"]
    assert {name for name, one in OPERATIONS.items() if one.macs is not Layer.macs} == {
        *("conv", "depthwise", "conv_transpose", "deform_conv", "eca"),
        *("linear", "attention", "lstm", "gru", "rnn", "custom"),
    }
    assert Layer().macs(Shape(3, (8, 8)), Shape(3, (8, 8))) == 0


def test_the_guide_says_which_layers_write_over_their_input() -> None:
    (words,) = re.findall(r"work element by element \((.*?)\) and `flatten`", TEXTS["numbers.md"])
    joins = {"add", "sub", "mul", "div", "max"}
    named = {
        "activations but softmax": {
            name for name, one in OPERATIONS.items() if issubclass(one, Activation) and name != "softmax"
        },
        "batch normalization": {"bn"},
        "element-wise joins": joins,
        **{f"`{name}`": {name} for name in ("drop_path", "scale", "shift")},
        "dropout": {"dropout"},
    }
    assert set(words.split(", ")) == set(named)
    in_place = {name for name, one in OPERATIONS.items() if one.in_place}
    assert in_place == set().union(*named.values()) | {"flatten"}


def test_the_parameters_of_the_example_are_those_of_its_branches() -> None:
    """Each convolution as the sentence lists it, from 16 channels on."""
    found = re.search(r"the branches that the module has \((.*?)\) gives (\d+)", TEXTS["questions.md"])
    assert found
    params = 0
    for branch in found[1].split("; "):
        channels = 16
        for kernel, out in re.findall(r"(\d)x\d to (\d+)", branch):
            params += int(kernel) ** 2 * channels * int(out)
            channels = int(out)
    assert params == int(found[2]) == report("inception:reduced").totals.params


def test_the_module_of_googlenet_is_its_first() -> None:
    module = report("inception:3a_reduced")
    within = report("googlenet:paper").within("3a")
    assert sum(layer.params or 0 for layer in within) == module.totals.params
    assert sum(layer.macs or 0 for layer in within) == module.totals.macs


def test_the_options_that_every_question_has(capsys: pytest.CaptureFixture[str]) -> None:
    """And no other command of the page is an exception than those that are named."""
    text = TEXTS["questions.md"]
    start = text.partition("Every command but ")[2]
    but, _, rest = start.partition(" takes a spec file")
    options = set(re.findall(r"`(--\w+)", rest.partition("##")[0]))
    assert len(options) == 6
    commands = set(re.findall(r"(?:\$ |`)cnncalc (\w+)", text)) - {"zoo", "explain"}
    assert len(commands) == 11
    lacking = set()
    for command in commands:
        main([command, "--help"])
        if not options <= set(re.findall(r"--[\w-]+", capsys.readouterr().out)):
            lacking.add(command)
    assert lacking == set(re.findall(r"`(\w+)`", but))


def test_the_guide_lists_the_keys_of_a_file() -> None:
    table = TEXTS["language.md"].partition("## The keys of a file")[2].partition("Without `input`")[0]
    named = {
        word for cell in re.findall(r"\| ((?:`\w+`(?:, )?)+) \|", table) for word in re.findall(r"\w+", cell)
    }
    assert named == set(FILE_KEYS)


def test_the_guide_lists_the_public_names() -> None:
    table = TEXTS["python.md"].partition("| name | |")[2].partition("`report.within(path)`")[0]
    assert set(dir(cnncalc)) - {"__version__"} <= set(re.findall(r"`(\w+)", table))


def test_the_calls_of_the_guide_fit_the_functions() -> None:
    """What the table calls a positional argument has that name, and nothing that is needed is left out."""
    table = TEXTS["python.md"].partition("| name | |")[2].partition("`report.within(path)`")[0]
    called = [ast.parse(found, mode="eval").body for found in re.findall(r"`(\w+\([^`]*\))`", table)]
    names = set()
    for call in called:
        assert isinstance(call, ast.Call)
        assert isinstance(call.func, ast.Name)
        names.add(call.func.id)
        parameters = inspect.signature(getattr(cnncalc, call.func.id))
        given = [ast.unparse(one) for one in call.args]
        bound = parameters.bind(*given, **{one.arg: one.value for one in call.keywords if one.arg})
        for name, value in bound.arguments.items():
            assert value == name or not str(value).isidentifier() or call.func.id == "compare", call
    functions = {name for name in cnncalc.__all__ if inspect.isfunction(getattr(cnncalc, name))}
    assert names == functions


def test_the_guide_lists_the_options_of_a_picture() -> None:
    (words,) = re.findall(r"`save` writes to a file[^;]*; (.*?) are its options", TEXTS["pictures.md"])
    parameters = inspect.signature(cnncalc.draw).parameters.values()
    assert re.findall(r"`(\w+)`", words) == [one.name for one in parameters if one.kind is one.KEYWORD_ONLY]


def test_the_guide_lists_the_errors() -> None:
    row = TEXTS["python.md"].partition("| `CnncalcError` |")[2].partition("|")[0]
    public = (getattr(cnncalc, name) for name in dir(cnncalc) if name.endswith(("Error", "NoAnswer")))
    assert set(re.findall(r"`(\w+)`", row)) == {
        one.__name__
        for one in public
        if issubclass(one, cnncalc.CnncalcError) and one is not cnncalc.CnncalcError
    }


def test_the_extras_that_users_are_sent_to_exist() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "cnncalc").rglob("*.[pm][yd]"))
    named = set(re.findall(r"cnncalc\[(\w+)\]", sources))
    named |= {one.extra[0] for one in IMPORTERS.values() if one.extra[0]}
    assert {"h5", "engine"} <= named <= set(project()["optional-dependencies"])


def test_the_extras_of_a_checkout_exist_and_each_has_its_reason() -> None:
    named = {
        one
        for text in TEXTS.values()
        for found in re.findall(r"'\.\[([\w,]+)\]'", text)
        for one in found.split(",")
    }
    assert {"test", "oracle"} <= named <= set(project()["optional-dependencies"])
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    start = lines.index("[project.optional-dependencies]") + 1
    extras = lines[start : lines.index("", start)]
    for line, before in zip(extras, ["", *extras], strict=False):
        assert line.startswith("# ") or before.startswith("# "), f"{line} has no reason"


def test_a_network_is_computed_before_a_framework_is_imported() -> None:
    measured = ratios_in(read())["start-up"]["summary configs/vgg16.yaml / import torch"]
    assert max(measured.values()) < 1
    assert "in less time than it takes to import a deep-learning framework" in TEXTS["README.md"]


def test_the_hook_that_the_guide_names_is_there() -> None:
    hooks = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    (named,) = re.findall(r"hooks: \[\{id: ([\w-]+),", TEXTS["ci.md"])
    assert f"- id: {named}\n" in hooks
