"""Clean a text and strip its markup."""

import html
import re
import unicodedata

# Invisible here, and without meaning: zero-width space and no-break space (the byte
# order mark), soft hyphen, direction marks. Other format characters spell something:
# joiners make words and emoji, tags make flags, Arabic number signs are visible.
_INVISIBLE = re.compile(
    "[\u200b\ufeff\u00ad\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def clean(text: str, *, allow_empty: bool = False) -> str:
    r"""Repair a text: encoding, Unicode form, control characters, white space.

    Mis-decoded UTF-8 and HTML entities are mended (ftfy), the result is in
    normal form C, control characters and those that are invisible and mean nothing
    (zero-width space, soft hyphen, direction marks) are gone, line ends are "\n", runs
    of blanks are one space and of empty lines one empty line. Joiners, flag tags and
    variation selectors stay, since words and emoji are spelled with them.
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
    if not isinstance(text, str):
        raise ValueError(f"clean wants a str, received {type(text).__name__}")
    given, seen = text, set()
    while text not in seen:  # what goes may let ftfy mend the rest
        seen.add(text)
        text = _clean_once(text)
    if not text and not allow_empty:
        raise ValueError(f"clean found nothing readable in {given[:40]!r}; drop it")
    return text


def _clean_once(text: str) -> str:
    """Mend and tidy a text in one pass."""
    import ftfy

    keep = ("uncurl_quotes", "fix_latin_ligatures", "fix_character_width")
    keep += ("remove_control_chars",)  # ftfy's set holds format characters too
    text = ftfy.fix_text(text, **dict.fromkeys(keep, False))
    text = _INVISIBLE.sub("", text)
    text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc")
    lines = [" ".join(line.split()) for line in text.split("\n")]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return unicodedata.normalize("NFC", text)


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
