"""A BERT of two narrow layers that spells: a stand-in for MiniLM in tests."""

import keras

from helpers.pretrained import SentenceEncoder
from helpers.pretrained.chat import Tokenizer
from helpers.pretrained.hub import keras_hub


def tokenizer(marked=True):
    """Return a tokenizer of letters; `marked` puts [CLS] and [SEP] around a text."""
    from tokenizers import Tokenizer as Inner
    from tokenizers import models, normalizers, pre_tokenizers, processors

    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    letters = [chr(c) for c in range(97, 123)]
    vocabulary = [*marks, *letters, *(f"##{c}" for c in letters)]
    ids = {piece: number for number, piece in enumerate(vocabulary)}
    inner = Inner(models.WordPiece(ids, unk_token="[UNK]"))
    inner.normalizer = normalizers.Lowercase()
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    if marked:
        inner.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
        )
    return Tokenizer(inner)


def encoder(marked=True, **options):
    """Return a sentence encoder with the same random weights each time."""
    keras.utils.set_random_seed(0)
    backbone = keras_hub.models.BertBackbone(
        200, 2, 2, 8, 16, max_sequence_length=64, **options
    )
    return SentenceEncoder(backbone, tokenizer(marked))
