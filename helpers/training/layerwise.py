"""AdamW with a rate of its own for each layer: for fine-tuning."""

from __future__ import annotations

from collections.abc import Mapping

import keras


@keras.saving.register_keras_serializable(package="aigc")
class LayerwiseAdamW(keras.optimizers.AdamW):
    """Move some variables faster or slower than others.

    Low layers of a pretrained network hold what any task needs, new layers nothing yet.
    Biases and normalisation are not decayed.

    Args:
        learning_rate: As for AdamW: a number or a schedule.
        factors: A part of a variable's path to a factor of its rate; the first part
            that is found counts. Others have factor 1.
        options: Further arguments of AdamW.

    Source: Howard and Ruder 2018, "Universal Language Model Fine-tuning", section 3.2.
    """

    def __init__(self, learning_rate=1e-3, factors: Mapping | None = None, **options):
        super().__init__(learning_rate, **options)
        self.factors = dict(factors or {})
        self.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])

    def factor(self, path: str) -> float:
        """Return the factor of the variable of this path."""
        return next((f for part, f in self.factors.items() if part in path), 1.0)

    def update_step(self, gradient, variable, learning_rate):
        """Update one variable."""
        # TensorFlow hands over its own variable, which has no path
        known = self._trainable_variables[self._get_variable_index(variable)]
        super().update_step(gradient, variable, learning_rate * self.factor(known.path))

    def get_config(self):
        """Return the arguments."""
        return {**super().get_config(), "factors": self.factors}


def bert_factors(
    layers: int, decay: float = 0.85, new: float = 2.0
) -> dict[str, float]:
    """Return the factors for a KerasHub BERT with new layers on top.

    Args:
        layers: Blocks of the encoder, at least 1.
        decay: Factor from one block to the one below it, above 0 and up to 1.
        new: Factor of the layers named head, features and into.
    """
    if layers < 1 or not 0 < decay <= 1:
        raise ValueError(
            f"`bert_factors` wants layers >= 1 and 0 < decay <= 1, received {layers} "
            f"and {decay}"
        )
    factors = {
        f"transformer_layer_{i}/": decay ** (layers - 1 - i) for i in range(layers)
    }
    factors["embeddings_layer_norm"] = decay**layers
    return {**factors, **dict.fromkeys(("head", "features", "into"), new)}
