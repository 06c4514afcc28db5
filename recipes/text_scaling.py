"""Measure the loss against weights and training tokens, on a language of known entropy.

Three sizes of GPT and three amounts of grammar_news, documents read once, three seeds.
The loss is taken on 1,000 other documents, whose exact cost is known. The rows so far
are kept in build/text_scaling_rows.csv: the same command goes on from there after a
stop.
"""

import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from helpers import training
from helpers.grammar import Grammar
from helpers.models.text.gpt import GPT
from helpers.text.batches import padded_batches
from helpers.text.tokenizers import WordTokenizer
from recipes import _shipping, _tables
from recipes._language import Trainer

LENGTH, BATCH, PEAK = 64, 8, 0.01
SIZES = ((8, 1, 1), (16, 1, 1), (64, 2, 2))  # width, blocks, heads
DOCUMENTS = (1_500, 5_000, 15_000)
SEEDS, UNSEEN, UNSEEN_SEED = (1, 2, 3), 1_000, 1_000


def cases() -> list[dict]:
    """Return the columns that tell a row from the others."""
    return [
        {"width": width, "layers": layers, "documents": documents, "seed": seed}
        for width, layers, _ in SIZES
        for seed in SEEDS
        for documents in DOCUMENTS
    ]


class Bench:
    """The grammar, and the last network with its compiled step."""

    def __init__(self, unseen: int = UNSEEN):
        self.grammar = Grammar.load()
        self.tokenizer = WordTokenizer(self.grammar.vocabulary)
        documents = self.grammar.sample(unseen, seed=UNSEEN_SEED)
        tokens = sum(len(document) + 1 for document in documents)
        logs = [self.grammar.log_probability(document) for document in documents]
        self.exact = -sum(logs) / tokens
        self.test = self.batches(documents, shuffle=False)
        self.width, self.trainer = None, None

    def batches(self, documents: list[list[str]], **options):
        """Return padded batches of whole documents."""
        ids = [self.tokenizer.encode(" ".join(document)) for document in documents]
        return padded_batches(
            ids, BATCH, (LENGTH,), end_id=self.tokenizer.end_id, **options
        )

    def prepare(self, width: int) -> Trainer:
        """Return a compiled trainer of this width."""
        if width != self.width:
            layers, heads = next(rest for size, *rest in SIZES if size == width)
            options = {"max_sequence_length": LENGTH, "activation": "relu2"}
            self.width, self.trainer = (
                width,
                Trainer(
                    lambda: GPT(
                        self.tokenizer.vocabulary_size,
                        layers,
                        heads,
                        width,
                        token_shift=2,
                        **options,
                    ),
                    training.course_optimizer(None),
                ),
            )
            few = self.batches(self.grammar.sample(BATCH, seed=0), repeat=True)
            self.trainer.step(*next(iter(few)))
        return self.trainer

    def measure(self, case: dict) -> dict:
        """Train one row's model once over its documents; return its loss in nats."""
        trainer, seed = self.prepare(case["width"]), case["seed"]
        documents = self.grammar.sample(case["documents"], seed=seed)
        trainer.restart(seed)
        batches = iter(self.batches(documents, seed=seed, repeat=True))
        trainer.train(batches, PEAK, steps=-(-len(documents) // BATCH))
        loss = training.evaluate(trainer.model, self.test)
        return {
            "weights": trainer.model.count_params(),
            "tokens": sum(len(document) + 1 for document in documents),
            "loss": round(loss, 4),
            "exact": round(self.exact, 4),
        }


def main() -> None:
    """Make the table text_scaling."""
    options = _shipping.recipe_options(__doc__)
    about = {
        "data": "grammar_news (synthetic), whole documents, each read once; loss on "
        f"{UNSEEN:,} documents of seed {UNSEEN_SEED}",
        "settings": f"{BATCH} documents a step, Muon with peak {PEAK}, squared ReLU, "
        "token shift, rotary positions, RMS norm, tied embeddings",
    }
    rows = cases()[::16] if options.smoke else cases()
    bench = Bench(10 if options.smoke else UNSEEN)
    _tables.fill("text_scaling", rows, bench.measure, about, options.output)


if __name__ == "__main__":
    main()
