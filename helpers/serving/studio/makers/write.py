"""Write: SmolLM2 answers a question or continues a text, token by token."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from helpers.serving.studio.makers import models
from helpers.serving.studio.results import Made, Piece, Step
from helpers.serving.studio.settings import SEEDS, Field, UnfitError, checked

TAB = "write"
FIELDS = (
    Field("text", "text", "", 1, 1_000),
    Field("way", "choice", "answer", choices=("answer", "continue")),
    Field("length", "whole", 80, 8, 200, 1),
    Field("temperature", "number", 0.7, 0, 2, 0.05),
    Field("top_p", "number", 0.9, 0.05, 1, 0.05),
    Field("seed", "whole", 1, 0, SEEDS - 1),
)
AT_ONCE = 16  # tokens that are read between two looks at whether to stop


def make(given: Mapping[str, object]) -> Iterator[Step | Made]:
    """Yield the text as it grows, and at last the whole of it.

    Args:
        given: Settings, as `FIELDS` says.

    Raises:
        UnfitError: If a setting is refused, or the text has too many tokens.
        ModelUnavailable: If SmolLM2 is not here.
    """
    settings = checked(TAB, FIELDS, given)
    yield Step("step.loading")
    chat, reader = models.chat(), models.reader()
    ids = prompt(chat, settings["text"], settings["way"])
    most = models.ROOM - settings["length"]
    if len(ids) > most:
        raise UnfitError("refuse.tokens", given=len(ids), most=most)
    for done in range(AT_ONCE, len(ids), AT_ONCE):
        with models.LOCK:
            reader(ids[:done])
        yield Step("step.reading", done, len(ids))
    new: list[int] = []
    for token in tokens(reader, ids, settings, chat.end_id):
        new.append(token)
        text = chat.tokenizer.decode(new)
        yield Step("step.writing", len(new), settings["length"], text.rstrip("\ufffd"))
    text = chat.tokenizer.decode(new).strip("\n") if new else ""
    content = text.encode("utf-8", "replace")
    piece = Piece("text.txt", "text/plain", content, "write.made")
    yield Made(TAB, settings, (piece,))


def prompt(chat, text: str, way: str) -> np.ndarray:
    """Return the ids that SmolLM2 reads.

    Args:
        chat: A `helpers.pretrained.ChatModel`.
        text: A question, or the beginning of a text.
        way: "answer" or "continue".
    """
    return chat.prompt_ids(text) if way == "answer" else chat.tokenizer.encode(text)


def tokens(
    reader, ids: np.ndarray, settings: Mapping[str, object], end_id: int
) -> Iterator[int]:
    """Yield new tokens until the text ends or is long enough.

    Args:
        reader: From ids to the next token's logits.
        ids: What has been read.
        settings: Gives length, temperature, top_p and seed.
        end_id: The token that ends a text; it is not yielded.
    """
    from helpers.sampling import TopP

    sampler = TopP(settings["top_p"], settings["temperature"], settings["seed"])
    rng = np.random.default_rng(settings["seed"])
    for _ in range(settings["length"]):
        with models.LOCK:
            logits = reader(ids)
        token = draw(logits, sampler, rng)
        if token == end_id:
            return
        ids = np.append(ids, np.int32(token))
        yield token


def draw(logits: np.ndarray, sampler, rng: np.random.Generator) -> int:
    """Draw one token from what a sampler leaves.

    Args:
        logits: float (V,).
        sampler: A `helpers.sampling.Sampler`.
        rng: Draws.
    """
    if sampler.temperature == 0:
        return int(logits.argmax())
    scaled = (logits - logits.max())[None] / np.float32(sampler.temperature)
    left = np.asarray(sampler.filter(scaled), np.float64)[0]
    chances = np.exp(left - left.max())
    return int(rng.choice(len(chances), p=chances / chances.sum()))
