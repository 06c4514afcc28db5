"""A tiny Llama with random weights as a GGUF file, and its equations in NumPy."""

import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter
from gguf.quants import dequantize, quantize

LAYERS, HEADS, GROUPS, WIDTH, INNER, BASE, EPSILON = 2, 4, 2, 64, 96, 10_000.0, 1e-5
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
MERGES = ["t h", "th e", "Ġ the", "i n", "Ġ a"]


def byte_alphabet() -> list[str]:
    """The 256 printable characters of byte-level BPE (GPT-2)."""
    from tokenizers.pre_tokenizers import ByteLevel

    return sorted(ByteLevel.alphabet())


def write(path, seed=0, scale=0.3):
    """Write the file; return its float32 weights by GGUF name, as stored."""
    random = np.random.default_rng(seed)
    tokens = [*SPECIAL, *byte_alphabet(), *(m.replace(" ", "") for m in MERGES)]
    writer = GGUFWriter(path, "llama")
    writer.add_block_count(LAYERS)
    writer.add_context_length(128)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(GROUPS)
    writer.add_rope_freq_base(BASE)
    writer.add_layer_norm_rms_eps(EPSILON)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(tokens)
    writer.add_token_types([3] * 3 + [1] * (len(tokens) - 3))
    writer.add_token_merges(MERGES)
    key_width = WIDTH // HEADS * GROUPS
    shapes = {"token_embd": (len(tokens), WIDTH), "output_norm": (WIDTH,)}
    for i in range(LAYERS):
        shapes |= {
            f"blk.{i}.attn_norm": (WIDTH,),
            f"blk.{i}.ffn_norm": (WIDTH,),
            f"blk.{i}.attn_q": (WIDTH, WIDTH),
            f"blk.{i}.attn_k": (key_width, WIDTH),
            f"blk.{i}.attn_v": (key_width, WIDTH),
            f"blk.{i}.attn_output": (WIDTH, WIDTH),
            f"blk.{i}.ffn_gate": (INNER, WIDTH),
            f"blk.{i}.ffn_up": (INNER, WIDTH),
            f"blk.{i}.ffn_down": (WIDTH, INNER),
        }
    stored = {}
    for name, shape in shapes.items():
        values = random.normal(size=shape).astype(np.float32) * scale
        if len(shape) == 1:
            values = 1 + values
            writer.add_tensor(f"{name}.weight", values)
        else:
            kind = "Q8_0" if name == "token_embd" else "Q4_1"
            kind = GGMLQuantizationType[kind]
            packed = quantize(values, kind)
            writer.add_tensor(f"{name}.weight", packed, raw_dtype=kind)
            values = dequantize(packed, kind)
        stored[name] = values
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return stored


def forward(w, ids):
    """Llama's equations in float64: ids (T,) to logits (T, V).

    Rotary features are neighbouring pairs (0, 1), (2, 3) …, as GGUF stores them.
    """
    w = {name: value.astype(np.float64) for name, value in w.items()}
    x = w["token_embd"][ids]
    length, size = len(ids), WIDTH // HEADS
    angle = np.arange(length)[:, None] * BASE ** (-np.arange(0, size, 2) / size)
    for i in range(LAYERS):
        normal = _norm(x, w[f"blk.{i}.attn_norm"])
        q, k, v = (normal @ w[f"blk.{i}.attn_{part}"].T for part in "qkv")
        out = []
        for head in range(HEADS):
            group = head * GROUPS // HEADS
            query = _turn(q[:, head * size : (head + 1) * size], angle)
            key = _turn(k[:, group * size : (group + 1) * size], angle)
            scores = query @ key.T / np.sqrt(size)
            scores[np.triu_indices(length, 1)] = -np.inf
            weights = np.exp(scores - scores.max(1, keepdims=True))
            weights /= weights.sum(1, keepdims=True)
            out.append(weights @ v[:, group * size : (group + 1) * size])
        x = x + np.concatenate(out, 1) @ w[f"blk.{i}.attn_output"].T
        normal = _norm(x, w[f"blk.{i}.ffn_norm"])
        gate = normal @ w[f"blk.{i}.ffn_gate"].T
        up = normal @ w[f"blk.{i}.ffn_up"].T
        x = x + (gate / (1 + np.exp(-gate)) * up) @ w[f"blk.{i}.ffn_down"].T
    return _norm(x, w["output_norm"]) @ w["token_embd"].T


def _norm(x, scale):
    return x / np.sqrt((x**2).mean(-1, keepdims=True) + EPSILON) * scale


def _turn(x, angle):
    pairs = (x[:, 0::2] + 1j * x[:, 1::2]) * np.exp(1j * angle)
    return np.stack([pairs.real, pairs.imag], -1).reshape(x.shape)
