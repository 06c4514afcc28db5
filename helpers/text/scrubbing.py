"""Replace personal data by placeholders, however they are spelled.

The patterns read a plain copy of the text: full-width and other digits are 0 to 9,
every blank is a space, every short dash a hyphen, and characters without width are
gone. What they find there is replaced in the text itself, so all else stays as it was.
No pattern may start again inside what it has read once: that keeps the time linear.
"""

import ipaddress
import re
from collections.abc import Iterator

from helpers.checks import require_text
from helpers.text.plain import Span, cover, plain_copy

# Chinese and Japanese put no space around an address, so their characters, numbered
# from 0x2E80, are no part of its words, and their punctuation ends it.
_CJK = r"(?=[\u2e80-\U0010ffff])\w"
_LETTER = r"[^\W\d_\u2e80-\U0010ffff]"
_WORD = r"[^\W\u2e80-\U0010ffff]"
_COLON = "[:：]"

_STOP = r"\s<>\"'`“”‘，。；：！？、（）【】《》「」『』"
_APOSTROPHE = rf"(?<={_WORD})'(?={_WORD})(?!s(?!{_WORD}))"  # o'neil, but not Ann's
_SCHEME = rf"(?:https?|ftps?|sftp|ssh|wss?|file|git|svn|rtsp){_COLON}//"
_LINK = rf"(?:[^{_STOP}]|{_APOSTROPHE})+"
_URL = re.compile(rf"(?P<front>{_SCHEME}){_LINK}", re.IGNORECASE)
_WWW = re.compile(
    rf"(?<![^\W_\u2e80-\U0010ffff])(?P<front>www\d?\.){_LINK}", re.IGNORECASE
)

_CJK_TLDS = "中国|中國|公司|网络|網路|网址|在线|商城|香港|台湾|台灣|한국|みんな"
_LABELS = rf"(?:(?:{_WORD}|-)++\.)"
_DOMAIN = (
    r"\[[\w:.%-]{3,60}\]"  # ann@[192.0.2.17], RFC 5321
    r"|\d{1,3}(?:\.\d{1,3}){3}"
    rf"|{_LABELS}*{_CJK}[\w-]*+\.(?:[\w-]++\.)*(?:{_WORD}{{2,}}+|\w\w++)"
    rf"|{_LABELS}+(?:{_CJK_TLDS})"
    rf"|{_LABELS}+(?:xn--(?:{_WORD}|-)++|{_LETTER}(?!_){_WORD}(?:(?!_){_WORD})*+)"
)
_SIGNS = "!#$%&'*+/=?^`{|}~.-"  # beside letters and digits, RFC 5322 section 3.2.3
# A run of such characters is read once, whether an address or not: no second start.
_EMAIL = re.compile(
    rf'"(?:[^"\\\n]|\\.){{1,64}}"@(?:{_DOMAIN})'
    rf"|(?P<local>[\w{re.escape(_SIGNS)}]++)(?P<at>@(?:{_DOMAIN}))?"
)
_BEFORE_LOCAL = re.compile(rf".*{_CJK}(?![._+-]|{_CJK})")

_IPV6 = re.compile(
    r"(?<![0-9A-Za-z])(?P<open>\[)?"
    rf"(?P<body>[0-9A-Fa-f]*+{_COLON}[0-9A-Fa-f:：]++(?P<dotted>(?:\.\d{{1,3}}){{3}})?)"
    r"(?P<tail>[0-9A-Za-z]*+)"
    rf"(?(dotted)(?:{_COLON}\d{{1,5}})?)"
    r"(?:%\w[\w~-]*(?:\.\w+)*)?(?:/\d{1,3})?"  # a zone, a prefix length
    r"(?(open)\](?::\d{1,5})?)",
    re.ASCII,
)
_IPV4 = re.compile(
    r"(?<![0-9A-Za-z])(?<!\d\.)(?P<body>\d{1,3}(?:\.\d{1,3}){3})(?!\.?\d|[A-Za-z])"
    rf"(?:{_COLON}\d{{1,5}}(?!\d))?(?:/\d{{1,2}}(?!\d))?",
    re.ASCII,
)
_CARD = re.compile(r"\d(?:[ .-]?\d)*+", re.ASCII)
# How cards are printed; any other grouping counts only if it is all there is.
_CARD_GROUPS = {(4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3), (6, 13)}

