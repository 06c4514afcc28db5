"""Clean a text, strip its markup, scrub personal data."""

import html
import ipaddress
import re
import unicodedata
from collections.abc import Callable

from helpers.checks import require_text

# Chinese and Japanese put no space around an address, so their characters, numbered
# from 0x2E80, are no part of its words, and their punctuation ends it.
_LETTER = r"[^\W\d_\u2e80-\U0010ffff]"
_WORD = r"[^\W\u2e80-\U0010ffff]"
_STOP = r"\s<>\"'`“”‘’，。；：！？、（）【】《》「」『』"
_URL = re.compile(
    rf"(?<!{_WORD})(?:https?://|ftp://|www\.)[^{_STOP}]+[^{_STOP}.,;:!?)\]}}]"
)
_EMAIL = re.compile(
    rf"(?<!{_WORD}){_WORD}(?:{_WORD}|[.+%-])*"
    rf"@(?:(?:{_WORD}|-)+\.)+{_LETTER}{{2,}}(?!{_WORD})"
)
_IP = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f:]{3,39})(?![\w:])", re.ASCII
)
_CARD = re.compile(r"(?<![\d-])\d(?:[ -]?\d){12,18}(?![\d-])", re.ASCII)
_PHONE = re.compile(
    r"(?<![\w.-])(?:"
    r"(?:\+|00)[1-9](?:[ .-]?\(?\d{1,4}\)?){2,6}"  # +44 20 7946 0958
    r"|\(\d{2,5}\) ?\d{3,4}[ .-]?\d{3,4}"  # (555) 010-0123
    r"|\d{3}([ .-])\d{3}\1\d{4}"  # 555-010-0123
    r"|0\d{1,4}[ -]?\d{3,4}[ -]?\d{3,4}"  # 020 7946 0958
    r"|1[3-9]\d([ -]?)\d{4}\2\d{4}"  # 138 0013 8000
    r")(?![\w-])",
    re.ASCII,
)


def clean(text: str, *, allow_empty: bool = False) -> str:
    r"""Repair a text: encoding, Unicode form, control characters, white space.

    Mis-decoded UTF-8 and HTML entities are mended (ftfy), the result is in
    normal form C, control and other invisible characters are gone, line ends
    are "\n", runs of blanks are one space and of empty lines one empty line.
    Quotation marks, full-width forms and ligatures stay as their writer put them.

    Args:
        text: Any str, lone surrogates included.
        allow_empty: Return "" where nothing readable is left, instead of raising.

    Raises:
        ValueError: If `text` is not a str or nothing readable is in it.

    Example:
        >>> clean("The cafÃ©   is\u200b open.\r\n")
        'The café is open.'
    """
    import ftfy

    if not isinstance(text, str):
        raise ValueError(f"clean wants a str, received {type(text).__name__}")
    keep = {"uncurl_quotes": False, "fix_latin_ligatures": False}
    fixed, before = text, None
    while fixed != before:  # what goes may let ftfy mend the rest
        before = ftfy.fix_text(fixed, fix_character_width=False, **keep)
        fixed = "".join(
            c
            for c in before
            if unicodedata.category(c) not in ("Cc", "Cf") or c in "\n\t\u200d"
        )
        lines = [" ".join(line.split()) for line in fixed.split("\n")]
        fixed = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
        fixed = unicodedata.normalize("NFC", fixed)
    if not fixed and not allow_empty:
        raise ValueError(f"clean found nothing readable in {text[:40]!r}; drop it")
    return fixed


_LOST_ENTITY = re.compile(r" (#\d{2,4}|amp|apos|gt|lt|nbsp|quot);")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")


def strip_markup(text: str) -> str:
    r"""Take the remains of HTML out of a text: entities, tags, backslash breaks.

    Some collections, AG News among them, hold entities whose & has become a blank,
    as in "doesn #39;t"; they are given their & back first. Use `clean` afterwards.

    Args:
        text: Any str.

    Raises:
        ValueError: If `text` is not a str.

    Example:
        >>> strip_markup("It doesn #39;t cost  #36;10, <b>he</b> said.")
        "It doesn't cost $10,  he  said."
    """
    if not isinstance(text, str):
        raise ValueError(f"strip_markup wants a str, received {type(text).__name__}")
    whole = html.unescape(_LOST_ENTITY.sub(r"&\1;", text))
    return _TAG.sub(" ", whole).replace("\\", " ")


def _passes_luhn(digits: str) -> bool:
    """Tell whether the check digit of a card number is right (ISO/IEC 7812-1)."""
    doubled = [int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits))]
    return sum(d - 9 * (d > 9) for d in doubled) % 10 == 0


def _is_address(text: str) -> bool:
    """Tell whether `text` is an IPv4 or IPv6 address."""
    try:
        return bool(ipaddress.ip_address(text)) and any(c.isdigit() for c in text)
    except ValueError:
        return False


def scrub_pii(text: str) -> str:
    """Replace personal data by typed placeholders.

    Web addresses, mail addresses, IP addresses, card numbers (with a correct
    Luhn digit) and telephone numbers become ``<URL>``, ``<EMAIL>``, ``<IP>``,
    ``<CARD>`` and ``<PHONE>``. Names and postal addresses need a tagger and are
    left alone; so the result is scrubbed, not anonymous.

    Raises:
        ValueError: If `text` is empty, not a str or not valid Unicode.

    Example:
        >>> scrub_pii("Write to ann@example.org or call +44 20 7946 0958.")
        'Write to <EMAIL> or call <PHONE>.'
    """
    text = require_text(text, "scrub_pii", allow_empty=False)

    def replace(pattern: re.Pattern, name: str, check: Callable[[str], bool]) -> None:
        nonlocal text
        text = pattern.sub(lambda m: name if check(m[0]) else m[0], text)

    replace(_URL, "<URL>", lambda _: True)
    replace(_EMAIL, "<EMAIL>", lambda _: True)
    replace(_IP, "<IP>", _is_address)
    replace(_CARD, "<CARD>", lambda found: _passes_luhn(re.sub(r"\D", "", found)))
    replace(_PHONE, "<PHONE>", lambda f: 7 <= sum(c.isdigit() for c in f) <= 15)
    return text
