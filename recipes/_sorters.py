"""Ship a sorter of texts: MiniLM fine-tuned, its change cut to low rank."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from helpers import pretrained
from helpers.models.text.classifier import Classifier
from helpers.models.text.lora import Patch
from recipes import _patches, _shared, _shipping
from recipes._texts import Part, Setup, Texts, fit, keep, state_of

RANK = 48  # of the shipped change: 4 MB


def patched(texts: Texts, model: Classifier, rank: int = RANK) -> Patch:
    """Replace a fine-tuned model's change by its low-rank copy, in place."""
    weights = texts.encoder.backbone.weights
    return _patches.patched(model, weights, texts.original, rank)


def make(
    name: str,
    parts: Mapping[str, Part],
    setup: Setup,
    score: Callable[[np.ndarray, np.ndarray], dict[str, float]],
    said: dict[str, str],
    output: Path | None,
    timed: bool = False,
) -> None:
    """Fine-tune on part train, score part test, ship the low-rank change.

    Args:
        name: of the checkpoint.
        parts: as `Texts`.
        setup: of the training.
        score: from classes found and true classes to scores; they are named "full_…"
            as the training ends, and as they are once a share of the encoder's change
            is kept, in low rank.
        said: the card's about, data and held_out.
        output: the checkpoint's folder; the course's own if None.
        timed: whether the card also says how long it took by the clock.
    """
    texts = Texts(parts, pretrained.load("minilm"))
    state = state_of(name, output, setup)

    def scored() -> dict[str, float]:
        guess = texts.probabilities(model, "test").argmax(axis=1)
        return score(guess, texts.labels["test"])

    model = texts.classifier(setup)
    spent = fit(texts, model, setup, state)
    metrics = {f"full_{key}": value for key, value in scored().items()}
    keep(texts, setup.kept)
    patch = patched(texts, model)
    metrics |= scored()
    print(_shared.rounded(metrics), flush=True)
    card = {
        **said,
        **_shared.facts(setup.seed, setup.steps, setup.batch, spent["minutes"]),
        **(_shared.clock_of(spent) if timed else {}),
        "setup": setup.described(),
        "rank": RANK,
        "products": f"{spent['products']} in training, float32 in what was measured",
        "classes": texts.classes,
        "metrics": _shared.rounded(metrics),
    }
    _shipping.save(name, patch, card, where=output)
    if output:
        state.path.unlink(missing_ok=True)
