"""The language as a JSON Schema (draft 7) for editors, generated from the declarations that the reader reads
by.
"""

from __future__ import annotations

from typing import Any

from cnncalc.blocks.base import Shorthand
from cnncalc.frameworks import FRAMEWORKS
from cnncalc.language.arguments import FAMILIES, has_default
from cnncalc.language.decode import CASE_KEYS, FILE_KEYS, MODEL_KEYS
from cnncalc.language.definitions import BLOCK_KEYS
from cnncalc.language.operations import KERNEL_KEY
from cnncalc.language.schema.values import (
    DIALECTS,
    NAME,
    NULL,
    SCALAR,
    Definitions,
    Schema,
    ValueSchemas,
    default_of,
)
from cnncalc.language.vocabulary import SIBLINGS, WORDS, Operation, operations
from cnncalc.layers.base import Layer
from cnncalc.layers.fields import Field

Meaning = type[Layer] | type[Shorthand]

_KERNEL = r"0*[1-9][0-9]{0,8}(?:x0*[1-9][0-9]{0,8})*"
_KERNELS = "|".join(op for op, meaning in WORDS.items() if meaning.kernel_in_name)
_ANY_OPERATION = f"^(?:{'|'.join(WORDS)}|(?:{_KERNELS}){_KERNEL})$"

_ABOUT = {
    "name": "the name; the default is the file's stem, the variant's key, or the operation with a number",
    "description": "a description, in free text",
    "source": "sources of its numbers: a text or a list of texts",
    "framework": "whose rules apply for rounding, `same` and defaults",
    "input": "channels first, then the spatial axes: [3, 224, 224] or 3x224x224; several inputs by name",
    "vars": "variables for numbers and words; they may use each other",
    "defaults": "arguments by operation, for all its layers that do not give them",
    "blocks": "layers under a name, with parameters",
    "layers": "the network, one layer per item",
    "expect": "the expected result, checked by `cnncalc check`",
    "cases": "the model again, with another input, other variables or another framework",
    "models": "variants that share variables, defaults and blocks",
    "note": "a remark; nothing depends on it",
    "params": "names, the first of which a plain argument fills; `s=1` gives one a default",
    "from": "the name of the earlier tensor that this layer reads instead of the previous one",
    "repeat": "the number of copies in sequence; `i` is the index of the copy",
    "share": "the name of the earlier layer whose weights it uses",
    "frozen": "whether its parameters are not trained",
}
"""What the keys of a file, a model, a case, a block and an item are for."""


def schema() -> Schema:
    """The schema of a spec file.

    A file without variables, blocks and defaults is checked completely. Where there are any, a word may be a
    name and an
    argument that is missing may be given elsewhere; where there are blocks, an operation that is not known
    may be one of
    them. What only the reader can know (that a name exists, that shapes fit) no schema tells: ``cnncalc
    check`` does.
    """
    schemas: dict[str, Schema] = {}
    for dialect in DIALECTS:
        _SpecSchema(Definitions(schemas, dialect)).define()
    plain, named, free = ({"$ref": f"#/definitions/file{dialect.suffix}"} for dialect in DIALECTS)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A network for cnncalc",
        "if": _anywhere("blocks"),
        "then": free,
        "else": {"if": {"anyOf": [_anywhere("vars"), _anywhere("defaults")]}, "then": named, "else": plain},
        "definitions": schemas,
    }


def _anywhere(key: str) -> Schema:
    """That a file or one of its models has a key."""
    models = {"type": "object", "not": {"additionalProperties": {"not": {"required": [key]}}}}
    return {"anyOf": [{"required": [key]}, {"required": ["models"], "properties": {"models": models}}]}


