"""Read a Llama model out of a GGUF file without leaving its four-bit weights.

`read_llama` only re-orders the blocks' bytes, so that a compiler can run along them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from helpers.pretrained.gguf_file import Tensor, read_file
from helpers.pretrained.llama_weights import BLOCK, LlamaConfig, LlamaWeights

WIDEST = 1 << 20  # of any size in a model; the largest Llama has 53,248
CONTROL = 3  # the type of a token that no text may spell


def read_llama(path: str | Path) -> tuple[LlamaWeights, dict]:
    """Read a Llama model with Q4_1 matrices and a Q8_0 embedding.

    Args:
        path: A GGUF file.

    Returns:
        The weights, and the vocabulary: tokens (list of str, by id), merges (list of
        "left right"), special (ids of control tokens), chat_template.

    Raises:
        ValueError: If the file is no GGUF, is cut off, or holds another kind of model.
    """
    try:
        settings, tensors = read_file(path)
    except ValueError as error:
        raise ValueError(f"{path} is no whole GGUF file: {error}") from error
    try:
        config = _config(settings, len(tensors))
        return LlamaWeights(config, _pack(tensors, config)), _vocabulary(settings)
    except KeyError as error:
        raise ValueError(f"{path} lacks {error}; wanted a Llama model") from error
    except ValueError as error:
        raise ValueError(f"{path} is no Llama model: {error}") from error


def _config(settings: dict, tensor_count: int) -> LlamaConfig:
    """Translate GGUF's names of the sizes into KerasHub's, and check them."""
    if (found := settings["general.architecture"]) != "llama":
        raise ValueError(f"its architecture is {found!r}; wanted llama")

    def whole(name, most):
        value = settings[f"llama.{name}"]
        if type(value) is not int or not 1 <= value <= most:
            raise ValueError(f"llama.{name} is {value!r}; wanted 1 to {most}")
        return value

    def positive(name):
        value = settings[f"llama.{name}"]
        if type(value) is not float or not 0 < value < np.inf:
            raise ValueError(f"llama.{name} is {value!r}; wanted a positive number")
        return value

    config = LlamaConfig(
        vocabulary_size=len(_texts(settings, "tokens")),
        num_layers=whole("block_count", tensor_count),  # a layer has several tensors
        num_query_heads=whole("attention.head_count", WIDEST),
        num_key_value_heads=whole("attention.head_count_kv", WIDEST),
        hidden_dim=whole("embedding_length", WIDEST),
        intermediate_dim=whole("feed_forward_length", WIDEST),
        rope_max_wavelength=positive("rope.freq_base"),
        layer_norm_epsilon=positive("attention.layer_norm_rms_epsilon"),
        max_sequence_length=whole("context_length", 2**31 - 1),
    )
    heads = 2 * config.num_query_heads  # a head's features turn in pairs
    if config.hidden_dim % heads or config.num_query_heads % config.num_key_value_heads:
        raise ValueError(f"its sizes do not fit together: {config}")
    return config


def _texts(settings: dict, name: str) -> list[str]:
    """Return one of the tokenizer's lists of texts."""
    found = settings[f"tokenizer.ggml.{name}"]
    if not isinstance(found, list) or not found:
        raise ValueError(f"its {name} are {found!r:.40}; wanted a list of texts")
    return found


def _vocabulary(settings: dict) -> dict:
    """Collect what a tokenizer is made of."""
    tokens, merges = _texts(settings, "tokens"), _texts(settings, "merges")
    types = np.atleast_1d(settings["tokenizer.ggml.token_type"])
    template = settings.get("tokenizer.chat_template", "")
    if len(types) != len(tokens) or len(set(tokens)) != len(tokens):
        raise ValueError(
            f"its {len(set(tokens))} different tokens have {len(tokens)} ids and "
            f"{len(types)} types"
        )
    if not isinstance(template, str):
        raise ValueError(f"its chat template is {template!r:.40}; wanted a text")
    return {
        "tokens": tokens,
        "merges": merges,
        "special": np.flatnonzero(types == CONTROL).tolist(),
        "chat_template": template,
    }


