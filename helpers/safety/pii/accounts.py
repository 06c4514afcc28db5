"""Numbers with check digits: identity numbers, bank accounts and payment cards."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helpers.safety.numbers import iban_end, is_card, is_resident_id

Found = Iterator[tuple[str, int, int]]

_IBAN = re.compile(
    r"(?:(?<![A-Za-z0-9])|(?<=IBAN))[A-Z](?: ?[A-Z])[ -]{0,2}\d ?\d", re.I | re.ASCII
)
_SIGN = re.compile(r"[A-Za-z0-9]", re.ASCII)


def ibans(text: str) -> Found:
    """Find account numbers whose check digits are right."""
    for match in _IBAN.finditer(text):
        # An IBAN has at most 34 signs, each with at most two separators before.
        run = re.match(
            r"[A-Z0-9](?:[ ._/·-]{0,2}[A-Z0-9])*", text[match.start() :][:110], re.I
        )
        places = [one.start() for one in _SIGN.finditer(run[0])]
        if count := iban_end("".join(run[0][place] for place in places)):
            yield "IBAN", match.start(), match.start() + places[count - 1] + 1


_SPACE = r"[ ._/·—-]{0,3}"
_ID = re.compile(
    rf"(?<!\d)(?<!\d[-.])[1-8](?:{_SPACE}\d){{13,16}}(?:{_SPACE}[\dXx×])?"
    r"(?![\dA-WYZa-wyz])(?!-\d)",
    re.ASCII,
)
_ID_WORDS = (
    r"身份证|身分证|证件|证号|身份号|旧证|老证|一代证|身分證|15位|十五位"
    r"|\bID\b|\bI\.D\.|identity"
)
_ID_LABEL = re.compile(rf"(?:{_ID_WORDS})[^\d，,。]{{0,12}}$", re.I)
_ID_NEAR = re.compile(_ID_WORDS, re.I)


def resident_ids(text: str) -> Found:
    """Find Chinese identity numbers by their check sign, or by a word and a date."""
    for match in _ID.finditer(text):
        signs = re.sub(r"[^\dXx×]", "", match[0]).replace("×", "X")
        around = text[max(0, match.start() - 24) : match.end() + 16]
        labelled = _ID_LABEL.search(text[max(0, match.start() - 24) : match.start()])
        if len(signs) == 18 and is_resident_id(signs):
            good = labelled or _plausible_birth(signs[6:14]) or _ID_NEAR.search(around)
        else:
            good = len(signs) == 15 and signs.isdigit() and _ID_NEAR.search(around)
            good = good and _plausible_birth("19" + signs[6:12])
        if good:
            yield "ID", *match.span()


def _plausible_birth(digits: str) -> bool:
    return bool(
        re.match(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])", digits)
    )


_CARD = re.compile(r"(?<![\d.])\d(?:[ ._/·—|*-]{0,3}\d){12,18}(?![\d])", re.ASCII)
_CARD_LABEL = re.compile(
    r"(?:\bcards?\b|c a r d|karten?|carte|tarjeta|cart[aã]|kort|visa|master|amex"
    r"|\bpan\b"
    r"|银联|卡)[^\d。;；]{0,24}$",
    re.I,
)


def odd_cards(text: str) -> Found:
    """Find payment cards with unusual separators after a word such as "card"."""
    for match in _CARD.finditer(text):
        before = text[max(0, match.start() - 36) : match.start()]
        if is_card(re.sub(r"\D", "", match[0])) and _CARD_LABEL.search(before):
            yield "CARD", *match.span()
