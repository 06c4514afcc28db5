"""Addresses of machines on the internet that are written so that no link arises."""

from __future__ import annotations

import re
from collections.abc import Iterator

Found = Iterator[tuple[str, int, int]]

_DOT = r"(?: ?[(\[{（] ?(?:\.|dot|点) ?[)\]}）] ?| dot | ?点 ?|。| \. ?|,)"
_ODD = re.compile(
    rf"(?<![\d.])(?P<first>\d{{1,3}})(?P<dot>{_DOT}|\.)\d{{1,3}}"
    rf"(?:{_DOT}|\.)\d{{1,3}}(?:{_DOT}|\.)\d{{1,3}}(?:[:：]\d{{2,5}})?(?![\d.,]*\d)",
    re.IGNORECASE | re.ASCII,
)
_GLUED = re.compile(r"(?<=ip)\d{1,3}(?:\.\d{1,3}){3}(?![\d.]*\d)", re.I | re.ASCII)
_CUE = re.compile(r"\bip|addr|host|server|地址|服务器|主机", re.I)


def odd_addresses(text: str) -> Found:
    """Find IPv4 addresses with brackets, words or blanks in their dots."""
    for match in _GLUED.finditer(text):
        yield "IP", *match.span()
    for match in _ODD.finditer(text):
        parts = [int(one) for one in re.findall(r"\d+", match[0])[:4]]
        odd = re.search(r"[^\d.:：]", match[0])
        sure = re.search(r"[(\[{（]|dot|点", match[0], re.I)
        cue = _CUE.search(text[max(0, match.start() - 20) : match.start()])
        if odd and max(parts) < 256 and (sure or cue):
            yield "IP", *match.span()
