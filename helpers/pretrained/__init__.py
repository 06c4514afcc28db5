"""Real pretrained models, ready to use: a chat model and a sentence encoder."""

from helpers.pretrained.chat import ChatModel
from helpers.pretrained.loading import load, prepare
from helpers.pretrained.sentences import SentenceEncoder
from helpers.pretrained.wheels import ModelUnavailable

__all__ = ["ChatModel", "ModelUnavailable", "SentenceEncoder", "load", "prepare"]
