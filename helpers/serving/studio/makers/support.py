"""Ask support: a shop's desk answers with the passage it cites, or hands over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from helpers.serving.studio.makers import models
from helpers.serving.studio.results import Made, Piece, Step, Turn
from helpers.serving.studio.settings import Field, checked

TAB = "support"
TURNS = 20  # messages of one conversation
FIELDS = (
    Field("messages", "turns", "", 1, 500, TURNS),
    Field("own_words", "flag", False),
)
CUSTOMER = "ines"  # who is logged in: the data's own customer, with two orders


def make(given: Mapping[str, object]) -> Iterator[Step | Made]:
    """Yield a step for each message, and at last the whole conversation.

    The conversation is held again from its first message, with orders of its own, so
    that the same settings give the same replies, and nobody meets another's.

    Args:
        given: Settings, as `FIELDS` says.

    Raises:
        UnfitError: If a setting is refused.
        ModelUnavailable: If MiniLM is not here, or SmolLM2 where its words are wanted.
    """
    from helpers.apps.service.desk import Session

    settings = checked(TAB, FIELDS, given)
    yield Step("step.loading")
    parts = models.desk()
    if settings["own_words"]:
        models.reader()
    desk = parts.desk(drafted if settings["own_words"] else None)
    session, turns = Session(CUSTOMER), []
    messages = settings["messages"]
    for done, text in enumerate(messages):
        yield Step("step.asking", done, len(messages))
        with models.LOCK:
            if len(parts.finder.encoder.vectors) > 5_000:  # of everybody's questions
                parts.finder.encoder.vectors.clear()
            reply = desk.ask(text, session)
        turns += [
            Turn("customer", text),
            Turn("desk", reply.text, reply.source, reply.kind),
        ]
    lines = [
        f"{turn.who}: {turn.text}" + f" [{turn.source}]" * bool(turn.source)
        for turn in turns
    ]
    content = ("\n".join(lines) + "\n").encode("utf-8", "replace")
    piece = Piece("conversation.txt", "text/plain", content, "support.made")
    yield Made(TAB, settings, (piece,), tuple(turns))


@lru_cache(maxsize=256)
def drafted(question: str, passage: str) -> str | None:
    """Return SmolLM2's likeliest answer from one passage, or None if there is none.

    Args:
        question: The customer's.
        passage: The only source.
    """
    from helpers.apps.service.drafting import messages

    chat, reader = models.chat(), models.reader()
    ids = chat.prompt_ids(messages(question, passage))
    if len(ids) > models.ROOM - models.DRAFT:
        return None
    with models.LOCK:
        new = reader.complete(ids, models.DRAFT, chat.end_id)
    return chat.tokenizer.decode(new) if len(new) else None
