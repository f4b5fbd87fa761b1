"""Odd specs written from a stream of choices: by the grammar, and by mutating bundled networks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from cnncalc import bundled
from cnncalc.blocks.base import Shorthand
from cnncalc.language.vocabulary import WORDS, options
from cnncalc.layers.fields import Field
from cnncalc.network.expectation import COUNT_METRICS, METRICS

Choose = Callable[[int], int]
"""A number from 0 to the given one, both included: hypothesis, a fuzzer's bytes or a random generator."""

DEEP = 4
CONVOLUTIONS = ("conv", "conv", "conv", "maxpool", "avgpool", "concat", "residual", "bn", "relu")
NUMBERS: tuple[Any, ...] = (
    0,
    1,
    1,
    2,
    2,
    3,
    3,
    4,
    5,
    7,
    8,
    16,
    31,
    64,
    224,
    1000,
    9973,
    10_000,
    10_001,
    10**6,
    10**12,
    10**12 + 1,
    10**30,
)
TAME: tuple[Any, ...] = (
    1,
    1,
    1,
    2,
    2,
    3,
    4,
    4,
    8,
    64,
    5,
    7,
    "n",
    "2*n",
    "n//2 + 1",
    "max(n, 3)",
    "divisible(1.25*n, 8)",
    "4 if n > 2 else 2",
)
EXPRESSIONS = (
    "n", "2*n", "n//2", "c", "i", "i+1", "c*(i+1)", "2 if i == 0 else 1", "divisible(1.25*n, 8)", "n/3", "1/0", "2**64",
    "-1", "min(n, 3)", "nope", "n**n", "0.5", "1e9", "1_000", "(", "n if", "true", "any", "~1.5M", "<= 5M", ">= 2", "all", "010",
    "13:13",
)  # fmt: skip
WORDS_AND_JUNK = (
    "input", "prev", "stem", "left", "skip", "unit", "t", "relu", "conv3x3_1", "unit_1", "none", "same", "half", "yes", "null",
    "~",
    "E301", "[red]x[/]", ":smile:", "\x1b[31m", "a/b", "x[0]", "\u202eabc", "ü", "日本", "*", "&a", "!t", "%", "`", "<<", "", " ",
    "conv3x3x3x3", "conv0", "conv99999", "x" * 70, "Conv2d", "nn.ReLU", "filters", "9" * 25, "9" * 5000,
)  # fmt: skip
NAMES = ("stem", "skip", "left", "a", "b", "t")
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.*/+() -]*")


