"""Check digits and spelled-out digits: what tells a number from its look-alikes."""

import re

IBAN_LENGTH = {
    "AT": 20, "BE": 16, "CH": 21, "CZ": 24, "DE": 22, "DK": 18, "ES": 24, "FI": 18,
    "FR": 27, "GB": 22, "IE": 22, "IT": 27, "LU": 20, "NL": 18, "NO": 15, "PL": 28,
    "PT": 25, "SE": 24,
}  # fmt: skip
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def resident_check(seventeen: str) -> str:
    """Return the 18th sign of a Chinese resident identity number.

    Args:
        seventeen: Its first 17 digits.

    Raises:
        ValueError: If it is anything else.

    Source: GB 11643-1999, ISO 7064 MOD 11-2.
    """
    if not re.fullmatch(r"[0-9]{17}", seventeen):
        raise ValueError(f"`resident_check` wants 17 digits, received {seventeen!r}")
    total = sum(w * int(d) for w, d in zip(_WEIGHTS, seventeen, strict=True))
    return "10X98765432"[total % 11]


def is_resident_id(number: str) -> bool:
    """Tell whether 18 signs are a well-formed Chinese identity number.

    Args:
        number: The signs, without blanks; the last may be X or x.
    """
    if not re.fullmatch(r"[1-9]\d{16}[\dXx]", number, re.ASCII):
        return False
    return resident_check(number[:17]) == number[17].upper()


def iban_end(signs: str) -> int:
    """Return how many leading signs form a correct IBAN, or 0.

    Args:
        signs: Letters and digits, without blanks; more may follow.

    Source: ISO 13616: the country's signs and check digits go to the end, letters
    become 10 to 35, and the remainder of the division by 97 is 1.
    """
    signs = signs.upper()
    length = IBAN_LENGTH.get(signs[:2], 0)
    account = signs[4:length] + signs[:4]
    if not length or len(signs) < length or not account.isascii():
        return 0
    return length * (int("".join(str(int(sign, 36)) for sign in account)) % 97 == 1)


_ENGLISH = "zero|oh|o|nought|one|two|three|four|five|six|seven|eight|nine"
# "double-oh" is two digits, so the word before a digit is read with it.
SPOKEN = re.compile(
    rf"\b(?:(?:double|triple)[ -])?(?:{_ENGLISH})"
    rf"(?:[ ,-]+(?:(?:double|triple)[ -])?(?:{_ENGLISH}))+\b",
    re.IGNORECASE,
)
CHINESE = re.compile(
    "[零〇一二三四五六七八九幺两](?:[ ，、,-]?[零〇一二三四五六七八九幺两])+"
)


def count_spoken(text: str) -> int:
    """Return how many digits spelled-out words stand for.

    Args:
        text: English words or Chinese numerals, as the two patterns find them.

    Example:
        >>> count_spoken("seven double-oh nine")
        4
    """
    words = re.findall(rf"double|triple|{_ENGLISH}", text.lower())
    more = words.count("double") + 2 * words.count("triple")
    plain = [word for word in words if word not in ("double", "triple")]
    return len(plain) + more + len(re.findall("[零〇一二三四五六七八九幺两]", text))
