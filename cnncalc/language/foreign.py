"""An item in another framework's words, as this language has it: every word at once."""

from __future__ import annotations

import re

from cnncalc.blocks.base import Shorthand
from cnncalc.language.nodes import Mapping, Scalar, Sequence, YamlNode
from cnncalc.language.vocabulary import WORDS, foreign_operation
from cnncalc.layers.fields import Declared
from cnncalc.support.words import MAX_WORD

KNOWN_BEFORE = ("in", "in_channels", "in_features", "input_channels", "input_shape", "num_features")
"""What other frameworks call the channels that come in."""
_KERNEL = re.compile(r"[1-9][0-9]{0,3}(?:x[1-9][0-9]{0,3})*")


def rewritten(name: str, argument: YamlNode | None) -> str | None:
    """The item of a foreign operation with named arguments as it should be written, with what became of each
    word; ``None`` where an argument means nothing here.
    """
    op = foreign_operation(name)
    if op is None or not isinstance(argument, Mapping):
        return None
    meaning = WORDS[op]
    written: dict[str, str] = {}
    words = [f"`{op}`"]
    for key, value in argument.entries:
        known = _meant(meaning, key.text)
        text = _text(value)
        if known is None and key.text.lower() in KNOWN_BEFORE:
            words.append(f"no `{key.text}`, which is known from the layer before")
        elif known is None or text is None or known in written:
            return None
        else:
            written[known] = text
            if known != key.text:
                words.append(f"`{known}` for `{key.text}`")
    item = _item(meaning, written)
    return None if len(item) > MAX_WORD else f"write `{item}`: {', '.join(words)}"


def _meant(meaning: type[Declared], word: str) -> str | None:
    field = meaning.field_named(word)
    if field is not None:
        return field.spec_name
    return meaning.foreign_arguments().get(word.lower())


def _text(node: YamlNode) -> str | None:
    """A value as it is written in one line; ``None`` for more than a few numbers or a word."""
    if isinstance(node, Scalar):
        return None if node.quoted or node.is_null else node.text
    if not isinstance(node, Sequence) or not node.items:
        return None
    texts = [_text(item) for item in node.items]
    return None if None in texts else f"[{', '.join(filter(None, texts))}]"


def _item(meaning: type[Declared], written: dict[str, str]) -> str:
    """The item, with the kernel in its name and a lone primary argument without its own."""
    op = meaning.op
    kernel = written.get("kernel", "")
    if getattr(meaning, "kernel_in_name", False) and _KERNEL.fullmatch(kernel):
        op += kernel if "x" in kernel or issubclass(meaning, Shorthand) else f"{kernel}x{kernel}"
        del written["kernel"]
    primary = meaning.primary()
    if not written:
        return op
    if primary is not None and list(written) == [primary.spec_name]:
        return f"{op}: {written[primary.spec_name]}"
    return f"{op}: {{{', '.join(f'{name}: {text}' for name, text in written.items())}}}"
