"""Write texts with SmolLM2, with and without a watermark, and paraphrase marked ones.

Lesson 26 counts green tokens in them. The prompts are the beginnings below; every text
has LENGTH new tokens, at a temperature of 0.7. The rows so far are kept in
build/watermarked_texts_rows.csv: the same command goes on from there after a stop.
"""

import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from helpers import pretrained
from helpers.pretrained.packed_llama import PackedLlama, _float, _nibbles
from helpers.safety.watermark import Watermark
from helpers.sampling import generate
from recipes import _shipping, _tables

KEY, GAMMA, DELTA, TEMPERATURE, LENGTH = 20_260_726, 0.25, 2.0, 0.7, 191
PROMPT = 8  # tokens of each beginning
OPENINGS = (
    "The city council met on Monday evening to discuss the new bridge",
    "When I opened the old wooden box in the attic, I found",
    "Scientists have long wondered why whales sing, and this year",
    "The train was late again, so she decided to walk",
    "In the last twelve months the price of coffee has risen",
    "My grandfather used to say that a good garden needs patience",
    "After the storm had passed, the village looked completely different",
    "The company announced on Friday that it would close three offices",
    "Nobody in the office knew who had sent the flowers",
    "A good soup begins with onions, which are cut into",
    "The museum has bought a painting that was believed lost",
    "He had never been on a boat before, and the sea",
    "Researchers at a small university have built a robot that",
    "The match was decided in the last minute, when the",
    "Before you repair a bicycle tyre, take the wheel out",
    "The river rose by two metres during the night, and",
)
ASK = "<|im_start|>user\nRewrite this text in your own words:\n"
ANSWER = "<|im_end|>\n<|im_start|>assistant\n"
CASES = [{"kind": "marked", "seed": seed} for seed in range(3)]
CASES += [{"kind": "unmarked", "seed": seed} for seed in range(2)]
CASES += [{"kind": "paraphrase", "seed": 0}]
ABOUT = {
    "data": f"SmolLM2-135M-Instruct continues {len(OPENINGS)} beginnings",
    "settings": f"key {KEY}, gamma {GAMMA}, delta {DELTA}, temperature {TEMPERATURE}, "
    f"{LENGTH} new tokens after {PROMPT}; nats without mark at temperature 1",
}


class Unpacked(PackedLlama):
    """The same decoder with float32 weights: faster for many texts at a time."""

    def __init__(self, packed: PackedLlama):
        self.__dict__.update(vars(packed))
        self.full = {
            name: tf.stack([self._unpacked(name, i) for i in range(self.num_layers)])
            for name in ("qkv", "out", "gate_up", "down")
        }
        parts = (self.weights[f"embedding.{part}"] for part in ("codes", "scales"))
        codes, scales = map(_float, parts)
        values = tf.transpose(codes * scales, (1, 0, 2))
        self.head = tf.reshape(values, (-1, codes.shape[-1]))

    def _unpacked(self, name, layer):
        codes, scales, minima = (
            self.weights[f"{name}.{part}"] for part in ("codes", "scales", "minima")
        )
        values = tf.concat(_nibbles(codes[layer]), 0)  # (32, blocks, outputs)
        values = values * _float(scales[layer]) + _float(minima[layer])
        return tf.reshape(tf.transpose(values, (1, 0, 2)), (-1, codes.shape[-1]))

    def _project(self, name, layer, x):
        return tf.tensordot(x, self.full[name][layer], 1)

    def _logits(self, x, zero):
        return tf.tensordot(x, self.head, 1)


class Writer:
    """SmolLM2, and what it has to write."""

    def __init__(self):
        chat = pretrained.load("smollm2")
        self.tokenizer, self.model = chat.tokenizer, Unpacked(chat.decoder)
        encode = self.tokenizer.encode
        self.prompts = np.stack([encode(text)[:PROMPT] for text in OPENINGS])
        self.front, self.back = (encode(text, special=True) for text in (ASK, ANSWER))
        self.forward = tf.function(self.model, jit_compile=True)

    def write(self, prompts: np.ndarray, delta: float, seed: int) -> np.ndarray:
        """Return the new ids (B, LENGTH)."""
        sampler = Watermark(KEY, GAMMA, delta, TEMPERATURE, seed)
        return generate(self.model, prompts, LENGTH, sampler)[:, prompts.shape[1] :]

    def nats(self, prompts: np.ndarray, rows: np.ndarray) -> list[float]:
        """Return the mean nats of each text's tokens, without mark."""
        found = []
        for prompt, row in zip(prompts, rows, strict=True):
            ids = tf.constant(np.concatenate([prompt, row])[None, :-1])
            logits = self.forward(ids)[0, len(prompt) - 1 :]
            nats = tf.nn.sparse_softmax_cross_entropy_with_logits(row, logits)
            found.append(round(float(tf.reduce_mean(nats)), 4))
        return found

    def measure(self, case: dict) -> dict:
        """Return the texts of a case, as ids, and their nats."""
        kind, seed, prompts = case["kind"], case["seed"], self.prompts
        rows = self.write(prompts, DELTA * (kind != "unmarked"), seed)
        if kind == "paraphrase":  # the marked texts of this seed, written anew
            texts = [np.concatenate([self.front, r[:-1], self.back]) for r in rows]
            prompts = np.stack(texts)
            rows = self.write(prompts, 0.0, 100 + seed)
        ids = ";".join(" ".join(map(str, row)) for row in rows.tolist())
        return {"nats": " ".join(map(str, self.nats(prompts, rows))), "ids": ids}


if __name__ == "__main__":
    options = _shipping.recipe_options(__doc__)
    if options.smoke:
        LENGTH, CASES = 5, CASES[:1]
    _tables.fill("watermarked_texts", CASES, Writer().measure, ABOUT, options.output)
