"""What the words around a number say it is: an order, a tax number, a loyalty card."""

from __future__ import annotations

import re

# References of firms and offices, by language; each word may begin a longer one.
_REFERENCES = (
    r"\border|(?-i:\bPO\b)|booking|reservation|serial|\bs/n\b|invoice|tracking|parcel"
    r"|shipment|ticket|\bpolicy|consignment|waybill|\bawb\b|transaction|\btxn?\b"
    r"|contract|reference|\bref\b|\bcase\b|batch|\blot\b|\bpart\b|item|article"
    r"|\bsku\b|\bmodel|\basset\b|\bdoc(?:ument)?\b|\bform\b|job\b|quote\b|quotation"
    r"|imei|iccid|isbn|issn|\bean\b|\bupc\b|\bgtin|barcode|meter|licen[cs]e|voucher"
    r"|registration|\breg\b|\breg\.|registered|company n|coupon|gift|raffle|permit"
    r"|\bvat\b|\btax\b|\butr\b|\bein\b|receipt|docket|claim|\bcharity|\bbadge|grant"
    r"|\bnhs\b|\bssn\b|social security|\bcpf\b|\bcnpj\b|\bsiret\b|\bsiren\b|\bnif\b"
    r"|\bnir\b|\bpesel\b|\bregon\b|\bnip\b|\bkrs\b|partita iva|\bp\. ?iva|\bbsn\b"
    r"|\bkvk\b|\bdni\b|\bnie\b|\bcif\b|aadhaar|\bmrn\b|\bvin\b|national insurance"
    r"|\bsteuer|rechnung|bestell|auftrag|vertrag|aktenzeichen|sendung|artikel|serien"
    r"|beleg|vorgang|zähler|handelsregister|\bhrb\b|matrikel|mitglied|paket"
    r"|versichertennummer|personalnummer|kassenzeichen|\bustid|\bust-id"
    r"|facture|commande|colis|dossier|\bréf|contrat|suivi|série|sécurité sociale"
    r"|\btva\b"
    r"|adhérent|immatricul|factura|pedido|envío|expediente|albarán|seguridad social"
    r"|fattura|ordine|pratica|spedizione|matricola|tessera|codice fiscale|fatura"
    r"|encomenda|processo|contribuinte|recibo|faktur|zamówien|przesyłk|umow|paczk"
    r"|\bordre\b|\bsak\b|faktura|bestelling|factuur|klant|organisasjon|\borg\.? ?nr"
    r"|kundenr|заказ|договор|\bинн\b|снилс|паспорт|счёт|замовл"
    r"|订单|单号|流水|编号|批号|货号|运单|发票|合同|保单|受理|回执|序列号|条码|条形码"
    r"|票号|案号|税号|信用代码|型号|設備|设备号|車架|车架|图书|注册号|工单|快递|物流"
    r"|取件"
    r"|訂單|單號|編號|統編|統一編號|發票|合約|保單|序號|批號|貨號"
)
_NUMBERS = r"\bno\b|\bnr\b|\bnúm\b|\bn[°º]"
_PHONE = (
    r"phone|\bfone|\bph\b|\btel\b|t[ée]l[ée]f|tél|mobile|mobil\b|\bmob\b|\bcell|handy"
    r"|m[óo]vil|celular|telem[óo]vel|\bgsm\b|\bcel\b|puhelin"
    r"|portable|cellulare|komórk|\bkom\b|\btlf|fax|\bcall|\bring|\btext|\bsms\b"
    r"|whats ?app|\bdial|hotline|helpline|landline|voicemail|reach|\bline\b"
    r"|rückruf|anruf|erreich|appel|joindre|ll[aá]m|chiam|zadzwo|\bring\b|kontakt"
    r"|телефон|\bтел\b|звон|\bcontact"
    # my nr, her new no
    r"|\b(?:my|her|his|our|their|mein\w*|ihre?|seine?|mijn|mon|mi|mio|moj\w*|min)"
    r" (?:new |old |neue |other )?(?=(?:no|nr|num\w*|n[°º])\b)"
    r"|电话|手机|手機|電話|联系方式|聯絡|座机|座機|固话|致电|来电|拨|热线|熱線|传真"
    r"|电联"
    r"|短信|打|号码|號碼"
)
_OWN = {
    "PHONE": rf"(?:{_PHONE})\w*[ .-]{{0,2}}(?:{_NUMBERS}|number|nummer|num[eé]ro|número"
    rf"|numer)?",
    "CARD": r"(?<!library )(?<!loyalty )(?<!gift )(?<!member )(?<!membership )"
    r"(?<!store )(?<!points )(?<!club )card\b"
    r"|karten?\b|carte\b|tarjeta|cart[aã]o?\b|kort\b|kortet|visa|mastercard|\bmc\b|amex"
    r"|maestro|diners|\bjcb\b|discover|union ?pay|electron|\bmir\b|rupay|\bpan\b"
    r"|银联|銀聯|万事达|卡号|卡",
    "ID": r"身份证|身份證|证件|證件|证号|旧证|身分證|身分证|\bID\b|identity|ausweis",
}
_OTHERS = {
    "PHONE": rf"{_REFERENCES}|customer|account|a/c|member|meeting id|passport"
    rf"|{_NUMBERS}"
    r"|kunden|client|cliente|sort code|\bpin\b|passcode|\bcode\b|konto|compte|cuenta"
    r"|conto\b|conta\b|rekening|zoom|webinar|\bzip\b|postcode|plz|score|\bid\b|loan"
    r"|会员号|群号|会议号|门诊号|會員|帳號|帳戶|學號|病歷|驗證碼"
    r"|[学工床表户箱件料房座车串序]号|档案号|[考病住就]\w{1,2}号|凭证|QQ"
    r"|挂号|账号|帐号|账户|帐户"
    r"|卡号|验证码|邮编|余额|金额|体检",
    "CARD": rf"{_REFERENCES}|\bpass\b|member(?:ship)?\b|library|loyalty|gift|points"
    r"|store card|club card|fuel card|(?:sample|specimen|dummy|placeholder|fake"
    r"|made-up|fictitious|muster|beispiel|exemple|ejemplo|esempio)(?: \w+){0,2}"
    r"|kundenkarte|bonuskarte|payback|carte de fidélité|carte vitale|bibliothèque"
    r"|tarjeta de puntos|tarjeta de fidelidad|tessera|spaarkaart|klantenkaart"
    r"|karta (?:stałego klienta|lojalnościowa|biblioteczna)"
    r"|会员卡?|图书卡?|校园卡|充值卡|就诊卡|医保卡|门禁卡|公交卡|SIM卡|手机卡|饭卡"
    r"|一卡通"
    r"|積分卡|积分卡|借书卡|借書證|會員卡|悠遊卡|八達通|加油卡|购物卡|电话卡|油卡"
    r"|not an? (?:\w+ )?card|isn't an? (?:\w+ )?card|样|樣本|示例|測試用|测试卡号",
    "ID": rf"{_REFERENCES}|(?:房产|准考|学生|工作|毕业|结婚|不动产权?|残疾|许可|登记"
    rf"|合格)证"
    r"(?:编?号码?)?|学籍|社保卡号?",
}
# "07 700 900 pounds": what is counted is no number to call.
_COUNTED = re.compile(
    r" ?(?:pounds?|euros?|eur|gbp|usd|pln|kr|francs?|dollars?|yuan|kg|km|mm|cm|ml|m2|m³"
    r"|kwh|people|persons|copies|units|pieces|views|votes|lines|rows|bytes|kb|mb|gb|%"
    r"|percent|times|stück|personen|元|人|次|件|万|公里|千米|个|米)(?![^\W\d_])",
    re.IGNORECASE,
)
_MEMBERS = re.compile(
    r"(?:loyalty|library|member\w*|points|gift|会员|積分|积分|图书|會員)\w*$", re.I
)
_SENTENCE = re.compile(
    r"(?<!no)(?<!nr)(?<!ref)(?<!réf)(?<!num)(?<!\btel)(?<!\bmob)(?<!\brev)(?<!\bver)(?<!\bv)"
    r"(?<!\bart)(?<!\bsec)(?<!\breg)(?<!\bn)(?<!\bnúm)(?<!\bp)[.;!?]\s|[。；！？]",
    re.IGNORECASE,
)
# Behind the number: "is not a card", "as a sample", 不是银行卡
_NEGATED = re.compile(
    r".{0,32}?(?:(?:was|is) (?:only |just )?an? test (?:card|number)"
    r"|not an? (?:\w+ )?(?:card|phone)|isn't an? (?:\w+ )?(?:card|phone)"
    r"|\bno (?:real|valid|actual) card|不是(?:\w{0,3}卡|手机|电话)|(?<!也)非(?:银行"
    r"|銀行)卡"
    r"|(?:made-up|fake|fictitious|printed|standard|usual) (?:sample|number|example)"
    r"|as an? (?:\w+[ -])?(?:sample|example|placeholder|dummy|specimen)"
    r"|\bis (?:just |only )?(?:the|an?) (?:\w+[ -])?(?:sample|placeholder|dummy"
    r"|specimen|example|serial|parcel|tracking|order|booking|library|loyalty|gift)"
    r"|keine (?:\w+ ?)?(?:karte|telefonnummer)|ist nur ein beispiel"
    r"|(?:ce n'|n')?est pas (?:une|un) (?:carte|numéro de tél)|no es (?:una tarjeta"
    r"|un teléfono)|non è (?:una carta|un telefono)|não é (?:um cartão|um telefone)"
    r"|to nie (?:jest )?(?:karta|telefon)|geen (?:bankpas|telefoonnummer)"
    r"|只是\w{0,6}樣本|只是\w{0,6}样例|是(?:订单|快递|会员|流水)\w?号)",
    re.IGNORECASE,
)
_OWN = {kind: re.compile(words, re.I) for kind, words in _OWN.items()}
_OTHERS = {kind: re.compile(words, re.I) for kind, words in _OTHERS.items()}


