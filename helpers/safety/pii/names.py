"""Names that a label announces: "Patient:", "Nom", 姓名."""

from __future__ import annotations

import re
from collections.abc import Iterator

Found = Iterator[tuple[str, int, int]]

_UP = "".join(chr(i) for i in range(0x41, 0x530) if chr(i).isupper())
_LOW = r"[^\W\d_\u2e80-\U0010ffff]"
# A label that says "name" may be followed by one word, others by two or more.
_NAME = (
    r"(?:(?:full |first |last |family |given |sur|fore|maiden |pen )?name(?: of \w+)?"
    r"|(?:vor- und |vor|nach|familien)name|nom(?: et prénom| de famille|s)?|prénom"
    r"|nombre(?: y apellidos?| completo)?|apellidos?|nome(?: completo| e cognome)?"
    r"|cognome|imię(?: i nazwisko)?|nazwisko|navn|etternavn|fornavn|namn|naam|имя|фио"
    r"|姓 {0,4}名|名 {0,2}字|氏 ?名)"
)
_ROLE = (
    r"(?:(?:bill|ship|sold|deliver|send) to|patient(?:in|e)?|recipient"
    r"|contact(?: person)?|attn|attention|employee|guest"
    r"|customer|client|passenger|tenant|landlord|(?:card |account )?holder|cardholder"
    r"|applicant|beneficiary|sender|student|pupil|witness|next of kin|insured|payee"
    r"|payer|driver|owner|visitor|member|candidate|caller|emergency contact|parent"
    r"|guardian|buyer|seller|signatory|signed(?: for)?(?: by)?|author|deceased"
    r"|claimant|defendant|consignee|resident|attendee|participant|reporter|bearer"
    r"|kund(?:e|in)|empfänger(?:in)?|absender(?:in)?|ansprechpartner(?:in)?"
    r"|mieter(?:in)?"
    r"|versicherte[rn]?|z\. ?hd\.?|inhaber(?:in)?|kontoinhaber(?:in)?|fahrer(?:in)?"
    r"|teilnehmer(?:in)?|unterschrift|bewerber(?:in)?|zeug(?:e|in)"
    r"|destinataire|expéditeur|titulaire|bénéficiaire|locataire|assurée?|cliente?|élève"
    r"|paciente|destinatari[oa]|titular|remitente|asegurad[oa]|inquilin[oa]|firmado"
    r"|paziente|mittente|intestatari[oa]|utente|hóspede|doente|assinado|contacto"
    r"|contatto"
    r"|pacjent(?:ka)?|odbiorca|nadawca|klient(?:ka)?|pasient|mottaker|kunde|ansatt"
    r"|mottagare|patiënt|ontvanger|pasażer|najemca|à l'attention de|all'attenzione di)"
)
_ZH_ROLE = (
    r"(?:患者|病人|病患|收件人|寄件人|收货人|发件人|发货人|联系人?|聯絡人|申请人|持卡人|户名"
    r"|客户|家长|学生|乘客|乘车人|旅客|住户|业主|租客|承租人|出租人|甲方|乙方|法定代表人|法人"
    r"|被保险人|投保人|受益人|原告|被告|当事人|经办人|负责人|签收人|员工|新同事|入职|监护人"
    r"|收款人|付款人|预订人|预定人|入住人|入住客人|报案人|考生|借款人|出借人|担保人|购票人"
    r"|申报人|证人|委托人|代办人|报名人|值班人|主治医生|责任人|签名|签字|当班|死者|产妇|产婦)"
)
_SEP = r"(?:  +| [-|>—] )(?=\S)|\s?(?:[:：=]|\"\s?[:：])\s{0,4}[\"“]?|[\"“]"
_TITLE = (
    r"(?:(?:Dr|Prof|Mrs?|Ms|Miss|Mx|Herrn?|Frau|Mme|Mlle|M|Sra?|Srta|Dott"
    r"|Sig(?:\.ra)?|Dª?"
    r"|Pan|Pani|Rev|Sir|Dame|Lady)\.? )"
)
_PIECE = (
    r"(?:von|van|vom|zu|de|da|der|den|del|della|di|du|des|la|le|dos|das|do|el|al"
    r"|bin|ibn|bint|y|e|af|av|ter|ten|ap|of)"
)
_NO_PART = (
    r"(?!(?:Tel|Phone|Mobile|Cell|Fax|DOB|Born|Room|Date|Age|E-?Mail|Mail|Address|ID|No"
    r"|Geb|Née?|Ref|Signed|Position|Role|Title|Nationality|Sex|Gender|Flat|Floor"
    r"|From|To)\b"
    r"|[\w-]+ ?[:：=])"
)
_PART = rf"{_NO_PART}(?:[{_UP}](?:['’]?{_LOW}[\w'’-]*|\.(?: ?[{_UP}]\.)*))"
_MORE = rf"(?:,? (?:Jr|Sr)\b\.?| (?:{_PIECE} ){{0,3}}(?:(?:d|D|l|L|O)['’])?{_PART})"
_FIRST = rf"(?:{_PIECE} ){{0,2}}(?:(?:d|D|O)['’])?{_PART}"
_LAST_FIRST = (
    rf"(?:[{_UP}]{{2,}}(?:[-'’ ][{_UP}]{{2,}})?"
    rf"|{_PART}), {_PART}(?: {_PART})?(?=[.;)\n]|$|, )"
)
_LATIN = re.compile(
    rf"(?<!\w)(?:(?i:(?P<name>{_NAME})|{_ROLE})(?: \d+ of \d+| \d| \([^)]{{1,16}}\))?"
    rf"(?: ?/ ?[\w ]{{2,10}})?)(?i:['’]?s?(?: full)? name| name)?(?:{_SEP})"
    rf"(?P<latin>(?P<turned>{_LAST_FIRST})"
    rf"|(?P<title>{_TITLE}{{1,3}})?{_FIRST}(?P<more>{_MORE}{{1,4}})?)"
)
_HEADER = re.compile(
    rf"(?:^|\s)(?:From|To|Cc|Bcc|Reply-To|Von|An|De|Para|À): \"?"
    rf"(?P<latin>{_FIRST}{_MORE}{{1,3}})\"? ?[<\0(\[]"
)
_NOBODY = re.compile(
    r"\b(?:unknown|withheld|anonymous|none|not|n/?a|tbc|tba|see|same|as|no|the"
    r"|services?"
    r"|department|dept|team|office|ltd|limited|gmbh|inc|llc|desk|support|reception"
    r"|centre"
    r"|center|school|hospital|clinic|bank|company|accounts?|manager|sales|council|group"
    r"|agency|university|society|association|customer|admission|resources|house|street"
    r"|unbekannt|inconnu|desconocido|sconosciuto|nieznany|abteilung|verwaltung|amt"
    r"|service|mairie|servicio|ufficio|please|pending|missing|blank|illegible|various"
    r"|leave|call|ring|allergic|stable|male|female)\b",
    re.IGNORECASE,
)
_NO_PERSON = re.compile(
    r"(?:product|file|user|brand|company|firm|business|domain|host|device|network"
    r"|street"
    r"|school|project|event|item|model|dog|cat|pet|team|package|server|bank"
    r"|display|class"
    r"|variable|function|table|column|trade|code|nick|screen|login|path|font|image"
    r"|horse"
    r"|ship|boat|medicine|drug|path)[ _-]?$"
    r"|(?:宠物|店铺|文件|公司|小区|产品|项目|网|用户|昵称|品牌|药品|猫|狗)[的]?$",
    re.IGNORECASE,
)
_DOUBLE = (
    "欧阳|司马|上官|诸葛|慕容|皇甫|端木|东方|独孤|南宫|夏侯|尉迟|长孙|宇文|司徒|令狐|公孙|轩辕|钟离"
    "|闻人|澹台|呼延|百里|东郭|西门|拓跋|公冶|濮阳|淳于|单于|太叔|申屠|仲孙|赫连|闾丘|司空|鲜于|公羊"
    "|万俟|歐陽|諸葛|司馬"
)
_SINGLE = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎"
    "鲁韦昌马苗凤花方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄"
    "和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭"
    "梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣贲邓郁单杭洪包左石崔吉钮龚程"
    "嵇邢滑裴陆荣翁荀羊惠甄曲家封芮羿储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇"
    "栾暴甘钭厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴胥能苍双闻莘党"
    "翟谭贡劳逄姬申扶堵冉宰郦雍却璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易"
    "慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙"
    "乜养鞠须丰巢关蒯相查后荆红游竺权逯盖益桓公仉岳帅缑亢况郈有琴商牟佘佴伯赏墨哈谯笪年爱阳佟覃肖代"
    "張陳劉黃楊趙吳鄭馮衛蔣韓許呂嚴華謝鄒"
)
_HAN = r"[\u3400-\u9fff]"
_FAMILY = rf"(?:{_DOUBLE}|[{_SINGLE}])"
_STOP = (
    r"(?!不详|匿名|未知|保密|无名|本人|同上|见附|如下|未填|待定|前台|门卫|物业|客服|微信|电话|管理员"
    r"|我们|自己|空白|不明|隐去|略|已经|没有|未留|单位|公司|有限)"
)
_AFTER = (
    r"(?=性别|电话|手机|身份证|出生|男|女|年龄|住址|职业|联系|证件|生日|工号|收$"
    r"|先生|女士|小姐|老师)"
)
_GIVEN = rf"{_HAN}(?:  ?)?{_HAN}?"
_WHOLE = rf"{_STOP}(?:{_FAMILY} {{0,3}}{_GIVEN}|{_HAN}{{2,6}}·{_HAN}{{2,6}})"
_CHINESE = re.compile(
    rf"(?P<label>姓 {{0,4}}名|氏 ?名|名 {{0,2}}字|{_ZH_ROLE}(?:的?姓 {{0,2}}名"
    rf"|名字)?)(?: ?/ ?\w{{1,10}}| ?[（(][^）)]{{1,8}}[）)])?"
    rf"(?:\s{{0,3}}[:：=是为]\s{{0,4}}[\"“]?|\s{{1,6}}|叫)"
    rf"(?P<chinese>{_WHOLE}(?!{_HAN})|{_WHOLE}{_AFTER}|{_STOP}{_FAMILY}{_HAN}{_AFTER}"
    rf"|(?:(?<=名[:：])|(?<=名 )|(?<=字[:：])){_STOP}{_HAN}{{2,4}}(?!{_HAN}))"
    rf"|(?:患者|病人|被告|原告|申请人|乘客|考生|死者|联系人"
    rf"|收件人)(?P<close>{_STOP}{_FAMILY}{_HAN}{{1,2}})"
    r"(?=[，,（(、]\s?(?:男|女|\d|系|年|身份|电话|住|出生|手机))"
)


def labelled_names(text: str) -> Found:
    """Find names that a label announces."""
    for match in _CHINESE.finditer(text):
        before = text[max(0, match.start() - 4) : match.start()]
        if not _NO_PERSON.search(before):
            yield "NAME", *match.span("chinese" if match["chinese"] else "close")
    for match in _LATIN.finditer(text):
        one_word = not (match["more"] or match["turned"] or match["title"])
        before = text[max(0, match.start() - 12) : match.start()]
        if one_word and not match["name"] or match["turned"] and not match["name"]:
            continue
        if not _NOBODY.search(match["latin"]) and not _NO_PERSON.search(before):
            yield "NAME", *match.span("latin")
    for match in _HEADER.finditer(text):
        yield "NAME", *match.span("latin")
