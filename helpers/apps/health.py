"""A clinic's question desk: hand emergencies over, quote a leaflet, or abstain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from helpers.apps.evidence import Support
from helpers.apps.retrieval import Encoder
from helpers.checks import require_text
from helpers.metrics.entities import spans
from helpers.text.reading.prescriptions import note_words
from helpers.text.reading.questions import content_words
from helpers.text.reading.urgency import danger_signs

DISCLAIMER = (
    "This is general information from our leaflets and no medical advice. "
    "In an emergency ring 112."
)
FIXED = {
    "emergency": "This may be an emergency. Ring 112 now; a nurse takes over here.",
    "hand-over": "Our leaflets do not answer this. A member of staff takes over.",
}


@dataclass(frozen=True)
class Reply:
    """What the desk says: a passage word for word or a fixed sentence, nothing else.

    Args:
        kind: "answer", "emergency" or "hand-over".
        confidence: 0 to 1, how sure the desk is that the passage answers.
        passage: The passage's number; None unless the kind is "answer".
        source: The passage, quoted whole; "" unless the kind is "answer".

    Raises:
        ValueError: If the parts do not belong together.
    """

    kind: str
    confidence: float = 0.0
    passage: int | None = None
    source: str = ""

    def __post_init__(self):
        answers = self.kind == "answer"
        if not answers and self.kind not in FIXED:
            raise ValueError(f"`Reply` has no kind {self.kind!r}")
        if answers != (self.passage is not None) or answers != bool(self.source):
            raise ValueError(
                "`Reply` wants a passage and its text for an answer, and for nothing "
                f"else, received {self.kind}, {self.passage} and {self.source!r}"
            )

    @property
    def text(self) -> str:
        """What the person reads; the disclaimer cannot be left out."""
        said = f"“{self.source}”" if self.kind == "answer" else FIXED[self.kind]
        return f"{said}\n{DISCLAIMER}"

    __str__ = text.fget


class Alarm:
    """Notice an emergency by rules, or by likeness to messages known to be urgent.

    Args:
        encoder: Turns texts into unit vectors.
        threshold: The least probability that counts as urgent.
    """

    def __init__(self, encoder: Encoder, threshold: float):
        from sklearn.linear_model import LogisticRegression

        self.encoder, self.threshold = encoder, threshold
        self.model = LogisticRegression(C=10, class_weight="balanced")

    def fit(self, messages: Sequence[str], urgent: Sequence[bool]) -> Alarm:
        """Learn from messages.

        Args:
            messages: Texts.
            urgent: Whether each of them is.
        """
        self.model.fit(self.encoder.encode(list(messages)), list(urgent))
        return self

    def chance(self, text: str) -> float:
        """Return the probability that a text is urgent, rules left aside.

        Args:
            text: Any text.
        """
        return float(self.model.predict_proba(self.encoder.encode([text]))[0, 1])

    def __call__(self, text: str) -> bool:
        """Tell whether a person has to take over at once.

        Args:
            text: Any text.
        """
        return bool(danger_signs(text)) or self.chance(text) >= self.threshold


class Desk:
    """Answer questions: emergencies first, then a passage, or else a person.

    Args:
        support: A fitted `Support`.
        threshold: A passage is quoted if its probability is above.
        alarm: Tells emergencies, such as `Alarm`; by default the rules alone.

    Example:
        support = Support(Evidence(passages, encoder)).fit(questions, answers)
        print(Desk(support, 0.6).ask("Are you open on Sundays?"))
    """

    def __init__(
        self,
        support: Support,
        threshold: float,
        alarm: Callable[[str], object] = danger_signs,
    ):
        self.support, self.threshold, self.alarm = support, threshold, alarm

    def ask(self, question: str) -> Reply:
        """Return a reply to any text.

        Args:
            question: Any text; an empty one is handed over.
        """
        if self.alarm(require_text(question, "Desk.ask")):
            return Reply("emergency")
        if not content_words(question):
            return Reply("hand-over")
        number, chance = self.support.best(question)
        if chance <= self.threshold:
            return Reply("hand-over", chance)
        return Reply("answer", chance, number, self.support.evidence.passages[number])


def record(text: str, tags: Sequence[str]) -> list[dict[str, str]]:
    """Lay a tagged note out as rows of drug, dose and frequency.

    Args:
        text: The note.
        tags: IOB2 tags of its words. A drug opens a row; a second dose or frequency
            opens another row for the same drug.
    """
    words, rows = note_words(text), []
    for kind, start, end in spans(tags):
        name = {"DRUG": "drug", "DOSE": "dose", "FREQ": "frequency"}[kind]
        if not rows or kind == "DRUG" or name in rows[-1]:
            drug = "" if kind == "DRUG" or not rows else rows[-1]["drug"]
            rows.append({"drug": drug})
        rows[-1][name] = text[words[start][1] : words[end - 1][2]]
    return rows
