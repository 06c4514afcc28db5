"""What does a question ask for, and does a passage offer it?"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from helpers.checks import require_text, require_texts

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d+")
EMPTY = frozenset(  # words that say little about what is asked
    "a about after all also am an and any are as at be been but by can could did do"
    " does doing don't for from get give go got had has have hello how i i'd i'll"
    " i'm i've if in is isn't it it's its just let me might more most must my no not"
    " now of on one or our out please shall she should so some someone than that"
    " that's the their them then there these they this to too up us want was we"
    " we've were what what's when when's where where's which who whom who's why will"
    " with won't would you your ok her him his he still again usually really"
    " exactly".split()
)
HOUR = r"\b(?:\d{1,2}(?:[.:]\d\d)? ?[ap]m|noon|midnight)\b"
PART = (
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|january|february|march|april"
    r"|may|june|july|august|september|october|november|december|mornings?|evenings?)\b"
)
NUMBER = (
    r"(?:\d[\d.,]*|two|three|four|five|six|seven|eight|nine|ten|twelve|sixteen|twenty"
    r"|half)"
)
LENGTH = (
    rf"\b(?:{NUMBER}|an?|one)(?:[ -](?:to|or|and|full|working|few))*(?:[ -]{NUMBER})?"
    r"[ -](?:seconds?|minutes?|hours?|days?|weeks?|months?|years?)\b|\bfor life\b"
)
NAME = r"(?-i:\b(?:Dr|Mr|Mrs|Ms) [A-Z]|\b[A-Z][a-z]+ [A-Z][a-z]+\b)"
KINDS = {  # what is asked for: (pattern of the question, pattern of a sentence)
    "money": (
        r"\bcosts?\b|\bpay\b|\bprice\b|\bhow many crowns\b|\bfine\?|\bfees?\b"
        r"|\bis it free\b|\bwithout paying\b|\bhow much for\b",
        r"\b\d[\d.]* crowns\b|\bfree\b|\bno charge\b|\bcosts? nothing\b|\bfined\b"
        r"|\bpays? nothing\b|\bhalf price\b",
    ),
    "telephone": (
        r"\bphone number\b|\bnumber (?:do|can|should) i\b|\bwhat's the number\b"
        r"|\bis there a number\b",
        r"\b0\d{3} \d{4}\b|\b112\b|\bextension \d+",
    ),
    "clock": (
        r"\bwhat times?\b|\bopening (?:hours|times)\b|\bhow late\b|\bby what time\b"
        r"|\bwhich hours\b|\bwhen in the day\b",
        HOUR,
    ),
    "date": (
        r"\bwhich (?:days|months)\b|\bin which months\b|^when\b|[.,:;!?] when\b|\bwhen "
        r"(?:is|do|does|are|can|will|in)\b|\bwhen's\b|\b(?:are you|is it) open\b",
        "|".join((HOUR, PART, LENGTH, r"\bmonth\b|\bbirthday\b")),
    ),
    "length": (
        r"\bhow (?:long|many (?:days|weeks|hours|hrs|minutes)|soon|early)\b|\bhow much"
        r" time\b|\bfor how (?:long|many)\b|\buntil when\b",
        LENGTH,
    ),
    "often": (
        r"\bhow (?:often|many times)\b",
        r"\bonce\b|\btwice\b|\bevery\b|\beach\b|\ba (?:day|week|month|year)\b",
    ),
    "age": (
        r"\b(?:what|which) age\b|\bhow old\b",
        r"\b(?:under|over|from) \d+\b|\bbirthday\b"
        rf"|\b{NUMBER} (?:weeks|months|years)\b",
    ),
    "amount": (
        r"\bhow (?:many|much|warm|cool|wide|high)\b|\bwidth\b|\btemperature counts\b"
        r"|\bfactor\b",
        rf"\b{NUMBER}\b|\bonce\b|\btwice\b",
    ),
    "name": (r"\bname of\b", NAME),
    "person": (
        r"\bwho(?:m|'s)?\b",
        rf"{NAME}|\b(?:nurses?|doctors?|manager|officer|pharmacists?|adviser|midwi\w+"
        r"|office|psychologist|specialist|dietitian|physiotherapist|staff)\b",
    ),
    "place": (
        r"\bwhere\b|\bwhich (?:room|hospital)\b",
        r"\b(?:room|street|lane|quay|floor|door|desk|hospital|behind|beside|website"
        r"|corridor|tray|reception|pharmacy|entrance|clock|leaflet|office)\b",
    ),
}
PATTERNS = {
    kind: tuple(re.compile(pattern, re.I) for pattern in pair)
    for kind, pair in KINDS.items()
}


def content_words(text: str) -> list[str]:
    """Return the words that carry the meaning, in small letters, in order.

    Args:
        text: Any text.
    """
    found = WORD.findall(require_text(text, "content_words").casefold())
    return [word for word in found if word.replace("’", "'") not in EMPTY]


def asked_kinds(question: str) -> list[str]:
    """Return the kinds of answers that a question asks for, among `KINDS`.

    Args:
        question: Any text.
    """
    return [kind for kind, (ask, _) in PATTERNS.items() if ask.search(question)]


def share_offered(question: str, passage: str) -> float:
    """Return which share of the kinds asked for a passage holds; 1 if none is known.

    Args:
        question: Any text.
        passage: Any text.
    """
    kinds = asked_kinds(question)
    offered = [bool(PATTERNS[kind][1].search(passage)) for kind in kinds]
    return sum(offered) / len(kinds) if kinds else 1.0


class Coverage:
    """How much of a question's meaning do a passage's words cover?

    Each content word of the question looks for the passage's word with the nearest
    vector; rare words count more.

    Args:
        passages: Texts, at least one.
        encoder: Turns words into unit vectors, as `pretrained.SentenceEncoder` does.
    """

    def __init__(self, passages: Sequence[str], encoder):
        texts = require_texts(passages, "Coverage")
        self.encoder, self.vectors = encoder, {}
        self.bags = [
            list(dict.fromkeys(content_words(text))) or ["-"] for text in texts
        ]
        self._learn([word for bag in self.bags for word in bag])
        self.matrix = np.stack([self.vectors[w] for bag in self.bags for w in bag])
        self.starts = np.cumsum([0, *map(len, self.bags)])[:-1]

    def _learn(self, words: Sequence[str]) -> None:
        """Encode the words that are new."""
        new = [word for word in dict.fromkeys(words) if word not in self.vectors]
        if new:
            self.vectors.update(zip(new, self.encoder.encode(new), strict=True))

    def __call__(self, question: str, indices: Sequence[int]) -> np.ndarray:
        """Return the mean likeness and the worst gap for some passages.

        Args:
            question: Any text.
            indices: The passages' places.

        Returns:
            float (passages, 2): the mean over the question's words, weighted by how
            few passages hold a word like it; and 1 less the largest weighted gap,
            which a rare word leaves that the passage does not cover.
        """
        words = list(dict.fromkeys(content_words(question)))
        if not words:
            return np.zeros((len(indices), 2))
        self._learn(words)
        vectors = np.stack([self.vectors[word] for word in words])
        near = np.maximum.reduceat(self.matrix @ vectors.T, self.starts, axis=0)
        holders = (near > 0.7).sum(axis=0)  # passages with this word or one like it
        weights = np.log(1 + len(near) / (1 + holders))
        chosen = near[list(indices)].astype(float)
        mean = chosen @ weights / weights.sum()
        gaps = (1 - chosen) * weights / np.log(1 + len(near))
        return np.stack([mean, 1 - gaps.max(axis=1)], axis=1)


def sentences(text: str) -> list[str]:
    """Cut a leaflet's text into sentences.

    Args:
        text: Sentences that end in . ? or ! before a capital letter.
    """
    return re.split(r"(?<=[.?!]) (?=[\"A-Z])", require_text(text, "sentences"))
