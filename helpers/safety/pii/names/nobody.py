"""What stands behind a label of names and is no person: offices, blanks, things."""

from __future__ import annotations

import re

# One of these words makes it a firm, an office, a blank or a sentence.
_NOBODY = re.compile(
    r"\b(?:unknown|withheld|anonymous|none|not|n/?a|tbc|tbd|tba|see|same|as|no|the|your"
    r"|services?|service|department|dept|team|office|ltd|limited|gmbh|inc|llc|plc"
    r"|llp|ag"
    r"|kg|sarl|s\.?r\.?l|spa|oy|ab|bv|corp|corporation|partners|holdings?|trust"
    r"|foundation|desk|support|reception|centre|center|school|hospital|clinic|bank"
    r"|company|accounts?|manager|sales|council|group|agency|university|college|society"
    r"|association|customer|admissions?|resources|house|street|road|avenue|lane|surgery"
    r"|practice|pharmacy|library|museum|hotel|restaurant|café|cafe|bakery|shop|store"
    r"|warehouse|depot|station|airport|church|club|festival|fair|project|edition"
    r"|product"
    r"|server|database|workflow|pipeline|build|deploy|test|tests|run|install|checkout"
    r"|docker|python|node|image|report|final|draft|version|invoice|order|kettle|bottle"
    r"|lamp|chair|table|battery|cable|mug|shirt|tablet|syrup|cream|pressure|required"
    r"|optional|confidential|redacted|deleted|removed|illegible|enter|insert|type|click"
    r"|first|last|full|print|block|capitals|here|above|below|optional|field|example"
    r"|unbekannt|inconnue?|desconocid[oa]|sconosciut[oa]|nieznan[ya]|desconhecid[oa]"
    r"|onbekend|ukjent|okänd|abteilung|verwaltung|amt|rathaus|zentrale|firma|verein"
    r"|stadtwerke|stadt|gemeinde|landkreis|finanzamt|ayuntamiento|comune|commune|urząd"
    r"|gmina|gemeente|kommune|câmara|municipality|municipal|ministry|ministerium|ville"
    r"|prefettura|préfecture|poczta|post office|police|polizei|policja|fire brigade"
    r"|only|off|under|over|tier|steel|studio|pool|wi-fi|wifi|seat|floor|supplies"
    r"|logistics|systems?|solutions|technologies|software|hardware|media|press|energy"
    r"|electric|insurance|versicherung|assurance|seguros|airlines?|railways?|express"
    r"|returns|orders|billing|payable|payments|reservations|bookings|helpdesk|hotline"
    r"|security|maintenance|facilities|committee|board|management|teams?|crew|class"
    r"|grand|opening|extra|large|belege|wolkig|presses|éditions|edizioni|verlag"
    r"|salad|soup"
    r"|cross|square|laser|mail|gas|airways|motors|mutual|foods?|farms?|garage|clínica"
    r"|mairie|servicio|ufficio|société|entreprise|empresa|ditta|azienda|spółka|dział"
    r"|secretaría|segreteria|secrétariat|sekretariat|accueil|recepción|portineria"
    r"|kundendienst|kundenservice|administración|amministrazione|please|pending|missing"
    r"|blank|various|everyone|nobody|anyone|somebody|staff|family|leave|call|ring"
    r"|allergic|stable|male|female|angry|happy|asked|wants|called|reports|complains"
    r"|inc\.|co\.)(?![\w])",
    re.IGNORECASE,
)
# Words that are part of many a family's name: only all of them together are a thing.
_COMMON = re.compile(
    r"(?:blue|red|green|black|white|golden|silver|grand|royal|old|new|big|little|great"
    r"|north|south|east|west|upper|lower|summer|winter|spring|autumn|market|park|garden"
    r"|gardens|row|hill|hills|bridge|court|lodge|inn|hall|heron|fox|lion|swan|bear"
    r"|river"
    r"|lake|oak|elm|maple|rose|harbour|harbor|ocean|sun|moon|star|city|town|village"
    r"|morning|evening|night|nightly|daily|weekly|monthly|annual|general|special"
    r"|standard|premium|basic|pro|plus|lite|max|mini|super|ultra|alpha|beta|gamma|delta"
    r"|head|second|third|left|right|front|back|top|ground|floor|monday|tuesday"
    r"|wednesday|thursday|friday|saturday|sunday|january|february|march|april|may|june"
    r"|july|august|september|october|november|december|high|low|north|fast|slow"
    r"|in|on|at|to|for|of|and|or|is|it|we|i|he|she|they|still|very|all|any|via|with|by"
    r"|happy|merry|day|week|year|time|hot|cold|warm|cool|fresh|green|tea|coffee|bread"
    r"|born|run|fragile|urgent|express|priority|home|kitchen|bath|bathroom|bedroom|door"
    r"|window|leeds|london|paris|berlin|hamburg|madrid|lisbon|rome|milan|warsaw|dublin"
    r"|york|beijing|shanghai|tokyo|england|france|germany|spain|italy|poland|china"
    r"|japan|ireland|scotland|wales|portugal|norway|sweden|vienna|zurich|geneva|munich"
    r"|penicillin|aspirin|asthma|diabetes|flu|fever|cough|headache|pain|chest|fracture"
    r"|main|central|public|private|national|international|local|digital|online|web"
    r"|mail|email|phone|number|code|file|data|user|users|admin|system|default|null|none"
    r"|true|false|string|int|object|value|key|list|item|items|page|form|text)$",
    re.IGNORECASE,
)
# A label such as "product name", or "name of the ship".
_THING = (
    r"product|file|brand|company|firm|business|trading|domain|host|device|network"
    r"|street|road|place|building|house|school|college|project|event|item|model|dog|cat"
    r"|pet|horse|team|package|server|bank|display|variable|function|table|column|trade"
    r"|code|nick|screen|login|path|font|image|ship|boat|vessel|yacht|medicine|drug"
    r"|medication|room|album|song|track|film|book|paper|journal|band|channel|playlist"
    r"|branch|repo|repository|module|class|method|field|service|job|task|step|workflow"
    r"|stage|cluster|node|bucket|volume|container|pod|namespace|dataset|city|town"
    r"|region"
    r"|country|county|village|river|station|stop|line|shop|store|restaurant|hotel|pub"
    r"|club|organi[sz]ation|institution|agency|department|course|lesson|subject|species"
    r"|plant|variety|cultivar|flower|wine|beer|dish|recipe|game|character|avatar|app"
    r"|application|program|software|printer|wifi|wi-fi|ssid|group|category|tag|label"
    r"|colour|color|size|style|design|pattern|set|kit|part|tool|machine|vehicle|car|bus"
    r"|train|plane|hospital|clinic|surgery|ward|practice|parish|church|street|lane"
    r"|policy|scheme|plan|fund|charity|trust|award|prize|certificate|document|template"
    r"|form|report|sheet|tab|page|site|website|blog|user|process|thread|event|metric"
    r"|alert|test|suite|rule|key|index|schema|view|database|db|artifact|asset|ticket"
    r"|issue|dossier|fichier|rue|ville|entreprise|société|produit|école|navire|chien"
    r"|chat|fichero|archivo|calle|ciudad|empresa|producto|colegio|perro|gato|barco|via"
    r"|prodotto|azienda|ditta|scuola|cane|gatto|nave|ficheiro|rua|cidade|produto|escola"
    r"|cão|barco|firmy|pliku|ulicy|produktu|szkoły|psa|kota|bedrijf|straat|produkt"
    r"|hundes|schiffs|firma|straße|schule|produkts|datei|vereins|hond|school"
)
_THING_BEFORE = re.compile(rf"(?:\b(?:{_THING})(?:['’]?s)?)[ _.-]?$", re.IGNORECASE)
_THING_OF = re.compile(
    r"(?:name|names|nom|nombre|nome|naam|nazwisko|navn|namn)[ _]?"
    r"(?:of|du|de|del|della|dell'|des|der|do|da|van|di)?"
    rf"(?:[ '’][^\W\d_]{{1,12}}){{0,2}}[ '’](?:{_THING})\b",
    re.IGNORECASE,
)


def is_nobody(name: str, small: bool = False) -> bool:
    """Tell whether what looks like a name is an office, a blank or a common phrase.

    Args:
        name: One or more words with capitals.
        small: Whether it is written without capitals, so any common word decides.
    """
    words = re.findall(r"[^\W\d_]+", name)
    if _NOBODY.search(name):
        return True
    common = [bool(_COMMON.match(word)) for word in words]
    return any(common) if small else all(common)


def is_thing(text: str, start: int, label: str) -> bool:
    """Tell whether a label announces the name of a thing.

    Args:
        text: The text.
        start: Where the label begins.
        label: The label and what separates it from the name.
    """
    before = text[max(0, start - 20) : start]
    return bool(_THING_BEFORE.search(before) or _THING_OF.search(label))
