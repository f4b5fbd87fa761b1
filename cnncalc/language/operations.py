"""One operation with its arguments: a layer, a shorthand or a block of the file, made into parts."""

from __future__ import annotations

import re
from collections.abc import Mapping as MappingOf
from typing import TYPE_CHECKING, Any

from cnncalc.blocks.base import NOTHING_IMPLIED, Shorthand, Widths, implied_by
from cnncalc.errors import Fault
from cnncalc.language.arguments import FAMILIES, READERS, braced, family_words, kind_of, read_integer
from cnncalc.language.calls import ReadList
from cnncalc.language.context import Context, DependsOnParameter, Scope
from cnncalc.language.expressions import UNDETERMINED, PassedWord, by_name
from cnncalc.language.foreign import KNOWN_BEFORE, foreign_words
from cnncalc.language.nodes import Mapping, Scalar, Sequence, YamlNode
from cnncalc.language.vocabulary import SIBLINGS, Word, look_up, suggest
from cnncalc.layers.base import OPERATIONS, Layer
from cnncalc.layers.fields import Declared, Field, PerAxis
from cnncalc.network.naming import NAME_RULE, is_name
from cnncalc.network.structure import Branch, Current, LayerBody, Part, Ref, SeriesBody, Steps
from cnncalc.support.words import did_you_mean, listed, shown

if TYPE_CHECKING:
    from cnncalc.blocks.residual import Projected

_KERNEL_KEYS = ("1x1", "3x3", "5x5")
"""Of the keys that are kernels, those that a list of what is possible names."""
KERNEL_KEY = re.compile(r"[1-9][0-9]{0,3}(?:x[1-9][0-9]{0,3})*")


