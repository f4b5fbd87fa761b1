"""Keras source of a network: a function for each structure, one for the model, and a main part."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cnncalc.analysis.report import Report
from cnncalc.exporters.expressions import joined
from cnncalc.exporters.flow import Flow, name_of_run
from cnncalc.exporters.identifiers import BUILTIN, Identifiers, full_name, identifier, in_a_docstring
from cnncalc.exporters.keras.translation import Translation, translated
from cnncalc.exporters.layout import lines_of
from cnncalc.exporters.parameters import (
    CONDITION,
    Classes,
    Hole,
    Solved,
    Style,
    Template,
    combined,
    solved,
    template_of,
)
from cnncalc.exporters.refusing import Refusals, expressed
from cnncalc.exporters.structure import Kind, Part, Statement, Structure, parts_in_sequence
from cnncalc.exporters.tree import tree_of

TENSOR = "\0"
"""Where a statement reads and writes the tensor that flows through it."""


def _looped(head: str | None, each: str, index: str, count: str) -> str:
    inner = "\n".join(f"    {line}" for line in each.split("\n"))
    loop = f"for {index} in range({count}):\n{inner}"
    return loop if head is None else f"{head}\n{loop}"


FUNCTIONS = Style(
    call=lambda text: f"{TENSOR} = {text}({TENSOR})",
    new=lambda name, arguments: f"{TENSOR} = {name}({TENSOR}{', ' if arguments else ''}{arguments})",
    sequence="\n".join,
    repeated=_looped,
)
"""Statements one after the other."""


def source_of(report: Report) -> str:
    """The whole file."""
    structure = Structure(tree_of(report, translations_of(report)))
    names = Identifiers((*BUILTIN, "ops", "model", "inputs", "x", "i"))
    name = full_name(report.name, report.network)
    main = names.own(identifier(name).lower())
    functions = _Functions(structure, names)
    root = Kind(main)
    root.instances.append(structure.main)
    text = functions.sources(_Function(main, root, functions.named, report))
    body = "\n".join(line for lines in text for line in lines)
    heading = f'"""{in_a_docstring(name, 70)} in Keras, written by cnncalc."""'
    used = [name for name in ("layers", "ops") if re.search(rf"\b{name}\.", body)]
    imports = ["import keras", *([f"from keras import {', '.join(used)}"] if used else [])]
    parts = [
        "\n".join([heading, "", *imports]),
        *("\n".join(lines) for lines in text),
        f'if __name__ == "__main__":\n    {main}().summary()',
    ]
    return "\n\n\n".join(parts) + "\n"


def translations_of(report: Report) -> list[Translation]:
    """Every layer in Keras.

    Raises:
        ExportError: naming all that it cannot express.
    """
    if report.framework != "tensorflow":
        refusals = Refusals("Keras")
        help = "`--framework tensorflow` computes it by Keras's rules"
        refusals.about(report.name, f"it follows the rules of {report.framework}", help)
        refusals.check()
    return expressed(report, "Keras", translated)


class _Functions:
    """The functions of a network's parts, solved from the inside out."""

    def __init__(self, structure: Structure, names: Identifiers) -> None:
        self._kinds = structure.kinds
        self._names = [names.own(identifier(kind.name).lower()) for kind in structure.kinds]
        self._found: dict[int, _Function] = {}

    def named(self, number: int) -> tuple[str, Solved]:
        """The name and the parameters of a function."""
        return self._names[number], self._function(number).solved

    def _function(self, number: int) -> _Function:
        found = self._found.get(number)
        if found is None:
            found = _Function(self._names[number], self._kinds[number], self.named, None)
            self._found[number] = found
        return found

    def sources(self, main: _Function) -> list[list[str]]:
        """The source of each, those that are used by others first, and that of the whole network."""
        for number in range(len(self._kinds)):
            self._function(number)
        written = [*self._found.values(), main]
        parameters = [name for one in written for name, _ in one.solved.parameters]
        taken = frozenset([*(one.name for one in written), *parameters])
        for one in written:
            one.taken = taken
        return [one.lines() for one in written]


