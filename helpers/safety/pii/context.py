"""What the words around a number say it is: an order, a version, nobody's address."""

from __future__ import annotations

import ipaddress
import re

_REFERENCES = (
    r"\border|booking|reservation|serial|invoice|tracking|parcel|shipment|ticket"
    r"|\bpolicy"
    r"|contract|reference|\bref\b|\bcase\b|batch|\blot\b|\bpart\b|item|article"
    r"|\bsku\b|\bmodel"
    r"|imei|iccid|isbn|\bean\b|barcode|meter|licen[cs]e|registration|voucher|coupon"
    r"|\bvat\b|\btax\b|receipt|docket|claim"
    r"|\bnhs\b|\bssn\b|\bcpf\b|\bsiret\b|\bsiren\b|\bnif\b|\bpesel\b|\bpartita iva"
    r"|\biccid|\bvin\b"
    r"|rechnung|bestell|auftrag|vertrag|aktenzeichen|sendung|artikel|serien|steuer"
    r"|beleg|vorgang|zähler|facture|commande|colis|dossier|\bréf|contrat|suivi|série"
    r"|factura|pedido|envío|expediente|fattura|ordine|pratica|spedizione|fatura"
    r"|encomenda|processo|faktur|zamówien|przesyłk|umow|\bordre\b|\bsak\b"
    r"|订单|单号|流水|编号|批号|货号|运单|发票|合同|保单|受理|回执|序列号|条码|条形码"
    r"|票号|案号|税号|信用代码|型号|設備|设备号|車架|车架|图书|訂單|編號"
)
_NUMBERS = r"\bno\b|\bnr\b|\bnúm\b|\bn[°º]"
_PHONE = (
    r"phone|\bfone|\btel\b|t[ée]l[ée]f|tél|mobile|\bmob\b|\bcell|handy|m[óo]vil|celular"
    r"|portable|cellulare|komórk|\bkom\b|\btlf|fax|\bcall|\bring|\btext|\bsms\b"
    r"|whats ?app|\bdial|hotline|helpline|landline|voicemail|reach|\bline\b"
    r"|rückruf|anruf|erreich|appel|joindre|ll[aá]m|chiam|zadzwo|\bring\b|kontakt"
    r"|电话|手机|手機|電話|联系方式|座机|固话|致电|来电|拨|热线|传真|电联|短信|打|号码"
)
_OWN = {
    "PHONE": rf"(?:{_PHONE})\w*[ .-]{{0,2}}(?:{_NUMBERS}|number|nummer|num[eé]ro|número"
    rf"|numer)?",
    "CARD": r"(?<!library )(?<!loyalty )(?<!gift )(?<!member )(?<!membership )card\b"
    r"|karten?|carte|tarjeta|cart[aã]|kort|visa|mastercard|amex|\bpan\b"
    r"|银联|卡",
    "ID": r"身份证|证件|证号|旧证|身分證|\bID\b|identity",
}
_OTHERS = {
    "PHONE": rf"{_REFERENCES}|customer|account|member|meeting id|passport|{_NUMBERS}"
    r"|kunden|client|cliente|会员号|群号|会议号|门诊号"
    r"|[学工床表户箱件料房座车串序]号|档案号|[考病住就]\w{1,2}号|凭证|QQ"
    r"|挂号|账号|帐号"
    r"|卡号|验证码|邮编|余额|金额|体检",
    "CARD": rf"{_REFERENCES}|\bpass\b|member(?:ship)?\b|library|loyalty|gift|(?:sample"
    rf"|specimen|dummy)(?: \w+){{0,2}}"
    r"|会员卡?|图书卡?|校园卡|充值卡|就诊卡|医保卡|门禁卡|公交卡|SIM卡|手机卡|饭卡|一卡通"
    r"|not an? (?:\w+ )?card|isn't an? (?:\w+ )?card|样",
    "ID": _REFERENCES,
}
_SENTENCE = re.compile(
    r"(?<!\bno)(?<!\bnr)(?<!\bref)(?<!\btel)(?<!\bmob)(?<!\brev)(?<!\bver)(?<!\bv)"
    r"(?<!\bart)(?<!\bsec)[.;!?]\s|[。；！？]",
    re.IGNORECASE,
)
_NEGATED = re.compile(
    r".{0,24}?(?:not an? (?:\w+ )?card|isn't an? (?:\w+ )?card|不是(?:\w{0,2}卡"
    r"|手机|电话)"
    r"|keine (?:\w+)?karte|pas une carte|no es una tarjeta)",
    re.IGNORECASE,
)
_OWN = {kind: re.compile(words, re.I) for kind, words in _OWN.items()}
_OTHERS = {kind: re.compile(words, re.I) for kind, words in _OTHERS.items()}


