"""Stories kept as templates: fill in the facts and what the picture shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np

FACTS = ("city", "district", "person", "organisation", "number", "date")
NAMES = FACTS[:4]
THINGS = (  # what Fashion-MNIST's ten classes are called in a story, in its order
    "t-shirt",
    "pair of trousers",
    "pullover",
    "dress",
    "coat",
    "pair of sandals",
    "shirt",
    "pair of sneakers",
    "bag",
    "pair of ankle boots",
)
TONES = ("dark", "pale")
MONTHS_IN_ORDER = (
    "January February March April May June July August September October November "
    "December"
).split()
OPENING = "article:"  # a source ends so; what the model writes follows
NOUNS = {thing.removeprefix("pair of "): thing for thing in THINGS}
SAID = re.compile(
    rf"\b(?:({'|'.join(TONES)}) )?({'|'.join(sorted(NOUNS, key=len, reverse=True))})\b"
)
BREAK = re.compile(r"(?<=[.!?]) (?=[A-Z\"{])")  # between two sentences


def thing_words(thing: str, tone: str) -> dict[str, str]:
    """Return the ways in which a story names a thing.

    Args:
        thing: one of `THINGS`.
        tone: one of `TONES`.

    Returns:
        a_thing ("a pair of dark trousers"), the_thing, and plain, without the tone.

    Raises:
        ValueError: For another thing or tone.
    """
    if thing not in THINGS or tone not in TONES:
        raise ValueError(
            f"`thing_words` wants a thing and a tone of {THINGS} and {TONES}, received "
            f"{thing!r} and {tone!r}"
        )
    toned = f"{tone} {thing}"
    if thing.startswith("pair of "):
        toned = f"pair of {tone} {thing.removeprefix('pair of ')}"
    return {"a_thing": f"a {toned}", "the_thing": f"the {toned}", "plain": thing}


def fill(template: str, facts: Mapping[str, str], thing: str, tone: str) -> str:
    """Put facts and thing into a template of the set picture_news.

    Args:
        template: its slots stand in braces.
        facts: a value for each name of `FACTS`.
        thing: one of `THINGS`.
        tone: one of `TONES`.

    Example:
        fill("{city} misses {a_thing}.", facts, "coat", "dark")
    """
    known = {name: str(facts[name]) for name in FACTS}
    return template.format(**known, **thing_words(thing, tone))


def source(headline: str, facts: Mapping[str, str]) -> str:
    """Return what a writer is given beside the picture: a headline and facts, in order.

    Args:
        headline: with its facts filled in; "" if there is none.
        facts: a value for each name of `FACTS`.
    """
    lines = [headline, *(f"{name} {facts[name]}" for name in FACTS), OPENING]
    return "\n".join(lines)


def swap_names(text: str, old: Mapping[str, str], new: Mapping[str, str]) -> str:
    """Put the names of one story in the place of another's, all at once.

    Args:
        text: with the old names in it.
        old: a value for each name of `NAMES`.
        new: the values to put there.

    Example:
        swap_names("In Velport", {"city": "Velport", …}, {"city": "Torvale", …})
    """
    pairs = {old[name]: new[name] for name in NAMES}
    longest = sorted(pairs, key=len, reverse=True)
    pattern = rf"\b(?:{'|'.join(map(re.escape, longest))})(?!\w)"
    return re.sub(pattern, lambda match: pairs[match[0]], text)


def source_ids(tokenizer, text: str, length: int) -> np.ndarray:
    """Return a source's ids, filled up on the left with the end token.

    All sources are equally long then, and the facts stand just before the article.

    Args:
        tokenizer: a `helpers.text.bpe.BPETokenizer`.
        text: a source.
        length: of the result; the last ids are kept of a longer text.

    Returns:
        int32 (length,).
    """
    ids = tokenizer.encode(text)[-length:]
    row = np.full(length, tokenizer.end_id, np.int32)
    row[length - len(ids) :] = ids
    return row


def said_of(text: str) -> tuple[str, str]:
    """Return the thing and the tone that a text names first, "" for what it does not.

    Args:
        text: an article.

    Example:
        said_of("It was a pair of dark trousers.")  # ("pair of trousers", "dark")
    """
    found = [(NOUNS[noun], tone) for tone, noun in SAID.findall(text.lower())]
    thing = found[0][0] if found else ""
    return thing, next((tone for one, tone in found if tone and one == thing), "")


def unexplained(text: str, templates: Iterable[str], facts: Mapping[str, str]) -> str:
    """Return what is left of a text without the sentences that its facts explain.

    A sentence is explained if it is a template's with this story's facts in it, and any
    thing and tone. What is left may hold an invention; what is explained holds none. No
    rule of a checker is used, so a checker can be measured by it.

    Args:
        text: an article.
        templates: sentences with slots; see `template_sentences`.
        facts: the story's facts.
    """
    thing, tone = said_of(text)
    for template in sorted(templates, key=len, reverse=True):
        if thing or "_thing}" not in template and "{plain}" not in template:
            sentence = fill(template, facts, thing or THINGS[0], tone or TONES[0])
            text = text.replace(sentence, " ")
    return " ".join(text.split())


def template_sentences(articles: Iterable[str]) -> set[str]:
    """Return the sentences of templates, each once; a quotation stays with its speaker.

    Args:
        articles: templates.
    """
    return {part for article in articles for part in BREAK.split(article)}
