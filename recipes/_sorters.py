"""Ship a sorter of texts: fine-tuned from one seed or several, cut to low rank."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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


def averaged(
    texts: Texts,
    setups: Sequence[Setup],
    fitted: Callable[[Classifier, Setup], dict],
) -> tuple[Classifier, list[dict]]:
    """Train one classifier for each setup, and return the mean of their weights.

    Args:
        texts: the data.
        setups: they differ in their seed.
        fitted: trains a classifier by a setup; returns what there is to say of it.

    Returns:
        The classifier, and what `fitted` returned for each setup.

    Source: Wortsman et al. 2022, "Model soups", of runs that part after some epochs as
        in Frankle et al. 2020, "Linear mode connectivity and the lottery ticket".
    """
    said, total = [], None
    for setup in setups:
        model = texts.classifier(setup)
        said.append(fitted(model, setup))
        values = [variable.numpy() for variable in model.trainable_variables]
        if total:
            values = [one + other for one, other in zip(values, total, strict=True)]
        total = values
    for variable, value in zip(model.trainable_variables, total, strict=True):
        variable.assign(value / len(setups))
    return model, said


def make(
    name: str,
    parts: Mapping[str, Part],
    setups: Sequence[Setup],
    score: Callable[[np.ndarray, np.ndarray], dict[str, float]],
    said: dict[str, str],
    output: Path | None,
) -> None:
    """Fine-tune on part train, score part test, ship the low-rank change.

    Args:
        name: of the checkpoint.
        parts: as `Texts`.
        setups: of the trainings, which differ in their seed; the mean of their weights
            is shipped.
        score: from classes found and true classes to scores; they are named
            "single_…", a mean, for each training alone if there are more than one,
            "full_…" for the mean of weights while the change is whole, and as they are
            once a share of it is kept, in low rank.
        said: the card's about, data and held_out.
        output: the checkpoint's folder; the course's own if None.
    """
    texts, setup = Texts(parts, pretrained.load("minilm")), setups[0]

    def scored(model: Classifier) -> dict[str, float]:
        guess = texts.probabilities(model, "test").argmax(axis=1)
        return score(guess, texts.labels["test"])

    def fitted(model: Classifier, setup: Setup) -> dict:
        spent = fit(texts, model, setup, state_of(name, output, setup))
        return spent | scored(model)

    model, runs = averaged(texts, setups, fitted)
    products = " and ".join(sorted({run.pop("products") for run in runs}))
    mean = {key: np.mean([run[key] for run in runs]) for key in runs[0]}
    metrics = {f"full_{key}": value for key, value in scored(model).items()}
    keep(texts, setup.kept)
    patch = patched(texts, model)
    last = scored(model)
    if len(runs) > 1:
        said = {**said, "runs": len(runs)}
        metrics = {f"single_{key}": mean[key] for key in last} | metrics
    metrics |= last
    print(_shared.rounded(metrics), flush=True)
    minutes = len(runs) * mean["minutes"]
    card = {
        **said,
        **_shared.facts(setup.seed, setup.steps, setup.batch, minutes),
        "setup": setup.described(),
        "rank": RANK,
        "products": f"{products} in training, float32 in what was measured",
        "classes": texts.classes,
        "metrics": _shared.rounded(metrics),
    }
    _shipping.save(name, patch, card, where=output)
    if output:
        for one in setups:
            state_of(name, output, one).path.unlink(missing_ok=True)