class _Function:
    """The source of one function."""

    def __init__(self, name: str, kind: Kind, classes: Classes, report: Report | None) -> None:
        self.name = name
        self.part: Part = kind.instances[0]
        self.taken: frozenset[str] = frozenset()
        """The names of all functions, which no variable may hide."""
        self.report = report
        self.shared: dict[str, list[str]] = {}
        """The variables of the layers that several statements use, by the layer that they belong to."""
        self.names = Identifiers((*BUILTIN, "x", "inputs"))
        self.runs = parts_in_sequence(self.part.statements, self.part.outputs, False)
        self.templates, begin = [], 0
        for run in self.runs:
            self.templates.append(_template(kind.instances, begin, begin + len(run), classes))
            begin += len(run)
        homes: list[str] = []
        for run, template in zip(self.runs, self.templates, strict=True):
            homes += [name_of_run(run)] * len(template.holes)
        self.solved = solved(combined(self.templates, "\n".join), homes)

    def lines(self) -> list[str]:
        """The function as source."""
        flow = Flow(self.part, self.runs, "inputs" if self.report else "x", self.taken)
        parameters = [name if value is None else f"{name}={value}" for name, value in self.solved.parameters]
        if self.report is None:
            head = lines_of(f"def {self.name}({', '.join([*flow.inputs, *parameters])}):", 0)
        else:
            head = [f"def {self.name}():", *self._inputs(flow, self.report)]
        return [*head, *self._body(flow)]

    def _inputs(self, flow: Flow, report: Report) -> Iterator[str]:
        for (name, shape), variable in zip(report.inputs, flow.inputs, strict=True):
            sizes = ", ".join(map(str, (*shape.sizes, shape.channels)))
            comma = "," if not shape.sizes else ""
            named = f', name="{identifier(name)}"' if len(report.inputs) > 1 else ""
            yield from lines_of(f"{variable} = keras.Input(({sizes}{comma}){named})", 4)

    def _body(self, flow: Flow) -> Iterator[str]:
        first = 0
        for place, (run, template) in enumerate(zip(self.runs, self.templates, strict=True)):
            behind = first + len(template.holes)
            text, first = template.write(self.solved.texts[first:behind]), behind
            read = [flow.variables[tensor] for tensor in run[0].inputs]
            targets = [flow.variable(tensor, place, set()) for tensor in run[-1].outputs]
            yield from self._statement(run[0], text, read, targets)
        outputs = [flow.variables[tensor] for tensor in self.part.outputs]
        if self.report is None:
            yield from lines_of(f"return {', '.join(outputs)}", 4)
            return
        given = flow.inputs[0] if len(flow.inputs) == 1 else f"[{', '.join(flow.inputs)}]"
        made = outputs[0] if len(outputs) == 1 else f"[{', '.join(outputs)}]"
        yield from lines_of(f'return keras.Model({given}, {made}, name="{self.name}")', 4)

    def _statement(self, one: Statement, text: str, read: list[str], targets: list[str]) -> Iterator[str]:
        if one.module is None:
            value = one.expression.format(*read)
            if [value] != targets:
                yield from lines_of(f"{', '.join(targets)} = {value}", 4)
            return
        if one.owner is not None:
            yield from self._shared(one, text, read, targets[0])
            return
        condition, mark, program = text.rpartition("?\n")
        indent = 4
        if mark:
            if targets[0] != read[0]:
                yield f"    {targets[0]} = {read[0]}"
            yield f"    if {condition}:"
            indent, read = 8, targets
        lines = program.split("\n")
        if lines[0].startswith("for ") and read != targets:
            yield f"    {targets[0]} = {read[0]}"
            read = targets
        for place, line in enumerate(lines):
            before = line[: len(line) - len(line.lstrip())]
            source = ", ".join(read) if place == 0 else targets[0]
            target, equals, value = line.strip().partition(f"{TENSOR} = ")
            if not equals:
                yield from lines_of(target, indent + len(before))
                continue
            value = value.replace(TENSOR, source)
            yield from lines_of(f"{', '.join(targets)} = {value}", indent + len(before))

    def _shared(self, one: Statement, text: str, read: list[str], target: str) -> Iterator[str]:
        """Layers that are applied at several places: made at the first, called by name at each."""
        assert one.owner is not None
        names = self.shared.get(one.owner)
        calls = [line.partition(" = ")[2].removesuffix(f"({TENSOR})") for line in text.split("\n")]
        if names is None:
            names = [self.names.own(f"{identifier(one.where[-1])}_layer") for _ in calls]
            self.shared[one.owner] = names
            for name, call in zip(names, calls, strict=True):
                yield from lines_of(f"{name} = {call}", 4)
        for place, name in enumerate(names):
            yield f"    {target} = {name}({target if place else read[0]})"


def _template(instances: list[Part], begin: int, stop: int, classes: Classes) -> Template:
    """A run of statements as all instances of the function have it."""
    runs = [part.statements[begin:stop] for part in instances]
    if runs[0][0].module is None:
        return Template([], "".join)
    aligned = [joined([one.module for one in run if one.module is not None]) for run in runs]
    template = template_of(aligned, classes, FUNCTIONS)
    present = tuple([not any(one.is_absent for one in run) for run in runs])
    if all(present):
        return template
    hole = Hole(f"{CONDITION}has_{name_of_run(list(runs[0]))}", present)
    return combined([Template([hole], "".join), template], "?\n".join)
