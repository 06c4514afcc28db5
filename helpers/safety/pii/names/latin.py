"""Names in letters that a label announces: "Patient:", "Nom", `full_name=`, 姓名."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helpers.safety.pii.names.han import FAMILY, HAN, han_names
from helpers.safety.pii.names.labels import (
    AGENT_LABEL,
    CIVIL,
    DEGREE,
    MACHINE_PART,
    MACHINE_WHOLE,
    NAME_LABEL,
    ROLE_LABEL,
    TOWARDS,
)
from helpers.safety.pii.names.nobody import is_nobody, is_thing

Found = Iterator[tuple[str, int, int]]

# Latin with the letters of Vietnamese, Greek, Cyrillic.
_UP = "".join(
    chr(i) for i in (*range(0x41, 0x530), *range(0x1E00, 0x2000)) if chr(i).isupper()
)
_LOW = r"[^\W\d_\u2e80-\U0010ffff]"
# Particles, which have no capital.
_PIECE = (
    r"(?:von|van|vom|zu|zur|de|da|der|den|del|della|di|du|des|la|le|las|los|dos|das|do"
    r"|el|al|bin|binti|ibn|bint|abu|y|e|af|av|ter|ten|ap|'t|op|in 't|und zu|i|ben"
    r"|VAN|DE|DER|DEL|VON|DI|DA|DOS|LA|LE|BIN)"
)
# Words that begin the next field of a form, not a part of a name.
_NO_PART = (
    r"(?!(?i:D\.O\.B|N\.O\.K|Tel|Telefon|Telephone|Teléfono|Téléphone|Telefono|Phone"
    r"|Ph|Mobile|Mobil"
    r"|Móvil|Cell|Fax|DOB|Born|Birth|Bday|Room|Date|Datum|Data|Fecha|Age|Aged|E-?Mail"
    r"|Mail|Courriel|Correo|Address|Adresse|Anschrift|Dirección|Indirizzo|Adres|Morada"
    r"|ID|No|Nr|Geb|Geboren|Geburtsdatum|Née?|Nato|Nata|Nacid[oa]|Nascid[oa]"
    r"|Narozen\w*|Født|Född|Geborene?|Ref|Reference|Signed"
    r"|Signature|Position|Role|Title|Nationality|Sex|Gender|Floor|Seat"
    r"|Year|Group|Team|Account|Acct|Konto|Compte|Cuenta|Conto|IBAN|BIC"
    r"|SWIFT|NHS|SSN|VAT|PIN|CVV|CVC|Exp|Expiry|Valid|Amount|Total|Invoice|Order"
    r"|Booking|Flight|Policy|Member|Status|Dept|Department|Company|Relation"
    r"|Relationship"
    r"|Occupation|Passport|Allergies|Diagnosis|Notes?|Comments?|Reason|Please|From"
    r"|To|Re"
    r"|Subject|Betreff|Oggetto|Objet|Asunto|First|Last|Family|Middle|Maiden|Given"
    r"|Surname|Forename|Name|Nom|Prénom|Nombre|Apellidos?|Nome|Cognome|Nazwisko|Imię"
    r"|Vorname|Nachname|Naam|Navn|Namn|Contact|Customer|Patient|Client|Guest|Tenant"
    r"|Employee|Driver|Check-?in|Arrival|Departure|Nights|Adults|Payment|Paid|Due|Sum"
    r"|Purpose|Start|End|Time|Shift|Salary|Badge|Locker|Staff|Username|User"
    r"|Login|Password|URL|Web|Postcode|Zip|Straße|Height"
    r"|Insurance|Versicherung|GP|Doctor|Next|Kin|Urodzon[ya]|PESEL|DNI|NIE"
    r"|NIF|CPF|Tlf|TLF|Telf|Tél|Тел|Телефон|Дата|Адрес|Телефони|Grund|Betrag|Causale"
    r"|Motif|Motivo|Importe|Montant|Importo|Kwota|Tytuł|Née|Type|Level|Code|Kurs|Klasse"
    r"|Classe|Clase|Turma|Klasa|Zimmer|Chambre|Habitación|Pokój)\b\.?(?!'))"
    r"(?![\w-]{1,30} ?[:：=])"
    # these are families' names, too: a number or a colon must follow
    r"(?!(?:Ward|Bed|Class|Street|Grade|Pay|Sum|Site|City|Town|Camera|Country|Blood"
    r"|Weight|Form|Flat|Card)(?:\s?[:：=#]| ?\d| [A-Z]?\d| [A-Z]{2,}\b| (?:no|number)))"
)
# One word of a name: Lee, O'Shea, d'Arcy, al-Rashid, St. Clair.
_WORD = (
    rf"(?:(?:St|Ste|Sta)\. ?)?(?:(?:d|D|l|L|O|al|el|Al|El|ash|as|an|ar)['’-])?"
    rf"[{_UP}](?:['’-]?{_LOW})+(?![0-9_@])"
)
# J. or J.R.R. or a single capital.
_INITIAL = rf"[{_UP}](?:\.(?: ?[{_UP}]\.){{0,3}}|(?![\w'’.@-]))"
_PART = rf"{_NO_PART}(?:{_WORD}|{_INITIAL})"
# William "Bill" Hart
_NICK = rf" [\"“‘'(]{_WORD}[\"”’')]"
_MORE = rf"(?:,? (?:Jr|Sr|Jnr|Snr|II|III|IV)\b\.?|{_NICK}| (?:{_PIECE} ){{0,3}}{_PART})"
_FIRST = rf"(?:{_PIECE} ){{0,2}}{_PART}"
_END_TURNED = r"(?=\s?(?:[.;|/)\]\"'<>}\n\0]|$|,|[-–—(] ?|  )| [a-z0-9]|(?<=\.))"
# OKORO, Grace; the family name in capitals, or what ends the field must follow.
_TURNED = (
    rf"(?:{_PIECE} ){{0,2}}{_NO_PART}[{_UP}]{{2,}}(?:[-'’ ][{_UP}]{{2,}}){{0,2}},"
    rf" {_PART}(?: {_PART}){{0,2}}"
    rf"|(?:{_PIECE} ){{0,2}}{_NO_PART}{_WORD}(?P<two> {_PART})?,"
    rf" {_PART}(?: {_PART}){{0,2}}{_END_TURNED}"
)
_TITLES = rf"(?:(?P<civil>{CIVIL}){{1,2}})?"
_LATIN = rf"(?P<title>{DEGREE}{{1,3}})?{_FIRST}(?P<more>{_MORE}{{1,5}})?"
# Grace 刘, 刘 Grace
_BOTH = rf"{_WORD}(?: {_WORD})? ?{HAN}{{1,3}}(?!{HAN})|{FAMILY} {_WORD}(?: {_WORD})?"
_VALUE = rf"{_TITLES}(?P<latin>(?P<turned>{_TURNED})|(?P<both>{_BOTH})|{_LATIN})"
# Between label and name: a colon, an arrow, a bar, blanks, dots of a form, quotes.
_SEP = (
    r"(?:\*{0,2}\s?(?:[:：=]{1,2}>?|->|=>|→)\*{0,2}\s{0,4}|  +| (?:[-|>–—]|->|→) (?=\S)"
    r"|(?<=[)\]]) |\t+|\s?\|\s?|\s?[._…]{3,40}\s?|\s?\[\s?|\"\s?[:：]\s?|>)"
    r"[\"“„«'‘<_*\[(]{0,3}\s?"
)
# "'s name", "(s)", " 2" between the label's word and its colon.
_SUFFIX = (
    r"(?:['’]?s?(?: (?:full|first|last|sur|family)[ -]?)?(?: ?names?)?"
    r"(?:\(s\)|/s|\(en\))?)"
    r"(?: (?:no\.? ?|nr\.? ?|#)?\d{1,2}(?: of \d{1,2})?| (?:no\.? ?|nr\.? ?|#)\d{1,3})?"
    # contact for returns; name (as in passport); name / 姓名
    r"(?: (?:for|für|pour|para|per|in|at|on|bei|dla|voor) [^\W\d_]+(?: [a-zà-ÿ]+){0,3}"
    r"(?=\s?[:：=]))?"
    r"(?: ?[(（\[][^)）\]]{1,40}[)）\]])?(?: ?/ ?[^\W\d_][\w ]{1,20})?"
)
# Name Patient: ФИО пациента: Name on card:
_WHOSE = r"(?:(?: [^\W\d_]{2,20}){1,3}(?=\s?[:：=]))?"
# "Patient:", "Nom du patient :" and the like.
_LABELLED = re.compile(
    rf"(?<![\w.@/-])(?:(?i:(?P<name>{NAME_LABEL}{_WHOSE})|{ROLE_LABEL}){_SUFFIX}){_SEP}"
    rf"{_VALUE}"
)
# "Soloist:", "Prescription for:": words that only look like a person's.
_AGENT = re.compile(
    rf"(?<![\w.@/-])(?i:{AGENT_LABEL}|{TOWARDS})(?: ?[(（][^)）]{{1,20}}[)）])?"
    rf"\s?[:：]\s{{0,3}}{_VALUE}(?=\s?(?:[.,;|/()\]\"'<>\n\0–—-]|$|  )| [a-z0-9])"
)
# full_name=, "surname": and cn= of programs.
_MACHINE = re.compile(
    rf"(?<![A-Za-z0-9@/])(?i:(?P<part>{MACHINE_PART})|{MACHINE_WHOLE})(?<=[a-z])"
    rf"[\"'\]]{{0,2}}\s{{0,2}}(?:[:=]|=>|->|>)\s{{0,2}}[\"'“\[(]{{0,2}}{_VALUE}",
)
# firstName, customerName: what has no separator before "Name".
_CAMEL = re.compile(
    r"(?<![A-Za-z0-9])(?:(?P<part>first|last|given|family|middle)"
    r"|[a-z]{2,12}[A-Z]?[a-z]{0,12})Name[\"']{0,2}\s{0,2}[:=]\s{0,2}[\"']{0,2}"
    rf"{_VALUE}"
)
# Ann Lee <ann@…> after From, To, Cc; the address is covered by then.
_HEADER = re.compile(
    r"(?:^|[\s|;,>])(?:From|To|Cc|Bcc|Reply-To|Sender|Von|An|De|Para|À|Da|A|Van|Aan"
    rf"|Fra|Til|Från|Till|Od|Do"
    rf"|Kopie): ?[\"']?(?P<latin>{_FIRST}{_MORE}{{1,4}})[\"']? ?"
    r"[<\0(\[]"
)
# A form in capitals without colons: NAME ANN LEE DOB 03/05/1961
_BARE = re.compile(
    r"(?:^|[|;,.\[>] ?)(?:Full name|FULL NAME|(?:(?:[Pp]atient|[Gg]uest|[Pp]ayee"
    r"|[Cc]ustomer"
    r"|[Cc]ontact|[Pp]assenger|[Hh]older|[Rr]ecipient|[Aa]ccount|[Cc]lient"
    r"|[Ss]tudent|[Ss]ender|[Bb]uyer|[Oo]wner|[Dd]river|[Pp]upil) )?"
    r"[Nn]ame|NAME|SURNAME"
    r"|PATIENT NAME|[Nn]aam|[Nn]avn|[Nn]amn"
    r"|PATIENT|PASSENGER|CARDHOLDER|GUEST|Nom|NOM|Nombre|NOMBRE|Nome|NOME"
    r"|Imię i nazwisko"
    rf"|Attn|ATTN|FAO|z\. ?Hd\.|t\.a\.v\.|t\.n\.v\."
    rf"|ten name van|à l'attention de"
    rf"|all'attenzione di) {_TITLES}(?P<latin>{_FIRST}{_MORE}{{1,4}})"
    r"(?=\s?(?:[|;,.(]|$| (?:DOB|dob|TEL|Tel|tel|born|geb|née?|ID|PHONE|phone)))"
)
# NOM LEROY Prénom Agathe Né le …: another field must follow
_FIELDS = re.compile(
    r"(?:^|[\s|;,.])(?:NOM|Nom|Prénom|PRÉNOM|SURNAME|Surname|FORENAME|Forename|Nachname"
    r"|Vorname|Apellidos?|APELLIDOS|Nombre|NOMBRE|Cognome|COGNOME|Nome|NOME|Achternaam"
    rf"|Voornaam|Nazwisko|Imię) (?P<latin>{_FIRST}{_MORE}{{0,3}})(?=\s{{1,3}}(?i:prénom"
    r"|née?\b|born|dob\b|date|geb|vorname|tel|tél|nombre|nome\b|imię|age|sexe?\b|given"
    r"|forename|first|email|fecha|data\b|f\. ?nac|ur\.|voornaam|nascid|nat[oa]\b))"
)
# "full name: desmond achterberg", typed without capitals
_SMALL = re.compile(
    r"(?<![\w-])(?i:(?:full|your|first and last|patient|customer|guest|contact|holder"
    r"|passenger|child'?s?|pupil'?s?|student)[ _-]?name|full_name|name and surname"
    r"|nombre y apellidos|nom et prénom|imię i nazwisko|nome e cognome"
    r"|vor- und nachname"
    r"|nombre completo|nome completo|(?<![\w ])name)\s?[:=]\s?[\"']?"
    rf"(?P<latin>[a-zà-ÿ]{{2,16}}(?:[ -](?:{_PIECE} )?[a-zà-ÿ'’-]{{2,20}}){{1,2}})"
    r"(?=[\"']?\s?(?:[,;|/)\]}]|$|\. |- |\n))"
)
# Further names after a label in the plural: "Attendees: Ann Lee, Bob Ray and Cy Fox"
_PLURAL = re.compile(
    r"(?:names|name(?=\(s\))|tenants|guests|passengers|attendees?|participants?"
    r"|parents|pupils|students"
    r"|present|members|witnesses|teilnehmer|mieter|gäste|participants|présents"
    r"|asistentes"
    r"|partecipanti|uczestnicy|owners|holders|applicants|drivers|signatories|insured"
    r"|patients|children|crew|travellers|mieter(?:innen)?|élèves|alumnos|inquilinos)"
    r"(?:\([^)]{1,20}\))?\W{1,4}$",
    re.IGNORECASE,
)
# "Contact name:" says name, though it begins with a role.
_SAYS_NAME = re.compile(r" name['\"]?\s?[:：]\s{0,3}$", re.IGNORECASE)
# Labels that ask for the family name first.
_ORDER = re.compile(
    r"apellidos?,? (?:y )?nombre|cognome e nome|nazwisko i imię|nom,? (?:et )?prénom"
    r"|name,? vorname|surname|last|nach- und vor|familienname|family",
    re.IGNORECASE,
)
_NEXT = re.compile(
    rf"(?:, (?:and )?| and | & | / |; | und | et | y | e | i | og )"
    rf"(?P<latin>{_FIRST}{_MORE}{{1,4}})(?=[.,;/)|&]|$| and | und | et | y | i )"
)


def labelled_names(text: str) -> Found:
    """Find names that a label announces, in Latin, Greek, Cyrillic and Chinese script.

    Args:
        text: A plain copy of the text.

    Yields:
        "NAME" and the place, degrees such as "Dr." included, "Mr" and "Frau" not.
    """
    yield from han_names(text)
    for pattern in (_LABELLED, _MACHINE, _CAMEL, _AGENT):
        for match in pattern.finditer(text):
            if _is_name(pattern, match, text):
                start, end = match.span("latin")
                label = text[match.start() : start]
                if match["two"] and not _ORDER.search(label):  # Ann Lee, Hamburg
                    end = match.end("two")
                yield "NAME", start, end
                yield from _further(text, start, end)
    for pattern in (_HEADER, _BARE, _FIELDS, _SMALL):
        for match in pattern.finditer(text):
            small = pattern is _SMALL
            if not is_nobody(match["latin"], small=small) and not is_thing(
                text, match.start(), match[0][: match.start("latin") - match.start()]
            ):
                yield "NAME", *match.span("latin")


def _is_name(pattern: re.Pattern, match: re.Match, text: str) -> bool:
    """Tell whether what follows a label is a person."""
    groups = match.groupdict()
    label = text[match.start() : match.start("latin")]
    one_word = not (match["more"] or match["turned"] or match["both"])
    if one_word and not (match["title"] or match["civil"]):
        if not (groups.get("name") or groups.get("part") or _SAYS_NAME.search(label)):
            return False
        # `name=Nightly` is a program's; a lone initial is nobody's name
        program = pattern is _LABELLED and re.search(r"name\"?\s?=", label)
        if program or len(match["latin"].rstrip(".")) < 2:
            return False
    if pattern is _AGENT and is_thing(label.rstrip(" :："), len(label), ""):
        return False
    if is_nobody(match["latin"]):
        return False
    # "Room booked by:" is said of a person, "room name:" is not
    role = pattern is _LABELLED and not groups["name"]
    return not is_thing(text, 0 if role else match.start(), label)


def _further(text: str, start: int, end: int) -> Found:
    """Yield the other names of a list whose label stands in the plural."""
    if not _PLURAL.search(text[max(0, start - 40) : start]):
        return
    while match := _NEXT.match(text, end):
        if is_nobody(match["latin"]):
            return
        yield "NAME", *match.span("latin")
        end = match.end()
