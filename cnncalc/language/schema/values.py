"""What arguments and expectations may look like, as JSON Schema, from the kinds of field that the reader
reads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from cnncalc.blocks.residual import PROJECT, Projected
from cnncalc.language.arguments import LARGEST, family_words
from cnncalc.language.variables import RESERVED
from cnncalc.language.vocabulary import SIZES
from cnncalc.layers.convolution import Conv
from cnncalc.layers.fields import Field, Padding, PerAxis
from cnncalc.network.expectation import FIELD_METRICS, FITTING, METRICS, SHAPE_METRICS

Schema: TypeAlias = dict[str, Any]

_NUMBER = r"[+-]?[0-9][0-9_]*(?:\.[0-9_]*)?\s*[KMGT]?"
_WORDS = "|".join(sorted(RESERVED, key=lambda word: (-len(word), word)))
_CALCULATION = rf"(?:[0-9\s_.,+*/%()<>=!-]|[0-9][eE][+-]?[0-9]|\b(?:{_WORDS})\b)+"
_WITH_NAMES = rf"""(?!{SIZES.pattern}$)[^\[\]{{}}"'`~@$?:;\\]+"""
_NOT_TRUE = r"(?!(?:[yY][eE][sS]|[nN][oO]|[oO][nN]|[oO][fF][fF])$)"
SCALAR: Schema = {"type": ["string", "number", "boolean"]}
NULL: Schema = {"type": "null"}


class Dialect(NamedTuple):
    """How much a file may leave to names: the less it defines, the more a schema can tell wrong from
    right.
    """

    suffix: str
    names: bool
    """Whether there are variables, parameters of blocks or defaults: then a word may be one, and what is
    missing may be given.
    """
    blocks: bool
    """Whether there are blocks: then an unknown operation may be one."""


DIALECTS = (Dialect("", False, False), Dialect(".named", True, False), Dialect(".blocks", True, True))
"""From the plainest to the freest."""


class Definitions:
    """The definitions of a schema. What is the same in two dialects is defined once."""

    def __init__(self, schemas: dict[str, Schema], dialect: Dialect) -> None:
        self.schemas = schemas
        self.dialect = dialect

    def reference(self, name: str) -> Schema:
        """A reference to this dialect's definition of a name, made before or after it."""
        return {"$ref": f"#/definitions/{name}{self.dialect.suffix}"}

    def own(self, name: str, schema: Schema) -> Schema:
        """Define a name for this dialect alone."""
        self.schemas[name + self.dialect.suffix] = schema
        return self.reference(name)

    def shared(self, name: str, schema: Schema) -> Schema:
        """Define a name, or refer to a plainer dialect's definition that is the same."""
        for dialect in DIALECTS[: DIALECTS.index(self.dialect)]:
            if self.schemas.get(name + dialect.suffix) == schema:
                return {"$ref": f"#/definitions/{name}{dialect.suffix}"}
        return self.own(name, schema)


class ValueSchemas:
    """The schemas of values in one dialect."""

    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        self.names = definitions.dialect.names
        self.layers = definitions.reference("layers")
        self.operations: dict[str, Schema] = {}
        """The operations defined so far; those that can be ``norm`` or ``act`` are first."""

    def of(self, field: Field[Any]) -> Schema:
        """What may be written for a field, without its documentation."""
        return _KINDS[field.kind](self, field)

    # Numbers

    def expression(self) -> Schema:
        """A bare string that is calculated."""
        pattern = _WITH_NAMES if self.names else _CALCULATION
        return self.definitions.shared(
            "expression", {"description": "an expression", "type": "string", "pattern": f"^{pattern}$"}
        )

    def whole(self, minimum: int = 0) -> Schema:
        """An integer of at least ``minimum``, or an expression."""
        integer = {"type": "integer", "minimum": minimum, "maximum": LARGEST}
        return self.definitions.shared(f"whole-{minimum}", {"anyOf": [integer, self.expression()]})

    def integer(self, field: Field[Any]) -> Schema:
        return self.whole(field.minimum or 0)

    def number(self, field: Field[Any]) -> Schema:
        return self.definitions.shared("number", {"anyOf": [{"type": "number"}, self.expression()]})

    def flag(self, field: Field[Any] | None = None) -> Schema:
        pattern = f"^{_NOT_TRUE}{_WITH_NAMES if self.names else _CALCULATION}$"
        return self.definitions.shared(
            "flag", {"anyOf": [{"type": "boolean"}, {"type": "string", "pattern": pattern}]}
        )

    def axes(self, field: Field[Any]) -> Schema:
        return self.per_axis(field.minimum or 0)

    def per_axis(self, minimum: int) -> Schema:
        """One value, one per axis, or ``3x5``."""
        one = self.whole(minimum)
        several = {"type": "array", "items": one, "minItems": 1}
        sizes = {"type": "string", "pattern": f"^{SIZES.pattern}$"}
        return self.definitions.shared(f"per-axis-{minimum}", {"anyOf": [one, several, sizes]})

    def integers(self, field: Field[Any]) -> Schema:
        one = self.whole(field.minimum or 0)
        if field.count:
            return {"type": "array", "items": one, "minItems": field.count, "maxItems": field.count}
        return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}

    def margins(self, field: Field[Any]) -> Schema:
        pair = {"type": "array", "items": self.whole(), "minItems": 2, "maxItems": 2}
        pairs = {"type": "array", "items": pair, "minItems": 1}
        return self.definitions.shared("margins", {"anyOf": [self.per_axis(0), pairs]})

    def padding(self, field: Field[Any]) -> Schema:
        words = [*field.choices, *(word.upper() for word in field.choices)]
        return self.definitions.shared("padding", {"anyOf": [{"enum": words}, self.margins(field)]})

    def pool_width(self, field: Field[Any]) -> Schema:
        return {"anyOf": [self.whole(1), {"const": True}]}

    # Words

    def word(self, words: tuple[str, ...]) -> Schema:
        """One of a few words; where there are names, also one that stands for a word."""
        return {"anyOf": [{"enum": list(words)}, {"type": "string"}]} if self.names else {"enum": list(words)}

    def choice(self, field: Field[Any]) -> Schema:
        return self.word(field.choices)

    def name(self, field: Field[Any]) -> Schema:
        return {"type": "string", "minLength": 1}

    def factors(self, field: Field[Any]) -> Schema:
        """A number above 0, one per axis, or ``2x3``."""
        one = {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, self.expression()]}
        sizes = {"type": "string", "pattern": f"^{SIZES.pattern}$"}
        several = {"type": "array", "items": one, "minItems": 1}
        return self.definitions.shared("factors", {"anyOf": [one, several, sizes]})

    def size_of(self, field: Field[Any]) -> Schema:
        return {"anyOf": [self.per_axis(1), self.name(field)]}

    def names_of(self, field: Field[Any]) -> Schema:
        one = self.name(field)
        return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}

    def shortcut(self, field: Field[Any]) -> Schema:
        projected = {
            "type": "object",
            "properties": {name: self.of(Conv.fields[name]) for name in Projected._fields},
            "additionalProperties": False,
        }
        project = {
            "type": "object",
            "properties": {PROJECT: {"anyOf": [projected, NULL]}},
            "required": [PROJECT],
            "additionalProperties": False,
        }
        return {"anyOf": [self.word(field.choices), self.layers, project]}

    def afterwards(self, field: Field[Any]) -> Schema:
        """The layer after a convolution: a word of a family, or one with its argument."""
        known = family_words(field.kind)
        argued = {
            "type": "object",
            "properties": {op: self.operations[op] for op in known if op in self.operations},
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        }
        nothing = {"enum": [*field.choices, False, None]}
        return self.definitions.shared(field.kind, {"anyOf": [self.word(known), nothing, argued]})

    # Layers inside

    def steps(self, field: Field[Any]) -> Schema:
        return self.layers

    def branches(self, field: Field[Any]) -> Schema:
        named = {
            "type": "object",
            "propertyNames": NAME,
            "additionalProperties": self.layers,
            "minProperties": 1,
        }
        listed = {"type": "array", "items": {"anyOf": [self.name(field), self.layers]}, "minItems": 1}
        return self.definitions.own("branches", {"anyOf": [named, listed]})

    # Shapes and expectations

    def shape(self) -> Schema:
        """An input: channels, then the sizes of the axes."""
        axis = {"anyOf": [{"enum": ["any", "?"]}, self.whole(1)]}
        written = {"type": "string", "pattern": r"^\s*(?:any|\?|[0-9]+)(?:\s*x\s*(?:any|\?|[0-9]+))+\s*$"}
        listed = {"type": "array", "items": axis, "minItems": 1}
        return self.definitions.shared("shape", {"anyOf": [listed, written, axis]})

    def expect(self, of_a_model: bool) -> Schema:
        """What ``expect`` may say of a layer, or of a whole model."""
        metrics = {metric: self._metric(metric) for metric in METRICS}
        if of_a_model:
            metrics["error"] = {
                "type": "string",
                "pattern": "^E[0-9]{3}$",
                "description": "the code of the expected error",
            }
            metrics[FITTING] = self._sizes()
        named = {"type": "object", "properties": metrics, "additionalProperties": False}
        return self.definitions.shared(
            "expect-of-a-model" if of_a_model else "expect",
            {
                "description": "the expected result, checked by `cnncalc check`",
                "anyOf": [self._metric("shape"), named],
            },
        )

    def _sizes(self) -> Schema:
        """Which input sizes fit."""
        size = self.whole(1)
        residues = {"anyOf": [{"type": "array", "items": self.whole(0)}, self.whole(0)]}
        keys = {"multiple_of": size, "valid_sizes": residues, "modulo": size, "smallest": size}
        return {
            "type": "object",
            "description": "which input sizes fit, from the smallest on",
            "properties": keys,
            "additionalProperties": False,
            "minProperties": 1,
            "dependencies": {"valid_sizes": ["modulo"], "modulo": ["valid_sizes"]},
            "not": {"required": ["multiple_of", "valid_sizes"]},
        }

    def _metric(self, metric: str) -> Schema:
        value = self._expected()
        if metric not in (*SHAPE_METRICS, *FIELD_METRICS):
            return self.definitions.shared("expected", {"anyOf": value})
        listed = {"type": "array", "items": {"anyOf": value}, "minItems": 1}
        sizes = {"type": "string", "pattern": r"^(?:[0-9]+|any|\?)(?:x(?:[0-9]+|any|\?))+$"}
        return self.definitions.shared("expected-per-axis", {"anyOf": [*value, sizes, listed]})

    def _expected(self) -> list[Schema]:
        """The forms of one expected value."""
        calculation = _WITH_NAMES if self.names else _CALCULATION
        number = rf"(?:{_NUMBER}|{calculation}|any|\?|all)"
        text = {"type": "string", "pattern": rf"^\s*(?:~\s*{_NUMBER}|(?:<=|>=)?\s*(?![<>=~]){number})\s*$"}
        limit = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": f"^(?![<>=~]){number}$"}]}
        limits = {"min": limit, "max": limit}
        between = {"type": "object", "properties": limits, "additionalProperties": False, "minProperties": 1}
        return [
            {"type": "number"},
            self.definitions.shared("expected-text", text),
            self.definitions.shared("range", between),
        ]


