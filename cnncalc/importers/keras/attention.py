"""Keras' attention, of a sequence to itself."""

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
    ),
)
def self_attention(call: Call) -> Made:
    """Attention of a sequence to itself; the widths of all heads are those of the keys."""
    ids = {tensor.id for tensor in call.tensors}
    if call.shape.rank != 1 or len(ids) != 1 or call.shape.channels is None:
        call.refuse(f"{len(ids)} tensors, the first of {call.shape}: only a sequence to itself is understood")
        return None
    heads, width = call.whole("num_heads"), call.whole("key_dim")
    if not (
        call.unless("value_dim", None, width)
        and call.unless("output_shape", None)
        and call.unless("attention_axes", None, [1], 1)
        and call.unless("sliding_window", None)
        and call.unless("use_gate", False, None)
    ):
        return None
    if call.options.get("use_causal_mask") or call.options.get("attention_mask") is not None:
        call.refuse("a mask is not understood")
        return None
    bias = bool(call.settings.get("use_bias", True))
    return [
        call.add("attention", call.shape, has_weights=True, heads=heads, head=width, bias=bias, out_bias=bias)
    ]