class _SpecSchema:
    """The definitions of one dialect, from values up to the file."""

    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        self.dialect = definitions.dialect
        self.values = ValueSchemas(definitions)
        self.layers = self.values.layers
        self.arguments: dict[str, Schema] = {}
        """The mapping of each operation's arguments."""

    def define(self) -> None:
        documented = {operation.op: operation for operation in operations()}
        for op in sorted(WORDS, key=lambda op: not issubclass(WORDS[op], tuple(FAMILIES.values()))):
            self.values.operations[op] = self._operation(WORDS[op], documented[op], False)
        plain = {op: self.values.operations[op] for op in WORDS}
        kernels = {
            op: self._operation(WORDS[op], documented[op], True) for op in WORDS if WORDS[op].kernel_in_name
        }
        self.definitions.own("layers", {"type": "array", "items": self._item(plain, kernels)})
        keys = self._keys()
        model = {
            "type": "object",
            "properties": {key: keys[key] for key in MODEL_KEYS},
            "additionalProperties": False,
        }
        keys["models"] = _about("models", _mapping(self.definitions.own("model", model), minProperties=1))
        self.definitions.own(
            "file",
            {
                "type": "object",
                "properties": {key: keys[key] for key in FILE_KEYS},
                "additionalProperties": False,
                "anyOf": [{"required": ["layers"]}, {"required": ["models"]}],
            },
        )

    # Operations

    def _operation(self, meaning: Meaning, documented: Operation, kernel_is_named: bool) -> Schema:
        """What may stand behind an operation's name, with or without the kernel in it."""
        left = {
            name: field
            for name, field in meaning.fields.items()
            if not (kernel_is_named and name == "kernel")
        }
        primary = meaning.primary()
        kernel = "-kernel" if kernel_is_named else ""
        forms = []
        if primary is None or primary.kind != "branches":
            arguments = self.definitions.shared(
                f"arguments-{meaning.op}{kernel}", self._named(meaning, left, documented)
            )
            self.arguments.setdefault(meaning.op, arguments)
            forms.append(arguments)
        others = any(field.required for field in left.values() if field is not primary)
        if primary is not None and primary.spec_name in left and (self.dialect.names or not others):
            forms.append(self._documented(primary, documented))
        if self.dialect.names or not any(field.required for field in left.values()):
            forms.append(NULL)
        return self.definitions.shared(
            f"op-{meaning.op}{kernel}", {"description": documented.summary, "anyOf": forms}
        )

    def _named(self, meaning: Meaning, fields: dict[str, Field[Any]], documented: Operation) -> Schema:
        """Arguments by name, in their long and short forms."""
        properties: dict[str, Schema] = {}
        rules: list[Schema] = []
        for name, field in fields.items():
            properties[name] = self._documented(field, documented)
            if field.short is not None:
                properties[field.short] = {**properties[name], "description": f"short for {name}"}
                rules.append({"not": {"required": [name, field.short]}})
            if field.required and not self.dialect.names:
                rules.append({"anyOf": [{"required": [form]} for form in (name, field.short) if form]})
        found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
        if issubclass(meaning, Shorthand) and meaning.kernel_keys:
            found["patternProperties"] = {f"^{KERNEL_KEY.pattern}$": self._width()}
            beside = [name for name, field in fields.items() if field.kind != "pool_width"]
            rules.append({"not": {"propertyNames": {"enum": beside}}})
        return {**found, "allOf": rules} if rules else found

    def _width(self) -> Schema:
        one = self.values.whole(1)
        reduced = {"type": "array", "items": one, "minItems": 2, "maxItems": 2}
        about = "a convolution of that kernel: its output channels, or [reduction before it, output channels]"
        return {"description": about, "anyOf": [one, reduced]}

    def _documented(self, field: Field[Any], operation: Operation) -> Schema:
        """An argument's value with its documentation and its default."""
        doc = next(doc for doc in operation.fields if doc.name == field.spec_name)
        found = _with(
            doc.doc if doc.default in ("required", "none") else f"{doc.doc}; default {doc.default}",
            self.values.of(field),
        )
        value = default_of(field)
        return found if value is None else {**found, "default": value}

    # Items

    def _item(self, plain: dict[str, Schema], kernels: dict[str, Schema]) -> Schema:
        """One layer: an operation's name, or one operation with its argument and what else an item says."""
        properties = dict(plain)
        for op, named in kernels.items():
            usual = WORDS[op].example.partition(":")[0]
            properties |= {usual: named} if usual != op else {}
        siblings = self._siblings()
        assert tuple(siblings) == SIBLINGS
        whole = {
            "type": "object",
            "properties": {**properties, **siblings},
            "patternProperties": {f"^{op}{_KERNEL}$": named for op, named in kernels.items()},
            "additionalProperties": self._block_argument() if self.dialect.blocks else False,
            "allOf": [self.definitions.shared("one-operation", _ONE_OPERATION)],
        }
        return {"if": {"type": "object"}, "then": whole, "else": self._bare(tuple(properties))}

    def _bare(self, names: tuple[str, ...]) -> Schema:
        """An operation without arguments, or the name of a block."""
        if self.dialect.blocks:
            return {"anyOf": [{"enum": list(names)}, {"type": "string"}]}
        complete = [op for op in names if self.dialect.names or op not in WORDS or not _needs(WORDS[op])]
        return {"anyOf": [{"enum": complete}, {"type": "string", "pattern": f"^(?:{_KERNELS}){_KERNEL}$"}]}

    def _siblings(self) -> dict[str, Schema]:
        name = {"type": "string", "minLength": 1}
        found: dict[str, Schema] = {
            "name": {"type": ["string", "number", "boolean"]},
            "from": name,
            "repeat": self.values.whole(),
            "share": name,
            "frozen": self.values.flag(),
            "expect": self.values.expect(of_a_model=False),
            "note": {},
        }
        return {key: value if key == "expect" else _about(key, value) for key, value in found.items()}

    def _block_argument(self) -> Schema:
        """What a block of the file is given: its first parameter, or parameters by name."""
        return {"description": "a block of this file", "anyOf": [SCALAR, NULL, _mapping(SCALAR)]}

    # Files

    def _keys(self) -> dict[str, Schema]:
        """The keys of models, each once."""
        text = {"type": ["string", "number", "boolean", "null"]}
        keys: dict[str, Schema] = {
            "name": text,
            "description": text,
            "source": {"anyOf": [text, {"type": "array", "items": text}]},
            "framework": _framework(),
            "input": self._input(),
            "vars": {"anyOf": [_mapping(SCALAR), NULL]} if self.dialect.names else {},
            "defaults": {"anyOf": [self._defaults(), NULL]} if self.dialect.names else {},
            "blocks": {"anyOf": [self._blocks(), NULL]} if self.dialect.blocks else {},
            "layers": {"allOf": [self.layers], "minItems": 1},
            "expect": self.values.expect(of_a_model=True),
        }
        keys = {key: value if key == "expect" else _about(key, value) for key, value in keys.items()}
        keys["cases"] = _about("cases", {"type": "array", "items": self._case(keys)})
        return keys

    def _input(self) -> Schema:
        shape = self.values.shape()
        several = {**_mapping(shape, minProperties=1), "propertyNames": NAME}
        return self.definitions.shared("input", {"anyOf": [shape, several, NULL]})

    def _case(self, keys: dict[str, Schema]) -> Schema:
        case = {key: keys.get(key) or _about(key, {}) for key in CASE_KEYS}
        return {"type": "object", "properties": case, "additionalProperties": False}

    def _defaults(self) -> Schema:
        """Arguments by operation; those that hold layers have no default."""
        found = {}
        for operation in operations():
            fields = WORDS[operation.op].fields.values()
            able = [field for field in fields if has_default(field)]
            if len(able) == len(fields):
                found[operation.op] = self.arguments[operation.op]
            else:
                given = {field.spec_name: self._documented(field, operation) for field in able}
                found[operation.op] = {"type": "object", "properties": given, "additionalProperties": False}
        return {"type": "object", "properties": found, "additionalProperties": False}

    def _blocks(self) -> Schema:
        parameter = {"type": "string", "pattern": r"^\s*[^\d\W]\w*\s*(?:=.+)?$"}
        keys = {
            "params": {"anyOf": [{"type": "array", "items": parameter}, NULL]},
            "layers": self.layers,
            "description": {},
        }
        block = {
            "type": "object",
            "properties": {key: _about(key, keys[key]) for key in BLOCK_KEYS},
            "additionalProperties": False,
            "required": ["layers"],
        }
        names = {"allOf": [NAME, {"not": {"pattern": _ANY_OPERATION}}, {"not": {"enum": list(SIBLINGS)}}]}
        return {**_mapping(block), "propertyNames": names}