NAME: Schema = {"minLength": 1, "pattern": r"^(?!prev$)[^/]*$", "not": {"pattern": r"\[[0-9]+\]$"}}
"""What may be the name of a tensor, a branch or a block."""

_KINDS: dict[str, Callable[[ValueSchemas, Field[Any]], Schema]] = {
    "int": ValueSchemas.integer,
    "bool": ValueSchemas.flag,
    "number": ValueSchemas.number,
    "axes": ValueSchemas.axes,
    "padding": ValueSchemas.padding,
    "margins": ValueSchemas.margins,
    "choice": ValueSchemas.choice,
    "ints": ValueSchemas.integers,
    "factors": ValueSchemas.factors,
    "size": ValueSchemas.size_of,
    "name": ValueSchemas.name,
    "names": ValueSchemas.names_of,
    "pool_width": ValueSchemas.pool_width,
    "steps": ValueSchemas.steps,
    "copies": ValueSchemas.steps,
    "branches": ValueSchemas.branches,
    "shortcut": ValueSchemas.shortcut,
    "norm": ValueSchemas.afterwards,
    "act": ValueSchemas.afterwards,
}
"""The schema of each kind of field."""


def default_of(field: Field[Any]) -> object:
    """A default as JSON has it; ``None`` where there is none that holds everywhere."""
    default = field.default
    if isinstance(default, PerAxis) and len(default.values) == 1:
        return default.values[0]
    if isinstance(default, Padding):
        return default.pairs[0][0] if default.mode == "explicit" else default.mode
    return default if isinstance(default, (bool, int, float, str)) else None
