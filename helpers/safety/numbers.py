"""Check digits and spelled-out digits: what tells a number from its look-alikes."""

import re

# Signs of an account number by country, as ISO 13616's registry lists them.
_BY_LENGTH = {
    15: "NO", 16: "BE", 18: "DK FI FK FO GL NL SD", 19: "MK SI",
    20: "AT BA EE KZ LT LU MN XK", 21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG", 25: "LY PT ST", 26: "IS TR",
    27: "BI DJ FR GR IT MC MR SM", 28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
    29: "BR EG PS QA UA", 30: "JO KW MU YE", 31: "MT SC", 32: "LC", 33: "RU",
}  # fmt: skip
IBAN_LENGTH = {
    country: length
    for length, countries in _BY_LENGTH.items()
    for country in countries.split()
}
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


# First digits and lengths of the large payment systems (ISO/IEC 7812-1 issuers).
_ISSUERS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"  # Visa
    r"|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|3(?:0[0-5]|09|[689]\d)\d{11,16}|35(?:2[89]|[3-8]\d)\d{12,15}"  # Diners, JCB
    r"|6(?:011|4[4-9]\d|5\d\d)\d{12,15}"  # Discover
    r"|62\d{14,17}|81\d{14,17}|9558\d{15}"  # UnionPay
    r"|(?:50|5[6-8]|6\d)\d{10,17}"  # Maestro and other debit cards: 12 to 19 digits
    r"|220[0-4]\d{12,15}|9792\d{12}|8[2-7]\d{14,17}"  # Mir, Troy, older UnionPay
)


def is_card(number: str) -> bool:
    """Tell whether digits are a payment card's: an issuer's, with a right check digit.

    Args:
        number: The digits, without blanks.

    Source: ISO/IEC 7812-1, Luhn's formula.
    """
    if not _ISSUERS.fullmatch(number):
        return False
    doubled = [int(d) * (1 + i % 2) for i, d in enumerate(reversed(number))]
    return sum(d - 9 * (d > 9) for d in doubled) % 10 == 0


_ENGLISH = "zero|oh|o|nought|one|two|three|four|five|six|seven|eight|nine"
_TIMES = r"(?:(?:double|triple|treble)[ -])?"
# "double-oh" is two digits, "nine hundred" three: the words are read together.
SPOKEN = re.compile(
    rf"\b{_TIMES}(?:{_ENGLISH})"
    rf"(?:(?: hundred)?[ ,.…-]+{_TIMES}(?:{_ENGLISH}))+(?: hundred)?\b",
    re.IGNORECASE,
)
# Also the capitals of banks (壹贰叁), and how radio operators say 0, 7 and 9.
_HAN_DIGITS = "零〇○一二三四五六七八九幺两壹贰叁肆伍陆柒捌玖貳參陸洞拐勾"
CHINESE = re.compile(rf"[{_HAN_DIGITS}](?:[ ，、,.…-]{{0,2}}[{_HAN_DIGITS}])+")


def count_spoken(text: str) -> int:
    """Return how many digits spelled-out words stand for.

    Args:
        text: English words or Chinese numerals, as the two patterns find them.

    Example:
        >>> count_spoken("seven double-oh nine")
        4
    """
    words = re.findall(rf"double|triple|treble|hundred|{_ENGLISH}", text.lower())
    more = {"double": 1, "triple": 2, "treble": 2, "hundred": 2}
    plain = sum(more.get(word, 1) for word in words)
    return plain + len(re.findall(f"[{_HAN_DIGITS}]", text))
