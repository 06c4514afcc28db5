"""Measure what a warm-up on plain text brings, and a second task with another head.

``group`` "warm-up": MiniLM learns to fill in hidden words of the training text, without
labels, and then 200 labelled sentences; or only these. ``group`` "wnut17": the tagger
of CoNLL-2003 with another head, on posts from social media, scored on their test split
once, after training. The rows so far are kept in build/ner_tasks_rows.csv: the same
command goes on from there after a stop.
"""

import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import time
from dataclasses import replace

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from helpers import datasets, training
from helpers.models.text.tagger import MASK
from recipes import _shared, _shipping, _tables
from recipes._ner import STRENGTH, Names, Setup
from recipes._ner_bench import Bench
from recipes.ner_ideas import Measure, labelled

WARM_STEPS, STEPS, WNUT_STEPS, BATCH, LENGTH = 200, 60, 240, 8, 128
HIDDEN = 0.15  # share of the pieces that are hidden, as in BERT
LABELLED, SEEDS = 200, (0, 1, 2)
SETUP = Setup(STEPS, LENGTH, BATCH, average=0.97, cuts=(1.0,))


def cases() -> list[dict]:
    """Return the columns that tell a row from the others."""
    rows = [("warm-up", idea) for idea in ("without", "with")] + [("wnut17", "MiniLM")]
    return [
        {"group": group, "idea": idea, "seed": seed}
        for group, idea in rows
        for seed in SEEDS
    ]


def hide(token_ids: np.ndarray, mask: np.ndarray, rng) -> tuple[np.ndarray, np.ndarray]:
    """Hide pieces: of those chosen, 8 of 10 become [MASK], one another, one stays.

    Args:
        token_ids: int (B, T).
        mask: (B, T), 1 where a piece may be hidden.
        rng: NumPy's generator.

    Returns:
        The ids to read, and float32 (B, T): 1 where a piece is to be guessed.

    Source: Devlin et al. 2019, "BERT", section 3.1.
    """
    chosen = (rng.random(token_ids.shape) < HIDDEN) & (mask > 0)
    kind = rng.random(token_ids.shape)
    other = rng.integers(1_000, 30_522, token_ids.shape)
    read = np.where(kind < 0.8, MASK, np.where(kind < 0.9, other, token_ids))
    return np.where(chosen, read, token_ids), chosen.astype(np.float32)


def warmed(names: Names, seed: int, steps: int) -> float:
    """Train the encoder to fill in hidden pieces of the training text; return nats."""
    backbone, setup = names.encoder.backbone, replace(SETUP, seed=seed)
    schedule = training.warmup_cosine(2e-4, steps, steps // 10)
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=0.01, global_clipnorm=1.0)
    bias = keras.Variable(np.zeros(backbone.vocabulary_size, np.float32))
    variables = [*backbone.trainable_variables, bias]
    optimizer.build(variables)
    most = int(1.5 * HIDDEN * BATCH * LENGTH)  # guessed pieces a step, a fixed number

    def step(token_ids, mask, places, wanted, weights):
        with tf.GradientTape() as tape:
            inputs = {"token_ids": token_ids, "padding_mask": mask}
            inputs["segment_ids"] = ops.zeros_like(token_ids)
            states = backbone(inputs, training=True)["sequence_output"]
            states = ops.take(ops.reshape(states, (-1, states.shape[-1])), places, 0)
            table = ops.stop_gradient(backbone.token_embedding.embeddings)
            logits = ops.matmul(states, ops.transpose(table)) + bias
            nats = keras.losses.sparse_categorical_crossentropy(
                wanted, logits, from_logits=True
            )
            loss = ops.sum(nats * weights) / ops.sum(weights)
        optimizer.apply(tape.gradient(loss, variables), variables)
        return loss

    compiled = _shared.compiled(step)
    rng, losses, batches = np.random.default_rng(seed), [], names.batches(setup)
    for _ in range(steps):
        inputs, _, _ = next(batches)
        ids, real = inputs["token_ids"], inputs["case"] > 0
        read, guessed = hide(ids, real, rng)
        places = np.flatnonzero(guessed)[:most]
        weights = np.zeros(most, np.float32)
        weights[: len(places)] = 1
        places = np.pad(places, (0, most - len(places))).astype(np.int32)
        wanted = ids.ravel()[places]
        loss = compiled(
            read.astype(np.int32), inputs["padding_mask"], places, wanted, weights
        )
        losses.append(float(loss))
    return float(np.mean(losses[-20:]))


class Tasks:
    """The two data sets and a tagger for each."""

    def __init__(self, news, posts, smoke: bool):
        self.measure, self.smoke = Measure(news), smoke
        self.posts = posts

    def __call__(self, case: dict) -> dict:
        """Train one row's tagger; return its F1."""
        warm_up = case["group"] == "warm-up"
        return self.warm_up(case) if warm_up else self.second_task(case)

    def warm_up(self, case: dict) -> dict:
        """Learn 200 labelled sentences, after a warm-up or at once."""
        names, seed = self.measure.names, case["seed"]
        setup = replace(SETUP, steps=2 if self.smoke else STEPS, seed=seed)
        start, nats = time.perf_counter(), 0.0
        bench = self.measure.bench
        model = bench.model(names, setup)
        if case["idea"] == "with":
            nats = warmed(names, seed, 2 if self.smoke else WARM_STEPS)
        few = names.with_training(labelled(self.measure.table, LABELLED, seed))
        bench.train(few, setup)
        return self._row(few, model, setup, "validation", nats, start)

    def second_task(self, case: dict) -> dict:
        """Learn the posts; score their test split."""
        names = Names(self.posts, self.measure.names.encoder)
        names.original = self.measure.names.original
        names.start = self.measure.names.start
        steps = 2 if self.smoke else WNUT_STEPS
        setup = replace(SETUP, steps=steps, seed=case["seed"], average=0.99)
        start, bench = time.perf_counter(), Bench()
        model = bench.model(names, setup)
        bench.train(names, setup)
        return self._row(names, model, setup, "test", 0.0, start)

    def _row(self, names, model, setup, split, nats, start) -> dict:
        """Decode with transitions of a fixed strength, and score."""
        matrix = names.matrix(STRENGTH)
        log_probs = names.log_probs(model, split, setup)
        scores = names.scores(names.tagged(log_probs, split, matrix), split)
        return {
            "f1": round(scores["entity_f1"], 4),
            "warm_up_nats": round(nats, 3),
            "minutes": round((time.perf_counter() - start) / 60, 2),
        }


def main() -> None:
    """Make the table ner_tasks."""
    options = _shipping.recipe_options(__doc__)
    news = datasets.load("conll2003", fallback=options.smoke)
    posts = datasets.load("wnut17", fallback=options.smoke)
    about = {
        "data": f"{news.name} and {posts.name}: their training parts; warm-up scored "
        "on the first 800 validation sentences, the second task on its test split",
        "settings": f"{WARM_STEPS} steps without labels, {STEPS} on {LABELLED} "
        f"labelled sentences, {WNUT_STEPS} on {posts.name}; batches of {BATCH}",
    }
    rows, tables = cases(), [news.table, posts.table]
    if options.smoke:
        rows = [rows[len(SEEDS)], rows[-1]]
        tables = [table.groupby("split").head(40) for table in tables]
    tasks = Tasks(*tables, options.smoke)
    _tables.fill("ner_tasks", rows, tasks, about, options.output)


if __name__ == "__main__":
    main()
