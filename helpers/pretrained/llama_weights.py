"""A Llama model's weights, still in four-bit blocks, and the file that keeps them.

Type Q4_1 stores 32 neighbouring weights of a row as one block: 32 codes of four bits, a
scale and a minimum, weight = code * scale + minimum. `matrix` turns them into ordinary
float32 matrices; `packed_llama` computes with the blocks. Both hold the same values.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from helpers.files import whole_file

BLOCK = 32  # weights that share a scale and a minimum
FORMAT = "1"  # of the file that `save` writes; raise it when the layout changes


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

    def save(self, path: str | Path) -> None:
        """Write the weights to one safetensors file, whole or not at all.

        Args:
            path: The file's final name.

        Raises:
            OSError: If the file cannot be written: no permission, no room.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import save_file

        metadata = {"config": json.dumps(asdict(self.config))}
        with whole_file(path) as temporary:
            temporary.touch()
            mode = temporary.stat().st_mode  # as the umask wants it; save_file: 0600
            try:
                save_file(self.arrays, temporary, metadata=metadata)
            except SafetensorError as error:
                raise OSError(f"{path} cannot be written: {error}") from error
            temporary.chmod(mode)

    @classmethod
    def load(cls, path: str | Path) -> LlamaWeights:
        """Read a file that `save` wrote.

        Raises:
            ValueError: If the file is cut off or damaged.
        """
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, framework="numpy") as file:
                config = LlamaConfig(**json.loads(file.metadata()["config"]))
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (SafetensorError, TypeError, KeyError, ValueError) as error:
            raise ValueError(f"{path} is cut off or damaged: {error}") from error
        return cls(config, arrays)
