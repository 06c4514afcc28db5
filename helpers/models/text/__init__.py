"""Models that write: n-grams, an LSTM, a Transformer."""

from helpers.models.text.gpt import GPT
from helpers.models.text.lstm import LSTMLanguageModel
from helpers.models.text.ngram import NGram
from helpers.models.text.transformer import Block, normalization_layer, shift_tokens

__all__ = [
    "Block",
    "GPT",
    "LSTMLanguageModel",
    "NGram",
    "normalization_layer",
    "shift_tokens",
]