def is_other(kind: str, text: str, start: int, end: int) -> bool:
    """Tell whether a number is nobody's, or something else than it looks like.

    Args:
        kind: What it looks like.
        text: A plain copy of the text.
        start: Where it begins.
        end: Where it ends, exclusive.
    """
    if kind == "IP":
        return _is_no_machine(text, start, end)
    if kind not in _OTHERS:
        return False
    if kind == "PHONE" and re.search(r"\d[ -]$", text[max(0, start - 2) : start]):
        return True  # the middle of a longer number
    if kind != "ID" and _NEGATED.match(_SENTENCE.split(text[end : end + 50])[0]):
        return True
    before = _SENTENCE.split(text[max(0, start - 36) : start])[-1]
    places = [
        max((one.end() for one in pattern[kind].finditer(before)), default=-1)
        for pattern in (_OTHERS, _OWN)
    ]
    gap = before[places[0] :] if places[0] >= 0 else ""
    return places[0] >= max(places[1], 0) and not re.search(r"[,，(（]", gap)


# The nearest of these words before four numbers with dots decides what they are.
_MACHINE = re.compile(
    r"\bips?\b|ip地址|address|adresse|\bhost|server|log(?:ged|in|ins)?\b"
    r"|\bsrc|\bdst|gateway|\bdns\b|\bping|\bssh\b|https?|proxy|router|dhcp"
    r"|listen|connect|traffic|attack|firewall|\bvpn\b|wifi|\bscan"
    r"|登录|地址|服务器|来自|网关|主机|连接|攻击|访问|爆IP|\bIP",
    re.I,
)
_VERSION = re.compile(
    r"version|firmware|patch|update|upgrade|\bbuild|release|driver|kernel|\bbios\b"
    r"|\bv\.?$|\brev\b|\bver\b|fixed in|clause|chapter|section|paragraph|article"
    r"|\bann?ex|appendix|§"
    r"|deploy|\btag\b|rollback|downgrade|plug-?in|\bapp\b|software|browser|chrome"
    r"|\bios\b|android|windows|macos|linux|ubuntu|postgres|python|\bjava|openssl|系统"
    r"|temperature|outline|figure|\bnet-?mask|subnet|\bnetwork\b|kapitel|abschnitt"
    r"|versión|versione|wersj|versão|chapitre|section|第|版本|固件|升级|更新|退回|回退"
    r"|客户端|驱动|补丁|章节|条款|条|节|网段|掩码",
    re.I,
)
_UNIT = re.compile(r"\s?(?:hours|minutes|°|kg\b|EUR|€|版|章|节|条|升级|固件)", re.I)
_RESOLVERS = {
    *"1.1.1.1 1.0.0.1 8.8.8.8 8.8.4.4 9.9.9.9 149.112.112.112 208.67.222.222".split(),
    *"208.67.220.220 114.114.114.114 223.5.5.5 223.6.6.6 119.29.29.29".split(),
    *"180.76.76.76 1.2.3.4 2001:4860:4860::8888 2001:4860:4860::8844".split(),
    *"2606:4700:4700::1111 2606:4700:4700::1001".split(),
}
# Private, shared, link-local, loopback, multicast and reserved: RFC 6890.
_NOBODYS = [
    ipaddress.ip_network(one)
    for one in "::/127 0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 "
    "172.16.0.0/12 "
    "192.168.0.0/16 224.0.0.0/3 fe80::/10 fc00::/7 ff00::/8".split()
]


def _is_no_machine(text: str, start: int, end: int) -> bool:
    """Tell whether an IP address is a version, a network, private or a resolver."""
    said = text[start:end]
    if re.search(r"/(?!32$|128$)\d+$", said) or _UNIT.match(text, end):
        return True
    if _nobodys(said):
        return True
    if ":" in said.split(":", 1)[-1] or said.startswith("["):
        return False  # IPv6 is no version
    before = _SENTENCE.split(text[max(0, start - 60) : start])[-1]
    places = [
        max((one.end() for one in pattern.finditer(before)), default=-1)
        for pattern in (_VERSION, _MACHINE)
    ]
    return places[0] > places[1] or bool(re.search(r"\bv\.? ?$", before, re.I))


def _nobodys(said: str) -> bool:
    plain = re.sub(r"/\d+$|%\w+", "", said.replace("：", ":"))
    plain = re.sub(r"\](?::\d+)?$|^\[", "", plain)
    if plain.count(":") == 1:
        plain = plain.split(":")[0]
    plain = re.sub(r"[^0-9A-Fa-f:.]+", ".", plain) if ":" not in plain else plain
    plain = re.sub(r"\.{2,}", ".", plain)
    try:
        address = ipaddress.ip_address(plain)
    except ValueError:
        return False
    inside = any(address in net for net in _NOBODYS if net.version == address.version)
    return inside or str(address) in _RESOLVERS
