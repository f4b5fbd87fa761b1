"""Concats that begin with what another one has already: dense networks list all tensors before each time."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

from cnncalc.importers.items import Item, Network


def shared_prefixes(network: Network) -> Network:
    """Concats that begin with the inputs of an earlier one read its output instead."""
    known: dict[tuple[str, ...], str] = {}
    items = []
    for one in network.items:
        if one.op == "concat":
            shorter = _shortened(one, known)
            known.setdefault(one.inputs, one.output)
            items.append(shorter)
        else:
            items.append(one)
    return network._replace(items=tuple(items))


def _shortened(one: Item, known: dict[tuple[str, ...], str]) -> Item:
    for count in range(len(one.inputs) - 1, 1, -1):
        found = known.get(one.inputs[:count])
        if found is not None:
            return one._replace(inputs=(found, *one.inputs[count:]))
    return one


def completed_prefixes(network: Network) -> Network:
    """Concats of three and more tensors that grow from each other without an earlier one of two get it: all
    but the last input of the first of them come from a concat that nothing else has.
    """
    groups = [one.inputs for one in network.items if one.op == "concat"]
    missing: dict[tuple[str, ...], str] = {}
    for inputs in groups:
        if len(inputs) == 3 and inputs[:2] not in groups and _is_grown(inputs, groups):
            missing[inputs[:2]] = f"{inputs[0]}+{inputs[1]}"
    if not missing:
        return network
    items = []
    made: set[tuple[str, ...]] = set()
    for one in network.items:
        head = one.inputs[:2]
        if one.op == "concat" and head in missing and head not in made:
            made.add(head)
            items.append(one._replace(inputs=head, output=missing[head], shape=None))
        items.append(one)
    return network._replace(items=tuple(items))


def _is_grown(inputs: tuple[str, ...], groups: list[tuple[str, ...]]) -> bool:
    return any(len(other) == len(inputs) + 1 and other[: len(inputs)] == inputs for other in groups)


def regrouped(network: Network) -> Network:
    """Neighbours in a concat that split late get a concat of their own, which exporters merge into it."""
    readers = Counter(tensor for one in network.items for tensor in one.inputs)
    makers = {one.output: one for one in network.items}

    def root(tensor: str) -> str:
        """The tensor from which layers that nothing else reads lead here."""
        while tensor not in network.outputs and readers[tensor] == 1 and tensor in makers:
            if len(makers[tensor].inputs) != 1:
                break
            tensor = makers[tensor].inputs[0]
        return tensor

    items: list[Item] = []
    for one in network.items:
        groups = [list(group) for _, group in groupby(one.inputs, root)] if one.op == "concat" else []
        inputs: list[str] = []
        for group in groups:
            source = root(group[0])
            if len(groups) > 1 and 1 < len(group) == readers[source] and source not in network.outputs:
                inner = "+".join(group)
                items.append(one._replace(inputs=tuple(group), output=inner, shape=None, label=""))
                inputs.append(inner)
            else:
                inputs.extend(group)
        items.append(one._replace(inputs=tuple(inputs)) if groups else one)
    return network._replace(items=tuple(items))
