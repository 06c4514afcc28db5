"""Addresses of machines on the internet, however written; versions are left alone."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

Found = Iterator[tuple[str, int, int]]

# 203.0.113.9, perhaps glued to a word as in "ip203.0.113.9", with a prefix length.
_V4 = re.compile(
    r"(?:(?<![0-9A-Za-z])|(?<=ip)|(?<=IP))(?<!\d[.,])(?P<body>\d{1,3}(?:\.\d{1,3}){3})"
    r"(?!\.?\d)(?![A-Za-z])(?P<prefix>/\d{1,2}(?!\d))?",
    re.ASCII,
)
# 2001:db8::9, also ::ffff:203.0.113.9; brackets, port and zone stay outside.
_V6 = re.compile(
    r"(?<![0-9A-Za-z])(?P<body>[0-9A-Fa-f]*[:：][0-9A-Fa-f:：]++"
    r"(?:\.\d{1,3}){0,3})(?P<tail>[0-9A-Za-z]*)"
    r"(?:%\w[\w~-]*)?(?P<prefix>/\d{1,3}(?!\d))?",
    re.ASCII,
)
# Defanged or spelled: 203[.]0[.]113[.]9, 203 dot 0 dot 113 dot 9, 203 . 0 . 113 . 9
_DOT_WORD = r"dot|point|punkt|punto|ponto|punt|kropka|点|點"
_DOT = (
    rf"(?: ?[(\[{{（] ?(?:\.|{_DOT_WORD}) ?[)\]}}）] ?| (?:{_DOT_WORD}) | ?[点點] ?|。"
    r"| \. ?|\. |,)"
)
_ODD = re.compile(
    rf"(?<![\d.])(?P<body>\d{{1,3}}(?:(?:{_DOT}|\.)\d{{1,3}}){{3}})(?![.,]?\d)",
    re.IGNORECASE | re.ASCII,
)
_SURE = re.compile(rf"[(\[{{（]|{_DOT_WORD}", re.I)
_CUE = re.compile(r"\bip|addr|host|server|地址|服务器|主机|来源|登录", re.I)
# 2001[:]db8[:][:]9 and hxxp-like spellings with brackets around colons
_ODD_V6 = re.compile(
    r"(?<![0-9A-Za-z:])[0-9A-Fa-f]{1,4}(?:\[:\]|:|\[::\]){1,2}"
    r"(?:[0-9A-Fa-f]{1,4}(?:\[::\]|\[:\]|:){0,2}){1,7}(?![0-9A-Za-z])",
    re.ASCII,
)

# The nearest of these words before four numbers with dots decides what they are.
_MACHINE = re.compile(
    r"\bips?\b|ip[ _-]?addr|ip地址|address|adres|\bhosts?\b|server|log(?:ged|in|ins)?\b"
    r"|\bsrc|\bdst|source|peer|client[=:]|client ip|remote|gateway|\bdns\b|\bping"
    r"|\bssh\b|https?"
    r"|proxy|router|dhcp|\bfrom\b|\bvon\b|\bdepuis|\bdesde\b|\bdalla?\b|\bde l'ip\b"
    r"|listen|connect|traffic|attack|firewall|\bvpn\b|wifi|wi-fi|\bscan|\bblock|\bban\b"
    r"|banned|curl|telnet|nmap|traceroute|whois|session|request|\bhit|visitor|origin"
    r"|verbindung|anmeldung|rechner|zugriff|connexion|serveur|conexi|servidor|acess"
    r"|connessione|serwer|połącz|adresse|direcci|indirizz|endere[cç]o|maskin|tjener"
    r"|登录|登入|地址|位址|服务器|伺服器|来自|來自|网关|主机|主機|连接|攻击|访问|爆IP"
    r"|来源|封禁|拉黑|\bIP",
    re.I,
)
_VERSION = re.compile(
    r"version|firmware|patch|update|upgrade|\bbuild|release|driver|kernel|\bbios\b"
    r"|\bv\.?$|\brev\b|\bver\b|fixed in|clause|chapter|section|paragraph|article"
    r"|\bann?ex|appendix|§|schema|\boid\b|rule\b|para\b|item\b"
    r"|\bip range|\brange\b|\bpool\b|\bnetz\b|\bbereich|\brange\b|\bred\b|réseau"
    r"|deploy|\btag\b|rollback|downgrade|plug-?in|\bapp\b|software|browser|chrome"
    r"|\bios\b|android|windows|macos|linux|ubuntu|postgres|python|\bjava|openssl|系统"
    r"|\bos\b|\bboard\b|engine|library|package|module"
    r"|temperature|outline|figure|\bnet-?mask|subnet|\bnetwork\b|kapitel|abschnitt"
    r"|versión|versione|wersj|versão|verze|chapitre|mise à jour|màj\b|aktualisier"
    r"|actualizaci|aggiornament|aktualizacj|atualiza|bijgewerkt|oppdater|uppdater"
    r"|versie|versjon|fassung|ausgabe|верси|обновл|toolkit|\bsdk\b|\bapi\b"
    r"|第|版本|固件|升级|更新|退回|回退|升級|韌體|客户端|驱动|驅動|补丁|章节|条款|条|节"
    r"|网段|網段|掩码|遮罩",
    re.I,
)
_V_BEFORE = re.compile(r"(?:\bv|版本|ver)[. :：]{0,2}$", re.I)
_UNIT = re.compile(
    r"\s?(?:hours|minutes|°|kg\b|EUR|€|版|章|节|条|升级|固件|firmware|release|build"
    r"|update)",
    re.I,
)
_RESOLVERS = {
    *"1.1.1.1 1.0.0.1 8.8.8.8 8.8.4.4 9.9.9.9 149.112.112.112 208.67.222.222".split(),
    *"208.67.220.220 114.114.114.114 223.5.5.5 223.6.6.6 119.29.29.29".split(),
    *"180.76.76.76 1.2.3.4 114.114.115.115 94.140.14.14 94.140.15.15".split(),
    *"1.1.1.2 1.1.1.3 9.9.9.10 4.2.2.1 4.2.2.2 64.6.64.6 168.95.1.1".split(),
    *"2001:4860:4860::8888 2001:4860:4860::8844 2620:fe::fe 2620:fe::9".split(),
    *"2606:4700:4700::1111 2606:4700:4700::1001 2400:3200::1".split(),
}
# Private, shared, link-local, loopback, multicast and reserved: RFC 6890.
_NOBODYS = [
    ipaddress.ip_network(one)
    for one in "::/127 0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 "
    "172.16.0.0/12 "
    "192.168.0.0/16 224.0.0.0/3 fe80::/10 fc00::/7 ff00::/8".split()
]
_SENTENCE = re.compile(r"[.;!?]\s|[。；！？]")


def odd_addresses(text: str) -> Found:
    """Find IP addresses, also those with brackets, words or blanks in their dots.

    Args:
        text: A plain copy of the text.

    Yields:
        "IP", or "NOBODY" for what looks like one, with its place; the port and the
        prefix length behind it stay outside.
    """
    for match in _V6.finditer(text):
        if match["tail"] or len(match["body"]) > 50:
            continue
        yield from _six(match)
    for match in _V4.finditer(text):
        body = match["body"]
        if max(map(int, body.split("."))) < 256:
            version = _is_version(text, match.start("body"), match.end(), body)
            nobody = version or _is_nobodys(body, match["prefix"])
            yield "NOBODY" if nobody else "IP", *match.span("body")
    for match in _ODD.finditer(text):
        parts = re.findall(r"\d+", match[0])
        high = max(map(int, parts))
        spaced = match[0].count(" . ") == 3 and high > 63
        cue = _CUE.search(text[max(0, match.start() - 20) : match.start()])
        plain = ".".join(str(int(one)) for one in parts)
        odd = set(match[0]) & set(" [({（,。点點")
        if high < 256 and odd and (spaced or cue or _SURE.search(match[0])):
            yield "NOBODY" if _is_nobodys(plain, None) else "IP", *match.span()
    for match in _ODD_V6.finditer(text) if "[:" in text else ():
        plain = re.sub(r"[\[\]]", "", match[0])
        if "[" in match[0] and _is_address(plain):
            yield "IP", *match.span()


def _is_address(text: str) -> bool:
    try:
        return any(map(str.isdigit, text)) and bool(ipaddress.ip_address(text))
    except ValueError:
        return False


def _six(match: re.Match) -> Found:
    """Yield an IPv6 address, without a colon of the sentence before or after it."""
    body, place = match["body"].replace("：", ":"), match.start("body")
    for first, last in ((0, 0), (1, 0), (0, 1), (1, 1)):
        plain = body[first : len(body) - last]
        if _is_address(plain):
            nobody = _is_nobodys(plain, match["prefix"])
            yield "NOBODY" if nobody else "IP", place + first, place + len(body) - last
            return


def _is_nobodys(plain: str, prefix: str | None) -> bool:
    """Tell whether an address is private, a public resolver or a whole network.

    Args:
        plain: The address, as the standard library reads it.
        prefix: What follows it, such as "/24".
    """
    try:
        address = ipaddress.ip_address(plain)
    except ValueError:  # leading zeros
        return False
    if prefix and int(prefix[1:]) < address.max_prefixlen:
        try:  # 203.0.113.9/24 is a machine with its net, 203.0.113.0/24 is the net
            whole = ipaddress.ip_interface(plain + prefix)
        except ValueError:
            return True
        if whole.ip == whole.network.network_address:
            return True
    if address.version == 4 and plain.endswith((".0", ".255")):
        return True  # a network, or the address of all of its machines
    inside = any(address in net for net in _NOBODYS if net.version == address.version)
    return inside or str(address) in _RESOLVERS


def _is_version(text: str, start: int, end: int, body: str) -> bool:
    """Tell from the words around four numbers whether they are a version."""
    before = _SENTENCE.split(text[max(0, start - 60) : start])[-1]
    if _UNIT.match(text, end) or _V_BEFORE.search(before):
        return True
    places = [
        max((one.end() for one in pattern.finditer(before)), default=-1)
        for pattern in (_VERSION, _MACHINE)
    ]
    first, second, *_ = map(int, body.split("."))
    small = first < 32 and second < 64  # as the parts of a version are
    if re.search(r"@$|://$|\[$", text[max(0, start - 3) : start]):
        return False
    if small and (places[0] >= 0 or places[1] < 0):
        return True
    return places[0] > places[1]
