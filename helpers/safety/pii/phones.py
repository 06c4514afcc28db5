"""Telephone numbers: announced by a word, oddly spaced, or spelled out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helpers.safety.numbers import CHINESE, SPOKEN, count_spoken

Found = Iterator[tuple[str, int, int]]

_LABEL = (
    r"(?:\b(?:tele(?:ph|f)[oó]n\w*|t[ée]l[ée]phone|phone|fone|t[ée]l|tlf|mobile?"
    r"|mob|cell"
    r"|handy\w*|m[óo]vil|celular\w*|portable|cellulare|komórk\w*|kom|fax|call|ring"
    r"|text|sms|whats ?app|dial|hotline|landline|reach|number|nummer|numéro|número"
    r"|numero"
    r"|numer|joindre|appele[rz]|rappele[rz]|ll[aá]m\w*|chiam\w*|zadzwo\w*|anruf\w*"
    r"|erreich\w*|rufen|contact|kontakt|line)\b"
    r"|电话|手机号?码?|手機|電話|电联|打|联系方式|座机|固话|致电|来电|拨打?|热线|传真|短信"
    r"|号码|微信)"
)
_GAP = r"(?P<gap>[^\d+(（;；。!！?？\n]{0,30}?)"
_SIGN = r"[ ().（）/_~·•|*—-]"
_NUMBER = (
    rf"(?-i:(?<![A-Za-z])[+(（]{{0,2}}[OoIl\d](?:{_SIGN}{{0,3}}[OoIl\d]){{6,17}})"
    r"(?![\w%])"
)
_LABELLED = re.compile(
    rf"{_LABEL}{_GAP}(?P<number>{_NUMBER})", re.IGNORECASE | re.ASCII
)
_NEAR_GAP = re.compile(r"[^A-Za-z]{0,12}|(?:\W{0,3}[^\W\d]+){1,4}\W{0,3}")
_NOT_PHONE = re.compile(
    r"order|booking|serial|invoice|ticket|case|ref\b|account|card|room|version|policy"
    r"|订单|单号|流水|编号|会员|群号|会议|卡|账|验证码|身份|证",
    re.I,
)
_DATE = re.compile(
    r"(?:19|20)\d\d[-/. ]\d\d?[-/. ]\d\d?(?!\d)"
    r"|\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)?\d\d(?!\d)|(?:19|20)\d{6}(?!\d)"
)
_MOBILE = re.compile(
    r"(?<![\d.-])(?:(?:\+|00)?86[ —-]{0,3})?1[ ._—-]{0,3}[3-9](?:[ ._/·*~—-]{0,3}\d){9}"
    r"(?![\d-]|\.\d)",
    re.ASCII,
)
_BRANCH = re.compile(r"(?<![\d.-])0\d{2,4}[ /]\d{4,6}-\d{1,4}(?!\d)", re.ASCII)
_SERVICE = re.compile(r"(?<![\d.-])[48]00[ -]\d{4}[ -]\d{3}(?![\d-])", re.ASCII)
_JOIN = r" ?[ ./_~·•|*—-] ?"
_LOOSE = re.compile(
    rf"(?<![\w.,:/+-])\(?0\d{{1,4}}\)?(?:{_JOIN}\(?\d{{1,6}}\)?){{1,5}}"
    r"(?![\w%]|[.,:/-]\d)",
    re.ASCII,
)
_SINGLE = re.compile(r"(?<![\w.,:/-])\+?\d(?:[ ._/·-]{1,3}\d){8,12}(?![\d])", re.ASCII)
_WORLD = re.compile(
    r"(?<![\w.])\(?(?:(?:\+|00)[1-9]|86[ -]{1,2}1(?=[3-9]))(?:[ ().（）/_~·•"
    r"|*—-]{0,3}\d){7,14}(?!\d)",
    re.ASCII,
)
_LINK = re.compile(r"(?:wa\.me/|send\?phone=|tel:)(?P<number>\+?\d{7,15})(?!\d)")
_EXTENSION = re.compile(
    r"[ ,，(（]{0,2}(?:ext(?:ension|\.)?|x|#|DW|Durchwahl|App\.|Apparat|poste"
    r"|interno|int\."
    r"|anexo|ramal|wew\.|extensi[oó]n|转(?:接)?(?:分机)?|轉|分机"
    r"|内线)[ .:：]{0,2}\d{1,6}(?![\d\w])",
    re.IGNORECASE | re.ASCII,
)
_DIGIT_WORDS = {
    "de": "null|eins|zwei|zwo|drei|vier|fünf|sechs|sieben|acht|neun",
    "fr": "zéro|un|deux|trois|quatre|cinq|six|sept|huit|neuf",
    "es": "cero|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve",
    "it": "zero|uno|due|tre|quattro|cinque|sei|sette|otto|nove",
    "pt": "zero|um|dois|três|quatro|cinco|seis|sete|oito|nove|meia",
    "pl": "zero|jeden|dwa|trzy|cztery|pięć|sześć|siedem|osiem|dziewięć",
}
_TOLD = [
    re.compile(rf"\b(?:{one})(?:[ ,.-]{{1,3}}(?:{one})){{6,14}}\b", re.I)
    for one in _DIGIT_WORDS.values()
]


def with_extension(text: str, end: int) -> int:
    """Return where a number ends, its extension included.

    Args:
        text: A plain copy of the text.
        end: Where the number ends without it, exclusive.
    """
    match = _EXTENSION.match(text, end)
    return match.end() if match else end


def _count(number: str) -> int:
    return len(re.findall(r"[\dOoIl]", number))


def labelled_phones(text: str) -> Found:
    """Find telephone numbers, however spaced, that a word such as "call" announces."""
    for match in _LINK.finditer(text):
        yield "PHONE", *match.span("number")
    for match in _LABELLED.finditer(text):
        if _NOT_PHONE.search(match["gap"]) or not _NEAR_GAP.fullmatch(match["gap"]):
            continue
        real = len(re.findall(r"\d", match["number"]))
        if _DATE.match(match["number"]) or not 7 <= _count(match["number"]) <= 15:
            continue
        short = re.match(r"\W*0", match["number"]) and real < 9  # half a number
        if real >= 5 and not short:
            yield "PHONE", *match.span("number")
    for match in _WORLD.finditer(text):
        if 8 <= _count(match[0]) <= 15 + 2 * match[0].startswith("00"):
            yield "PHONE", *match.span()


def odd_phones(text: str) -> Found:
    """Find telephone numbers that are spelled out or oddly spaced."""
    for pattern in (_MOBILE, _BRANCH, _SERVICE):
        for match in pattern.finditer(text):
            yield "PHONE", *match.span()
    for pattern in (_LOOSE, _SINGLE):
        for match in pattern.finditer(text):
            sure = pattern is _LOOSE or match[0][0] in "+01"
            if sure and 9 <= _count(match[0]) <= 12 and not _DATE.match(match[0]):
                yield "PHONE", *match.span()
    for pattern in (SPOKEN, CHINESE):
        for match in pattern.finditer(text):
            if 8 <= count_spoken(match[0]) <= 15:
                yield "PHONE", *match.span()
    for pattern in _TOLD:
        for match in pattern.finditer(text):
            yield "PHONE", *match.span()