def _pack(tensors: dict[str, Tensor], config: LlamaConfig) -> dict[str, np.ndarray]:
    """Re-order every tensor; layers are stacked so that one loop runs over them."""
    width = config.hidden_dim
    arrays = {}
    for name, sources in _parts(config).items():
        for layer in range(config.num_layers):
            rows = [
                _rotary_halves(
                    _blocks(tensors, f"blk.{layer}.{source}", "Q4_1", shape), count
                )
                for source, shape, count in sources
            ]
            _put(arrays, name, layer, config.num_layers, np.concatenate(rows))
    for name, source in (("attention_norm", "attn_norm"), ("feed_norm", "ffn_norm")):
        layers = [f"blk.{layer}.{source}" for layer in range(config.num_layers)]
        arrays[name] = np.stack([_vector(tensors, one, width) for one in layers])
    arrays["final_norm"] = _vector(tensors, "output_norm", width)
    shape = config.vocabulary_size, width
    rows = _blocks(tensors, "token_embd", "Q8_0", shape)  # (vocabulary, blocks, 34)
    codes = rows[..., 2:].view(np.int8).transpose(2, 1, 0)
    arrays["embedding.codes"] = np.ascontiguousarray(codes)
    scales = rows[..., :2].copy().view(np.float16)[..., 0]
    arrays["embedding.scales"] = np.ascontiguousarray(scales.T)
    _require_finite(arrays)
    return arrays


def _parts(config: LlamaConfig) -> dict[str, list[tuple]]:
    """Return the tensors that each packed matrix is made of."""
    heads, groups = config.num_query_heads, config.num_key_value_heads
    width, inner = config.hidden_dim, config.intermediate_dim
    shared = groups * config.head_dim  # features of all key heads
    return {  # name: (tensor, its outputs and inputs, heads that turn)
        "qkv": [
            ("attn_q", (width, width), heads),
            ("attn_k", (shared, width), groups),
            ("attn_v", (shared, width), 0),
        ],
        "out": [("attn_output", (width, width), 0)],
        "gate_up": [("ffn_gate", (inner, width), 0), ("ffn_up", (inner, width), 0)],
        "down": [("ffn_down", (width, inner), 0)],
    }


def _blocks(
    tensors: dict[str, Tensor], name: str, kind: str, shape: tuple[int, int]
) -> np.ndarray:
    """Return a quantised tensor's bytes as (rows, blocks, bytes a block)."""
    tensor = _wanted(tensors, name, kind, shape)
    return tensor.data.reshape(shape[0], shape[1] // BLOCK, -1)


def _vector(tensors: dict[str, Tensor], name: str, width: int) -> np.ndarray:
    """Return a norm's scales."""
    return _wanted(tensors, name, "F32", (width,)).data.copy().view(np.float32)


def _wanted(
    tensors: dict[str, Tensor], name: str, kind: str, shape: tuple[int, ...]
) -> Tensor:
    """Return a tensor if it is of the kind and shape that the sizes ask for."""
    tensor = tensors[f"{name}.weight"]
    if (tensor.kind, tensor.shape) != (kind, shape):
        raise ValueError(
            f"{name} is {tensor.kind} {tensor.shape}; wanted {kind} {shape}"
        )
    return tensor


def _require_finite(arrays: dict[str, np.ndarray]) -> None:
    """Refuse scales that would turn every answer into NaN."""
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ValueError(f"its {name} hold NaN or infinity")


def _rotary_halves(rows: np.ndarray, heads: int) -> np.ndarray:
    """Undo llama.cpp's order of rotary features: pairs (0, 1) to (0, D / 2).

    Args:
        rows: Array (heads * D, …), one row an output feature.
        heads: Number of heads, or 0 for a tensor that is not rotated.
    """
    if not heads:
        return rows
    pairs = rows.reshape(heads, len(rows) // heads // 2, 2, *rows.shape[1:])
    return pairs.swapaxes(1, 2).reshape(rows.shape)


def _put(
    arrays: dict, name: str, layer: int, num_layers: int, rows: np.ndarray
) -> None:
    """Store one layer's Q4_1 rows (outputs, blocks, 20 bytes), outputs last."""
    outputs, blocks, _ = rows.shape
    halves = rows[..., :4].copy().view(np.float16)  # scale, minimum
    found = {
        "codes": rows[..., 4:].transpose(2, 1, 0),
        "scales": halves[..., 0].T,
        "minima": halves[..., 1].T,
    }
    for part, values in found.items():
        key = f"{name}.{part}"
        if key not in arrays:
            arrays[key] = np.empty((num_layers, *values.shape), values.dtype)
        arrays[key][layer] = values
