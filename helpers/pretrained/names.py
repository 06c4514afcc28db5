"""Find names in sentences: MiniLM with the change that the course ships."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from helpers import checkpoints
from helpers.pretrained.sentences import SentenceEncoder
from helpers.text.tagging import WordEncoder

if TYPE_CHECKING:
    import keras

Document = Sequence[Sequence[str]]  # sentences of words


def word_pieces(encoder: SentenceEncoder) -> Callable[[str], list[int]]:
    """Return the function from a word to its piece ids, for `WordEncoder`.

    Args:
        encoder: MiniLM; only its tokenizer is used.
    """
    inner = encoder.tokenizer.inner

    def pieces(word: str) -> list[int]:
        inner.encode_special_tokens = True  # a word "[SEP]" is spelt out
        return inner.encode(word, add_special_tokens=False).ids

    return pieces


class NameTagger:
    """Mark persons, places, organisations and other names.

    Args:
        encoder: MiniLM, from `pretrained.load("minilm")`. Its weights are changed in
            place: they are no sentence encoder's any more until `off` is called.
        name: The checkpoint.
        where: Its folder; the course's own if None.

    Attributes:
        model: The `Tagger`.
        tags: Its tags, in order.
        card: The checkpoint's card.
    """

    def __init__(self, encoder: SentenceEncoder, name="ner_conll2003", where=None):
        from helpers.models.text.lora import Switch
        from helpers.models.text.tagger import Tagger

        self.card = checkpoints.card(name, where)
        self.patch = checkpoints.load(name, where)
        self.transitions = checkpoints.arrays(name, where)["transitions"]
        self.tags = list(self.card["tags"])
        self.pieces, backbone = word_pieces(encoder), encoder.backbone
        freeze_tables(backbone)
        self.model = Tagger(backbone, len(self.tags))
        self.model.build()
        self._switch = Switch(self.patch, self.model, backbone.weights)
        self.on()

    def on(self) -> None:
        """Add the change to the encoder."""
        self._switch.on()

    def off(self) -> None:
        """Take the change off: the encoder is as it was, but for rounding."""
        self._switch.off()

    def tag(self, documents: Sequence[Document]) -> list[list[str]]:
        """Tag every word.

        Args:
            documents: Each a list of sentences, each a list of words. Sentences of one
                document are read together; an empty one gets no tag.

        Returns:
            Tags in IOB2 for each sentence of each document, in order.

        Raises:
            ValueError: If a word is empty, or there is none.
        """
        from helpers.models.text.tagger import decode, word_log_probs

        setup = self.card["setup"]
        words = WordEncoder(documents, self.pieces)
        # More windows at a time, or XLA, would take memory and hardly be faster.
        scores = word_log_probs(
            self.model,
            words,
            setup["length"],
            batch_size=1 if len(words.words) < 2_000 else 4,
            cuts=setup["cuts"],
            jit_compile=False,
        )
        lengths = [len(sentence) for document in documents for sentence in document]
        paths = decode(scores, lengths, self.transitions)
        return [[self.tags[number] for number in path] for path in paths]


def freeze_tables(backbone: keras.Model) -> None:
    """Let all of a BERT learn but its embedding tables and its unused last layer.

    A table of 30,522 rows learns little from 200,000 words and costs a tenth of a step;
    words that training never shows stay where the others are.

    Args:
        backbone: A `keras_hub.models.BertBackbone`.
    """
    backbone.trainable = True
    for layer in ("token_embedding", "position_embedding", "segment_embedding"):
        getattr(backbone, layer).trainable = False
    backbone.pooled_dense.trainable = False


def without_attention_dropout(backbone: keras.Model) -> None:
    """Leave a BERT's dropout of attention weights out, in place.

    Drawing a number for each pair of pieces takes more than a third of a step's time on
    a CPU; the dropout behind each sublayer stays.

    Args:
        backbone: A `keras_hub.models.BertBackbone`.
    """
    for layer in backbone.transformer_layers:
        attention = layer._self_attention_layer  # Keras has no public way to it
        attention._dropout = attention._dropout_layer.rate = 0.0
