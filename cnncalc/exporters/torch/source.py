"""PyTorch source of a network: its classes, and a main part that prints what comes out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from cnncalc.analysis.report import Report
from cnncalc.exporters.expressions import Expression, joined
from cnncalc.exporters.flow import Flow, Run, name_of_run
from cnncalc.exporters.identifiers import (
    BUILTIN,
    Identifiers,
    class_name,
    full_name,
    in_a_docstring,
    numbered,
)
from cnncalc.exporters.layout import lines_of
from cnncalc.exporters.parameters import (
    CONDITION,
    MODULES,
    Classes,
    Hole,
    Solved,
    Template,
    combined,
    solved,
    template_of,
    unwrapped,
)
from cnncalc.exporters.refusing import expressed
from cnncalc.exporters.structure import ENDS, Kind, Part, Statement, Structure, parts_in_sequence
from cnncalc.exporters.torch.helpers import HELPERS
from cnncalc.exporters.torch.translation import Around, Translation, translated
from cnncalc.exporters.tree import is_numbered, tree_of
from cnncalc.frameworks import framework_named
from cnncalc.geometry.shape import Shape

OF_MODULES = frozenset(
    (
        *("T_destination", "add_module", "apply", "bfloat16", "buffers", "call_super_init", "children"),
        *("compile", "cpu", "cuda", "double", "dump_patches", "eval", "extra_repr", "float", "forward"),
        *("get_buffer", "get_extra_state", "get_parameter", "get_submodule", "half", "ipu"),
        *("load_state_dict", "modules", "mtia", "named_buffers", "named_children", "named_modules"),
        *("named_parameters", "parameters", "register_buffer", "register_module", "register_parameter"),
        *("requires_grad_", "set_extra_state", "set_submodule", "share_memory", "state_dict", "to"),
        *("to_empty", "train", "training", "type", "xpu", "zero_grad"),
    )
)
"""Attributes that every module of PyTorch has."""


def source_of(report: Report) -> str:
    """The whole file."""
    structure = Structure(tree_of(report, translations_of(report)))
    names = Identifiers((*BUILTIN, *HELPERS))
    main = names.own(class_name(full_name(report.name, report.network)))
    kinds = _Kinds(structure, names)
    root = Kind(main)
    root.instances.append(structure.main)
    classes = [*kinds.sources(), _Class(main, root, kinds.named, True).lines()]
    text = "\n".join(line for lines in classes for line in lines)
    parts = [
        f"{_heading(report)}\n\n{_imports(text)}",
        *_helpers(text),
        *("\n".join(lines) for lines in classes),
    ]
    return "\n\n\n".join([*parts, "\n".join(_main_part(report, main))]) + "\n"


def translations_of(report: Report) -> list[Translation]:
    """Every layer in PyTorch.

    Raises:
        ExportError: naming all that it cannot express.
    """
    framework = framework_named(report.framework)
    assert framework is not None
    return expressed(report, "PyTorch", lambda record, shapes: translated(record, Around(framework, shapes)))


def _heading(report: Report) -> str:
    totals = report.totals
    inputs = ", ".join(str(shape) for _, shape in report.inputs)
    counts = [
        f"{count:,} {what}"
        for count, what in ((totals.params, "parameters"), (totals.macs, "MACs"))
        if count is not None
    ]
    name = in_a_docstring(full_name(report.name, report.network), 80)
    return f'"""{name} in PyTorch, written by cnncalc.\n\nInput {inputs}: {", ".join(counts)}.\n"""'


def _imports(text: str) -> str:
    lines = ["import torch"]
    used = text + "".join(_helpers(text))
    if re.search(r"\bF\.", used):
        lines.append("import torch.nn.functional as F")
    return "\n".join([*lines, "from torch import nn"])


def _helpers(text: str) -> list[str]:
    """The source of the helpers that a text calls."""
    return [source.strip("\n") for name, source in HELPERS.items() if re.search(rf"(?<![\w.]){name}\(", text)]


def _main_part(report: Report, name: str) -> Iterator[str]:
    yield 'if __name__ == "__main__":'
    yield '    with torch.device("meta"):  # sizes only, without memory for the numbers'
    yield f"        network = {name}().eval()"
    shapes = [shape for _, shape in report.inputs]
    if all(shape.known for shape in shapes):
        inputs = ", ".join(_zeros(shape) for shape in shapes)
        yield from lines_of(f"outputs = network({inputs})", 8)
        if len(report.outputs) == 1:
            yield "    print(tuple(outputs.shape))"
        else:
            yield "    print(*(tuple(output.shape) for output in outputs))"
    yield '    print(f"{sum(one.numel() for one in network.parameters()):,} parameters")'


def _zeros(shape: Shape) -> str:
    return f"torch.zeros(1, {', '.join(map(str, shape.axes))})"


class _Kinds:
    """The classes of a network's parts, solved from the inside out."""

    def __init__(self, structure: Structure, names: Identifiers) -> None:
        self._kinds = structure.kinds
        self._names = [names.own(class_name(kind.name)) for kind in structure.kinds]
        self._classes: dict[int, _Class] = {}

    def named(self, number: int) -> tuple[str, Solved]:
        """The name and the parameters of a class."""
        return self._names[number], self._class(number).solved

    def _class(self, number: int) -> _Class:
        found = self._classes.get(number)
        if found is None:
            found = _Class(self._names[number], self._kinds[number], self.named, False)
            self._classes[number] = found
        return found

    def sources(self) -> list[list[str]]:
        """The source of each, those that are used by others first."""
        for number in range(len(self._kinds)):
            self._class(number)
        return [one.lines() for one in self._classes.values()]


