"""An item in another framework's words, as this language has it: every word at once."""

from __future__ import annotations

import re

from cnncalc.blocks.base import Shorthand
from cnncalc.language.nodes import Mapping, Scalar, Sequence, YamlNode
from cnncalc.language.vocabulary import SIBLINGS, WORDS, Word, foreign_operation
from cnncalc.layers.fields import Declared
from cnncalc.support.words import MAX_WORD, did_you_mean, shown

KNOWN_BEFORE = ("in", "in_channels", "in_features", "input_channels", "input_shape", "num_features")
"""What other frameworks call the channels that come in."""
_KERNEL = re.compile(r"[1-9][0-9]{0,3}(?:x[1-9][0-9]{0,3})*")


def rewritten(name: str, argument: YamlNode | None) -> str | None:
    """The item of a foreign operation with named arguments as it should be written, with what became of each
    word; ``None`` where there is no such item.
    """
    op = foreign_operation(name)
    if op is None or not isinstance(argument, Mapping):
        return None
    return _rewritten(WORDS[op], {}, argument, [f"`{op}`"])


def foreign_words(word: Word, argument: Mapping) -> tuple[list[Scalar], str] | None:
    """The unknown arguments of an operation, and the item as it should be written; ``None`` where less than
    two are words of other frameworks.
    """
    meaning = word.meaning
    known = {*meaning.foreign_arguments(), *KNOWN_BEFORE}
    found = [key for key, _ in argument.entries if meaning.field_named(key.text) is None]
    if sum(key.text.lower() in known for key in found) < 2:
        return None
    given = {} if word.kernel is None else {"kernel": str(word.kernel)}
    help = _rewritten(meaning, given, argument, [])
    return None if help is None else (found, help)


def _rewritten(
    meaning: type[Declared], given: dict[str, str], argument: Mapping, words: list[str]
) -> str | None:
    """The item with what became of each word; ``None`` where one has a value of several lines, is given twice
    or means nothing and nothing else is left.
    """
    written = dict(given)
    unknown = []
    for key, value in argument.entries:
        known = _meant(meaning, key.text)
        text = _text(value)
        if known is None and key.text.lower() in KNOWN_BEFORE:
            words.append(f"no `{key.text}`, which is known from the layer before")
        elif known is None and key.text in SIBLINGS:
            words.append(f"`{key.text}` beside it, as a key of its own")
        elif known is None:
            unknown.append(f"`{shown(key.text)}`")
        elif known in given and text is not None and set(given[known].split("x")) == {text}:
            words.append(f"no `{key.text}`, which is in the name")
        elif text is None or known in written:
            return None
        else:
            written[known] = text
            if known != key.text:
                words.append(f"`{known}` for `{key.text}`")
    if unknown:
        words.append(f"{meaning.op} has no {' and no '.join(unknown)}")
    item = _item(meaning, written)
    return None if len(item) > MAX_WORD or not words else f"write `{item}`: {', '.join(words)}"


def _meant(meaning: type[Declared], word: str) -> str | None:
    field = meaning.field_named(word)
    if field is not None:
        return field.spec_name
    return meaning.foreign_arguments().get(word.lower()) or did_you_mean(word, meaning.fields)


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