def _about(key: str, value: Schema) -> Schema:
    """A value with what its key is for."""
    return _with(_ABOUT[key], value)


def _with(description: str, value: Schema) -> Schema:
    """A value with a description; in draft 7 nothing counts beside a reference, so that one is wrapped."""
    return {"description": description, **({"allOf": [value]} if "$ref" in value else value)}


def _mapping(value: Schema, **more: Any) -> Schema:
    return {"type": "object", "additionalProperties": value, **more}


def _only(key: str, value: Schema) -> Schema:
    """A mapping of that one key."""
    return {"type": "object", "properties": {key: value}, "required": [key], "additionalProperties": False}


def _needs(meaning: Meaning) -> bool:
    """Whether an operation cannot stand without arguments."""
    return any(field.required for field in meaning.fields.values()) or (
        issubclass(meaning, Shorthand) and meaning.kernel_keys
    )


def _framework() -> Schema:
    ways: list[Schema] = [{"enum": list(FRAMEWORKS)}]
    for one in FRAMEWORKS.values():
        if one.versions is not None:
            number = _only(one.versions.word, {"type": ["integer", "string"], "minimum": 1})
            ways += [
                {"type": "string", "pattern": f"^{one.name}:[1-9][0-9]{{0,2}}$"},
                _only(one.name, number),
            ]
    return {"anyOf": ways}


def _one_operation() -> Schema:
    """That of the keys of an item exactly one is an operation.

    Kernels make names of a pattern, and what a schema can say is that no other key stands beside one of them.
    """
    beside = "|".join(SIBLINGS)
    rules: list[Schema] = [{"not": {"propertyNames": {"enum": list(SIBLINGS)}}}]
    for op, meaning in WORDS.items():
        kernel = f"(?:{_KERNEL})?" if meaning.kernel_in_name else ""
        alone = {"propertyNames": {"pattern": f"^(?:{op}{kernel}|{beside})$"}}
        rules.append({"if": {"not": {"patternProperties": {f"^{op}{kernel}$": False}}}, "then": alone})
    return {"allOf": rules}


_ONE_OPERATION = _one_operation()
