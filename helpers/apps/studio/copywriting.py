"""Copy under hard constraints: drafts by a model, checks and repair by code."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

from helpers import datasets
from helpers.text.checking.claims import NUMBER, sentences, unsupported, words_of


@dataclass(frozen=True)
class Brief:
    """What a text is for, what it may claim, and what it has to keep.

    Attributes:
        product: its name.
        audience: for whom.
        facts: whole sentences; a text may claim nothing else.
        required: words that must be there.
        banned: words that must not be.
        least: characters, at least.
        most: characters, at most.
    """

    product: str
    audience: str
    facts: tuple[str, ...]
    required: tuple[str, ...]
    banned: tuple[str, ...]
    least: int
    most: int

    @property
    def words(self) -> set[str]:
        """All words and numbers of the brief, in small letters."""
        text = " ".join([self.product, self.audience, *self.facts])
        return set(words_of(text)) | set(NUMBER.findall(text))


def briefs() -> list[Brief]:
    """Return the twelve invented briefs of the bundled set shop_briefs."""
    table = datasets.load("shop_briefs").table
    names = [field.name for field in fields(Brief)]
    rows = table[names].itertuples(index=False, name=None)
    return [Brief(*(tuple(x) if isinstance(x, list) else x for x in r)) for r in rows]


def check(text: str, brief: Brief) -> list[str]:
    """Return what is wrong with a text, in words; nothing if it keeps all constraints.

    Args:
        text: the copy.
        brief: what it has to keep.
    """
    words = set(words_of(text))
    found = []
    if not brief.least <= len(text) <= brief.most:
        found.append(f"length {len(text)} is not {brief.least} to {brief.most}")
    found += [f"lacks {word!r}" for word in brief.required if word.lower() not in words]
    if not re.search(r"[.!?]$", text):
        found.append("does not end with a sentence")
    return found + unsupported(text, brief.words, brief.banned)


def repair(text: str, brief: Brief) -> str:
    """Turn any draft into a text that keeps all constraints.

    Sentences with a fault are left out, then the last ones while the text is too long;
    facts of the brief are added where a required word or length is missing.

    Args:
        text: a draft; it may be empty.
        brief: what it has to keep.
    """
    kept = []
    for sentence in sentences(" ".join(text.split())):
        whole = re.search(r"[.!?]$", sentence) and sentence not in kept
        if whole and not unsupported(sentence, brief.words, brief.banned):
            kept.append(sentence)
    while True:
        added = _missing_facts(kept, brief)
        if not kept or len(" ".join([*kept, *added])) <= brief.most:
            return " ".join([*kept, *added])
        kept.pop()


def _missing_facts(kept: list[str], brief: Brief) -> list[str]:
    """Return facts that bring in what sentences lack: required words, then length."""
    added: list[str] = []
    for word in map(str.lower, brief.required):
        if word not in words_of(" ".join([*kept, *added])):
            added.append(next(f for f in brief.facts if word in words_of(f)))
    for fact in brief.facts:
        short = len(" ".join([*kept, *added])) < brief.least
        if short and fact not in (*kept, *added):
            added.append(fact)
    return added


def prompt(brief: Brief, constraints: bool = True) -> str:
    """Return what the model is asked.

    Args:
        brief: the brief.
        constraints: whether the constraints are written into the question.
    """
    lines = [f"Write a short advertisement for {brief.audience}: {brief.product}."]
    lines += ["Use only these facts:", *brief.facts]
    if constraints:
        lines.append(f"Use the words {' and '.join(brief.required)}.")
        lines.append(f"Do not use the words {', '.join(brief.banned)}.")
        lines.append(f"Write two or three sentences, at most {brief.most} characters.")
    return "\n".join(lines)


def coverage(text: str, brief: Brief) -> float:
    """Return the share of the facts of which most longer words are in a text.

    Args:
        text: the copy.
        brief: its facts are looked for.
    """
    words = set(words_of(text)) | set(NUMBER.findall(text))
    used = 0
    for fact in brief.facts:
        own = {w for w in words_of(fact) if len(w) > 3} | set(NUMBER.findall(fact))
        used += len(own & words) > 0.5 * len(own)
    return used / len(brief.facts)


@dataclass(frozen=True)
class Copy:
    """A finished text and what it took.

    Attributes:
        text: the copy; it keeps every constraint.
        drafts: all that the model wrote.
        faults: of each draft.
        how: "draft" if one kept everything by itself, "repaired", or "facts" if nothing
            of the model is in it.
    """

    text: str
    drafts: tuple[str, ...]
    faults: tuple[tuple[str, ...], ...]
    how: str


def choose(drafts: Sequence[str], brief: Brief) -> Copy:
    """Return the best draft that keeps all constraints, or else the best repaired one.

    Of several, one with words of the model is best, then the one that uses most of the
    facts, then the shortest.

    Args:
        drafts: texts by a model.
        brief: what they have to keep.
    """
    cleaned = [" ".join(draft.split()) for draft in drafts]
    faults = tuple(tuple(check(text, brief)) for text in cleaned)
    good = [t for t, wrong in zip(cleaned, faults, strict=True) if not wrong]
    texts = good or [repair(text, brief) for text in (*cleaned, "")]
    own = {t: not set(sentences(t)) <= set(brief.facts) for t in texts}
    best = max(texts, key=lambda t: (own[t], coverage(t, brief), -len(t)))
    how = "draft" if good else "repaired" if own[best] else "facts"
    return Copy(best, tuple(cleaned), faults, how)


def write(ask: Callable[[str, int], str], brief: Brief, drafts: int = 4) -> Copy:
    """Ask a model for drafts until one keeps all constraints, then choose.

    Args:
        ask: from a prompt and a seed to a text.
        brief: what the text has to keep.
        drafts: at most.
    """
    made: list[str] = []
    while len(made) < drafts and not any(not check(text, brief) for text in made):
        made.append(" ".join(ask(prompt(brief), len(made)).split()))
    return choose(made, brief)
