"""Train a GPT with a picture before its words on picture_news; ship it for lesson 20.

The encoder learns first, from Fashion-MNIST's training pictures, to tell the ten things
and their tone; then it is kept as it is, and all else learns to write. Each step takes
stories of the training split with facts and pictures drawn anew. A third of the names
is made up of syllables, so that names have to be copied and not recalled.
"""

import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tempfile
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from helpers import checkpoints, datasets, images, training
from helpers.apps.news import ARTICLE, SOURCE, NewsDesk
from helpers.apps.newsroom import Request, known_names, shipped_tokenizer
from helpers.images.tones import MARGIN, THRESHOLD, brightness
from helpers.models.text.image_prefix import ImagePrefixGPT
from helpers.sampling import TopP
from helpers.text.bpe import BPETokenizer
from helpers.text.stories import (
    FACTS,
    fill,
    said_of,
    source,
    template_sentences,
    unexplained,
)
from recipes import _shared, _shipping
from recipes._news import Draw, encode, targets_of

NAME, SEED, STEPS, BATCH = "news_writer", 0, 1_800, 16
VOCABULARY = 2_048
PEAK = 0.01
ENCODER_STEPS, ENCODER_BATCH = 1_400, 64
SIZE = {"num_layers": 4, "num_heads": 4, "hidden_dim": 160, "prefix_length": 4}


def train_encoder(model, pictures, cells, steps: int) -> float:
    """Teach the encoder things and tones; return the last batches' mean loss."""
    known, rng = np.flatnonzero(cells >= 0), np.random.default_rng(SEED)
    optimizer = keras.optimizers.AdamW(
        keras.optimizers.schedules.CosineDecay(3e-3, steps), weight_decay=1e-3
    )
    weights = model.encoder.trainable_variables + model.words.trainable_variables
    optimizer.build(weights)
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    @_shared.compiled
    def step(shown, wanted):
        with tf.GradientTape() as tape:
            loss = loss_of(wanted, model.describe(shown, training=True))
        optimizer.apply(tape.gradient(loss, weights), weights)
        return loss

    losses = []
    for _ in range(steps):
        rows = rng.choice(known, ENCODER_BATCH)
        losses.append(float(step(images.to_float(pictures[rows]), cells[rows])))
    return float(np.mean(losses[-100:]))


def train(model, draw: Draw, steps: int, batch: int) -> None:
    """Train everything but the encoder to write."""
    optimizer = training.course_optimizer(steps, PEAK)
    weights = model.to_prefix.trainable_variables + model.decoder.trainable_variables
    optimizer.build(weights)
    loss_of = keras.losses.SparseCategoricalCrossentropy(True, reduction=None)

    @_shared.compiled
    def step(shown, ids, wanted, weight):
        with tf.GradientTape() as tape:
            logits = model({"images": shown, "token_ids": ids}, training=True)
            lost = loss_of(wanted, logits) * weight
            loss = tf.reduce_sum(lost) / tf.reduce_sum(weight)
        optimizer.apply(tape.gradient(loss, weights), weights)
        return loss

    rng, start = np.random.default_rng(SEED + 1), time.process_time()
    for number in range(steps):
        shown, ids = draw.batch(rng, batch)
        loss = step(shown, ids[:, :-1], *targets_of(ids, draw.tokenizer.end_id))
        if number % 50 == 0:
            spent = (time.process_time() - start) / 60
            print(f"step {number}: {float(loss):.3f} nats, {spent:.1f} min", flush=True)


def prepare(smoke: bool):
    """Return stories, tokenizer, training pictures and their cells."""
    news = datasets.load("picture_news")
    stories = news.tables["stories"]
    texts = [
        source(fill(row.headline, row._asdict(), row.thing, row.tone), row._asdict())
        + f" {fill(row.article, row._asdict(), row.thing, row.tone)}"
        for row in stories[stories["split"] == "train"].itertuples()
    ]
    tokenizer = BPETokenizer.train(texts, VOCABULARY)
    if smoke:  # the bundled pictures do
        pictures, labels = (news.arrays[f"train_{x}"] for x in ("images", "labels"))
    else:
        clothes = datasets.load("fashion_mnist").arrays
        pictures, labels = clothes["images"], clothes["labels"]
    shade = brightness(pictures)
    cells = 2 * labels.astype(int) + (shade > THRESHOLD)
    cells[np.abs(shade - THRESHOLD) < MARGIN] = -1
    return stories, tokenizer, pictures.reshape(-1, 28, 28), cells


def requests_of(stories, pictures) -> list[Request]:
    """Return what each story of a table is written from."""
    return [
        Request(
            fill(row["headline"], row, row["thing"], row["tone"]),
            {key: row[key] for key in FACTS},
            pictures[row["picture"]],
        )
        for row in stories.to_dict("records")
    ]


def nats(model, tokenizer, stories, pictures) -> float:
    """Return the mean loss of an article's token, given source and picture."""
    lost = weighed = 0.0
    loss_of = keras.losses.SparseCategoricalCrossentropy(True, reduction=None)
    rows = stories.to_dict("records")
    for row, request in zip(rows, requests_of(stories, pictures), strict=True):
        text = fill(row["article"], row, row["thing"], row["tone"])
        ids = encode(tokenizer, request.source, text)[None]
        targets, weights = targets_of(ids, tokenizer.end_id)
        shown = images.to_float(request.picture[None])
        logits = model({"images": shown, "token_ids": ids[:, :-1]})
        lost += float((loss_of(targets, logits) * weights).numpy().sum())
        weighed += float(weights.sum())
    return lost / weighed