_OPEN, _CLOSE = "[(（]", "[)）]"
_MONEY = "$€£¥₹₽₩￥"
_PHONE = re.compile(
    rf"""(?=[\d+(（])(?<![A-Za-z0-9_])(?<!\d[.,-])(?:
      # 1 000 000 and 1,000,000 are counts: read and left alone
      [1-9]\d{{0,2}}(?P<thousand>[\ ,.'])\d{{3}}(?:(?P=thousand)\d{{3}})*+
        (?![\ ,.']?\d|-\d{{4}})
    | (?P<world>(?:{_OPEN}\+[1-9]\d{{0,2}}{_CLOSE}|\+[1-9]\d*+|00[1-9]\d*+)
        (?:[\ ./-]?(?:{_OPEN}\d++{_CLOSE}|\d++))*+)             # +44 (0)20 7946 0958
    | (?<![{_MONEY}])(?P<local>
        (?:1[\ .-]?)?(?:{_OPEN}\d{{3}}{_CLOSE}[\ .-]?|\d{{3}}[\ ./-])
          \d{{3}}[\ .-]\d{{4}}                                  # 1-555-010-0123
      | (?:[18][\ .-]?)?{_OPEN}(?!(?:19|20)\d\d{_CLOSE})\d{{2,5}}{_CLOSE}[\ -]?
          \d{{2,4}}(?:[\ .-]?\d{{2,4}}){{1,3}}                  # (020) 7946 0958
      | 0\d(?P<pair>[\ .-])\d\d(?:(?P=pair)\d\d){{3}}           # 01 23 45 67 89
      | 0\d{{1,4}}[\ -]?\d{{3,4}}[\ -]?\d{{3,4}}                # 020 7946 0958
      | 0\d{{2,4}}(?:/\d{{3,4}}[\ -]?|\.\d{{3,4}}\.)\d{{3,4}}   # 030/1234 5678
      | 8[\ -]\d{{3}}[\ -]\d{{3}}[\ -]\d\d[\ -]?\d\d            # 8 800 555-35-35
      | 1[3-9]\d(?:[\ -]?\d{{4}}[\ -]?\d{{4}}|[\ -]\d{{3}}[\ -]\d{{5}}
          |\d\d[\ -]?\d{{6}}|\d[\ -]\d{{3}}[\ -]\d{{4}})        # 138 0013 8000
      )(?:\ ?(?:ext\.?|x|\#|转(?:分机)?|分机)\ ?\d{{1,6}})?+
        (?![A-Za-z0-9]|-\d|\ ?[{_MONEY}%])
    )""",
    re.ASCII | re.VERBOSE | re.IGNORECASE,
)


def _link(match: re.Match) -> Iterator[Span]:
    """Yield the address without the punctuation that closes its sentence."""
    found, end = match[0], len(match[0])
    left = {sign: found.count(sign) for sign in "()[]{}"}
    while found[end - 1] in ".,;:!?')]}":
        sign = found[end - 1]
        if sign in ")]}":  # a bracket that the address itself opened belongs to it
            if left["([{"[")]}".index(sign)]] >= left[sign]:
                break
            left[sign] -= 1
        end -= 1
    if end > len(match["front"]):
        yield match.start(), match.start() + end


def _mail(match: re.Match) -> Iterator[Span]:
    """Yield the address without Chinese words or signs that stand before it."""
    if match["local"] is None:
        yield match.span()
    elif match["at"]:
        before = _BEFORE_LOCAL.match(match["local"])
        start = before.end() if before else 0
        local = match["local"][start:] or match["local"]  # 用户@例子.中国
        if name := local.lstrip(_SIGNS):
            yield match.end("local") - len(name), match.end()


def _is_ipv6(text: str) -> bool:
    try:
        return any(map(str.isdigit, text)) and bool(ipaddress.IPv6Address(text))
    except ValueError:
        return False


def _ipv6(match: re.Match) -> Iterator[Span]:
    """Yield the address, without a colon of the sentence before or after it."""
    body, place = match["body"].replace("：", ":"), match.start("body")
    if match["tail"] or len(body) > 50:
        return
    for first, last in ((0, 0), (1, 0), (0, 1), (1, 1)):
        if _is_ipv6(body[first : len(body) - last]):
            start = place + first if first else match.start()
            yield start, place + len(body) - 1 if last else match.end()
            return