class _Member:
    """One attribute of a class: a run of statements that is one module."""

    def __init__(self, name: str, template: Template, optional: tuple[bool, ...] | None) -> None:
        self.name = name
        self.template = template
        self.optional = optional


class _Class:
    """The source of one class."""

    def __init__(self, name: str, kind: Kind, classes: Classes, is_root: bool) -> None:
        self.name = name
        self.part = kind.instances[0]
        self.is_root = is_root
        self.runs = parts_in_sequence(self.part.statements, self.part.outputs, is_root)
        self.attributes = _attributes(self.runs, is_root)
        self.members: list[_Member] = []
        begin = 0
        for run, attribute in zip(self.runs, self.attributes, strict=True):
            stop = begin + len(run)
            if run[0].module is not None and (run[0].owner in (None, run[0].outputs[0])):
                self.members.append(_member(attribute, kind.instances, begin, stop, classes))
            begin = stop
        homes = [one.name for one in self.members for _ in one.template.holes]
        self.solved = solved(combined([one.template for one in self.members], ", ".join), homes)

    def lines(self) -> list[str]:
        """The class as source."""
        base = "nn.Sequential" if self._is_sequence else "nn.Module"
        written = [f"class {self.name}({base}):", *self._built()]
        return written if self._is_sequence else [*written, "", *self._forward()]

    @property
    def _is_sequence(self) -> bool:
        is_one = not self.is_root and len(self.runs) == 1 and self.runs[0][0].chains
        return is_one and all(member.optional is None for member in self.members)

    def _texts(self) -> list[str]:
        """The source of each member."""
        texts, found, first = self.solved.texts, [], 0
        for member in self.members:
            behind = first + len(member.template.holes)
            found.append(member.template.write(texts[first:behind]))
            first = behind
        return found

    def _built(self) -> Iterator[str]:
        given = [name if value is None else f"{name}={value}" for name, value in self.solved.parameters]
        yield from lines_of(f"def __init__({', '.join(['self', *given])}):", 4)
        if self._is_sequence:
            yield from lines_of(f"super().__init__({unwrapped(self._texts()[0])})", 8)
            return
        yield "        super().__init__()"
        for member, text in zip(self.members, self._texts(), strict=True):
            if member.optional is None:
                yield from lines_of(f"self.{member.name} = {text}", 8)
                continue
            yield f"        self.{member.name} = nn.Identity()"
            condition, _, module = text.partition(" ? ")
            yield f"        if {condition}:"
            yield from lines_of(f"self.{member.name} = {module}", 12)

    def _forward(self) -> Iterator[str]:
        writer = _Forward(self.part, self.runs, self.attributes)
        yield from lines_of(f"def forward({', '.join(['self', *writer.inputs])}):", 4)
        yield from writer.lines()


