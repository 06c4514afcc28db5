"""The desk: level the message, route it, find a passage or call a tool, remember."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from helpers.apps.retrieval import Encoder
from helpers.apps.service import drafting, guard
from helpers.apps.service.finder import Finder
from helpers.apps.service.tools import ASK, TOOLS, Call, Orders
from helpers.text.reading.requests import read_request

FIXED = {
    "empty": "I could not read a question. Please write it in a sentence.",
    "hand-over": "I cannot answer this. A colleague takes over.",
    "script": "I only read English and Chinese. A colleague takes over.",
}
FOLLOWS = re.compile(
    r"^(?:and|then|but|or|so|ok|good|what about|how about|how soon)\b"
    r"|\b(?:it|that|this|there|then|them)\b",
    re.I,
)


@dataclass(frozen=True)
class Reply:
    """What the customer reads, and what it rests on.

    Attributes:
        kind: "answer", "tool", "ask" or "hand-over".
        text: The reply.
        source: The title of the passage that an answer cites.
        call: Of a tool, complete or not.
        confidence: 0 to 1.
    """

    kind: str
    text: str
    source: str = ""
    call: Call | None = None
    confidence: float = 0.0

    def __str__(self):
        return f"{self.text} [{self.source}]" if self.source else self.text


@dataclass
class Session:
    """One customer's conversation: who it is, and what has been said."""

    customer: str
    known: dict[str, str] = field(default_factory=dict)  # arguments said so far
    tool: str | None = None  # the last turn's
    asks: bool = False  # whether an argument of it is still missing
    question: str = ""  # the last one that was answered


class Router:
    """Tell questions from requests, and which tool a request is for.

    Args:
        encoder: Turns texts into unit vectors.
        today: Day of the messages, for the dates in them.
    """

    def __init__(self, encoder: Encoder, today: date):
        from sklearn.linear_model import LogisticRegression

        self.encoder, self.today = encoder, today
        self.model = LogisticRegression(C=10, max_iter=2_000, class_weight="balanced")

    def inputs(self, texts: Sequence[str]) -> np.ndarray:
        """Return the vectors and, as four more columns, what each message names."""
        named = [list(read_request(text, self.today).values()) for text in texts]
        marks = 0.5 * np.array([[bool(one) for one in row] for row in named])
        return np.hstack([self.encoder.encode(list(texts)), marks])

    def fit(self, texts: Sequence[str], routes: Sequence[str]) -> Router:
        """Learn from texts and their routes, "question" or a tool's name."""
        self.model.fit(self.inputs(texts), list(routes))
        return self

    def chances(self, texts: Sequence[str]) -> list[dict[str, float]]:
        """Return the probability of each route for each text."""
        names = list(map(str, self.model.classes_))
        rows = self.model.predict_proba(self.inputs(texts)).tolist()
        return [dict(zip(names, row, strict=True)) for row in rows]


class Desk:
    """Answer one customer's messages.

    Args:
        finder: Fitted.
        router: Fitted.
        orders: Runs the calls.
        threshold: A passage is cited if its probability is above.
        chinese: Searches Chinese titles; None hands Chinese over.
        write: From a question and a passage to a draft; None quotes only.
    """

    def __init__(
        self,
        finder: Finder,
        router: Router,
        orders: Orders,
        threshold: float,
        chinese=None,
        write: Callable[[str, str], str] | None = None,
    ):
        self.finder, self.router, self.orders = finder, router, orders
        self.threshold, self.chinese, self.write = threshold, chinese, write

    def ask(self, text: str, session: Session) -> Reply:
        """Return a reply to any text, and note in the session what was said.

        Args:
            text: Any text.
            session: Of this customer.
        """
        letters, text = guard.script(guard.clean(text)), guard.clean(text)
        if letters == "han" and self.chinese is not None:
            hits = self.chinese.search(text, 1)
            return self._cite(text, hits[0].index, 0.0) if hits else _fixed("script")
        if letters in ("mixed", "other", "han"):
            return _fixed("script")
        named = {k: v for k, v in read_request(text, self.router.today).items() if v}
        if letters == "none" and not named:
            return _fixed("empty")
        (chances,) = self.router.chances([text])
        route = max(chances, key=chances.get)
        waits = session.tool and any(name in TOOLS[session.tool] for name in named)
        length = len(text.split())
        if waits and (
            route == "question" and length <= 8 or session.asks and length < 5
        ):
            route = session.tool  # it gives what was asked for, or corrects it
        if route != "question":
            return self._call(route, named, session)
        session.tool, session.asks = None, False
        return self._answer(text, session)

    def _call(self, tool: str, named: dict[str, list[str]], session: Session) -> Reply:
        """Fill the arguments from the message or from memory; run or ask."""
        if tool != session.tool and tool == "book_appointment":
            session.known = {k: v for k, v in session.known.items() if k == "order"}
        session.known |= {name: found[0] for name, found in named.items()}
        session.tool = tool
        call = Call(tool, {name: session.known.get(name) for name in TOOLS[tool]})
        session.asks = bool(call.missing)
        if call.missing:
            return Reply("ask", ASK[call.missing[0]], call=call)
        return Reply("tool", self.orders.run(call, session.customer), call=call)

    def _answer(self, text: str, session: Session) -> Reply:
        """Find the passage; a text that leans on the last question is joined to it."""
        queries = [text]
        if session.question and FOLLOWS.search(text):
            queries.append(f"{session.question} {text}")
        hits = [found[0] for found in self.finder.search_many(queries, 1)]
        best = max(hits, key=lambda hit: hit.score)
        if best.score <= self.threshold:
            return Reply("hand-over", FIXED["hand-over"], confidence=best.score)
        session.question = text
        return self._cite(text, best.index, best.score)

    def _cite(self, text: str, number: int, chance: float) -> Reply:
        """Answer from one passage."""
        passage = self.finder.texts[number]
        draft = self.write(text, passage) if self.write else None
        quoted = drafting.quotation(text, passage, self.finder.encoder)
        answer = drafting.finish(text, passage, draft, quoted)
        title = self.finder.titles[number]
        return Reply("answer", answer.text, title, confidence=chance)


def _fixed(name: str) -> Reply:
    """Return one of the fixed sentences."""
    return Reply("hand-over", FIXED[name])