_NO_ID = re.compile(
    r"[\s,，（(]{0,3}(?:\w{1,6} )?(?:不是|非|并非|isn't|not)[^.。;；]{0,12}(?:身份"
    r"|证|id\b|identity)",
    re.IGNORECASE,
)


def _in_row(text: str, start: int, end: int) -> bool:
    """Tell whether a number is part of a row of numbers, or a short code like 0047."""
    said = text[start:end]
    if re.fullmatch(r"00\d{6,8}", said):
        return not _OWN["PHONE"].search(text[max(0, start - 24) : start])
    pairs = set(map(len, re.findall(r"\d+", said))) == {2}
    return pairs and bool(re.match(r"[ .-]\d\d(?!\d)", text[end : end + 4]))


def is_other(kind: str, text: str, start: int, end: int) -> bool:
    """Tell whether a number is something else than it looks like.

    Args:
        kind: What it looks like.
        text: A plain copy of the text.
        start: Where it begins.
        end: Where it ends, exclusive.
    """
    if kind not in _OTHERS:
        return False
    if kind == "PHONE" and text[start : start + 2].lstrip("(（").startswith("+"):
        return bool(_COUNTED.match(text, end))
    if kind == "PHONE" and re.search(r"\d[ -]$", text[max(0, start - 2) : start]):
        return True  # the middle of a longer number
    if kind == "PHONE" and (_COUNTED.match(text, end) or _in_row(text, start, end)):
        return True
    if kind != "ID" and _NEGATED.match(_SENTENCE.split(text[end : end + 50])[0]):
        return True
    if kind == "ID" and _NO_ID.match(text, end):
        return True
    before = _SENTENCE.split(text[max(0, start - 36) : start])[-1]
    places = [
        max((one.end() for one in pattern[kind].finditer(before)), default=-1)
        for pattern in (_OTHERS, _OWN)
    ]
    gap = before[places[0] :] if places[0] >= 0 else ""
    if kind == "CARD" and _MEMBERS.search(before[: max(places[0], 0)]):
        gap = ""  # "my loyalty number, I think, is …" goes on behind the comma
    # "fax no" is a telephone's, 会员卡 no payment card: both end at the same place
    own = places[1] + (kind == "PHONE")
    return places[0] >= max(own, 0) and not re.search(r"[,，(（]", gap)
