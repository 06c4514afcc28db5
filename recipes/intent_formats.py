"""Export the bank's intent classifier in several formats, and measure each file.

The classifier is the checkpoint banking_intents: MiniLM, its change, and a head. To
convert it takes more memory than a lesson has, so lesson 27 shows the stored table.
Each file is run in a process of its own, which loads no more than that file needs.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from helpers.serving import export
from recipes import _shipping, _tables
from recipes._intent_files import LENGTH, on_one_core, tried
from recipes._text_sets import banking

NAME, CHECKPOINT = "intent_formats", "banking_intents"
COUNT, SAMPLES, SEED = 500, 50, 0  # test questions, calibration
# Not int16: LiteRT has no such SQUARED_DIFFERENCE, which Keras's LayerNormalization is.
FORMATS = (".keras", "SavedModel", "float", "dynamic", "int8")


def arrays(rows: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Put token ids into arrays of one length.

    Args:
        rows: Ids of each text.

    Returns:
        token_ids and padding_mask, int32 (rows, LENGTH).
    """
    ids = np.zeros((len(rows), LENGTH), np.int32)
    mask = np.zeros_like(ids)
    for number, row in enumerate(rows):
        ids[number, : len(row)], mask[number, : len(row)] = row[:LENGTH], 1
    return ids, mask


class Bench:
    """The classifier, and the questions it is measured on.

    Args:
        model: A `helpers.models.text.classifier.Classifier`.
        parts: token ids of the texts to calibrate with, and of those to measure on.
        truth: int (texts to measure on,), the right classes.
    """

    def __init__(self, model, parts, truth: Sequence[int]):
        self.model, self.truth = model, np.asarray(truth)
        self.samples, self.texts = map(arrays, parts)
        ids, mask = self.texts
        batches = [slice(a, a + 50) for a in range(0, len(ids), 50)]
        given = [{"token_ids": ids[b], "padding_mask": mask[b]} for b in batches]
        self.wanted = np.concatenate([np.asarray(model(one)) for one in given])

    def logits(self, token_ids, padding_mask):
        """Map ids and mask (B, LENGTH) to logits (B, classes), as the classifier does.

        Keras's embedding counts an id below 0 from the table's end, with a choice
        between whole numbers that LiteRT's converter cannot calibrate. A plain look-up
        does without.
        """
        import tensorflow as tf

        model = self.model.backbone
        x = tf.gather(model.token_embedding.embeddings, token_ids)
        x += model.segment_embedding.embeddings[0] + model.position_embedding(x)
        x = model.embeddings_layer_norm(x)
        for layer in model.transformer_layers:
            x = layer(x, padding_mask=padding_mask)
        weights = tf.cast(padding_mask, x.dtype)[..., None]
        total = tf.reduce_sum(weights, axis=1)
        return self.model.head(tf.reduce_sum(x * weights, axis=1) / total)

    def write(self, kind: str, folder: Path) -> Path:
        """Write the classifier in a format; return the file, or the folder.

        Args:
            kind: one of `FORMATS`.
            folder: where to.
        """
        import tensorflow as tf

        if kind == ".keras":
            self.model.save(folder / "intents.keras")
            return folder / "intents.keras"
        if kind == "SavedModel":
            shape = tf.TensorSpec((None, LENGTH), tf.int32)
            both = {"token_ids": shape, "padding_mask": shape}
            return export.to_saved_model(self.model, folder / "saved", [both])
        shapes = [tf.TensorSpec((1, LENGTH), tf.int32)] * 2
        samples = [[i[None], m[None]] for i, m in zip(*self.samples, strict=True)]
        some = samples if "int" in kind else ()
        path = folder / f"{kind}.tflite"
        return export.to_litert(self.logits, shapes, path, kind, some)

    def measure(self, case: Mapping) -> dict:
        """Return the row of a format: size, times, memory, and what it gets right."""
        context = get_context("spawn")
        with (
            tempfile.TemporaryDirectory() as folder,
            ProcessPoolExecutor(1, context, initializer=on_one_core) as pool,
        ):
            path = self.write(case["format"], Path(folder))
            work = pool.submit(tried, case["format"], path, *self.texts)
            found = work.result(timeout=600)
            size = export.size_of(path)
        guess = found["logits"].argmax(axis=1)
        truth, wanted = self.truth[: len(guess)], self.wanted[: len(guess)]
        off = np.abs(found["logits"] - wanted)
        return {
            "texts": len(guess),
            "megabytes": round(size / 1e6, 1),
            "median_ms": round(found["times"][0], 2),
            "p95_ms": round(found["times"][1], 2),
            "process_gb": round(found["bytes"] / 1e9, 2),
            "accuracy": round(float(np.mean(guess == truth)), 3),
            "agreement": round(float(np.mean(guess == wanted.argmax(axis=1))), 3),
            "mean_off": float(f"{off.mean():.2g}"),
            "most_off": float(f"{off.max():.2g}"),
        }


def shipped(smoke: bool = False) -> tuple[Bench, str]:
    """Return the bench of the shipped checkpoint, and the name of its texts.

    Args:
        smoke: whether to take few texts; they are no bank's, so accuracy says nothing.
    """
    from helpers import pretrained
    from helpers.pretrained.classifier import TextClassifier

    parts, name = banking(smoke)
    tuned = TextClassifier(CHECKPOINT, pretrained.load("minilm"))
    rng, rows, few = np.random.default_rng(SEED), {}, {"train": SAMPLES, "test": COUNT}
    for part, count in few.items():
        texts, kinds = parts[part]
        chosen = rng.permutation(len(texts))[: 3 if smoke else count]
        rows[part] = tuned.encoder.ids([texts[i] for i in chosen])
        truth = [kinds[i] for i in chosen]
    places = {label: number for number, label in enumerate(tuned.classes)}
    truth = np.array([places.get(label, -1) for label in truth])
    return Bench(tuned.model, rows.values(), truth), name


def main() -> None:
    """Make the table intent_formats."""
    options = _shipping.recipe_options(__doc__)
    bench, name = shipped(options.smoke)
    about = {
        "data": f"{name}: {len(bench.truth)} test texts to measure on, "
        f"{len(bench.samples[0])} training texts to calibrate int8",
        "settings": f"{CHECKPOINT}, {LENGTH} tokens a text, one text at a time on one "
        "core, beside other programs; process_gb: what the process that runs the file "
        "holds at the end; off: difference of a logit from Keras's. int16 is missing: "
        "LiteRT converts it, and then lacks a SQUARED_DIFFERENCE of 16 bits, which "
        "Keras's LayerNormalization needs",
    }
    formats = FORMATS[:3] if options.smoke else FORMATS
    cases = [{"format": kind, "seed": SEED} for kind in formats]
    _tables.fill(NAME, cases, bench.measure, about, options.output)


if __name__ == "__main__":
    main()
