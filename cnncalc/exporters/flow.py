"""The variables of a forward pass: `x` for the tensor that flows, names for those that are needed later."""

from __future__ import annotations

import re

from cnncalc.exporters.identifiers import BUILTIN, Identifiers, identifier
from cnncalc.exporters.structure import Part, Statement
from cnncalc.exporters.tree import is_numbered, label_of

Run = list[Statement]


class Flow:
    """Which variable each tensor of a class is in, statement by statement."""

    def __init__(
        self, part: Part, runs: list[Run], first: str = "x", taken: frozenset[str] = frozenset()
    ) -> None:
        self.part = part
        self.runs = runs
        self.names = Identifiers((*BUILTIN, *taken, "x", first))
        self.reads = [run[0].inputs for run in runs]
        self.makes = [run[-1].outputs for run in runs]
        self.uses: dict[str, list[int]] = {}
        for place, tensors in enumerate(self.reads):
            for tensor in tensors:
                self.uses.setdefault(tensor, []).append(place)
        for tensor in part.outputs:
            self.uses.setdefault(tensor, []).append(len(runs))
        self.variables: dict[str, str] = {}
        for place, tensor in enumerate(part.inputs):
            self.variables[tensor] = self.names.own(_last(tensor)) if place else first
        self.inputs = list(self.variables.values()) or [first]
        self._flowing = [one for one, name in self.variables.items() if name == "x"]
        """The tensors that are in `x`."""

    def variable(self, tensor: str, place: int, deferred: set[int]) -> str:
        """The variable that a tensor is kept in: `x` where nothing needs what was in it."""
        run = self.runs[place]
        last = max([self._last_use(one, deferred) for one in self._flowing], default=-1)
        stays = self._last_use(tensor, deferred) > place + 1 and not is_numbered(run[-1].where[0])
        name = self.names.own(identifier(_hint(run))) if last > place or stays else "x"
        if name == "x":
            for one in self._flowing:
                del self.variables[one]
            self._flowing = [tensor]
        self.variables[tensor] = name
        return name

    def _last_use(self, tensor: str, deferred: set[int]) -> int:
        places = self.uses.get(tensor, [])
        last = -1
        for place in places:
            while place in deferred:
                place = self.uses[self.makes[place][0]][0]
            last = max(last, place)
        return last


def _hint(run: list[Statement]) -> str:
    """A name for what a run makes."""
    if len(run) > 1 and (name := name_of_run(run)) != "layers":
        return name
    names = [name for name in run[-1].where if not is_numbered(name)]
    return names[-1] if names else (run[-1].ops[0] if run[-1].ops else label_of(run[-1].where[-1]))


def _last(tensor: str) -> str:
    return label_of(tensor.rpartition("/")[2])


def name_of_run(run: Run) -> str:
    """What a run would be called alone: the scope that it is all of, or its only layer."""
    shared = list(run[0].where)
    for one in run[1:]:
        while shared and list(one.where[: len(shared)]) != shared:
            shared.pop()
    if len(run) == 1:
        return identifier(_label(run[0]), run[0].what or "".join(run[0].ops[:1]) or "n")
    while shared and is_numbered(shared[-1]) and label_of(shared[-1]) != "residual":
        shared.pop()
    if not shared:
        return "layers"
    label = label_of(shared[-1])
    return (
        "body"
        if label == "residual"
        else identifier(label, "branch" if re.match(r"\d+x\d", label) else "layers")
    )


def _label(one: Statement) -> str:
    own = one.where[-1]
    if one.is_leaf and is_numbered(own):
        above = [name for name in one.where[:-1] if not is_numbered(name)]
        return above[-1] if above and len(one.where) > 1 else one.ops[0]
    return label_of(own) if is_numbered(own) else own