def _ipv4(match: re.Match) -> Iterator[Span]:
    if all(int(part) < 256 for part in match["body"].split(".")):
        yield match.span()


def _passes_luhn(digits: str) -> bool:
    """Tell whether the check digit of a card number is right (ISO/IEC 7812-1).

    Shorter numbers than 15 digits are Visa's and Diners' only: others are dates.
    """
    if not 13 <= len(digits) <= 19 or len(digits) < 15 and digits[0] not in "3456":
        return False
    doubled = [int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits))]
    return sum(d - 9 * (d > 9) for d in doubled) % 10 == 0


def _cards(match: re.Match) -> Iterator[Span]:
    """Yield the cards in a run of digits, which may hold a date or a price too."""
    groups = [(m.start(), m.end()) for m in re.finditer(r"\d+", match[0])]
    sizes = [end - start for start, end in groups]
    even = min(sizes[:-1], default=3) >= 3 or max(sizes) == 1
    digits = re.sub(r"\D", "", match[0]) if sum(sizes) <= 19 else ""
    if even and "." not in match[0] and _passes_luhn(digits):
        yield match.span()
        return
    first = 0
    while first < len(groups):
        step = 1
        for count in range(min(5, len(groups) - first), 0, -1):
            some = tuple(sizes[first : first + count])
            if some not in _CARD_GROUPS and not (count == 1 and 13 <= some[0] <= 19):
                continue
            start, end = groups[first][0], groups[first + count - 1][1]
            if _passes_luhn(re.sub(r"\D", "", match[0][start:end])):
                yield match.start() + start, match.start() + end
                step = count
                break
        first += step


def _phone(match: re.Match) -> Iterator[Span]:
    """Yield a telephone number; of an international one as much as E.164 allows."""
    if match["local"]:
        yield match.span()
    if not match["world"]:
        return
    end = digits = 0
    for group in re.finditer(r"\d+\D?", match["world"]):
        size = sum(map(str.isdigit, group[0]))
        if digits + size > 15 + 2 * match["world"].startswith("00"):
            break
        closing = group[0][-1] in ")）"
        digits, end = digits + size, group.end() - (not (closing or group[0].isdigit()))
    if digits >= 8:
        yield match.start(), match.start() + end


_STEPS = (
    (_URL, "URL", _link),
    (_EMAIL, "EMAIL", _mail),
    (_WWW, "URL", _link),
    (_IPV6, "IP", _ipv6),
    (_IPV4, "IP", _ipv4),
    (_CARD, "CARD", _cards),
    (_PHONE, "PHONE", _phone),
)


def scrub_pii(text: str) -> str:
    """Replace personal data by typed placeholders.

    Web addresses, mail addresses, IP addresses (with their ports), card numbers (with a
    correct Luhn digit) and telephone numbers become ``<URL>``, ``<EMAIL>``, ``<IP>``,
    ``<CARD>`` and ``<PHONE>``, also in full-width or other digits and with no-break
    blanks or hyphens. Names and postal addresses need a tagger and are left alone; so
    the result is scrubbed, not anonymous.

    Args:
        text: A str that is not empty.

    Returns:
        The text with placeholders, all else unchanged.

    Raises:
        ValueError: If `text` is empty, not a str or not valid Unicode.

    Example:
        >>> scrub_pii("Write to ann@example.org or call +44 20 7946 0958.")
        'Write to <EMAIL> or call <PHONE>.'
    """
    text = require_text(text, "scrub_pii", allow_empty=False)
    pieces, last = [], 0
    for name, start, end in find_pii(text):
        pieces += [text[last:start], f"<{name}>"]
        last = end
    return "".join([*pieces, text[last:]])


def find_pii(text: str) -> list[tuple[str, int, int]]:
    """Return what `scrub_pii` replaces: kind, start and end (exclusive), in order.

    Args:
        text: A str; of an empty one, nothing is returned.

    Example:
        >>> find_pii("Write to ann@example.org")
        [('EMAIL', 9, 24)]
    """
    found, rest = [], require_text(text, "find_pii")
    for pattern, name, spans in _STEPS:
        plain, places = plain_copy(rest)
        ends = [
            (places[start], places[end])
            for match in pattern.finditer(plain)
            for start, end in spans(match)
        ]
        found += [(name, start, end) for start, end in ends]
        rest = cover(rest, ends)
    return sorted(found, key=lambda one: one[1])
