"""Dates that a text calls a date of birth, in nine languages."""

from __future__ import annotations

import re
from collections.abc import Iterator

Found = Iterator[tuple[str, int, int]]

_MONTH = (
    r"(?:jan(?:uary?|uari?|vier|eiro)?|feb(?:ruary?|ruari?|brero|braio)?"
    r"|fév(?:rier)?|févr"
    r"|fevereiro|mar(?:ch|s|zo|ço|t)?|märz|maart|mrt|apr(?:il|ile)?|avr(?:il)?"
    r"|abr(?:il)?"
    r"|may|mai|maj|mei|mayo|maggio|maio|mag|june?|juni|juin|junio|giugno|junho|giu"
    r"|july?"
    r"|juli|juil(?:let)?|julio|luglio|julho|lug|aug(?:ust|usti|ustus)?|août|aout"
    r"|agosto|ago"
    r"|set(?:t|tembre|embro)?|sep(?:t|tember|tembre|tiembre)?|o[ck]t(?:ober|obre|ubre)?"
    r"|ott(?:obre)?|out(?:ubro)?|nov(?:ember|embre|iembre|embro)?|de[cz](?:ember"
    r"|embro)?"
    r"|déc(?:embre)?|dic(?:iembre|embre)?|ene(?:ro)?|gen(?:naio)?|des(?:ember)?"
    r"|styczni[ae]|luty|lutego|mar(?:zec|ca)|kwie(?:cień|tnia)|maja|czerw(?:iec|ca)"
    r"|lip(?:iec|ca)|sierp(?:ień|nia)|wrze(?:sień|śnia)|październik[a]?|listopada?"
    r"|grud(?:zień|nia))\b\.?"
)
_UNIT = "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth"
_ORDINAL = (
    r"(?:\d{1,2}(?:st|nd|rd|th|er|º|°|\.|:e|e)?(?!\d)"
    rf"|(?:twenty|thirty)[- ](?:{_UNIT})|{_UNIT}|tenth|eleventh|twelfth|thirteenth"
    r"|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth"
    r"|thirtieth|primo|premier)"
)
_YEAR = r"(?:(?:19|20|18|17)\d\d|'\d\d|\d\d)(?!\d)"
_OF = r"(?:of |de |del |d'|di |do )?"
_C = "[0-9〇零一二三四五六七八九十廿卅元正冬腊]"
_ZH_MONTH = rf"(?:闰?{_C}{{1,3}}|正|腊|冬) ?月"
_ZH_DAY = rf" ?(?:初[一二三四五六七八九十]|{_C}{{1,3}} ?[日号號]?)"
_CALENDAR = "(?:农历|阴历|阳历|公历|旧历)"
_S = r" ?[-/.] ?"
_DATE = (
    rf"(?:\d{{4}}(?:{_S}|  ?)\d{{1,2}}(?:{_S}|  ?)\d{{1,2}}(?!\d)"
    rf"|\d{{1,2}}{_S}\d{{1,2}}{_S}\d{{4}}(?!\d)|\d{{1,2}}{_S}\d{{1,2}}{_S}'?\d\d(?!\d)"
    r"|\d{1,2} \d{1,2} (?:19|20)\d\d(?!\d)"
    rf"|\d{{1,2}}{_S}(?-i:[IVX]{{1,4}}){_S}\d{{4}}|\d{{1,2}} (?-i:[IVX]{{1,4}}) \d{{4}}"
    rf"|{_ORDINAL}[ ./-]{{0,2}}{_OF}{_MONTH}(?:[ ,./-]{{1,3}}{_OF}{_YEAR})?"
    rf"|{_MONTH}[ -]?(?:the )?{_ORDINAL}(?:,? ?{_OF}{_YEAR})?"
    rf"|{_MONTH}[ -]?{_OF}(?:(?:19|20)\d\d|'\d\d)"
    rf"|(?:19|20)\d\d[-,./ ]{{1,2}}{_MONTH}[ -]{_ORDINAL}"
    rf"|(?:19|20)\d\d,? {_ORDINAL} {_MONTH}|(?:19|20)\d{{6}}(?!\d)"
    rf"|(?:民国)?'?{_C}{{2,4}} ?年(?: ?{_CALENDAR}? ?{_ZH_MONTH}(?:{_ZH_DAY})?)?"
    rf"|{_ZH_MONTH}{_ZH_DAY}"
    r"|\d{4}[-/.]\d{1,2}(?!\d)|\d{1,2}[-/.](?:19|20)\d\d(?!\d))"
)
_SHORT = (
    r"(?:\d{6}|\d{4}|\d{1,2}[./-]\d{1,2})(?![\d./-]\d|\d)"  # after a strong word only
)
_STRONG = (
    r"(?:\bd\.? ?o\.? ?b\b\.?|\bdate of birth|\bbirth ?date|\bbirth ?day|\bb-?day"
    r"|\bgeburtsdatum|\bgeb\.?-dat(?:um|\.)?|\bgeburtstag"
    r"|\bdate de naissance|\banniversaire|\bfecha de nac\w*\.?|\bf\. ?nac\.?"
    r"|\bcumplea\w+"
    r"|\bdata di nascita|\bcompleanno|\bdata de nasc\w*\.?|\baniversário"
    r"|\bdata ur\w*\.?|\burodziny|\bfødselsda\w+|\bfodselsda\w+|\bfödelseda\w+"
    r"|\bgeboortedatum|\bverjaardag"
    r"|出生年月日?|出生日期|出生时间|生日|生辰|诞辰|生年月日)"
)
_WEAK = (
    r"(?:\bborn|\bb\.|\bbirth\b(?! cert)|\bgeb(?:oren|\.)|\bnée?s?\b|\bnaissance"
    r"|\bnacid[oa]s?|\bnació|\bnat[oaie]\b|\bnascid[oa]|\bnasceu|\burodz\w*\.?|\bur\."
    r"|\bfødt|\bfödd|出生于?(?![率地证])|生于|誕生|诞生|(?<!\w)\*)"
)
_TALK = re.compile(
    r"party|lunch|dinner|cake|cards?\b|present|gift|celebrat|concert|feier|fête|fiesta"
    r"|festa|会|宴|蛋糕|礼物|派对|聚|快乐|祝",
    re.IGNORECASE,
)
_GAP = r"(?P<gap{0}>[^;。；\d\n]{{0,34}}?)(?<![A-Za-z0-9/])(?<!\d-)"
_END = r"(?![\d:]|[/-]\d|[.]\d|\s?(?:weeks|months|years|kg|grams|euro))"
_BORN = re.compile(
    rf"{_STRONG}{_GAP.format(1)}(?P<strong>{_DATE}|{_SHORT}){_END}"
    rf"|{_WEAK}(?! to | again){_GAP.format(2)}(?P<weak>{_DATE}){_END}"
    r"|(?:\bborn|\bb\.|\bgeb\.|\bgeboren|\bnée?|\bnacid[oa]|\bnat[oa]|\bnascid[oa]"
    r"|\bur\."
    r"|\bfødt|\bfödd|生于|出生于|(?<!\w)\*|year of birth|birth year|jahrgang|出生年份?)"
    r"[:： ]*(?:about |around |in |im jahr |en |nel |em |w |i |c\. ?)?"
    r"(?P<year>(?:(?:18|19|20)\d\d|'\d\d)年?)(?![\d./-]\d|\d)",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    rf"(?P<before>{_DATE}|\d{{1,2}}[./]\d{{1,2}}|(?:19|20)\d\d年?)(?:"
    r"(?=(?:在[^，。]{1,12}?)?出生(?!证)|生(?:人|于|的|[，,。；、（(）)]|$)|\s?诞生)"
    r"|(?=\s?[（(，,]? ?[是为]?(?:我|他|她|孩子|本人)?的?过?生日(?!会|蛋糕|快乐|礼))"
    r"|(?= ?(?:\(|is |was |, ?)(?:(?:my|his|her|our|their|the|date of|dob"
    r"|d\.o\.b)\b[ .]?)"
    r"{0,2}(?:\w+'s )?(?:birthday|birth ?date|birth|dob|d\.o\.b)(?! party| cake)))",
    re.IGNORECASE,
)
_AFTER = re.compile(r"生|诞|birth|d\.?o\.?b", re.IGNORECASE)
_THINGS = re.compile(
    r"company|firm|\bband\b|project|\bclub\b|\bshop\b|idea|brand|start-?up|tradition"
    r"|restaurant|magazine|公司|品牌|项目|节日",
    re.IGNORECASE,
)


def births(text: str) -> Found:
    """Find dates that the text calls a date of birth."""
    for match in _BORN.finditer(text):
        name = match.lastgroup
        gap = match["gap1"] or match["gap2"] or ""
        about = text[max(0, match.start() - 24) : match.start()]
        if _stops(gap) or name != "strong" and _THINGS.search(about):
            continue
        yield "BIRTH", *match.span(name)
    for match in _BEFORE.finditer(text) if _AFTER.search(text) else ():
        yield "BIRTH", *match.span("before")


def _stops(gap: str) -> bool:
    """Tell whether the words between label and date lead to something else."""
    return bool(re.search(r"[^\W\d_]{4,}\. |[!?！？]", gap) or _TALK.search(gap))
