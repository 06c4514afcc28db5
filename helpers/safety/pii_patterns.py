"""What personal data look like: patterns that `helpers.safety.pii` composes.

Each step is a function from a plain copy of a text to (kind, start, end) spans.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from helpers.safety.numbers import (
    CHINESE,
    SPOKEN,
    count_spoken,
    iban_end,
    is_resident_id,
)

Found = Iterator[tuple[str, int, int]]

_IBAN = re.compile(r"(?:(?<![A-Za-z0-9])|(?<=IBAN))[A-Z]{2}-?[ ]?\d\d", re.I | re.ASCII)
_SIGN = re.compile(r"[A-Za-z0-9]", re.ASCII)


def ibans(text: str) -> Found:
    """Find account numbers whose check digits are right."""
    for match in _IBAN.finditer(text):
        # An IBAN has at most 34 signs, each with at most one blank or hyphen before.
        run = re.match(r"[A-Z0-9](?:[ -]?[A-Z0-9])*", text[match.start() :][:80], re.I)
        places = [one.start() for one in _SIGN.finditer(run[0])]
        if count := iban_end("".join(run[0][place] for place in places)):
            yield "IBAN", match.start(), match.start() + places[count - 1] + 1


_ID = re.compile(
    r"(?<!\d)\d(?:[ -]?\d){13,16}(?:[ -]?[\dXx])?(?![\dA-WYZa-wyz])", re.ASCII
)
_ID_LABEL = re.compile(r"(身份证|证件|证号|旧证|身分證|\bID\b|\bID-No)\D{0,12}$")


def resident_ids(text: str) -> Found:
    """Find Chinese identity numbers: by the check sign, or 15 to 17 after a label."""
    for match in _ID.finditer(text):
        signs = re.sub(r"[ -]", "", match[0])
        old = len(signs) == 15 and _plausible_birth("19" + signs[6:12])
        odd = len(signs) in (15, 17, 18) and _ID_LABEL.search(text[: match.start()])
        if is_resident_id(signs) or (odd and (old or _plausible_birth(signs[6:14]))):
            yield "ID", *match.span()


def _plausible_birth(digits: str) -> bool:
    return bool(
        re.match(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])", digits)
    )


_MONTH = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|januar|februar|märz|mai|juni"
    r"|juli|okt|dez|janv|févr|avr|juin|juil|août|déc|ene|abr|ago|dic)[a-zéûä]*\.?"
)
_ORDINAL = r"(?:\d{1,2}(?:st|nd|rd|th|\.)?|first|second|third)"
_NUMERAL = "[0-9〇零一二三四五六七八九十]"
_DATE = (
    rf"(?:\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{2,4}}"
    rf"|{_ORDINAL}[ -](?:of |de )?{_MONTH}(?:[ -,]+(?:of |de )?\d{{2,4}})?"
    rf"|{_MONTH} {_ORDINAL}(?:,? \d{{4}})?|{_MONTH} (?:of )?(?:19|20)\d\d"
    rf"|(?:19|20)\d\d,? {_ORDINAL} {_MONTH}|(?:19|20)\d{{6}}"
    rf"|{_NUMERAL}{{2,4}}年(?:{_NUMERAL}{{1,3}}月(?:{_NUMERAL}{{1,3}}日)?)?"
    rf"|{_NUMERAL}{{4}}年(?:正|腊|冬)?月?初?\w{{0,3}}|\d{{4}}\.\d{{1,2}}|\d{{4}}(?!\d))"
)
_BIRTH = (
    r"(?:\bborn|\bb\.|\bd\.?\s?o\.?\s?b\.?|birth(?: ?da(?:y|te))?|\bgeb(?:oren|\.)"
    r"|geburtsdatum|\bnée?|\bnaissance|\bnacid[oa]|\bnat[oa]|出生年月日|出生日期|出生|生日|生于|(?<!\w)\*)"
)
_BORN = re.compile(
    rf"{_BIRTH}(?P<gap>[^.;。；\d\n]{{0,24}}?)(?<![A-Za-z0-9/])(?<!\d-)(?P<date>{_DATE})(?!\d)"
    rf"|(?P<before>{_DATE})(?=(?:在.{{1,12}}?)?出生|生(?:人|于|[，,。；]|$))",
    re.IGNORECASE,
)


def births(text: str) -> Found:
    """Find dates that the text calls a date of birth."""
    for match in _BORN.finditer(text):
        name = "date" if match["date"] else "before"
        yield "BIRTH", *match.span(name)


_LABELLED = re.compile(
    r"(?P<label>\b(?:tele(?:ph|f)on\w*|phone|fone|tel|tlf|mobile|cell|fax|call|ring|text)\b"
    r"|电话|手机|手機|电联|打)[^\d+(（a-zA-Z]{0,12}"
    r"(?P<number>[+(（]?(?-i:[O\d](?:[ ().（）/—-]{0,3}[O\d])+)"
    r"(?: ?(?:ext\.?|x|转(?:分机)?|分机) ?\d{1,6})?)",
    re.IGNORECASE | re.ASCII,
)
_MOBILE = re.compile(
    r"(?<![\d.-])1[ —-]{0,3}[3-9](?:[ .—-]{0,3}\d){9}(?![\d-])", re.ASCII
)


_BRANCH = re.compile(r"(?<![\d.-])0\d{2,4}[ /]\d{4,6}-\d{1,4}(?!\d)", re.ASCII)


def labelled_phones(text: str) -> Found:
    """Find telephone numbers, however spaced, that a word such as "call" announces."""
    for match in _LABELLED.finditer(text):
        date = re.match(r"(?:19|20)\d\d[-/.]\d\d?[-/.]", match["number"])
        if not date and 7 <= len(re.findall(r"[\dO]", match["number"])) <= 15:
            yield "PHONE", *match.span("number")


def odd_phones(text: str) -> Found:
    """Find telephone numbers that are spelled out or oddly spaced."""
    for pattern in (_MOBILE, _BRANCH):
        for match in pattern.finditer(text):
            yield "PHONE", *match.span()
    for pattern in (SPOKEN, CHINESE):
        for match in pattern.finditer(text):
            if 8 <= count_spoken(match[0]) <= 15:
                yield "PHONE", *match.span()


_AT = r"(?: ?[(\[{<] ?at ?[)\]}>] ?| AT | at |艾特)"
_DOT = r"(?: ?[(\[{<] ?dot ?[)\]}>] ?|\.| DOT | dot |点)"
_BOX = r"[A-Za-z0-9À-ÿ_+-]"
_ODD_MAIL = re.compile(
    rf"(?<![A-Za-z0-9_.+-]){_BOX}+(?:(?:\.| dot ){_BOX}+)*(?:[大小]写)?{_AT}"
    rf"[\w-]+(?:{_DOT}[\w-]+)*?{_DOT}"
    r"(?:com|org|net|edu|gov|info|io|cn|de|fr|uk|eu|ie|example)(?:(?:\.)(?:cn|uk))?\b",
)


def odd_mails(text: str) -> Found:
    """Find mail addresses whose signs are hidden from robots."""
    for match in _ODD_MAIL.finditer(text):
        yield "EMAIL", *match.span()


_NAME_LABEL = (
    r"(?:name(?: of \w+)?|patient|recipient|contact|attn|employee|signed(?: for)? by|"
    r"guest(?: \d+ of \d+)?|nazwisko|nom|"
    r"姓名|名字|患者|收件人|联系人?|入职|乘客)"
)
_PART = r"(?:[A-ZÀ-Þ][\w'’À-ÿ-]+|[A-Z]\.|von|van|de|da)"
_NAME = re.compile(
    rf"(?i:{_NAME_LABEL})(?: ?/ ?姓名)?\s?[:：=\"]+\s?\"?"
    rf"(?P<latin>(?:(?:Dr|Prof|Mrs?|Ms)\. )?{_PART}(?: {_PART}){{1,3}})"
    r"|(?:姓名|名字|患者|收件人|联系人?|入职)[:：\s]{1,2}(?P<chinese>[\u4e00-\u9fff]{2,4})"
    r"(?![\u4e00-\u9fff])"
)


def labelled_names(text: str) -> Found:
    """Find names that a label announces."""
    for match in _NAME.finditer(text):
        group = "latin" if match["latin"] else "chinese"
        yield "NAME", *match.span(group)
