"""Mail addresses, with their signs or with words in place of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

Found = Iterator[tuple[str, int, int]]

_W = "A-Za-z0-9_À-ÖØ-öø-ɏ"  # no Chinese: there, nothing separates an address
_LETTERS = "A-Za-zÀ-ÖØ-öø-ɏ"
_FILES = "png|jpe?g|gif|svg|webp|pdf|js|css|zip|txt|exe|local"
# ann@mail.example; o'neil and x+tag too.
_PLAIN = re.compile(
    rf"(?<![{_W}.+%@-])[{_W}][{_W}.+%'’&-]{{0,63}}(?<!\.)@"
    rf"(?:[{_W}-]{{1,63}}\.)+(?!(?:{_FILES})(?![{_W}]))[{_LETTERS}]{{2,24}}(?![{_W}])"
    rf"|(?<![{_W}.+%@-])[{_W}][{_W}.+%-]{{0,63}}@[{_W}-]{{1,63}},"  # comma by mistake
    rf"(?:com|org|net|edu|example)(?![{_W}])"
)
# Numbers of messages, and logins of programs.
_NO_PERSON = re.compile(
    r"(?:message-?id|msg-?id|content-id|in-reply-to|references|\bcid:)\W{0,4}$"
    r"|(?:\bssh|\bscp|\bsftp|\brsync|git clone)(?: -\w+(?: \d+)?){0,2} $",
    re.IGNORECASE,
)
_LOGIN = re.compile(r"\w://[^\s/?&=]{0,63}$")  # postgres://user:word@db.example
_HANDLE = re.compile(rf"(?<![{_W}.])@[{_W}.-]{{1,63}}@[{_W}.-]{{1,63}}")  # @ann@social
# logo@2x.png
_ICON = re.compile(rf"(?<![{_W}.+%-])[{_W}.-]{{1,63}}@[{_W}.-]{{1,20}}\.(?:{_FILES})\b")

_OPEN, _CLOSE = r"[(\[{<（【〔«]{1,2}", r"[)\]}>）】〕»]{1,2}"
# "at" in some twenty languages: what the sign is called, and slang for it.
_AT_WORDS = (
    "at|ät|ad|arroba|arrobase|arobase|arobas|chiocciola|chiocciolina|małpa|małpka"
    "|krøllalfa|alfakrøll|snabel-?a|apenstaartje|apestaartje|klammeraffe"
    "|klammeraffen|affenschwanz|zavináč|zavinač|kukac|arond|coadă de maimuță"
    "|miukumauku|at-?sign|at sign|at-?zeichen|commercial at|a commercial"
    "|signo arroba|собака|собачка|равлик|παπάκι|et işareti|a-?kring|alfa"
)
_DOT_WORDS = (
    "dot|punkt|point|punto|ponto|kropka|punktum|prick|punt|tečka|bodka|pont|punct"
    "|nokta|piste|period|full stop|точка|крапка|τελεία"
)
_AT_HAN = "艾特|圈[aA]|小老鼠|老鼠号|アットマーク|アット|골뱅이"
_AT = (
    rf"(?P<sure> ?{_OPEN} ?(?:{_AT_WORDS}|a|@|{_AT_HAN}|æt) ?{_CLOSE} ?"
    rf"| ?(?:{_AT_HAN}) ?"
    r"|[_*/|~-]{1,2}at[_*/|~-]{1,2}|\.at\.(?=[a-z]+ ?[\[({])|&#64;|&#x40;|&commat;"
    r"|%40|\\u0040|=40"
    r"|(?<=[a-z0-9])(?-i:AT|_AT_|AET)(?=[a-z]))"
    rf"|(?P<word> (?:{_AT_WORDS}),? )|(?P<sign> @ ?|@ |@)"
)
_DOT = (
    rf"(?: ?{_OPEN} ?(?:{_DOT_WORDS}|d|\.|点|點|ドット) ?{_CLOSE} ?"
    rf"| (?:{_DOT_WORDS}) "
    rf"| ?(?:[点點]|ドット) ?"
    r"|[_*/|~-]{1,2}dot[_*/|~-]{1,2}|&#46;|&period;|(?<=[a-z0-9])(?-i:DOT"
    r"|_DOT_)(?=[a-z])"
    r"|(?-i: ?\. ?(?=[a-z])|\.|。(?=[a-z])))"
)
_JOIN = (
    rf"(?:{_DOT}| ?(?:underscore|unterstrich|underline|undescore|guion bajo"
    r"|guión bajo|tiret bas|tiret|trattino basso|trattino|podkreślenie|myślnik"
    r"|bindestrich|hyphen|dash|minus|plus|下划线|底線|减号|横杠|中划线) ?"
    rf"|[+-])"
)
_BOX = rf"[{_W}\u0400-\u04ff]"
_NAME = rf"{_BOX}{{1,40}}(?:(?:-| (?:hyphen|dash|minus|tiret) ){_BOX}{{1,40}}){{0,4}}"
# A box, at, a domain with at least one dot, each sign perhaps a word.
_ODD = re.compile(
    rf"(?<![{_W}.+\u0400-\u04ff-])(?P<box>{_BOX}{{1,40}}(?:{_JOIN}{_BOX}{{1,40}}){{0,6}})"
    rf"(?:[大小]写|[大小]寫)?(?:{_AT})"
    rf"(?P<domain>{_NAME}(?:{_DOT}{_NAME}){{0,3}}?"
    rf"(?P<dot>{_DOT})(?P<tld>[{_LETTERS}\u0400-\u04ff]{{2,10}})(?:(?:\.|{_DOT})"
    rf"(?:cn|uk|au|br|in|hk|tw|jp|com|org|example))?)(?![{_W}])(?!@)",
    re.IGNORECASE,
)
# Without one of these there is nothing spelled, and the slow pattern is not run.
_HINT = re.compile(
    rf"[\W_](?:{_AT_WORDS})[\W_,]|[@艾圈]|老鼠|アット|골뱅|\ba\b|&#|&c|%40|u0040|=40"
    r"|(?-i:[a-z0-9]A(?:E)?T[a-z])",
    re.IGNORECASE,
)
_CUE = re.compile(
    r"mail|courriel|correo|posta|write to|reach|contact|schreib|écri|escrib|scriv|adres"
    r"|escrev|skriv|pisa|пиши|почт|пошт|send|forward|reply|cc\b|invoice"
    r"|邮|郵|信箱|写信|联系|聯絡|メール",
    re.IGNORECASE,
)
_NO_BOX = {
    *"me us him her them it is are be am was look page site here there or and you we"
    " meet stay open home office shop now only arrive start".split()
}
_WORDS_TOO = {*"in at no it me us be is so to as on of the my and or".split()}

# Any sign in place of @, where the note tells so: "replace # by @", 把#换成@
_SWAP_SIGN = r"[#*$&!^~|=§%¤°£€+]"
_SWAPPED = re.compile(
    rf"(?<![{_W}.])[{_W}][{_W}.-]{{0,40}}{_SWAP_SIGN}(?:[{_W}-]{{1,40}}\.){{1,3}}"
    rf"[{_LETTERS}]{{2,10}}(?![{_W}])"
)
_SWAP = re.compile(
    r"@|＠|\bat[ -]sign|arroba|arobase|chiocciola|klammeraffe|małp|mail|邮|郵|艾特",
    re.IGNORECASE,
)
_SWAP_WORD = re.compile(
    r"换|換|改|代替|替|instead|replac|swap|substitut|chang|statt|ersetz|austausch"
    r"|tausch|remplac|sustitu|cambi|reempla|sostitu|troc|substitu|zamia|zamień|vervang"
    r"|erstatt|byt|\bfor (?:an? )?@|\bmeans? (?:an? )?@|= ?@|is (?:an? )?@|stands for",
    re.IGNORECASE,
)


def mails(text: str) -> Found:
    """Find mail addresses, also those whose signs are hidden from robots.

    Args:
        text: A plain copy of the text.

    Yields:
        "EMAIL", or "NOBODY" for logins, handles and files, with the place.
    """
    for match in _HANDLE.finditer(text):
        yield "NOBODY", *match.span()
    for match in _PLAIN.finditer(text):
        before = text[max(0, match.start() - 64) : match.start()]
        scp = re.match(r"(?:git|svn|hg)@", match[0]) and text[match.end() :][:1] == ":"
        nobody = _NO_PERSON.search(before) or _LOGIN.search(before) or scp
        yield "NOBODY" if nobody else "EMAIL", *match.span()
    for match in _ICON.finditer(text):
        yield "NOBODY", *match.span()
    if _HINT.search(text):
        yield from _spelled(text)
    if _SWAP.search(text) and _SWAP_WORD.search(text):
        for match in _SWAPPED.finditer(text):
            yield "EMAIL", *match.span()


def _spelled(text: str) -> Found:
    """Find addresses in words; after a false start, go on behind its first part."""
    place = 0
    while match := _ODD.search(text, place):
        if _is_mail(match, text):
            yield "EMAIL", *match.span()
            place = match.end()
        else:
            place = match.end("box")


def _is_mail(match: re.Match, text: str) -> bool:
    """Tell an address in words from words that happen to stand like one."""
    if match["sure"]:
        return True
    cue = _CUE.search(text[max(0, match.start() - 40) : match.start()])
    plain = match["box"].lower() not in _NO_BOX
    if match["sign"] and match["dot"] == " . " and plain:
        return True
    if match["sign"]:
        return bool(plain and (cue or re.search(r"[._\d]", match["box"])))
    if match["dot"].strip() == ".":
        return bool(plain and cue)
    if match["tld"].lower() in _WORDS_TOO or match["domain"].lower()[:4] == "the ":
        return False
    if "dot" in match["dot"].lower() or match["word"].strip(" ,").lower() != "at":
        return True
    # "at this point" is English, "at beispiel punkt de" is an address.
    point = re.search("point|prick|punt$|period", match["dot"].strip(), re.I)
    return not point
