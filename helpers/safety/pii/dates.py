"""How dates are written, in some twenty languages: one pattern for all of them."""

from __future__ import annotations

# Month names and their short forms, in the case that a date takes.
_MONTHS = (
    # English, German, Dutch, Norwegian, Danish, Swedish
    "january jan february feb march mar april apr may june jun july jul august aug"
    " september sept sep october oct november nov december dec"
    " januar jänner februar feber märz maerz mrz mai juni juli oktober okt dezember dez"
    " januari februari maart mrt mei augustus mars marts maj augusti desember des"
    # French, Spanish, Italian, Portuguese, Romanian
    " janvier janv février fevrier févr fév avril avr juin juillet juil août aout"
    " septembre octobre novembre décembre decembre déc"
    " enero ene febrero marzo abril abr mayo junio julio agosto ago septiembre"
    " setiembre octubre noviembre diciembre dic"
    " gennaio gen febbraio aprile maggio mag giugno giu luglio lug settembre sett set"
    " ottobre ott dicembre"
    " janeiro fevereiro fev março marco maio junho julho setembro outubro out novembro"
    " dezembro"
    " ianuarie februarie martie aprilie iunie iulie septembrie octombrie noiembrie"
    " decembrie"
    # Polish, Czech, Turkish, Hungarian, Finnish
    " stycznia styczeń sty luty lutego lut marca marzec kwietnia kwiecień kwi maja"
    " czerwca czerwiec cze lipca lipiec lip sierpnia sierpień sie września wrzesień wrz"
    " października październik paź listopada listopad lis grudnia grudzień gru"
    " ledna února března dubna května června července srpna září října listopadu"
    " prosince"
    " ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık"
    " január február március április május június július augusztus szeptember október"
    " tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta"
    " elokuuta syyskuuta lokakuuta marraskuuta joulukuuta"
    # Russian, Ukrainian, Greek
    " января февраля марта апреля мая июня июля августа сентября октября ноября"
    " декабря янв фев мар апр авг сен окт ноя дек"
    " січня лютого березня квітня травня червня липня серпня вересня жовтня листопада"
    " грудня"
    " ιανουαρίου φεβρουαρίου μαρτίου απριλίου μαΐου ιουνίου ιουλίου αυγούστου"
    " σεπτεμβρίου οκτωβρίου νοεμβρίου δεκεμβρίου"
)
MONTH = (
    rf"(?:{'|'.join(sorted(set(_MONTHS.split()), key=lambda one: (-len(one), one)))})"
    r"(?![^\W\d_])\.?"
)
_UNIT = "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth"
_ORDINAL = (
    # 3, 3rd, 3º, 3., 3:e, 3-го; the words of the days of a month
    r"(?:\d{1,2}(?:st|nd|rd|th|er|ro|º|°|ª|\.|:e|e|ter|ten|-го|-е)?(?!\d)"
    rf"|(?:twenty|thirty)[- ](?:{_UNIT})|{_UNIT}|tenth|eleventh|twelfth|thirteenth"
    r"|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth"
    r"|thirtieth|primo|premier|primero|primeiro|ersten?|dritten?|siebten?"
    # German, French, Spanish, Italian number words before a month's name
    r"|(?:ein|zwei|drei|vier|fünf|sechs|sieben|acht|neun)?(?:und)?(?:zwanzig|dreißig)"
    r"sten?|(?:zwei|vier|fünf|sechs|ach|neun|zehn|elf|zwölf|(?:drei|vier|fünf|sech|sieb"
    r"|acht|neun)zehn)ten?"
    r"|deux|trois|quatre|cinq|six|sept|huit|neuf|dix(?:-sept|-huit|-neuf)?|onze|douze"
    r"|treize|quatorze|quinze|seize|vingt(?:[- ]et[- ]un|-\w+)?|trente(?:[- ]et[- ]un)?"
    r"|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|trece|catorce"
    r"|quince|dieciséis|diecisiete|dieciocho|diecinueve|veinte|veinti\w+|treinta(?: y"
    r" uno)?|due|tre|quattro|cinque|sei|sette|otto|nove|dieci|undici|dodici|tredici"
    r"|quattordici|quindici|sedici|diciassette|diciotto|diciannove|venti\w*|trenta"
    r"|trentuno)"
)
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_SMALL = (
    r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen"
    r"|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
)
YEAR_WORDS = (
    # nineteen sixty-one, two thousand and four, twenty ten
    rf"(?:nineteen|twenty)[ -](?:hundred (?:and )?)?(?:(?:{_TENS})(?:[ -](?:{_SMALL}))?"
    rf"|oh[ -](?:{_SMALL})|{_SMALL})(?![a-z])"
    rf"|two thousand(?: and)?(?: (?:{_TENS})(?:[ -](?:{_SMALL}))?| (?:{_SMALL}))?"
    r"(?![a-z])"
    # neunzehnhunderteinundsechzig, mil neuf cent soixante et un, mil novecientos diez
    r"|(?:neunzehnhundert|zweitausend)\w{0,24}"
    r"|mil(?:le)? neuf cents?(?:[ -](?:et|\w+)){1,4}?(?=[ ,.;)]|$)"
    r"|mil novecientos(?: \w+(?: y \w+)?)?|dos mil(?: \w+)?"
    r"|millenovecento\w{0,20}|duemila\w{0,20}"
)
YEAR = rf"(?:(?:(?:19|20|18|17)\d\d|'\d\d|\d\d)(?!\d)|{YEAR_WORDS})"
_OF = r"(?:of |de |del |d'|di |do |des Jahres )?"

