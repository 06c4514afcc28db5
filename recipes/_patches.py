"""Ship a fine-tune as what it changed: a low-rank copy of the difference."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

from helpers.models.text.lora import Patch
from recipes import _shipping


def patched(
    model: keras.Model,
    pretrained: Sequence[keras.Variable],
    original: Sequence[np.ndarray],
    rank: int,
) -> Patch:
    """Replace a fine-tuned model's change by its low-rank copy, in place.

    Args:
        model: fine-tuned; what it has beside `pretrained` is new, and kept whole.
        pretrained: variables of the network that was there before.
        original: what they were.
        rank: of each matrix's change.

    Returns:
        The change, rounded as it is stored.
    """
    variables = model.trainable_variables
    pairs = zip(pretrained, original, strict=True)
    known = {id(variable): value for variable, value in pairs}
    zeros = [np.zeros(v.shape, np.float32) for v in variables]
    pairs = zip(variables, zeros, strict=True)
    before = [known.get(id(v), zero) for v, zero in pairs]
    patch = Patch.between(before, [v.numpy() for v in variables], rank)
    _shipping.round_weights(patch)
    for variable, value in zip(variables, before, strict=True):
        variable.assign(value)
    patch.apply_to(variables)
    return patch
