"""Keras' attention, over all positions."""

from __future__ import annotations

from cnncalc.importers.keras.translation import Call, Made, layer


@layer(
    "MultiHeadAttention",
    settings=(
        "num_heads",
        "key_dim",
        "value_dim",
        "dropout",
        "use_bias",
        "output_shape",
        "attention_axes",
        "query_shape",
        "key_shape",
        "value_shape",
        "flash_attention",
        "sliding_window",
        "use_gate",
        "softmax_robust_masking",
    ),
)
def attention(call: Call) -> Made:
    """Attention over all positions of a sequence or map, keys and values made of it or of another one."""
    if call.options.get("use_causal_mask") or call.options.get("attention_mask") is not None:
        call.refuse("a mask is not understood")
        return None
    if call.shape.channels is None:
        call.refuse(f"of {call.shape} its weights are not known: pass --input")
    if call.shape.channels is None or not call.needs_map():
        return None
    sources = {tensor.id: tensor for tensor in call.tensors[1:]}
    if len(sources) != 1:
        call.refuse(f"keys and values of {len(sources)} tensors are not understood")
        return None
    (source,) = sources.values()
    if source.shape.rank != call.shape.rank:
        call.refuse(f"keys of {source.shape} beside queries of {call.shape} are not understood")
        return None
    axes = call.settings.get("attention_axes")
    if axes is not None and call.positions(axes) != set(range(call.shape.rank)):
        call.refuse(f"`attention_axes={axes}` are not all positions")
        return None
    if not (
        call.unless("output_shape", None)
        and call.unless("sliding_window", None)
        and call.unless("use_gate", False, None)
    ):
        return None
    heads, width = call.whole("num_heads"), call.whole("key_dim")
    value = call.settings.get("value_dim")
    bias = bool(call.settings.get("use_bias", True))
    return [
        call.add(
            "attention",
            call.shape,
            call.first,
            *(() if source.id == call.first.id else (source,)),
            has_weights=True,
            heads=heads,
            head=width,
            value=None if value in (None, width) else call.whole("value_dim"),
            bias=bias,
            out_bias=bias,
        )
    ]