class Writer:
    """Draws the parts of a spec. Half of the specs are tame: all that they say means something, by itself at least."""

    def __init__(self, choose: Choose) -> None:
        self.choose = choose
        self.depth = 0
        self.wild = False
        self.rank = 2
        self.names: list[str] = []
        """Those given so far and in reach."""

    def chance(self, percent: int) -> bool:
        return self.choose(99) < percent

    def pick(self, options: Any) -> Any:
        return options[self.choose(len(options) - 1)]

    def several(self, make: Callable[[], Any], most: int) -> list[Any]:
        return [make() for _ in range(self.choose(most))]

    # Values

    def odd(self, percent: int) -> bool:
        """Whether something is to mean nothing, now and then, where the spec is wild."""
        return self.wild and self.chance(percent)

    def junk(self) -> Any:
        return self.pick((None, [], {}, [[]], {"": ""}, [None], True, 1.5, *WORDS_AND_JUNK))

    def number(self) -> Any:
        if not self.wild:
            return self.pick(TAME)
        if self.chance(60):
            return self.choose(8)
        return self.pick(EXPRESSIONS) if self.chance(50) else self.pick(NUMBERS)

    def axes(self) -> Any:
        kind = self.choose(9)
        if kind < 6 or not self.rank:
            return self.number()
        if not self.wild and kind > 7:
            return "x".join(str(self.choose(3) + 1) for _ in range(self.rank))
        values = [self.number() for _ in range(self.choose(3) + 1 if self.odd(40) else self.rank)]
        return values if kind < 8 else "x".join(map(str, values))

    def padding(self) -> Any:
        kind = self.choose(9)
        if kind < 6:
            return self.pick(
                ("valid", "half", "half", "same", "same_lower")
                if self.wild
                else ("valid", "half", "half", "half", 1)
            )
        return (
            [[self.number(), self.number()] for _ in range(self.choose(2) + 1)] if kind < 8 else self.axes()
        )

    def value(self, field: Field[Any]) -> Any:
        """Something for an argument, mostly of its kind."""
        if self.odd(4):
            return self.junk()
        kinds: dict[str, Callable[[], Any]] = {
            "int": self.number,
            "bool": lambda: self.pick((True, False, "n == 0", *(("i == 0", "no") if self.wild else ()))),
            "number": lambda: self.pick((0.1, 1, "1/3", *(("1e400", "x") if self.wild else ()))),
            "axes": self.axes,
            "factors": self.axes,
            "size": self.number,
            "padding": self.padding,
            "margins": self.padding if self.wild else self.axes,
            "choice": lambda: self.pick(field.choices),
            "ints": lambda: self.integers(field.count),
            "pool_width": lambda: self.pick((True, self.number())),
            "name": self.name,
            "names": lambda: ["prev", *([self.name()] if self.names else [])],
            "steps": self.items,
            "copies": self.items,
            "branches": self.branches,
            "shortcut": lambda: self.pick(("identity", "project", "project", self.items())),
            "norm": lambda: self.pick(("bn", "bn", "ln", "none", {"gn": self.number()})),
            "act": lambda: self.pick(
                ("relu", "gelu", "none", {"leaky_relu": 0.1}, {"prelu": {"per_channel": True}})
            ),
        }
        return kinds[field.kind]()

    def integers(self, count: int | None) -> list[Any]:
        """A list of numbers; one of two is channels, the first and how many."""
        return (
            [self.choose(3), 1 + self.choose(3)]
            if count
            else [self.number() for _ in range(self.choose(3) + 1 - self.odd(20))]
        )

    def name(self) -> str:
        """An earlier name, mostly."""
        known = self.names if not self.odd(20) else []
        return str(self.pick(known or NAMES))

    def branches(self) -> Any:
        if self.chance(50):
            return {
                self.pick(("a", "b", "c", "d")): self.items()
                for _ in range(1 + self.choose(2) - self.odd(10))
            }
        return [
            self.pick((self.items(), "prev", self.name() if self.names else "prev"))
            for _ in range(self.choose(3) + 1)
        ]

    # Items

    def items(self) -> list[Any]:
        if self.depth >= DEEP:
            return ["relu"]
        self.depth += 1
        known = list(self.names)
        found = [*self.several(self.item, 2), *([] if self.chance(10) else [self.item()])]
        self.names = known
        self.depth -= 1
        return found

    def item(self) -> Any:
        if self.odd(3):
            return self.junk()
        operation = self.pick(("unit", "unit", "other", *CONVOLUTIONS, *WORDS, *WORDS))
        kernel = ""
        if operation in WORDS and WORDS[operation].kernel_in_name and self.chance(70):
            kernel = (
                self.pick(("1", "3", "3x3", "1x7", "5x5", "2x2x2", "3x3x3"))
                if self.odd(30)
                else self.pick("1233457")
            )
        arguments = (
            self.block_arguments(operation)
            if operation in ("unit", "other")
            else self.arguments(operation, bool(kernel))
        )
        operation = self.pick(WORDS_AND_JUNK) if self.odd(3) else operation + kernel
        item = {operation: arguments}
        if self.chance(20):
            item["name"] = (
                self.junk()
                if self.odd(20)
                else self.pick(NAMES)
                if self.wild
                else f"t{len(self.names)}_{self.depth}"
            )
        for key in ("from", "share"):
            if self.names and self.chance(6):
                item[key] = self.junk() if self.odd(20) else self.name()
        if self.chance(12):
            item["repeat"] = self.number() if self.odd(50) else self.choose(3)
        if self.chance(8):
            item["expect"] = self.expect()
        if isinstance(item.get("name"), str):
            self.names.append(item["name"])
        return operation if arguments is None and len(item) == 1 else item

    def arguments(self, operation: str, has_kernel: bool) -> Any:
        meaning = WORDS[operation]
        primary = meaning.primary()
        if not meaning.fields:
            return None
        if primary is not None and primary.kind == "branches":
            return self.value(primary)
        others = any(field.required for field in meaning.fields.values() if field is not primary)
        if (
            primary is not None
            and not (has_kernel and primary.name == "kernel")
            and not others
            and self.chance(50)
        ):
            return self.value(primary)
        given = {}
        for name, field in meaning.fields.items():
            if name == "kernel" and has_kernel and not self.odd(5):
                continue
            if operation == "upsample" and name == "size":
                continue
            if field.required or field.primary or self.chance(25):
                given[field.short if field.short and self.chance(30) else name] = self.value(field)
        if issubclass(meaning, Shorthand) and meaning.kernel_keys:
            for _ in range(1 + self.choose(2)):
                kernel = self.pick(("1x1", "3x3", "5", "1x7"))
                given[kernel] = self.pick(
                    (self.number(), [self.number(), self.number()], True if self.wild else 4)
                )
        return given

    def block_arguments(self, block: str) -> Any:
        names = ("c", "s") if block == "unit" else ("n", "t")
        if self.chance(40):
            return self.number()
        some = (self.number(), self.number(), *((self.name(), "relu", "prev") if self.wild else ()))
        return {name: self.pick(some) for name in names if name == names[0] or self.chance(60)}

    # Files

    def expect(self) -> Any:
        if self.chance(40):
            return [self.number() for _ in range(self.choose(3) + 1)]
        metrics = [metric for metric in METRICS if self.chance(20)]
        return {
            metric: self.bound() if self.wild or metric not in COUNT_METRICS else self.number()
            for metric in metrics
        }

    def bound(self) -> Any:
        return self.pick(
            (
                self.number(),
                self.axes(),
                [self.number()],
                "all",
                "any",
                "~62.4M",
                "<= 5M",
                ">= 2",
                {"min": self.number(), "max": "9G"},
            )
        )

    def shape(self) -> Any:
        """Channels and sizes; the rank of the first one is that of the file."""
        sizes = (1, 2, 7, 8, 12, 13, 32, "any", 10**12) if self.wild else (8, 12, 13, 32, 32, "any")
        axes = [
            self.pick((1, 4, 4, 8, 64)),
            *(self.pick(sizes) for _ in range(self.rank if not self.odd(20) else self.choose(5))),
        ]
        return axes if self.chance(80) else "x".join(map(str, axes)) if not self.odd(10) else self.junk()

    def defaults(self) -> Any:
        found = {}
        for operation in self.several(
            lambda: self.pick(("conv", "maxpool", "bn", "linear", "inception", "depthwise")), 2
        ):
            found[operation] = {
                name: self.value(field) for name, field in WORDS[operation].fields.items() if self.chance(20)
            }
        return found

    def model(self) -> dict[str, Any]:
        self.names = []
        return {
            "layers": [self.item(), *self.several(self.item, 6)],
            **(
                {"input": self.shape() if self.chance(90) else {"left": self.shape(), "input": self.shape()}}
                if self.chance(85)
                else {}
            ),
            "vars": {"n": self.choose(8) + 1, "m": self.number()},
            **({"defaults": self.defaults()} if self.chance(15) else {}),
            **(
                {
                    "framework": self.pick(
                        (
                            "pytorch",
                            "tensorflow",
                            "caffe",
                            "onnx",
                            "onnx:9",
                            self.junk() if self.wild else "onnx:18",
                        )
                    )
                }
                if self.chance(30)
                else {}
            ),
            **({"expect": self.expect()} if self.chance(20) else {}),
            **({"cases": self.several(self.case, 2)} if self.chance(15) else {}),
            **(
                {"name": self.junk(), "description": self.junk(), "source": self.junk()}
                if self.odd(8)
                else {}
            ),
        }

    def case(self) -> Any:
        case = {
            "input": self.shape(),
            "vars": {"n": self.number()},
            "framework": "caffe",
            "expect": {"error": "E301"},
        }
        return {key: value for key, value in case.items() if self.chance(50)}

    def spec(self) -> str:
        """The text of a file."""
        self.wild = self.chance(50)
        self.rank = self.pick((2, 2, 2, 1, 3, 0))
        blocks = self.blocks()
        file = self.model()
        if not self.odd(20):
            file["blocks"] = blocks
        if self.chance(10):
            file["models"] = {name: self.model() for name in ("a", "b")[: 1 + self.choose(1)]}
            file.pop("layers")
        return flow(file)

    def blocks(self) -> dict[str, Any]:
        self.depth = DEEP - 2
        conv = {"conv": {"kernel": 3, "out": "c", "stride": "s", "padding": "half"}}
        unit = {
            "params": ["c", "s=1"],
            "layers": [conv, {"relu": None, "repeat": "i" if self.odd(20) else 2}],
        }
        if self.wild:
            unit = {"params": self.pick((["c", "s=1"], ["c=n", "s=c"], [])), "layers": self.items()}
        other = {
            "params": ["n", "t=prev"],
            "layers": [item for item in self.items() if self.wild or "other" not in str(item)],
        }
        self.depth = 0
        return {"unit": unit, "other": other}

    def mutated(self) -> str:
        """A bundled network with some of its text changed."""
        self.wild = True
        text = bundled_text(self.pick(bundled.names()))
        for _ in range(1 + self.choose(3)):
            tokens = list(re.finditer(r"[A-Za-z_0-9./*]+|\S", text))
            if not tokens:
                break
            start, stop = tokens[self.choose(len(tokens) - 1)].span()
            kind = self.choose(4)
            other = tokens[self.choose(len(tokens) - 1)]
            by = (
                str(self.number()), "", self.pick((*WORDS_AND_JUNK, *sorted(options()), *WORDS)), other[0], text[start:stop] * 2
            )[kind]  # fmt: skip
            text = text[:start] + by + text[stop:]
        return text


@lru_cache(maxsize=256)
def bundled_text(name: str) -> str:
    path = bundled.path_of(name)
    assert path is not None
    return path.read_text(encoding="utf-8")


def flow(node: Any) -> str:
    """YAML on one line, words without quotes where they can be."""
    if isinstance(node, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(value)}" for key, value in node.items()) + "}"
    if isinstance(node, list):
        return "[" + ", ".join(map(flow, node)) + "]"
    if isinstance(node, str):
        return node if _PLAIN.fullmatch(node) else json.dumps(node)
    return json.dumps(node)
