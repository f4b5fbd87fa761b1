"""The rules on which frameworks differ: one file per framework, and the registry that everything else derives
from.

To add a framework: a file here with a value of ``Framework``, and its name in ``FRAMEWORKS``. Options, help,
the words for defaults, the schema, ``--portability``, ``--frameworks``, the guide's table and tests follow.
"""

from __future__ import annotations

from collections.abc import Callable

from cnncalc.frameworks.caffe import CAFFE
from cnncalc.frameworks.onnx import ONNX
from cnncalc.frameworks.pytorch import PYTORCH
from cnncalc.frameworks.rules import Framework
from cnncalc.frameworks.tensorflow import TENSORFLOW
from cnncalc.support.words import did_you_mean, shown

FRAMEWORKS: dict[str, Framework] = {rules.name: rules for rules in (PYTORCH, TENSORFLOW, CAFFE, ONNX)}
"""All frameworks by name, the default first."""
DEFAULT = next(iter(FRAMEWORKS.values()))
MOST_DIGITS = 3
"""Of a version's number."""


def framework_named(name: str) -> Framework | None:
    """The framework of a name, ``onnx:19`` being ONNX at opset 19; ``None`` where there is none."""
    base, colon, number = name.partition(":")
    found = FRAMEWORKS.get(base)
    if not colon or found is None:
        return found
    is_number = number.isascii() and number.isdigit() and len(number) <= MOST_DIGITS and int(number) > 0
    return found.versions.at(int(number)) if found.versions is not None and is_number else None


def unknown_framework(name: str) -> tuple[str, str]:
    """That there is no framework of a name, and which ones there are."""
    aliases = {alias: rules.name for rules in FRAMEWORKS.values() for alias in rules.aliases}
    guess = aliases.get(name.lower()) or did_you_mean(name, FRAMEWORKS)
    help = f"did you mean `{guess}`?" if guess else f"possible: {', '.join(possible())}"
    return f"unknown framework `{shown(name)}`", help


def possible() -> tuple[str, ...]:
    """Everything that a spec may name, with the word for versions."""
    versions = [f"{one.name}:{one.versions.word.upper()}" for one in FRAMEWORKS.values() if one.versions]
    return (*FRAMEWORKS, *versions)


def default_in_words(answer: Callable[[Framework], str]) -> str:
    """The default of an argument in words, such as: the kernel; 1 in caffe and onnx."""
    names: dict[str, list[str]] = {}
    for rules in FRAMEWORKS.values():
        names.setdefault(answer(rules), []).append(rules.name)
    usual, *others = names
    return "; ".join([usual, *(f"{other} in {' and '.join(names[other])}" for other in others)])


__all__ = [
    "CAFFE",
    "DEFAULT",
    "FRAMEWORKS",
    "ONNX",
    "PYTORCH",
    "TENSORFLOW",
    "Framework",
    "default_in_words",
    "framework_named",
    "possible",
    "unknown_framework",
]