def _member(name: str, instances: list[Part], begin: int, stop: int, classes: Classes) -> _Member:
    """A module as all instances of the class have it."""
    aligned: list[Expression] = []
    present: list[bool] = []
    for part in instances:
        statements = part.statements[begin:stop]
        aligned.append(joined([one.module for one in statements if one.module is not None]))
        present.append(not any(one.is_absent for one in statements))
    template = template_of(aligned, classes, MODULES)
    if all(present):
        return _Member(name, template, None)
    condition = Template([Hole(f"{CONDITION}has_{name}", tuple(present))], lambda texts: texts[0])
    whole = combined([condition, template], lambda texts: f"{texts[0]} ? {texts[1]}")
    return _Member(name, whole, tuple(present))


def _attributes(runs: list[list[Statement]], is_root: bool) -> list[str]:
    """The attribute of each run."""
    names = Identifiers(OF_MODULES)
    wanted = [name_of_run(run) for run in runs]
    if is_root:
        wanted = _staged(runs, wanted)
    counts = Counter(wanted)
    seen: Counter[str] = Counter()
    found = []
    for run, name in zip(runs, wanted, strict=True):
        if run[0].module is None:
            found.append("")
            continue
        seen[name] += 1
        found.append(names.own(numbered(name, seen[name]) if counts[name] > 1 else name))
    return found


def _staged(runs: list[list[Statement]], wanted: list[str]) -> list[str]:
    """The runs of layers at the top of a network: stem or features before, head after."""
    found = list(wanted)
    modules = [place for place, run in enumerate(runs) if run[0].module is not None]
    for place in modules:
        run = runs[place]
        if wanted[place] != "layers" and len(run) == 1:
            continue
        if any(len(one.where) > 1 and not is_numbered(one.where[0]) for one in run):
            continue
        if place == modules[0] and len(modules) > 1:
            is_whole = len(modules) == 2 and set(runs[modules[1]][0].ops) & ENDS
            found[place] = "features" if is_whole else "stem"
        elif place == modules[-1] and set(run[0].ops) & ENDS:
            found[place] = "head"
    return found


class _Forward(Flow):
    """The forward pass of a class."""

    def __init__(self, part: Part, runs: list[Run], attributes: list[str]) -> None:
        super().__init__(part, runs, taken=frozenset(HELPERS))
        self.attributes = attributes
        self.owners = {run[0].outputs[0]: attribute for run, attribute in zip(runs, attributes, strict=True)}

    def lines(self) -> Iterator[str]:
        """The statements and the return."""
        deferred = self._deferred()
        texts: dict[str, str] = {}
        for place, run in enumerate(self.runs):
            read = [texts.get(tensor) or self.variables[tensor] for tensor in self.reads[place]]
            text = self._text(place, run, read)
            if place in deferred and len(text) < 60:
                texts[self.makes[place][0]] = text
                continue
            if place in deferred:
                deferred.discard(place)
            if place == len(self.runs) - 1 and self.makes[place] == self.part.outputs:
                yield from lines_of(f"return {text}", 8)
                return
            made = self.makes[place]
            targets = [self.variable(tensor, place, deferred) for tensor in made]
            if not any(tensor in self.uses for tensor in made):
                yield from lines_of(text, 8)
            elif not (len(targets) == 1 and targets[0] == text):
                yield from lines_of(f"{', '.join(targets)} = {text}", 8)
        outputs = [texts.get(tensor) or self.variables[tensor] for tensor in self.part.outputs]
        yield from lines_of(f"return {', '.join(outputs)}", 8)

    def _text(self, place: int, run: list[Statement], read: list[str]) -> str:
        one = run[0]
        if one.module is None:
            return one.expression.format(*read)
        attribute = self.attributes[place]
        if one.owner is not None:
            attribute = self.owners[one.owner]
        module = f"self.{attribute}"
        if one.expression:
            return one.expression.format(*read, module=module)
        return f"{module}({', '.join(read)})"

    def _deferred(self) -> set[int]:
        """The statements that are written within the one that reads what they make."""
        found = set()
        for place, run in enumerate(self.runs):
            makes = self.makes[place]
            readers = self.uses.get(makes[0], []) if len(makes) == 1 else []
            if len(readers) != 1 or readers[0] == len(self.runs):
                continue
            reader = self.runs[readers[0]][0]
            is_join = reader.module is None and len(reader.inputs) > 1
            if is_join and run[0].module is not None and not run[0].expression:
                found.add(place)
        return found