_C = "[0-9〇零一二三四五六七八九十廿卅元正冬腊臘]"
_D = "〇零一二三四五六七八九○"
_ZH_MONTH = rf"(?:闰?{_C}{{1,3}}|正|腊|臘|冬) ?月"
_ZH_DAY = rf" ?(?:初[一二三四五六七八九十]|{_C}{{1,3}} ?[日号號]?)"
_CALENDAR = "(?:农历|阴历|阳历|公历|旧历|農曆|陰曆|國曆)"
_ERA = "(?:民国|民國|昭和|平成|令和|大正|明治)"
_S = r" ?[-/.] ?"
DATE = (
    rf"(?:\d{{4}}(?:{_S}|  ?|, )\d{{1,2}}(?:{_S}|  ?|, )\d{{1,2}}(?!\d)"  # 1961-05-12
    rf"|\d{{1,2}}{_S}\d{{1,2}}{_S}\d{{4}}(?!\d)|\d{{1,2}}{_S}\d{{1,2}}{_S}'?\d\d(?!\d)"
    r"|\d{1,2} \d{1,2} (?:19|20)\d\d(?!\d)"
    r"|\d\d ?\| ?\d\d ?\| ?(?:19|20)\d\d(?!\d)"  # boxes of a form
    rf"|\d{{1,2}}{_S}(?-i:[IVX]{{1,4}}){_S}\d{{2,4}}(?!\d)"  # 12.V.1961
    rf"|\d{{4}}{_S}(?-i:[IVX]{{1,4}}){_S}\d{{1,2}}(?!\d)"
    r"|\d{1,2} (?-i:[IVX]{1,4}) \d{4}"
    rf"|{_ORDINAL}[ ./-]{{0,3}}{_OF}{MONTH}(?:[ ,./-]{{0,3}}{_OF}{YEAR})?"  # 12 May 61
    rf"|{MONTH}[ -]?(?:the )?{_ORDINAL}(?:,?[ -]?{_OF}{YEAR})?"  # May 12th, 1961
    rf"|{MONTH}[ -]?{_OF}(?:(?:19|20)\d\d|'\d\d)"  # May 1961
    rf"|(?:19|20)\d\d[-,./ ]{{1,2}}{MONTH}[ -]{_ORDINAL}"  # 1961, May 12
    rf"|(?:19|20)\d\d,? {_ORDINAL} {MONTH}|(?:19|20)\d{{6}}(?!\d)"
    rf"|(?:{_ERA}{_C}{{1,4}}|'?(?:\d{{4}}|\d\d|[{_D}]{{4}}|[{_D}]{{2}})) ?年"
    rf"(?: ?{_CALENDAR}? ?{_ZH_MONTH}(?:{_ZH_DAY})?)?"  # 一九六一年, 平成2年3月4日
    rf"|{_ERA}{_C}{{1,3}}[./-]\d{{1,2}}[./-]\d{{1,2}}(?!\d)"
    rf"|{_ZH_MONTH}{_ZH_DAY}"
    r"|\d{4}년(?: ?\d{1,2}월(?: ?\d{1,2}일)?)?"  # Korean
    r"|\d{4}[-/.]\d{1,2}(?!\d)|\d{1,2}[-/.](?:19|20)\d\d(?!\d))"
)
# After a strong word only: 170662, 0917, 17/06, and S36.5.12 of a Japanese era.
SHORT = (
    r"(?:[MTSHR]\d{1,2}[./-]\d{1,2}[./-]\d{1,2}"
    r"|(?:\d{6}|\d{4}|\d{1,2}[./-]\d{1,2})(?![\d./-]\d|\d))"
)
