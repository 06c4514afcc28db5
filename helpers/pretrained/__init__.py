"""Real pretrained models, ready to use: a chat model and a sentence encoder."""

from helpers.pretrained.chat import ChatModel
from helpers.pretrained.loading import load, prepare
from helpers.pretrained.names import NameTagger, word_pieces
from helpers.pretrained.sentences import SentenceEncoder
from helpers.pretrained.wheels import ModelUnavailable

__all__ = [
    "ChatModel",
    "ModelUnavailable",
    "NameTagger",
    "SentenceEncoder",
    "load",
    "prepare",
    "word_pieces",
]
