"""What a file defines for its layers: default arguments by operation, and blocks."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf

from cnncalc.language.arguments import has_default, kind_of
from cnncalc.language.context import Block, Context, Scope
from cnncalc.language.nodes import Mapping, Scalar, Sequence, YamlNode
from cnncalc.language.variables import IDENTIFIER, RESERVED
from cnncalc.language.vocabulary import NEWER, SIBLINGS, WORDS, look_up, suggest
from cnncalc.layers.fields import Declared
from cnncalc.network.naming import NAME_RULE, is_name
from cnncalc.support.words import shown

BLOCK_KEYS = ("params", "layers", "description")
MOST_PARAMETERS = 100
"""Of one block."""
FOREIGN_BLOCK_KEYS = {"body": "layers", "parameters": "params", "args": "params", "desc": "description"}


def read_defaults(
    sections: list[Mapping], context: Context, scope: Scope
) -> dict[str, MappingOf[str, YamlNode]]:
    """The file's default arguments, by operation and field."""
    defaults: dict[str, MappingOf[str, YamlNode]] = {}
    for key, value in (entry for section in sections for entry in section.entries):
        meaning = WORDS.get(key.text)
        if meaning is None:
            word = look_up(key.text)
            help = (
                suggest(key.text, ())
                if word is None
                else f"defaults are given without a kernel: `{word.meaning.op}`"
            )
            context.error("E111", key, f"unknown operation `{shown(key.text)}`", help, scope)
        elif not isinstance(value, Mapping):
            context.error(
                "E105",
                value,
                f"defaults of {shown(key.text)} are a mapping of arguments, found {kind_of(value)}",
                None,
                scope,
            )
        else:
            defaults[key.text] = {
                **defaults.get(key.text, {}),
                **_default_arguments(meaning, value, context, scope),
            }
    return defaults


def _default_arguments(
    meaning: type[Declared], node: Mapping, context: Context, scope: Scope
) -> dict[str, YamlNode]:
    arguments: dict[str, YamlNode] = {}
    for key, value in node.entries:
        field = meaning.field_named(key.text)
        if field is None:
            known, foreign = tuple(meaning.fields), meaning.foreign_arguments()
            context.unknown_word("E104", f"argument of {meaning.op}", key, known, scope, None, foreign)
        elif not has_default(field):
            context.error("E104", key, f"`{shown(key.text)}` of {meaning.op} has no default", None, scope)
        elif field.spec_name in arguments:
            context.fault(field.given_twice(), key, scope)
        else:
            arguments[field.spec_name] = value
    return arguments


def read_blocks(
    sections: list[Mapping], context: Context, scope: Scope
) -> tuple[dict[str, Block], frozenset[str]]:
    """The file's blocks by name, and the names of those in error."""
    refused: set[str] = set()
    blocks: dict[str, Block] = {}
    for key, value in (entry for section in sections for entry in section.entries):
        word = look_up(key.text)
        if word is not None and word.meaning.op not in NEWER:
            context.error(
                "E208",
                key,
                f"a block named `{shown(key.text)}` would hide the operation",
                "choose another name",
                scope,
            )
            continue
        if (key.text in SIBLINGS and key.text not in NEWER) or not is_name(key.text):
            help = f"`{key.text}` is a key of every item" if key.text in SIBLINGS else NAME_RULE
            context.error("E114", key, f"`{shown(key.text)}` cannot be the name of a block", help, scope)
            refused.add(key.text)
            continue
        block = _block(key, value, context, scope)
        if block is None:
            refused.add(key.text)
        else:
            blocks[key.text] = block
    return blocks, frozenset(refused)


def _block(key: Scalar, node: YamlNode, context: Context, scope: Scope) -> Block | None:
    if not isinstance(node, Mapping):
        message = f"the block `{shown(key.text)}` is a mapping, found {kind_of(node)}"
        context.error("E105", node, message, "with `params: [c, s=1]` and `layers: [...]`", scope)
        return None
    for inner, _ in node.entries:
        if inner.text not in BLOCK_KEYS:
            context.unknown_word("E104", "key of a block", inner, BLOCK_KEYS, scope, None, FOREIGN_BLOCK_KEYS)
    layers = node.get("layers")
    if layers is None:
        context.error("E106", key, f"the block `{shown(key.text)}` has no `layers`", None, scope)
        return None
    return Block(key.text, _params(node.get("params"), key.text, context, scope), layers, node)


def _params(
    node: YamlNode | None, name: str, context: Context, scope: Scope
) -> tuple[tuple[str, str | None], ...]:
    if node is None or (isinstance(node, Scalar) and node.is_null):
        return ()
    if not isinstance(node, Sequence):
        message = f"params of the block `{shown(name)}` are a list, found {kind_of(node)}"
        context.error("E105", node, message, "for instance [c, s=1]", scope)
        return ()
    params: dict[str, str | None] = {}
    if len(node.items) > MOST_PARAMETERS:
        context.error(
            "E102",
            node.items[MOST_PARAMETERS],
            f"more than {MOST_PARAMETERS} parameters of a block",
            None,
            scope,
        )
    for item in node.items[:MOST_PARAMETERS]:
        word, equals, default = item.text.partition("=") if isinstance(item, Scalar) else ("", "", "")
        word = word.strip()
        if not IDENTIFIER.fullmatch(word) or word in RESERVED or (equals and not default.strip()):
            context.error(
                "E114",
                item,
                f"{kind_of(item)} is not a parameter",
                "write a name, or a name with a default: `s=1`",
                scope,
            )
        elif word in params:
            context.error("E208", item, f"the parameter `{shown(word)}` is given twice", None, scope)
        else:
            params[word] = default.strip() if equals else None
    return tuple(params.items())
