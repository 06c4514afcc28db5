"""Numbers that are spelled out in words: telephones, cards, identity numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helpers.safety.numbers import (
    CHINESE,
    SPOKEN,
    count_spoken,
    is_card,
    is_resident_id,
)

Found = Iterator[tuple[str, int, int]]

# Digits, and the tens with which French and others read a number in pairs.
_WORDS = {
    "de": "null|eins?|zwei|zwo|drei|vier|fünf|sechs|sieben|acht|neun",
    "fr": "zéro|un|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize"
    "|quatorze|quinze|seize|vingts?|trente|quarante|cinquante|soixante|cent|et",
    "es": "cero|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|trece"
    "|catorce|quince|veinte|treinta|cuarenta|cincuenta|sesenta|setenta|ochenta"
    "|noventa|doble|y",
    "it": "zero|uno|due|tre|quattro|cinque|sei|sette|otto|nove|doppio",
    "pt": "zero|um|dois|três|quatro|cinco|seis|sete|oito|nove|meia",
    "pl": "zero|jeden|dwa|trzy|cztery|pięć|sześć|siedem|osiem|dziewięć",
    "nl": "nul|een|één|twee|drie|vier|vijf|zes|zeven|acht|negen|dubbel",
    "no": "null|en|ett|én|to|tre|fire|fem|seks|sju|syv|åtte|ni",
    "sv": "noll|ett|två|tre|fyra|fem|sex|sju|åtta|nio",
    "ru": "ноль|нуль|один|два|три|четыре|пять|шесть|семь|восемь|девять",
}
_TOLD = [
    re.compile(
        rf"\b(?:plus |più |más |mais |плюс )?(?:{one})"
        rf"(?:[ ,.…-]{{1,4}}(?:{one})){{6,17}}\b",
        re.IGNORECASE,
    )
    for one in _WORDS.values()
]
_DIGITS = dict(
    zip(
        "零〇○一二三四五六七八九幺两壹贰叁肆伍陆柒捌玖貳參陸洞拐勾",
        "000123456789121234567892360" + "79",
        strict=True,
    )
)
_NAMES = "zero one two three four five six seven eight nine".split()
_PLUS = re.compile(r"\bplus[ ,]{1,2}$", re.IGNORECASE)
# "07700 nine double-oh 461": figures and words in one number.
_ONE = (
    r"(?:(?:double|triple|treble)[ -])?(?:zero|oh|o|nought|one|two|three|four|five|six"
    r"|seven|eight|nine)"
)
_MIXED = re.compile(
    rf"(?<![\w.,/+-])(?:\+?\d{{1,6}}|{_ONE}\b)(?:[ ,-]{{1,2}}(?:\d{{1,6}}\b"
    rf"|{_ONE}\b)){{2,14}}",
    re.IGNORECASE | re.ASCII,
)
# "two zero three dot zero dot one one three dot nine"
_IP = re.compile(
    rf"\b{_ONE}(?:[ -]{_ONE}){{0,2}}(?:,? (?:dot|point) {_ONE}(?:[ -]{_ONE}){{0,2}})"
    r"{3}\b",
    re.IGNORECASE,
)


def spoken_numbers(text: str) -> Found:
    """Find numbers that words stand for, and tell by their digits what they are.

    Args:
        text: A plain copy of the text.

    Yields:
        "PHONE" (8 to 15 digits), "CARD" and "ID" (with a right check digit) or "IP",
        and the place.
    """
    for match in _IP.finditer(text):
        yield "IP", *match.span()
    for pattern in (SPOKEN, CHINESE):
        for match in pattern.finditer(text):
            digits = _figures(match[0])
            if is_resident_id(digits):
                yield "ID", *match.span()
            elif len(digits) > 15 and is_card(digits):
                yield "CARD", *match.span()
            elif match[0].lower().count("hundred") > 2:
                continue  # a list of counts
            elif 8 <= count_spoken(match[0]) <= 15:
                plus = _PLUS.search(text[max(0, match.start() - 8) : match.start()])
                yield "PHONE", match.start() - len(plus[0] if plus else ""), match.end()
    for pattern in _TOLD:
        for match in pattern.finditer(text):
            yield "PHONE", *match.span()
    for match in _MIXED.finditer(text):
        words = re.findall(_ONE, match[0], re.I)
        figures = sum(map(str.isdigit, match[0]))
        count = figures + (count_spoken(" ".join(words)) if words else 0)
        begins = re.match(r"\+|0|oh?\b|zero|double", match[0], re.I)
        if begins and len(words) >= 2 and figures and 9 <= count <= 13:
            yield "PHONE", *match.span()


def _figures(words: str) -> str:
    """Return the digits that English words or Chinese numerals stand for."""
    digits, times = "", 1
    for word in re.findall(r"[a-z]+|[^\W\d_a-z]", words.lower()):
        if word in ("double", "triple", "treble"):
            times = 2 + (word != "double")
            continue
        if word == "hundred":
            digits += "00"
            continue
        digit = _NAMES.index(word) if word in _NAMES else _DIGITS.get(word, 0)
        digits, times = digits + str(digit) * times, 1
    return digits
