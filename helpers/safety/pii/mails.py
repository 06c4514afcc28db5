"""Mail addresses, with their signs or with words in place of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

Found = Iterator[tuple[str, int, int]]

_W = "A-Za-z0-9_À-ÖØ-öø-ɏ"  # no Chinese: there, nothing separates an address
_LETTERS = "A-Za-zÀ-ÖØ-öø-ɏ"
_FILES = "png|jpe?g|gif|svg|webp|pdf|js|css|zip|txt|exe|local"
_PLAIN = re.compile(
    rf"(?<![{_W}.+%-])[{_W}][{_W}.+%'’-]{{0,63}}(?<!\.)@"
    rf"(?:[{_W}-]{{1,63}}\.)+(?!(?:{_FILES})(?![{_W}]))[{_LETTERS}]{{2,24}}(?![{_W}])"
    rf"|(?<![{_W}.+%-])[{_W}][{_W}.+%-]{{0,63}}@[{_W}-]{{1,63}},"  # a comma by mistake
    rf"(?:com|org|net|edu|example)(?![{_W}])"
)
_NO_PERSON = re.compile(r"(?:message-id|in-reply-to|references)\W{0,4}$", re.I)

_OPEN, _CLOSE = r"[(\[{<（【〔]", r"[)\]}>）】〕]"
_ICON = re.compile(rf"(?<![{_W}.+%-])[{_W}.-]{{1,63}}@[{_W}.-]{{1,20}}\.(?:{_FILES})\b")
_AT_WORDS = (
    "at|ät|arroba|arobase|chiocciola|małpa|krøllalfa|snabel-?a|apenstaartje|klammeraffe"
)
_DOT_WORDS = "dot|punkt|point|punto|ponto|kropka|punktum|prick|punt"
_AT = (
    rf"(?P<sure> ?{_OPEN} ?(?:{_AT_WORDS}|a|@|艾特|圈a) ?{_CLOSE} ?| ?(?:艾特"
    rf"|圈[aA]|小老鼠) ?"
    r"|[_-]at[_-]|&#64;|%40)"
    rf"|(?P<word> (?:{_AT_WORDS}) )|(?P<sign> @ ?|@ )"
)
_DOT = (
    rf"(?: ?{_OPEN} ?(?:{_DOT_WORDS}|\.|点|點) ?{_CLOSE} ?| (?:{_DOT_WORDS}) "
    rf"| ?[点點] ?"
    r"|[_-]dot[_-]|(?-i: ?\. ?(?=[a-z])|\.|。(?=[a-z])))"
)
_JOIN = (
    rf"(?:{_DOT}| ?(?:underscore|unterstrich|hyphen|dash|minus|下划线|减号|横杠) ?"
    rf"|[+-])"
)
_BOX = rf"[{_W}]"
_ODD = re.compile(
    rf"(?<![{_W}.+-]){_BOX}{{1,40}}(?:{_JOIN}{_BOX}{{1,40}}){{0,4}}(?:[大小]写)?(?:{_AT})"
    rf"(?P<domain>{_BOX}{{1,40}}(?:-{_BOX}{{1,40}}){{0,4}}"
    rf"(?:{_DOT}{_BOX}{{1,40}}(?:-{_BOX}{{1,40}}){{0,4}}){{0,3}}?"
    rf"(?P<dot>{_DOT})(?P<tld>[{_LETTERS}]{{2,10}})(?:(?:\.|{_DOT})"
    rf"(?:cn|uk|au|br|in|hk|tw|jp))?)(?![{_W}])(?!@)",
    re.IGNORECASE,
)
_HINT = re.compile(rf"[\W_](?:{_AT_WORDS})[\W_]|[@艾圈]|老鼠|\ba\b|&#64;|%40", re.I)
_CUE = re.compile(
    r"mail|courriel|correo|posta|write to|reach|contact|schreib|écri|escrib|scriv|adres"
    r"|邮|信箱|写信|联系",
    re.I,
)
_NO_BOX = {*"me us him her them it is are be am was look page site here there".split()}
_WORDS_TOO = {*"in at no it me us be is so to as".split()}


def mails(text: str) -> Found:
    """Find mail addresses, also those whose signs are hidden from robots."""
    last = 0
    for match in _PLAIN.finditer(text):
        before = text[max(0, match.start() - 20) : match.start()]
        scp = re.match(r"(?:git|svn|hg)@", match[0]) and text[match.end() :][:1] == ":"
        kind = "NOBODY" if _NO_PERSON.search(before) or scp else "EMAIL"
        yield kind, *match.span()
    for match in _ICON.finditer(text):
        yield "NOBODY", *match.span()
    for match in _ODD.finditer(text) if _HINT.search(text) else ():
        if match.start() >= last and _is_mail(match, text):
            last = match.end()
            yield "EMAIL", *match.span()


def _is_mail(match: re.Match, text: str) -> bool:
    """Tell an address in words from words that happen to stand like one."""
    if match["sure"]:
        return True
    box = match[0][: match.start("domain") - match.start()]
    box = re.split(_AT, box, maxsplit=1, flags=re.I)[0]
    cue = _CUE.search(text[max(0, match.start() - 40) : match.start()])
    plain = box.lower() not in _NO_BOX
    if match["sign"]:
        return bool(plain and (cue or re.search(r"[._\d]", box)))
    if match["dot"].strip() == ".":
        return bool(plain and cue)
    if "dot" in match["dot"].lower() or match["word"].strip().lower() != "at":
        return True
    # "at this point" is English, "at beispiel punkt de" is an address.
    point = re.search("point|prick|punt$", match["dot"].strip(), re.I)
    return not point and match["tld"].lower() not in _WORDS_TOO
