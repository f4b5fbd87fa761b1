"""Whether an ONNX file's results are of one example after another: what else their first axis may be."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.importers.batches import culprit, lost
from cnncalc.importers.items import Problem
from cnncalc.importers.onnx.file import OnnxNode
from cnncalc.importers.onnx.held import Feature
from cnncalc.importers.onnx.layout import BATCH, known, whole
from cnncalc.importers.onnx.translation import Translation


def lost_batch(translation: Translation, name: str, feature: Feature) -> Problem | None:
    """What is wrong with an output whose first axis is not the batch; ``None`` where nothing is."""
    if _begins_with_batch(translation, feature):
        return None
    node = _culprit(translation, name)
    operator = "output" if node is None else node.operator
    is_whole = _is_moved(translation, feature)
    if operator == "Squeeze" and translation.batch == 1:
        return None  # of a batch of one example, which is left out
    if operator == "Transpose" and is_whole:
        translation.has_moved_batch = True
        return None
    where = name if node is None else node.name or name
    return lost(where, operator, feature.sizes)


def _begins_with_batch(translation: Translation, feature: Feature) -> bool:
    return feature.layout[:1] in ((), (whole(BATCH, translation.batch),))


def _culprit(translation: Translation, name: str) -> OnnxNode | None:
    """The node that put something else where the batch was."""

    def without_batch(node: OnnxNode) -> Iterator[str]:
        for one in node.inputs:
            held = translation.held.get(one)
            if isinstance(held, Feature) and not _begins_with_batch(translation, held):
                yield one

    makers = {output: node for node in translation.model.graph.nodes for output in node.outputs}
    return culprit(name, makers, without_batch)


def _is_moved(translation: Translation, feature: Feature) -> bool:
    """Whether each axis is one of the map, in whatever order, or the batch."""
    sizes = enumerate(known(translation.shapes[feature.tensor]))
    axes = {dim for axis, size in sizes if (dim := whole(axis, size))}
    batch = whole(BATCH, translation.batch)
    held = [dim for dim in feature.layout if dim and dim != batch]
    return len(held) < len(feature.layout) and len(held) == len(axes) and set(held) == axes