class OperationReader:
    """Reads operations. ``read_list`` reads the lists of layers inside them."""

    def __init__(self, context: Context, read_list: ReadList) -> None:
        self.context = context
        self.read_list = read_list

    def argument(self, operation: str, key: str, scope: Scope) -> str | None:
        """The argument of an operation or block that a name means, also one of other frameworks."""
        block = scope.file.blocks.get(operation)
        if block is not None:
            return next((name for name, _ in block.params if name == key), None)
        word = look_up(operation)
        if word is None:
            return None
        known = word.meaning.field_named(key) is not None
        return key if known else word.meaning.foreign_arguments().get(key.lower())

    def parts(
        self, word: Word, key: Scalar, argument: YamlNode | None, scope: Scope, path: str
    ) -> tuple[Part, ...] | None:
        """The parts of an operation; ``None`` where its arguments are in error."""
        values = self._arguments(word, key, argument, scope, path)
        if values is None:
            return None
        return self.make(word.meaning, key, key.text, values, scope, path)

    def make(
        self,
        meaning: type[Layer] | type[Shorthand],
        key: Scalar,
        label: str,
        values: dict[str, Any],
        scope: Scope,
        path: str,
        implied: MappingOf[str, Any] = NOTHING_IMPLIED,
    ) -> tuple[Part, ...] | None:
        """The parts of an operation with these values, the file's defaults for the others, norm and act after
        it.
        """
        try:
            values = {**implied, **self._with_defaults(meaning, values, scope, path)}
            if issubclass(meaning, Shorthand):
                return self._expanded(meaning, key, label, values, scope, path)
            norm, act = values.pop("norm", None), values.pop("act", None)
            body = self._layer_body(meaning, {**implied_by(norm), **values})
            return (Part(label, body), *[part for part in (norm, act) if part])
        except Fault as fault:
            self.context.fault(fault, key, scope, path)
        except DependsOnParameter:
            pass
        return None

    def _with_defaults(
        self, meaning: type[Declared], values: dict[str, Any], scope: Scope, path: str
    ) -> dict[str, Any]:
        """The values with the file's defaults added, and required ones checked."""
        values = dict(values)
        for name, node in scope.file.defaults.get(meaning.op, {}).items():
            if name not in values:
                values[name] = self._value(meaning.fields[name], node, scope.of_the_file(), path)
        for name, field in meaning.fields.items():
            if field.required and name not in values:
                raise Fault(
                    "E106", f"{meaning.op} needs `{name}`: {field.doc}", f"for instance `{meaning.example}`"
                )
        return values

    def _layer_body(self, meaning: type[Layer], values: dict[str, Any]) -> LayerBody:
        """One layer; equal ones are the same object. A name among its values becomes a further input, a list
        of names all of them.
        """
        plain: dict[str, Any] = {}
        references: tuple[Ref, ...] = ()
        reads_current = True
        for name, value in values.items():
            if isinstance(value, Ref):
                plain[name], references = value.name, (*references, value)
            elif isinstance(value, tuple) and value and isinstance(value[0], Ref):
                plain[name], references = tuple(ref.name for ref in value), value
                reads_current = False
            else:
                plain[name] = value
        key = (meaning, tuple(plain.items()))
        layer = self.context.layers.get(key)
        if layer is None:
            layer = self.context.layers[key] = meaning(**plain)
        return LayerBody(layer, references, reads_current)

    def _expanded(
        self,
        meaning: type[Shorthand],
        key: Scalar,
        label: str,
        values: dict[str, Any],
        scope: Scope,
        path: str,
    ) -> tuple[Part, ...]:
        def make(
            op: str, label: str | None = None, implied: MappingOf[str, Any] = NOTHING_IMPLIED, **inner: Any
        ) -> tuple[Part, ...]:
            self.context.count_item(key, scope, path)
            parts = self.make(OPERATIONS[op], key, label or op, inner, scope, path, implied)
            if parts is None:
                raise DependsOnParameter
            return parts

        parts = meaning(values.pop("widths", ()), **values).expand(make)
        return (parts[0]._replace(label=label), *parts[1:])

    # Arguments

    def _arguments(
        self, word: Word, key: Scalar, argument: YamlNode | None, scope: Scope, path: str
    ) -> dict[str, Any] | None:
        """The values given, by field; ``None`` where one is in error or undetermined."""
        meaning = word.meaning
        values: dict[str, Any] = {}
        if word.kernel is not None:
            values["kernel"] = word.kernel
        if argument is None or (isinstance(argument, Scalar) and argument.is_null and not argument.quoted):
            return values
        primary = meaning.primary()
        whole = primary is not None and primary.kind == "branches"
        if isinstance(argument, Mapping) and not whole:
            return self._named_arguments(word, argument, values, scope, path)
        if primary is None:
            help = f"for instance `{meaning.example}`" if meaning.fields else None
            takes = "takes arguments by name only" if meaning.fields else "takes no argument"
            self.context.error(
                "E105", argument, f"{meaning.op} {takes}, found {kind_of(argument)}", help, scope, path
            )
            return None
        if primary.spec_name in values:
            message = f"the kernel is already in the name `{shown(key.text)}`"
            self.context.error(
                "E107", argument, message, f"for instance `{key.text}: {{stride: 2}}`", scope, path
            )
            return None
        return self._add(meaning, primary, argument, values, scope, path, is_named=False)

    def _named_arguments(
        self, word: Word, argument: Mapping, values: dict[str, Any], scope: Scope, path: str
    ) -> dict[str, Any] | None:
        meaning = word.meaning
        complete = True
        widths: list[Widths] = []
        kernel_keys = issubclass(meaning, Shorthand) and meaning.kernel_keys
        entries = [(key, value, meaning.field_named(key.text)) for key, value in argument.entries]
        # The number of copies is needed before the body is read.
        entries.sort(key=lambda entry: entry[2] is not None and entry[2].kind == "copies")
        said = self._foreign_words(word, argument, scope, path)
        for key, value, field in entries:
            if key in said:
                complete = False
            elif kernel_keys and (KERNEL_KEY.fullmatch(key.text) or key.text == "pool"):
                complete &= self._add_width(key, value, widths, scope, path)
            elif field is None and key.text in SIBLINGS:
                self.context.beside(key, f"{meaning.op}{word.kernel or ''}", scope, path)
                complete = False
            elif field is None:
                name = braced(argument)
                if name in scope.names:
                    message = f"unknown argument `{shown(key.text)}` of {meaning.op}"
                    self.context.error("E104", key, message, by_name(key.text), scope, path)
                else:
                    self._unknown_argument(meaning, key, scope, path)
                complete = False
            elif field.spec_name in values:
                self._given_twice(field, key, word, scope, path)
                complete = False
            else:
                complete &= self._add(meaning, field, value, values, scope, path) is not None
        if kernel_keys:
            values["widths"] = tuple(widths)
        return values if complete else None

    def _foreign_words(self, word: Word, argument: Mapping, scope: Scope, path: str) -> list[Scalar]:
        """Report several words of other frameworks at once, and return them."""
        found = foreign_words(word, argument)
        if found is None:
            return []
        keys, help = found
        words = listed([f"`{key.text}`" for key in keys])
        self.context.error(
            "E104", keys[0], f"unknown arguments of {word.meaning.op}: {words}", help, scope, path
        )
        return keys

    def _add(
        self,
        meaning: type[Declared],
        field: Field[Any],
        node: YamlNode,
        values: dict[str, Any],
        scope: Scope,
        path: str,
        is_named: bool = True,
    ) -> dict[str, Any] | None:
        """Read one argument into ``values``; ``None`` where that fails."""
        try:
            if field.primary and meaning.kernel_in_name and field.kind == "int" and _is_kernel(node):
                raise Fault(
                    "E105", f"expected a whole number, found {kind_of(node)}", _kernel_in_name(meaning)
                )
            if field.kind == "copies":
                values[field.spec_name] = self._copies(node, values.get("repeat", 0), scope, path)
            else:
                values[field.spec_name] = self._value(field, node, scope, path)
            return values
        except Fault as fault:
            if not is_named and isinstance(node, Sequence) and len(meaning.fields) > 1:
                fault.help = fault.help or f"several arguments are named: `{meaning.example}`"
            self.context.fault(fault, node, scope, path)
        except DependsOnParameter:
            pass
        return None

    def _value(self, field: Field[Any], node: YamlNode, scope: Scope, path: str) -> Any:
        """What a node says for a field.

        Raises:
            Fault, DependsOnParameter
        """
        if isinstance(node, Scalar) and field.kind != "name":
            passed = scope.names.get(node.text)
            if isinstance(passed, PassedWord):
                node = Scalar(str(passed), node.quoted, node.line, node.column, node.width)
        read = READERS.get(field.kind)
        if read is not None:
            try:
                return read(field, node, self.context, scope)
            except Fault as fault:
                name = braced(node)
                fault.help = by_name(name) if name and fault.code == "E105" else fault.help
                raise
        if field.kind == "steps":
            return self.read_list(node, scope, path)
        if field.kind == "branches":
            return self._branches(node, scope, path)
        if field.kind == "shortcut":
            return self._shortcut(field, node, scope, path)
        assert field.kind in FAMILIES
        return self._afterwards(field, node, scope, path)

    def _copies(self, node: YamlNode, count: int, scope: Scope, path: str) -> tuple[Steps, ...]:
        """The layers of each copy."""
        self.context.check_copies(count)

        def read(copy: Scope, index: int) -> Steps:
            return self.read_list(node, copy, f"{path}/body[{index}]")

        return self.context.copies(count, read, node, scope, path)[:count]

    def _branches(self, node: YamlNode, scope: Scope, path: str) -> tuple[Branch | Ref | Current, ...]:
        """Named branches, or a list of names, ``prev`` and lists of layers."""
        branches: list[
            Branch | Ref | Current
        ] = []  # filled in loops: a generator would be one more call per level of nesting
        if isinstance(node, Mapping):
            for key, value in node.entries:
                branches.append(self._named_branch(key, value, scope, path))
            return tuple(branches)
        if not isinstance(node, Sequence):
            raise Fault(
                "E105",
                f"expected branches, found {kind_of(node)}",
                "for instance `[stem, prev]` or `{a: [...], b: [...]}`",
            )
        for number, item in enumerate(node.items, 1):
            branches.append(self._branch(item, number, scope, path))
        return tuple(branches)

    def _named_branch(self, key: Scalar, value: YamlNode, scope: Scope, path: str) -> Branch:
        if key.text in SIBLINGS and isinstance(value, Scalar):
            help = f"write `{key.text}: ...` beside the operation, not inside"
            self.context.error(
                "E104", key, f"`{key.text}` is a key of the item, not a branch", help, scope, path
            )
            return Branch(key.text, SeriesBody(()))
        if not is_name(key.text):
            self.context.error(
                "E114", key, f"`{shown(key.text)}` cannot name a branch", NAME_RULE, scope, path
            )
            return Branch(shown(key.text), SeriesBody(()))
        return Branch(key.text, SeriesBody(self.read_list(value, scope, f"{path}/{key.text}")))

    def _branch(self, item: YamlNode, number: int, scope: Scope, path: str) -> Branch | Ref | Current:
        if isinstance(item, Sequence):
            name = f"branch_{number}"
            return Branch(name, SeriesBody(self.read_list(item, scope, f"{path}/{name}")))
        if isinstance(item, Scalar) and not item.is_empty:
            return Current() if item.text == "prev" else self.context.reference(item, scope)
        help = "a string is an earlier name, a list in brackets is a branch"
        self.context.error(
            "E105", item, f"expected a name or a list of layers, found {kind_of(item)}", help, scope, path
        )
        return Current()

    def _projection(self, node: YamlNode, scope: Scope, path: str) -> Projected:
        """What ``project: {bias, norm}`` says of the projection."""
        from cnncalc.blocks.residual import Projected

        if isinstance(node, Scalar) and node.is_null:
            return Projected()
        if not isinstance(node, Mapping):
            message = f"expected bias and norm of the projection, found {kind_of(node)}"
            raise Fault("E105", message, "for instance `project: {bias: true, norm: none}`")
        values: dict[str, Any] = {}
        for key, value in node.entries:
            field = OPERATIONS["conv"].fields.get(key.text)
            if field is None or key.text not in Projected._fields:
                self.context.unknown_word("E104", "argument of project", key, Projected._fields, scope, path)
                raise DependsOnParameter
            values[key.text] = self._value(field, value, scope, path)
        return Projected(**values)

    def _shortcut(
        self, field: Field[Any], node: YamlNode, scope: Scope, path: str
    ) -> str | Projected | Steps:
        if isinstance(node, Sequence):
            return self.read_list(node, scope, f"{path}/shortcut")
        if isinstance(node, Scalar) and node.text in field.choices:
            return node.text
        possible = f"possible: {', '.join(field.choices)}, a list of layers"
        if isinstance(node, Mapping) and node.keys == ["project"]:
            return self._projection(node.entries[0][1], scope, path)
        if not isinstance(node, Scalar) or node.is_null:
            raise Fault("E105", f"expected a shortcut, found {kind_of(node)}", possible)
        guess = did_you_mean(node.text, field.choices)
        help = f"did you mean `{guess}`?" if guess else possible
        raise Fault("E112", f"unknown shortcut {kind_of(node)}", help)

    def _afterwards(self, field: Field[Any], node: YamlNode, scope: Scope, path: str) -> Part | None:
        """The layer that ``norm`` or ``act`` puts behind a convolution: a word, or a word with arguments."""
        if isinstance(node, Scalar) and (node.text in (*field.choices, "false") or node.is_null):
            return None
        if isinstance(node, Scalar):
            if scope.names.get(node.text) is UNDETERMINED:
                raise DependsOnParameter
            key, argument = node, None
        elif isinstance(node, Mapping) and len(node.entries) == 1:
            key, argument = node.entries[0]
        else:
            raise Fault(
                "E105", f"expected one operation, found {kind_of(node)}", "for instance `relu` or `{gn: 32}`"
            )
        word = look_up(key.text)
        if word is None or not issubclass(word.meaning, FAMILIES[field.kind]):
            raise Fault(
                "E112",
                f"unknown {field.kind} `{shown(key.text)}`",
                _probable(key.text, family_words(field.kind)),
            )
        parts = self.parts(word, key, argument, scope, path)
        if parts is None:
            raise DependsOnParameter
        return parts[0]

    def _add_width(self, key: Scalar, value: YamlNode, widths: list[Widths], scope: Scope, path: str) -> bool:
        """One branch of an inception-like mapping."""
        kernel = None if key.text == "pool" else PerAxis(tuple(map(int, key.text.split("x"))))
        try:
            if kernel is None and isinstance(value, Scalar) and value.text == "true":
                widths.append(Widths(key.text, None, None))
            elif kernel is None and isinstance(value, Scalar) and value.text == "false":
                raise Fault(
                    "E105",
                    "expected a whole number or true, found `false`",
                    "leave `pool` out for no such branch",
                )
            elif kernel is not None and isinstance(value, Sequence):
                if len(value.items) != 2:
                    raise Fault(
                        "E105",
                        f"expected [reduce, out], found {len(value.items)} numbers",
                        "for instance `3x3: [96, 128]`",
                    )
                reduce, out = (read_integer(item, self.context, scope, 1) for item in value.items)
                widths.append(Widths(key.text, kernel, out, reduce))
            else:
                widths.append(Widths(key.text, kernel, read_integer(value, self.context, scope, 1)))
            return True
        except Fault as fault:
            self.context.fault(fault, value, scope, path)
        except DependsOnParameter:
            pass
        return False

    def _given_twice(self, field: Field[Any], key: Scalar, word: Word, scope: Scope, path: str) -> None:
        if field.spec_name == "kernel" and word.kernel is not None:
            message = f"the kernel is already in the name: {word.kernel}"
            self.context.error("E107", key, message, "write it once", scope, path)
        else:
            self.context.fault(field.given_twice(), key, scope, path)

    def _unknown_argument(self, meaning: type[Declared], key: Scalar, scope: Scope, path: str) -> None:
        if not meaning.fields:
            self.context.error("E104", key, f"{meaning.op} takes no arguments", None, scope, path)
            return
        word = key.text.lower()
        if key.text.count(")") > key.text.count("("):
            return  # the rest of a call that a comma cut in two; its beginning is reported
        if issubclass(meaning, Shorthand) and meaning.kernel_keys and word[:1].isdigit():
            help = f"did you mean `{word}`?" if KERNEL_KEY.fullmatch(word) else "a kernel such as 3x3"
            self.context.error(
                "E104", key, f"unknown argument `{shown(key.text)}` of {meaning.op}", help, scope, path
            )
            return
        if word in KNOWN_BEFORE:
            help = "leave it out: the channels that come in are known from the layer before"
            self.context.error(
                "E104", key, f"unknown argument `{shown(key.text)}` of {meaning.op}", help, scope, path
            )
            return
        foreign = meaning.foreign_arguments()
        if word not in foreign and look_up(key.text) is not None and word not in meaning.fields:
            help = f"`{key.text}` is an operation of its own: start it with `- `"
            if meaning.primary() is not None and meaning.primary().kind == "steps":  # type: ignore[union-attr]
                help = f"write the layers as a list: `{meaning.example}`"
            self.context.error(
                "E104", key, f"unknown argument `{shown(key.text)}` of {meaning.op}", help, scope, path
            )
            return
        kernels = _KERNEL_KEYS if issubclass(meaning, Shorthand) and meaning.kernel_keys else ()
        known = (*kernels, *meaning.fields)
        self.context.unknown_word("E104", f"argument of {meaning.op}", key, known, scope, path, foreign)


def _is_kernel(node: YamlNode) -> bool:
    return isinstance(node, Scalar) and "x" in node.text and KERNEL_KEY.fullmatch(node.text) is not None


def _kernel_in_name(meaning: type[Declared]) -> str:
    return f"the kernel goes into the name, as in `{meaning.op}3x3: 64`"


def _probable(text: str, possible: tuple[str, ...]) -> str:
    """The word of a family that was probably meant."""
    hint = suggest(text, ())
    if hint and any(f"`{op}`" in hint for op in possible):
        return hint
    words = {word: op for op in possible for word in (*OPERATIONS[op].foreign, op)}
    guess = did_you_mean(text, words)
    return f"did you mean `{words[guess]}`?" if guess else f"possible: {', '.join(possible)}"
