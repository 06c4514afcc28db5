"""Telephone numbers: announced by a word, or oddly spaced."""

from __future__ import annotations

import re
from collections.abc import Iterator

Found = Iterator[tuple[str, int, int]]

_LABEL = (
    r"(?:(?<![^\W_])(?:tele(?:ph|f)[oó]n\w*|t[ée]l[ée]phone|phones?|fone|ph|phn|t[ée]l"
    r"|tlf|tfn|mobile?|mobiel\w*|mobil\w*|mob|cell|gsm|natel|fixe|fijo|fisso"
    r"|handy\w*|m[óo]vil|celular\w*|cel|portable|cellulare|komórk\w*|kom|fax|call|ring"
    r"|text|sms|whats ?app|signal|telegram|viber|dial|hotline|landline|reach|number"
    r"|nummer|numéro|número|numero|telem[óo]vel|ligar|ligue|liga|contato|puhelin\w*"
    r"|puh|telefoon\w*|bel|bellen|joignable|marcar|rufnummer|festnetz\w*|rückruf"
    r"|numer|joindre|appele[rz]|rappele[rz]|ll[aá]m\w*|chiam\w*|zadzwo\w*|anruf\w*"
    r"|erreich\w*|rufen|contact|kontakt|line|(?:call|ring|phone) ?back)(?![^\W\d_])"
    r"|телефон\w*|(?<!\w)тел(?!\w)|(?<!\w)моб\w*|звон\w*|дзвон\w*|τηλ\w*"
    r"|电话|手机号?码?|手機|電話|行動|电联|打|联系方式|聯絡|座机|座機|固话|致电|来电"
    r"|拨打?"
    r"|热线|熱線|传真|短信|号码|號碼|微信|携帯|連絡先|전화|휴대폰)"
)
_GAP = r"(?P<gap>[^\d+(（;；。!！?？\n]{0,30}?)"
_SIGN = r"[ ().（）/_~·•|*—-]"
_NUMBER = (
    rf"(?-i:(?<![A-Za-z])[+(（]{{0,2}}[OoIl\d](?:{_SIGN}{{0,3}}[OoIl\d]){{6,17}})"
    r"(?![\w%])"
)
_LABELLED = re.compile(rf"{_LABEL}{_GAP}(?P<number>{_NUMBER})", re.IGNORECASE)
_NEAR_GAP = re.compile(r"[^A-Za-z]{0,12}|(?:\W{0,3}[^\W\d]+){1,4}\W{0,3}")
_NOT_PHONE = re.compile(
    r"order|booking|serial|invoice|ticket|case|ref\b|account|card|room|version|policy"
    r"|\bid\b|\bvat\b|\btax\b|\breg|passport|member|\bnhs\b|\bpin\b|code|konto|iban"
    r"|订单|单号|流水|编号|会员|群号|会议|卡|账|帳|验证码|驗證碼|身份|身分|证|證|號$"
    r"|學號",
    re.IGNORECASE,
)
_INVOICE = re.compile(r"发票|發票|代码[\d,，]|票据|票號")
_DATE = re.compile(
    r"(?:19|20)\d\d[-/. ]\d\d?[-/. ]\d\d?(?!\d)"
    r"|\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)?\d\d(?!\d)|(?:19|20)\d{6}(?!\d)"
)
# Chinese mobile numbers, however grouped, perhaps with the country's code.
_MOBILE = re.compile(
    r"(?<![\d.-])(?:(?:\+|00)?86[ —-]{0,3})?1[ ._—-]{0,3}[3-9](?:[ ._/·*~—-]{0,3}\d){9}"
    r"(?![\d-]|\.\d)",
    re.ASCII,
)
_BRANCH = re.compile(r"(?<![\d.-])0\d{2,4}[ /]\d{4,6}-\d{1,4}(?!\d)", re.ASCII)
_SERVICE = re.compile(  # 400-820-8820 of China, 1300 555 014 of Australia
    r"(?<![\d.-])(?:[48]00[ -]\d{4}[ -]\d{3}|1[38]00 \d{3} \d{3})(?![\d-])", re.ASCII
)
_JOIN = r" ?[ ./_~·•|*—-] ?"
# A trunk zero and up to five more groups.
_LOOSE = re.compile(
    rf"(?<![\w.,:/+-])\(?0\d{{1,4}}\)?(?:{_JOIN}\(?\d{{1,6}}\)?){{1,5}}"
    r"(?![\w%]|[.,:/-]\d)",
    re.ASCII,
)
# Digit by digit, each with a separator.
_SINGLE = re.compile(r"(?<![\w.,:/-])\+?\d(?:[ ._/·-]{1,3}\d){8,12}(?![\d])", re.ASCII)
# +44, 0044 or 86 and what follows.
_WORLD = re.compile(
    r"(?<![\w.])(?<!\d[ /-])\(?(?:(?:\+|00)[1-9]|86[ -]{1,2}1(?=[3-9]))"
    r"(?:[ ().（）/_~·•|*—-]{0,3}\d){7,14}(?!\d)",
    re.ASCII,
)
_LINK = re.compile(
    r"(?:wa\.me/|send\?phone=|tel:|callto:|sms:)(?P<number>\+?\d(?:-?\d){6,14})(?!\d)"
)
_EXTENSION = re.compile(
    r"[ ,，(（]{0,2}(?:ext(?:ension|n|\.)?|x|#|DW|Durchwahl|App\.|Apparat|poste"
    r"|Nebenstelle|Nst\.|Kl\.|toestel|tst\.|anknytning|linje|lokal"
    r"|interno|int\."
    r"|anexo|ramal|wewn?\.|extensi[oó]n|доб\.|转(?:接)?(?:分机)?|轉(?:分機)?|分机|分機"
    r"|内线|內線)[ .:：]{0,2}\d{1,6}(?![\d\w])",
    re.IGNORECASE,
)


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
        if _INVOICE.search(text[max(0, match.start() - 16) : match.start()]):
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
    """Find telephone numbers that are oddly spaced, without a word before them."""
    for pattern in (_MOBILE, _BRANCH, _SERVICE):
        for match in pattern.finditer(text):
            yield "PHONE", *match.span()
    for pattern in (_LOOSE, _SINGLE):
        for match in pattern.finditer(text):
            dotted = "." in match[0] and match[0][0] not in "+0"  # 1.3.6.1.2.1.1.5.0
            sure = pattern is _LOOSE or match[0][0] in "+01" and not dotted
            groups = set(map(len, re.findall(r"\d+", match[0])))
            row = groups == {2} and _count(match[0]) > 10  # 03 14 22 27 38 41
            sure = sure and not row and "0 1 2 3 4 5" not in match[0]
            if sure and 9 <= _count(match[0]) <= 12 and not _DATE.match(match[0]):
                yield "PHONE", *match.span()
