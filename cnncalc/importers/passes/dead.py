"""Items that nothing depends on, those that change nothing, and those that read nothing."""

from __future__ import annotations

from cnncalc.importers.items import Item, Network, Problem, Refused


def without_dead(network: Network) -> Network:
    """The network without items on which no output depends, unless they count."""
    if network.of_spec:
        return network
    makers = {one.output: one for one in network.items}
    wanted: set[str] = set()
    waiting = list(network.outputs)
    while waiting:
        maker = makers.get(waiting.pop())
        if maker is None or maker.output in wanted:
            continue
        wanted.add(maker.output)
        waiting.extend((*maker.inputs, *([maker.share] if maker.share else [])))
    return network._replace(items=tuple(one for one in network.items if one.output in wanted))


def without_idle(network: Network) -> Network:
    """The network without identities, joins of one tensor and pools of one position that keep all."""
    same: dict[str, str] = {}
    items = []
    for one in network.items:
        inputs = tuple(same.get(tensor, tensor) for tensor in one.inputs)
        if _is_idle(one):
            same[one.output] = inputs[0]
        else:
            share = None if one.share is None else same.get(one.share, one.share)
            items.append(one._replace(inputs=inputs, share=share))
    outputs = tuple(same.get(tensor, tensor) for tensor in network.outputs)
    return network._replace(items=tuple(items), outputs=outputs)


def _is_idle(one: Item) -> bool:
    return one.op == "identity" or (one.op in ("concat", "add", "mul") and len(one.inputs) == 1)


def without_sources(network: Network) -> Network:
    """The network, in which every item reads something.

    Raises:
        Refused: with the items that read nothing, which are no layers of a spec.
    """
    unknown = {problem.node: problem.operator for problem in network.unknown}
    reason = "it reads no tensor, as a layer of a spec does"
    help = "make what it gives an input of the network"
    problems = [
        Problem(one.label, unknown.get(one.label, one.op), reason, help)
        for one in network.items
        if not one.inputs
    ]
    if problems:
        raise Refused(problems)
    return network
