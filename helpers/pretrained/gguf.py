"""Read a Llama model out of a GGUF file without leaving its four-bit weights.

A GGUF file of type Q4_1 stores 32 neighbouring weights of a row as one block: 32 codes
of four bits, a scale and a minimum, weight = code * scale + minimum. `read_llama`
only re-orders those bytes, so that a compiler can run along them (`helpers.models.
llama` does); `matrix` turns them into ordinary float32 matrices. Both hold exactly the
same values.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from helpers.files import whole_file

BLOCK = 32  # weights that share a scale and a minimum
FORMAT = "1"  # of the converted file; raise it when the layout changes


@dataclass(frozen=True)
class LlamaConfig:
    """The sizes of a Llama model, in KerasHub's words."""

    vocabulary_size: int
    num_layers: int
    num_query_heads: int
    num_key_value_heads: int
    hidden_dim: int
    intermediate_dim: int
    rope_max_wavelength: float
    layer_norm_epsilon: float
    max_sequence_length: int

    @property
    def head_dim(self) -> int:
        """Width of one head."""
        return self.hidden_dim // self.num_query_heads


@dataclass
class LlamaWeights:
    """A Llama model's packed weights.

    Attributes:
        config: The model's sizes.
        arrays: For each of qkv, out, gate_up, down: `<name>.codes` uint8 (layers, 16,
            inputs / 32, outputs), two codes a byte, and `<name>.scales`,
            `<name>.minima` float16 (layers, inputs / 32, outputs). `embedding.codes`
            int8 (32, width / 32, vocabulary) with `embedding.scales` float16. The
            norms float32.
    """

    config: LlamaConfig
    arrays: dict[str, np.ndarray]

    def matrix(self, name: str, layer: int) -> np.ndarray:
        """Return one projection as a float32 matrix (inputs, outputs)."""
        codes, scales, minima = (
            self.arrays[f"{name}.{part}"][layer]
            for part in ("codes", "scales", "minima")
        )
        values = np.concatenate([codes & 15, codes >> 4]).astype(np.float32)
        values *= scales.astype(np.float32)  # (32, blocks, outputs)
        values += minima.astype(np.float32)
        return values.transpose(1, 0, 2).reshape(-1, codes.shape[-1])

    def embedding(self) -> np.ndarray:
        """Return the token embedding, float32 (vocabulary, width)."""
        codes = self.arrays["embedding.codes"]  # (32, blocks, vocabulary)
        rows = codes.transpose(2, 1, 0).astype(np.float32)
        rows *= self.arrays["embedding.scales"].T.astype(np.float32)[..., None]
        return rows.reshape(len(rows), -1)

    def save(self, path: str | Path, source: str) -> None:
        """Write the weights to one safetensors file, whole or not at all.

        Args:
            path: The file's final name.
            source: SHA-256 of the GGUF file they come from.

        Raises:
            OSError: If the file cannot be written: no permission, no room.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import save_file

        settings = json.dumps(asdict(self.config))
        metadata = {"format": FORMAT, "source": source, "config": settings}
        with whole_file(path) as temporary:
            try:
                save_file(self.arrays, temporary, metadata=metadata)
            except SafetensorError as error:
                raise OSError(f"{path} cannot be written: {error}") from error

    @classmethod
    def load(cls, path: str | Path, source: str) -> LlamaWeights:
        """Read a file that `save` wrote.

        Raises:
            ValueError: If the file is cut off, in another format or from another
                source.
        """
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, framework="numpy") as file:
                metadata = file.metadata() or {}
                if (metadata.get("format"), metadata.get("source")) != (FORMAT, source):
                    raise ValueError(f"{path} holds other weights; wanted {source}")
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except SafetensorError as error:
            raise ValueError(f"{path} is cut off or damaged: {error}") from error
        return cls(LlamaConfig(**json.loads(metadata["config"])), arrays)


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
    from gguf import GGUFReader

    try:
        reader = GGUFReader(path)
        fields = dict(reader.fields)
        tensors = {tensor.name: tensor for tensor in reader.tensors}
    except (ValueError, IndexError, KeyError, OverflowError, UnicodeError) as error:
        raise ValueError(
            f"{path} is no whole GGUF file ({type(error).__name__}: {error})"
        ) from error
    try:
        config = _config(fields)
        arrays = _pack(tensors, config)
        return LlamaWeights(config, arrays), _vocabulary(fields)
    except KeyError as error:
        raise ValueError(f"{path} lacks {error}; wanted a Llama model") from error


def _config(fields: dict) -> LlamaConfig:
    """Translate GGUF's names of the sizes into KerasHub's."""

    def value(name):
        return fields[name].contents()

    architecture = value("general.architecture")
    if architecture != "llama":
        raise ValueError(f"the model's architecture is {architecture!r}; wanted llama")
    return LlamaConfig(
        vocabulary_size=len(fields["tokenizer.ggml.tokens"].data),
        num_layers=value("llama.block_count"),
        num_query_heads=value("llama.attention.head_count"),
        num_key_value_heads=value("llama.attention.head_count_kv"),
        hidden_dim=value("llama.embedding_length"),
        intermediate_dim=value("llama.feed_forward_length"),
        rope_max_wavelength=value("llama.rope.freq_base"),
        layer_norm_epsilon=value("llama.attention.layer_norm_rms_epsilon"),
        max_sequence_length=value("llama.context_length"),
    )


def _vocabulary(fields: dict) -> dict:
    """Collect what a tokenizer is made of."""
    types = fields["tokenizer.ggml.token_type"].contents()
    template = fields.get("tokenizer.chat_template")
    return {
        "tokens": fields["tokenizer.ggml.tokens"].contents(),
        "merges": fields["tokenizer.ggml.merges"].contents(),
        "special": [index for index, kind in enumerate(types) if kind == 3],
        "chat_template": template.contents() if template else "",
    }


def _pack(tensors: dict, config: LlamaConfig) -> dict[str, np.ndarray]:
    """Re-order every tensor; layers are stacked so that one loop runs over them."""
    heads, groups = config.num_query_heads, config.num_key_value_heads
    parts = {
        "qkv": [("attn_q", heads), ("attn_k", groups), ("attn_v", 0)],
        "out": [("attn_output", 0)],
        "gate_up": [("ffn_gate", 0), ("ffn_up", 0)],
        "down": [("ffn_down", 0)],
    }
    arrays = {}
    for name, sources in parts.items():
        for layer in range(config.num_layers):
            rows = [
                _rotary_halves(_blocks(tensors, f"blk.{layer}.{source}", "Q4_1"), count)
                for source, count in sources
            ]
            _put(arrays, name, layer, config.num_layers, np.concatenate(rows))
    for name, source in (("attention_norm", "attn_norm"), ("feed_norm", "ffn_norm")):
        arrays[name] = np.stack(
            [_vector(tensors, f"blk.{i}.{source}") for i in range(config.num_layers)]
        )
    arrays["final_norm"] = _vector(tensors, "output_norm")
    rows = _blocks(tensors, "token_embd", "Q8_0")  # (vocabulary, blocks, 34 bytes)
    codes = rows[..., 2:].view(np.int8).transpose(2, 1, 0)
    arrays["embedding.codes"] = np.ascontiguousarray(codes)
    scales = rows[..., :2].copy().view(np.float16)[..., 0]
    arrays["embedding.scales"] = np.ascontiguousarray(scales.T)
    return arrays


def _blocks(tensors: dict, name: str, kind: str) -> np.ndarray:
    """Return a quantised tensor's bytes as (rows, blocks, bytes a block)."""
    tensor = tensors[f"{name}.weight"]
    if tensor.tensor_type.name != kind:
        raise ValueError(f"{name} is {tensor.tensor_type.name}; wanted {kind}")
    columns, rows = (int(size) for size in tensor.shape)
    return np.asarray(tensor.data).reshape(rows, columns // BLOCK, -1)


def _vector(tensors: dict, name: str) -> np.ndarray:
    """Return a norm's scales."""
    return np.array(tensors[f"{name}.weight"].data, np.float32)


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
