"""Sort texts into classes: MiniLM with a change and a head that the course ships."""

from __future__ import annotations

import numpy as np

from helpers import checkpoints
from helpers.pretrained.names import freeze_tables
from helpers.pretrained.sentences import SentenceEncoder


class TextClassifier:
    """Give each text a probability for each class.

    Args:
        name: The checkpoint: "banking_intents" or "market_tone".
        encoder: MiniLM, from `pretrained.load("minilm")`. Its weights are changed in
            place: they are no sentence encoder's any more until `off` is called. Two
            classifiers want an encoder each.
        where: The checkpoint's folder; the course's own if None.

    Attributes:
        model: The `Classifier`.
        classes: Names of its classes, in the order of the columns.
        card: The checkpoint's card.

    Example:
        >>> intents = TextClassifier("banking_intents", pretrained.load("minilm"))
        >>> best = intents.probabilities(["Where is my card?"]).argmax(axis=1)
        >>> intents.classes[best[0]]
        'card_arrival'
    """

    def __init__(self, name: str, encoder: SentenceEncoder, where=None):
        from helpers.models.text.classifier import Classifier
        from helpers.models.text.lora import Switch

        self.card, self.encoder = checkpoints.card(name, where), encoder
        self.classes = list(self.card["classes"])
        freeze_tables(encoder.backbone)
        self.model = Classifier(encoder.backbone, len(self.classes))
        self.model.build()
        patch = checkpoints.load(name, where)
        self._switch = Switch(patch, self.model, encoder.backbone.weights)
        self.on()

    def on(self) -> None:
        """Add the change to the encoder."""
        self._switch.on()

    def off(self) -> None:
        """Take the change off: the encoder is as it was, but for rounding."""
        self._switch.off()

    def read(
        self, texts: list[str], batch_size: int = 32
    ) -> tuple[np.ndarray, np.ndarray]:
        """Read texts once for both results: `vectors` and `probabilities`.

        Args:
            texts: In order; of each, 256 tokens are read, about 190 English words.
            batch_size: Texts at a time; those of like length go together.

        Returns:
            float32 (n, 384), rows of length 1, and float32 (n, classes), rows that
            sum to 1.

        Raises:
            ValueError: If `texts` is one string or holds something else than texts,
                or the change was taken off.
        """
        from helpers.models.text.classifier import read

        if not self._switch.is_on:
            raise ValueError("`TextClassifier` wants its change on, received off")
        vectors, logits = read(self.model, self.encoder.ids(texts), batch_size)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
        return vectors / lengths, powers / powers.sum(axis=1, keepdims=True)

    def probabilities(self, texts: list[str], batch_size: int = 32) -> np.ndarray:
        """Return the probability of each class, float32 (n, classes), as `read`."""
        return self.read(texts, batch_size)[1]

    def vectors(self, texts: list[str], batch_size: int = 32) -> np.ndarray:
        """Return what the head reads, float32 (n, 384) of length 1, as `read`."""
        return self.read(texts, batch_size)[0]
