"""Settings: what each of them may be, and how they are checked and read back."""

from __future__ import annotations

import json
import numbers
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from helpers.serving.studio.words import say

VERSION = 1  # of the form of the settings
LONGEST_JSON = 40_000  # characters
SEEDS = 2**31  # and below


class UnfitError(ValueError):
    """A setting that is refused; the sentence comes in each language.

    Args:
        key: Of the sentence in `words`.
        values: What it names.
    """

    def __init__(self, key: str, **values: object):
        super().__init__(say(key, "en", **values))
        self.key, self.values = key, values

    def told(self, language: str) -> str:
        """Return the sentence in a language."""
        return say(self.key, language, **self.values)


@dataclass(frozen=True)
class Field:
    """One setting of a maker.

    Attributes:
        name: Of the setting.
        kind: "whole", "number", "text", "digits", "choice", "flag" or "turns".
        default: What a new page shows.
        least: Smallest number, or shortest text.
        most: Largest number, or longest text.
        step: Between two numbers of a slider; 0 for a plain number.
        choices: Of a choice.
    """

    name: str
    kind: str
    default: object
    least: float = 0
    most: float = 0
    step: float = 0
    choices: tuple[str, ...] = ()

    def check(self, value: object, tab: str) -> object:
        """Return the value in its plain form.

        Args:
            value: What was given.
            tab: Whose field it is, to name it.

        Raises:
            UnfitError: If it is none of what the field may be.
        """
        return CHECKS[self.kind](self, value, f"{tab}.{self.name}")


def _number(field: Field, value: object, name: str) -> float | int:
    if value is None:  # an emptied control
        raise UnfitError("refuse.empty", name=name)
    real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if real and field.kind == "whole" and value == value // 1:
        value = int(value)
    whole = isinstance(value, int) or field.kind == "number"
    if not real or not whole or not field.least <= value <= field.most:
        key = "refuse.whole" if field.kind == "whole" else "refuse.number"
        raise UnfitError(
            key, name=name, least=field.least, most=field.most, given=_short(value)
        )
    return value if isinstance(value, int) else float(value)


def _text(field: Field, value: object, name: str) -> str:
    if not isinstance(value, str) or len(value.strip()) < field.least:
        raise UnfitError("refuse.empty", name=name)
    if len(value) > field.most:
        raise UnfitError(
            "refuse.long", name=name, most=int(field.most), given=len(value)
        )
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise UnfitError("refuse.unicode", name=name) from None
    return value


def _digits(field: Field, value: object, name: str) -> str:
    text = "".join(_text(field, value, name).split())
    if not (text.isascii() and text.isdigit()):
        raise UnfitError("refuse.digits", name=name)
    return text


def _choice(field: Field, value: object, name: str) -> str:
    if not isinstance(value, str) or value not in field.choices:
        raise UnfitError(
            "refuse.choice", name=name, known=", ".join(field.choices),
            given=_short(value),
        )  # fmt: skip
    return value


def _flag(field: Field, value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise UnfitError("refuse.flag", name=name, given=_short(value))
    return value


def _turns(field: Field, value: object, name: str) -> list[str]:
    if not isinstance(value, list) or not value:
        raise UnfitError("refuse.empty", name=name)
    if len(value) > field.step:
        raise UnfitError("refuse.turns", most=int(field.step))
    return [_text(field, one, name) for one in value]


CHECKS = {
    "whole": _number, "number": _number, "text": _text, "digits": _digits,
    "choice": _choice, "flag": _flag, "turns": _turns,
}  # fmt: skip


def _short(value: object) -> str:
    """Return what was given, short enough for a sentence."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 40 else f"{text[:39]}…"


def checked(tab: str, fields: Sequence[Field], given: Mapping[str, object]) -> dict:
    """Return the settings of a maker, all of them and no others.

    Args:
        tab: Of the maker.
        fields: Its settings.
        given: Name: value.

    Raises:
        UnfitError: If one is missing, unknown or not what it may be.
    """
    known = {field.name for field in fields}
    for name in sorted(set(map(str, given)) - known):
        raise UnfitError("refuse.unknown", given=_short(name))
    for name in sorted(known - set(given)):
        raise UnfitError("refuse.missing", given=name)
    return {field.name: field.check(given[field.name], tab) for field in fields}


def written(tab: str, settings: Mapping[str, object]) -> str:
    """Return settings as JSON, from which `read` makes them again.

    Args:
        tab: Of the maker.
        settings: Checked.
    """
    whole = {"studio": VERSION, "tab": tab, **settings}
    return json.dumps(whole, ensure_ascii=False, indent=2)


def read(tab: str, fields: Sequence[Field], text: str) -> dict:
    """Return the settings that a JSON text holds.

    Args:
        tab: Whose settings they have to be.
        fields: Of its maker.
        text: As `written` makes it.

    Raises:
        UnfitError: If it is too long, no such JSON, of another tab, or as `checked`.
    """
    if not isinstance(text, str) or not text.strip():
        raise UnfitError("refuse.no_json")
    if len(text) > LONGEST_JSON:
        raise UnfitError("refuse.long_json", most=LONGEST_JSON, given=len(text))
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise UnfitError("refuse.json") from None
    if not isinstance(found, dict) or found.pop("studio", None) != VERSION:
        raise UnfitError("refuse.json")
    if (other := found.pop("tab", None)) != tab:
        raise UnfitError("refuse.tab", given=_short(other), tab=f"{tab}.tab")
    return checked(tab, fields, found)
