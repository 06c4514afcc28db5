"""Every text of the page, in English and in Chinese."""

from __future__ import annotations

from helpers.serving.studio.phrases.fields import FIELDS
from helpers.serving.studio.phrases.labels import LABELS
from helpers.serving.studio.phrases.messages import MESSAGES

KEYS = ("name", "tab", "subject")  # values that may be keys
LANGUAGES = {"en": "English", "zh": "简体中文"}
TAGS = {"en": "en", "zh": "zh-CN"}  # of the page, for screen readers
WORDS = {**LABELS, **FIELDS, **MESSAGES}


def say(key: str, language: str, **values: object) -> str:
    """Return a text in a language.

    Args:
        key: Of `WORDS`.
        language: "en" or "zh".
        values: What the text names; a `name`, `tab` or `subject` that is a key itself
            is said, too. Nothing that a user typed is.

    Raises:
        ValueError: If there is no such text or language.
    """
    if key not in WORDS or language not in LANGUAGES:
        raise ValueError(f"`say` has no text {key!r} in {language!r}")
    text = WORDS[key][list(LANGUAGES).index(language)]
    named = {
        name: say(value, language) if name in KEYS and value in WORDS
        else f"{value:,g}" if isinstance(value, float)
        else f"{value:,}" if isinstance(value, int) else value
        for name, value in values.items()
    }  # fmt: skip
    return text.format(**named)


def said_or_plain(key: str, plain: str, language: str) -> str:
    """Return a text if there is one, else the plain name.

    Args:
        key: Of `WORDS`, perhaps.
        plain: Such as the name of a person, the same in all languages.
        language: "en" or "zh".
    """
    return say(key, language) if key in WORDS else plain
