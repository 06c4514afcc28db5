"""Fine-tune one tagger many times over, by one compiled step."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from helpers.models.text.tagger import Tagger
from recipes._ner import Names, Setup, compiled, train_step

NEW = ("features", "into", "head")  # layers that MiniLM does not have


class Bench:
    """A tagger and its compiled step, kept while only data and seed change.

    XLA takes half a minute for a step, and a table trains each setup from several
    seeds.
    """

    def __init__(self):
        self.key, self.tagger, self.step, self.start = None, None, None, []

    def model(self, names: Names, setup: Setup) -> Tagger:
        """Return a tagger as it is before training, with its step compiled.

        Args:
            names: the data, all of one encoder.
            setup: another `seed` or `context` needs no compiling.
        """
        key = replace(setup, seed=0, context=False, transitions=False, cuts=())
        if key != self.key:
            self.tagger, self.key = names.tagger(setup), key
            compiled(self.tagger, setup)
            self.step = train_step(self.tagger)
            self.start = [v.numpy() for v in self.tagger.variables]
            return self.tagger
        pairs = zip(self.tagger.variables, self.start, strict=True)
        for variable, value in pairs:
            variable.assign(value)
        for variable in self.tagger.optimizer.variables:
            variable.assign(np.zeros(variable.shape, variable.dtype))
        self._renew(setup)
        return self.tagger

    def _renew(self, setup: Setup) -> None:
        """Draw the new layers' weights from the setup's seed."""
        import keras

        keras.utils.set_random_seed(setup.seed)
        other = Tagger(
            self.tagger.backbone,
            self.tagger.settings["num_tags"],
            features=setup.features,
        )
        other.build()
        for name in NEW:
            if (mine := getattr(self.tagger, name)) is not None:
                drawn = getattr(other, name).weights
                for variable, value in zip(mine.weights, drawn, strict=True):
                    variable.assign(value)

    def train(self, names: Names, setup: Setup) -> list[float]:
        """Train the tagger that `model` returned; return the loss of each step."""
        batches, optimizer = names.batches(setup), self.tagger.optimizer
        losses = [float(self.step(*next(batches))) for _ in range(setup.steps)]
        if setup.average:
            optimizer.finalize_variable_values(self.tagger.trainable_variables)
        return losses
