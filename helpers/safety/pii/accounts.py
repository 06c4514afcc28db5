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
            r"[A-Z0-9](?:[ ._/·|-]{0,3}[A-Z0-9])*", text[match.start() :][:110], re.I
        )
        places = [one.start() for one in _SIGN.finditer(run[0])]
        if count := iban_end("".join(run[0][place] for place in places)):
            yield "IBAN", match.start(), match.start() + places[count - 1] + 1


_SPACE = r"[ ._/·—|-]{0,3}"
_ID = re.compile(
    rf"(?<!\d)(?<!\d[-.])[1-8](?:{_SPACE}\d){{13,16}}(?:{_SPACE}[\dXx×])?"
    r"(?![\dA-WYZa-wyz])(?!-\d)",
    re.ASCII,
)
_ID_WORDS = (
    r"身份证|身份證|身分证|身分證|居民证|证件|證件|证号|證號|身份号|旧证|老证|舊證"
    r"|一代证"
    r"|15位|十五位|老号|旧号|公民身份"
    r"|\bIDs?\b|\bI\.D\.|identity|identit[éà]|identidad|identidade|identität|ausweis"
    r"|tożsamości|identiteit|\brid\b|id_?(?:card|no|num)|idcard"
)
_ID_LABEL = re.compile(rf"(?:{_ID_WORDS})[^\d，,。]{{0,12}}$", re.I)
_ID_NEAR = re.compile(_ID_WORDS, re.I)


def resident_ids(text: str) -> Found:
    """Find Chinese identity numbers by their check sign, or by a word and a date."""
    for match in _ID.finditer(text):
        signs = re.sub(r"[^\dXx×]", "", match[0]).replace("×", "X")
        around = text[max(0, match.start() - 32) : match.end() + 24]
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


# 12 to 19 digits in a row, up to three separators between two.
_CARD = re.compile(
    r"(?<![\d.,])(?<![A-Za-z]-)\d(?:[ \t._/·—|*-]{0,3}[\dOo]){11,18}(?![\dOo])",
    re.ASCII,
)
_CARD_LABEL = re.compile(
    r"(?:\bcards?\b|c a r d|karten?|carte|tarjeta|cart[aã]o?|kort|visa|master|\bmc\b"
    r"|amex|american express|maestro|diners|discover|\bjcb\b|union ?pay|\bmir\b|\bcc\b"
    r"|electron|rupay|girocard|credit|debit|plastic|card_?(?:no|num|number)"
    r"|\bpan\b|pasje|kaart|kart[aęy]|kártya|карт[аыуе]"
    r"|银联|銀聯|卡|万事达|萬事達|运通|カード)[^\d。;；]{0,24}$",
    re.I,
)
# How cards are printed: any such grouping with one and the same separator is enough.
_PRINTED = {(4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3), (6, 13), (8, 8)}
_UNIONPAY = re.compile(r"(?:银行卡|银联卡?|借记卡|储蓄卡|工资卡|卡号|union ?pay)", re.I)


def odd_cards(text: str) -> Found:
    """Find payment cards after a word such as "card", or grouped as they are printed.

    The check digit must be right. UnionPay's may be wrong after a word for a bank card:
    some of its older cards have none.
    """
    for match in _CARD.finditer(text):
        before = text[max(0, match.start() - 36) : match.start()]
        labelled = bool(_CARD_LABEL.search(before))
        groups = list(re.finditer(r"[\dOo]+", match[0]))
        for last in range(len(groups), 0, -1):  # an expiry date may follow
            number = "".join(one[0] for one in groups[:last])
            number = re.sub("[Oo]", "0", number)
            sizes = tuple(len(one[0]) for one in groups[:last])
            printed = sizes in _PRINTED or last == 1 and len(number) > 14
            without = re.fullmatch(r"62\d{14}(?:\d{3})?", number)  # check digit
            without = without and labelled and _UNIONPAY.search(before)
            if is_card(number) and (labelled or printed) or without:
                yield "CARD", match.start(), match.start() + groups[last - 1].end()
                break
