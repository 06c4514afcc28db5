"""Dates that a text calls a date of birth, in some twenty languages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helpers.safety.pii.dates import DATE, SHORT, YEAR_WORDS

Found = Iterator[tuple[str, int, int]]

# After these words any date is one of birth, however short.
_STRONG = (
    r"(?:\bd\.? ?o\.? ?b\b\.?|date[ _-]?of[ _-]?birth|birth[ _-]?date(?![a-z])"
    r"|\bbirth ?day(?![a-z]|s? (?:party|card|cake))|\bb[-']?day\b|\bbirth[ _]?dt\b"
    r"|\bbirth:|\bdate born"
    # German, French
    r"|\bgeburtsdatum|\bgeb\.?-?[ ]?dat(?:um|\.)?|\bgeburtstag(?![a-zäöü])"
    r"|\bdate de naiss\w*\.?|\banniversaire|\bd\.?d\.?n\b\.?|\bdate naiss\w*\.?"
    # Spanish, Italian, Portuguese
    r"|\bfecha[ _](?:de )?nac\w*\.?|\bf\. ?(?:de )?nac\w*\.?|\bcumple(?:a\w+| años)?\b"
    r"|\bdata di nascita|\bdata nascita|\bcompleanno"
    r"|\bdata[ _]de[ _]nasc\w*\.?|\bdata nasc\w*\.?|\bdt\.? ?nasc\w*\.?"
    r"|\baniversário|\bd\.n\."
    # Polish, Czech, Slovak, Dutch, Norwegian, Danish, Swedish, Finnish
    r"|\bdata ur\w*\.?|\burodziny|\bdatum naro\w+|\bdátum narodenia"
    r"|\bgeboortedatum|\bgeb\.? ?datum|\bverjaardag(?![a-z])|\bjarig op"
    r"|\bfødselsda\w+|\bfodselsda\w+|\bfødedato|\bfödelseda\w+|\bf\.?-?dato\b"
    r"|\bsyntymä(?:aika|päivä)"
    # Hungarian, Romanian, Turkish, Russian, Ukrainian, Greek, Croatian
    r"|\bszületési (?:idő|dátum)\w*|\bszül\. ?(?:idő|dátum)|\bdata nașterii"
    r"|\bdata nasterii|\bdoğum (?:tarihi|günü)|\bd\. ?tarihi"
    r"|дата рожд\w*\.?|день рождения|дата народж\w*|день народження|\bд\.? ?р\.(?!\w)"
    r"|ημερομηνία γέννησης|ημ\. ?γέννησης|\bdatum rođenja"
    # Chinese, Japanese, Korean
    r"|出生年月日?|出生日期?|出生时间|出生時間|出生：|出生:|生日|生辰|诞辰|誕辰"
    r"|生年月日|誕生日|생년월일|생일)"
)
# These need a whole date, and little between.
_WEAK = (
    r"(?:\bborn|\bb\.|\bbirth\b(?! cert| weight| control| rate| plan)"
    r"|\bgeb(?:oren|\.)|(?<!\w)née?s?\b|(?<!acte de )(?<!lieu de )\bnaissance"
    r"|\bnacid[oa]s?|\bnació|\bnac\.|\bnat[oa](?= (?:il|a|nel|in|l')\b|:| ?\d)"
    r"|\bnascid[oa]|\bnasceu|\bnasc\.|\burodz\w*\.?|\bur\.|\bnarozen\w*|\bnar\."
    r"|\bfødt|\bfödd|\bfødd|\bf\.(?= ?\d{1,2}[./ -]{1,2}\w{1,9}[./ -]{1,2}\d\d)"
    r"|\bsyntynyt|\bszül(?:etett|\.)|\bnăscut\w*|\bdoğumlu|\brođen\w*"
    r"|родил(?:ся|ась)|рожд\.|народи(?:вся|лася)|γεννήθηκε\w*"
    r"|came into (?:the|this) world|kam\w* (?:\w+ )?zur welt|venue? au monde"
    r"|vino al mundo|venut[oa] al mondo|veio ao mundo|przysz(?:edł|ła) na świat"
    r"|降生|出世|出生于?(?![率地证])|出生於|生于|生於|誕生|诞生|(?<!\w)\*(?= ?\d))"
)
_YEAR_ONLY = (
    r"(?:\bborn|\bb\.|\bgeb\.|\bgeboren|(?<!\w)née?|\bnacid[oa]|\bnat[oa](?= )"
    r"|\bnascid[oa]|\bnasceu|\bnació|\bnacque|\burodził[ao]? się|\bur\."
    r"|\burodzon[ya]|\bfødt|\bfödd|\bnarozen\w*|\bszületett"
    r"|родил(?:ся|ась)|народи(?:вся|лася)"
    r"|生于|生於|出生于|出生於|(?<!\w)\*(?= ?\d)|year of birth|birth[ _-]?year|\byob\b"
    r"|geburtsjahr|jahrgang|année de naissance|año de nacimiento|anno di nascita"
    r"|ano de nascimento|rok urodzenia|geboortejaar|fødselsår|год рождения"
    r"|рік народження|出生年份?)"
)
# What is celebrated, or happens to somebody who is born long since.
_TALK = re.compile(
    r"party|lunch|dinner|cake|cards?\b|present|gift|celebrat|concert|feier|fête|fiesta"
    r"|festa|sale\b|discount|voucher|drinks|tea\b|trip|guests?\b|invit|offer|balloon"
    r"|\bclub\b|\bmonth\b|\blist\b|\bweek\b|season|treat\b|meal\b"
    r"|geschenk|kuchen|karte|gâteau|cadeau|regalo|tarta|prezent|tort\b|rabat"
    r"|会|宴|蛋糕|礼物|派对|聚|快乐|祝|禮物|優惠|优惠|打折"
    # another date of the same person
    r"|\bdied|\bdeath|deceased|married|wed\b|wedding|moved|joined|lives|living|since"
    r"|started|works?\b|worked|until|graduat|retire|arrived|seen\b|visit|appointment"
    r"|admitted|discharged|issued|expir|valid|registered|received|signed|updated"
    r"|\bnot\b|unknown|withheld|not given|not known|missing|illegible|redacted"
    r"|not on file"
    r"|blank\b|verified|checked|confirmed on|changed on|corrected|entered|requested"
    r"|gestorben|verstorben|verheiratet|heirat|seit\b|wohn|eingetreten|unbekannt"
    r"|décédé|marié|épous|depuis|habite|inconnu|domicili"
    r"|falleci|murió|casad|desde|vive|desconocid|mort[oa]|sposat|vive|dal\b|sconosciut"
    r"|falecid|mora\b|zmarł|mieszka|od\b|nieznan"
    r"|去世|逝世|卒|结婚|入职|入学|签发|有效|不详|未填|不明|保密|入院|登记于|就诊|更新"
    # a form's hint, a default
    r"|e\. ?g\.|such as|for example|format|like this|default|z\. ?b\.|par exemple|ex\."
    r"|por ejemplo|ad es|例如|格式|默认|如：|如:|例：|示例",
    re.IGNORECASE,
)
# A limit or a span of time is nobody's birthday.
_LIMIT = re.compile(
    r"\bbefore|\bafter\b|\bbetween|\buntil|\bearlier|\blater|\bthan\b|\bon or\b|\bvor\b"
    r"|\bnach dem|\bzwischen|\bavant|\baprès|\bentre\b|\bantes|\bdespués|\bprima\b"
    r"|\bdopo\b|\bprzed\b|\bpo \b|\bdepois|\bpost\b|\bför[er]\b|\bfør\b|\bvoor\b"
    r"|\brange\b|\bmust\b|\bonly\b|\bво?зле|\bдо\b|\bпосле\b"
    r"|\s[<>]|[<>]=|[≥≤]|不得|必须|早于|晚于",
    re.IGNORECASE,
)
_LIMIT_AFTER = re.compile(
    r"\W{0,2} ?(?:and (?:before|after)|or (?:later|earlier|before|after)|to \d"
    r"|(?:bis|until|through) \d|至|以后|以前|以後|之前|之后|之後"
    r"|前(?![妻夫])|后(?!来)|起|[-–—~～] ?(?:19|20)\d\d|[-–—~～] ?\d{1,2}[./])",
    re.IGNORECASE,
)
# What may stand between: words, and the time of day of a birth.
_FEAST = re.compile(
    r"[^,.;，。；]{0,14}(?:party|cake|sale\b|discount|kuchen|feier|fête|gâteau"
    r"|fiesta|festa"
    r"|tarta|torta|蛋糕|聚餐|派对|优惠|打折)",
    re.IGNORECASE,
)
_GAP = (
    r"(?P<gap{0}>[^;。；\d\n]{{0,34}}?"
    r"(?:\d\d?[:h]\d\d(?! ?[-/.]?\d)[^;。；\d\n]{{1,14}}?)?)"
    r"(?<![A-Za-z0-9/])(?<!\d-)"
)
_END = (
    r"(?:(?<=[年月日号號일])"
    r"|(?![\d:]|[/-]\d|[.]\d|\s?(?:weeks|months|years|kg|grams|euro)))"
)
_BORN = re.compile(
    rf"{_STRONG}{_GAP.format(1)}(?P<strong>{DATE}|{SHORT}){_END}"
    rf"|{_WEAK}(?! to | again){_GAP.format(2)}(?P<weak>{DATE}){_END}"
    rf"|{_YEAR_ONLY}[\"']?[:：=, ]*\"?(?:about |around |circa |in |im jahr |en |nel "
    r"|em |w |i |c\. ?|ca?\. ?|v roce |roku |в |у )?"
    # in Leeds in 1951
    r"(?:(?:in|en|à|a|w|em|te|i|v|v?e|at|near|в|у) (?-i:[A-ZÀ-ÖØ-ÞŁŚŻА-Я])[\w'’-]+"
    r"(?: (?-i:[A-ZÀ-ÖØ-ÞŁŚŻ])[\w'’-]+){0,2},? (?:in|en|nel|em|w|i|v|в|у)? ?)?"
    rf"(?P<year>(?:(?:18|19|20)\d\d|'\d\d)年?|{YEAR_WORDS})(?![./-]\d|\d|[-–]\d)",
    re.IGNORECASE,
)
_AND = re.compile(
    rf" ?(?:and|und|et|y|e|i|og|en|&|和|、) ?(?P<more>{DATE}){_END}", re.IGNORECASE
)
_WHOSE = r"(?:my|his|her|our|their|your|the|date of|a|mum's|dad's|\w+['’]s)"
_BEFORE = re.compile(
    rf"(?P<before>{DATE}|\d{{1,2}}[./]\d{{1,2}}|(?:19|20)\d\d年?)(?:"
    r"(?=(?:在[^，。]{1,12}?)?出生(?!证)|生(?:人|于|的|[，,。；、（(）)]|$)|\s?诞生)"
    r"|(?=\s?[（(，,]? ?(?:是|为|，是)?(?:我|他|她|孩子|本人|宝宝|爷爷|奶奶|妈妈|爸爸)?"
    r"的?过?(?:阳历|农历)?生日(?!会|蛋糕|快乐|礼))"
    # 12 May is her birthday; 12/05/1961 (DOB)
    rf"|(?= ?(?:\)? ?\(|\) ?|is |was |as |, ?|= ?)(?:{_WHOSE}\b[ .]?){{0,3}}"
    r"(?:birthday|b-?day|birth ?date|birth|dob|d\.o\.b|date of birth)\b"
    r"(?! party| cake))"
    r"|(?= (?:ist|war) (?:mein|sein|ihr|unser) geburtstag\b)"
    r"|(?=,? (?:c'est|est) (?:mon|son|ton|leur|l') ?anniversaire)"
    r"|(?= es (?:mi|su|el) cumple)|(?= è il (?:mio|suo) compleanno)"
    r"|(?= é o (?:meu|seu) aniversário)|(?= is (?:mijn|zijn|haar) verjaardag)"
    # on 12 May 1961 she was born; am 12. Mai 1961 geboren; 1962 г.р.
    r"|(?=,? (?:[^\W\d_]+ ){0,2}(?:was|were|wurden?|ist|sind|bin|suis|est|es|fue|è"
    r"|sono) (?:(?!not |nicht )[^\W\d_]+ ){0,2}(?:born|geboren|née?|nacid[oa]|nat[oa])"
    r"\b)|(?= ?\(?(?:geboren|født|född|született|doğumlu)\b(?! vor| nach))"
    r"|(?= ?г\. ?р\.| года рождения| р\. ?н\.| року народження))",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"生|诞|birth|\bb-?day|d\.?o\.?b|born|geb|née?\b|nacid|nat[oa]\b|født|född|szület"
    r"|doğum|г\. ?р\.|рожд|р\. ?н|народж|anniversaire|cumple|compleanno|aniversário"
    r"|verjaardag",
    re.IGNORECASE,
)
_THINGS = re.compile(
    r"company|firm|\bband\b|project|\bclub\b|\bshop\b|idea|brand|start-?up|tradition"
    r"|restaurant|magazine|everyone|people|anyone|children|members|applicants|those"
    r"|babies|patients\b|pupils\b|personen|kinder|enfants|niños|bambini|dzieci"
    r"|公司|品牌|项目|节日|产品|协会|企业",
    re.IGNORECASE,
)
_FOUNDED = re.compile(
    r"(?:company|firm|club|shop)'s $|(?:公司|品牌|店|校|企业|协会)的?$"
)
_QUESTION = re.compile(
    r"[!?！？]+\W{0,4}(?:a|ans(?:wer)?|r|re|antwort|答|she is|he is|it's|its|it is"
    r"|that's|is|i'm|am)?\W{0,3}(?:from|on|of)?\W{0,3}$",
    re.IGNORECASE,
)


def births(text: str) -> Found:
    """Find dates that the text calls a date of birth.

    Args:
        text: A plain copy of the text.

    Yields:
        "BIRTH" and where the date begins and ends, without the words around it.
    """
    for match in _BORN.finditer(text):
        name = match.lastgroup
        gap = match["gap1"] or match["gap2"] or ""
        about = text[max(0, match.start() - 24) : match.start()]
        if _stops(gap, name) or name != "strong" and _THINGS.search(about):
            continue
        if _LIMIT_AFTER.match(text, match.end(name)) or _is_nato(match[0]):
            continue
        after_comma = name == "weak" and "，" in gap and "生" in match[0][:3]
        if after_comma or _FEAST.match(text, match.end(name)):
            continue
        if name == "strong" and _FOUNDED.search(about[-12:]):
            continue  # 公司生日, the club's birthday
        yield "BIRTH", *match.span(name)
        if more := _AND.match(text, match.end(name)):  # twins
            yield "BIRTH", *more.span("more")
    for match in _BEFORE.finditer(text) if _AFTER.search(text) else ():
        about = text[max(0, match.start() - 16) : match.end() + 24]
        if not _THINGS.search(about) and not _LIMIT.search(about[:16]):
            yield "BIRTH", *match.span("before")


def _stops(gap: str, name: str) -> bool:
    """Tell whether the words between label and date lead to something else."""
    gap = _QUESTION.sub("", gap)  # "Your date of birth? A: 3 May"
    if re.search(r"[^\W\d_]{4,}\. |[!?！？]", gap) or _TALK.search(gap):
        return True
    return bool(_LIMIT.search(gap)) or name == "weak" and " and " in gap[:-5]


def _is_nato(found: str) -> bool:
    """Tell the alliance from Italian "nato"."""
    return found.startswith("NAT")
