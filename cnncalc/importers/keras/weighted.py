"""Keras' dense layers, embeddings and normalizations."""

from __future__ import annotations

from cnncalc.geometry.shape import Shape
from cnncalc.importers.keras.elementwise import activated
from cnncalc.importers.keras.translation import Call, Made, layer


@layer("Dense", settings=("units", "activation", "use_bias"))
def dense(call: Call) -> Made:
    units = call.whole("units")
    sizes = () if call.shape.is_point else call.shape.sizes
    made = call.add(
        "linear",
        Shape(units, sizes),
        has_weights=True,
        out=units,
        bias=bool(call.settings.get("use_bias", True)),
    )
    return [activated(call, made)]


@layer("Embedding", settings=("input_dim", "output_dim", "input_length"))
def embedding(call: Call) -> Made:
    out = call.whole("output_dim")
    shape = Shape(out, call.shape.sizes if call.shape.rank else (call.shape.channels,))
    return [call.add("embedding", shape, has_weights=True, out=out, vocab=call.whole("input_dim"))]


_NORM = ("axis", "center", "scale")


@layer("SyncBatchNormalization", settings=_NORM)
@layer(
    "BatchNormalization",
    settings=(
        *_NORM,
        "renorm",
        "renorm_clipping",
        "renorm_momentum",
        "fused",
        "virtual_batch_size",
        "adjustment",
    ),
)
def batch_norm(call: Call) -> Made:
    if not (call.unless("renorm", False) and _on_channels(call)):
        return None
    return [call.add("bn", call.shape, has_weights=True, **_learned(call))]


@layer("LayerNormalization", settings=(*_NORM, "rms_scaling"))
def layer_norm(call: Call) -> Made:
    if not (call.unless("rms_scaling", False) and _on_channels(call)):
        return None
    return [call.add("ln", call.shape, has_weights=True, **_learned(call))]


@layer("RMSNormalization", settings=("axis",))
def rms_norm(call: Call) -> Made:
    return [call.add("ln", call.shape, has_weights=True, beta=False)] if _on_channels(call) else None


@layer("GroupNormalization", settings=(*_NORM, "groups"))
def group_norm(call: Call) -> Made:
    if not _on_channels(call):
        return None
    groups = call.settings.get("groups", 32)
    if groups == -1:
        return [call.add("instance_norm", call.shape, has_weights=True, affine=True, **_learned(call))]
    return [call.add("gn", call.shape, has_weights=True, groups=call.whole("groups", 32), **_learned(call))]


@layer("UnitNormalization", settings=("axis", "order"))
def unit_norm(call: Call) -> Made:
    return [call.add("l2norm", call.shape)] if _on_channels(call) else None


@layer("Normalization", settings=("axis", "mean", "variance", "invert"))
def normalization(call: Call) -> Made:
    """Statistics that are measured before training: mean and variance per channel, and their count."""
    if call.settings.get("mean") is not None or call.settings.get("invert"):
        return [call.first]
    channels = call.shape.channels
    if channels is None:
        call.refuse(f"of {call.shape} its statistics are not known: pass --input")
    if channels is None or not _on_channels(call):
        return None
    return [
        call.add(
            "custom", call.shape, params=0, macs=0, buffers=2 * channels + 1, note="Keras' Normalization"
        )
    ]


def _on_channels(call: Call) -> bool:
    axis = call.settings.get("axis", -1)
    if call.is_channels(axis):
        return True
    call.refuse(f"`axis={axis}` is not the channels'")
    return False


def _learned(call: Call) -> dict[str, bool | None]:
    """Which of factor and offset a normalisation learns, where not both."""
    gamma, beta = call.settings.get("scale", True), call.settings.get("center", True)
    return {"gamma": None if gamma else False, "beta": None if beta else False}


@layer("LayerScale", settings=("init_values", "projection_dim"))
def layer_scale(call: Call) -> Made:
    return [call.add("scale", call.shape, has_weights=True)]