def scores(desk: NewsDesk, rows, pictures, known: set[str]) -> dict[str, float]:
    """Write an article for each row; return rates, of first drafts and of what prints.

    `unexplained` is the share of articles with a sentence that is no training sentence
    with this story's facts: an upper bound of inventions that no check has a hand in.
    `plain` drafts copy the names themselves; the others have placeholders for them.
    """
    asked = requests_of(rows, pictures)
    plain = desk.draft(asked, TopP(0.9, temperature=0.7, seed=SEED), False)
    written = desk.write(asked, seed=SEED)
    said = np.array([said_of(article.drafts[0]) for article in written])
    pairs = list(zip(asked, written, strict=True))

    def strange(text, request):
        return bool(unexplained(text, known, request.facts))

    after = [strange(a.text, r) for r, a in pairs if a.text]
    return {
        "thing": np.mean(said[:, 0] == rows["thing"].to_numpy()),
        "tone": np.mean(said[:, 1] == rows["tone"].to_numpy()),
        "plain_findings": np.mean([bool(f) for f in map(desk.check, plain, asked)]),
        "plain_unexplained": np.mean(list(map(strange, plain, asked))),
        "draft_findings": np.mean([bool(a.findings[0]) for a in written]),
        "draft_unexplained": np.mean([strange(a.drafts[0], r) for r, a in pairs]),
        "printed_unexplained": np.mean(after or [0.0]),
        "withheld": np.mean([not a.text for a in written]),
    }


def measured(desk: NewsDesk, news, few: int | None) -> dict[str, float]:
    """Return what the card says: nats, thing and tone, inventions, by split."""
    stories, pictures = news.tables["stories"], news.arrays["test_images"]
    known = template_sentences(stories.loc[stories["split"] == "train", "article"])
    parts = {split: rows[:few] for split, rows in stories.groupby("split")}
    checked = parts["validation"]
    found = {"validation_nats": nats(desk.model, desk.tokenizer, checked, pictures)}
    for split in ("test", "names", "unseen"):
        here = scores(desk, parts[split], pictures, known)
        found |= {f"{split}_{key}": value for key, value in here.items()}
    rows = parts["test"].copy()
    rows["picture"] = np.random.default_rng(SEED).permutation(rows["picture"])
    here = scores(desk, rows, pictures, known)
    found |= {f"shuffled_{key}": here[key] for key in ("thing", "tone")}
    return {key: float(value) for key, value in found.items()}


def trained(options, tokenizer, stories, pictures, cells):
    """Train a model, or load the shipped one to measure it; return minutes, too."""
    if options.measure:
        return checkpoints.load(NAME), checkpoints.card(NAME)["minutes"]
    start, size = time.process_time(), {"num_layers": 1} if options.smoke else {}
    length = SOURCE + ARTICLE
    model = ImagePrefixGPT(
        tokenizer.vocabulary_size, **{**SIZE, **size}, max_sequence_length=length
    )
    train_encoder(model, pictures, cells, 2 if options.smoke else ENCODER_STEPS)
    draw = Draw(stories[stories["split"] == "train"], pictures, cells, tokenizer)
    steps, batch = (2, 2) if options.smoke else (STEPS, BATCH)
    train(model, draw, steps, batch)
    return model, (time.process_time() - start) / 60


def tokenizer_bytes(tokenizer: BPETokenizer) -> np.ndarray:
    """Return a tokenizer's file as an array, to lie beside the checkpoint."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tokenizer.json"
        tokenizer.save(path)
        return np.frombuffer(path.read_bytes(), np.uint8)


def main() -> None:
    """Make the checkpoint news_writer."""
    options = _shipping.recipe_options(__doc__, measurable=True)
    keras.utils.set_random_seed(SEED)
    stories, tokenizer, pictures, cells = prepare(options.smoke)
    if options.measure:
        tokenizer = shipped_tokenizer()
    model, minutes = trained(options, tokenizer, stories, pictures, cells)
    _shipping.round_weights(model)
    size, few = (2, 2) if options.smoke else (16, None)
    compiled = not options.smoke
    desk = NewsDesk(model, tokenizer, known_names(), size, jit_compile=compiled)
    news = datasets.load("picture_news")
    card = {
        "data": "picture_news, split train (480 stories of 16 kinds, facts drawn anew),"
        " and the 60,000 training pictures of Fashion-MNIST",
        "held_out": "test: new facts; names: names kept back; unseen: other stories; "
        "all with test pictures of Fashion-MNIST",
        **_shared.facts(SEED, 2 if options.smoke else STEPS, BATCH, minutes),
        "metrics": _shared.rounded(measured(desk, news, few)),
    }
    arrays = {"tokenizer": tokenizer_bytes(tokenizer)}
    _shipping.save(NAME, model, card, arrays, options.output)
    print(f"{NAME}: {card['metrics']}", flush=True)


if __name__ == "__main__":
    main()
