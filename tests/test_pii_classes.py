"""The filter's classes of spellings, by kind and language, and their look-alikes.

One line a case: what is found stands between two bars, and the kind before them.
"""

import time

import pytest

from helpers.safety import numbers, pii

FOUND = """
NAME|customer_name=|Ottilie Brandvold|;tier=2
NAME|first_name=|Yusuf|&x=1
NAME|<author>|Benedikt Sommer|</author>
NAME|cn=|Marit Solheim|,ou=People
NAME|"patientName": "|Rosa Velez|"
NAME|Name of the insured: |Leocadia Brandt|. Policy
NAME|Name (as in passport): |XU Wenqian|
NAME|Full name (block capitals) |EILEEN NI MHAOLAIN|
NAME|Customer: |OKORO, Grace|
NAME|Student: |Mwangi, Esther W.| / mark
NAME|Cardholder: MR |T A BRANNIGAN|, valid
NAME|Ansprechpartnerin: Frau |Dr. Lena Groß|
NAME|Patient: |Mohammed bin Rashid Al-Farsi|
NAME|Naam: |Sjoerd van der Plas| / huisarts
NAME|Titulaire : M. |Gaspard Leroux|
NAME|A favore di: |Ottavia Brambati| IBAN
NAME|full name: |desmond achterberg|, cash
NAME|From: |Ann Lee| <list only>
NAME|Имя: |Галина Шевцова|, возраст
NAME|ПІБ: |Коваленко Оксана Петрівна|;
NAME|Imię i nazwisko: |Bożena Świerczyńska|, wiek
NAME|Jméno a příjmení: |Karel Dvořák|
NAME|Müşteri: |Gülşen Yıldırım|
NAME|Név: |Kovács Eszter|;
NAME|Όνομα: |Ελένη Παπαδοπούλου|
NAME|氏名：|高橋 美咲| 電話
NAME|성명: |박지훈| 님
NAME|患者姓名|郭子豪|，今晚换药
NAME|收款人：|Odile Marchetti|，原因
NAME|联系人: |Grace 刘|; 备注
NAME|联系人：|陈美玲|女士
NAME|Soloist: |Mikko Aalto|; Piece: Evening Song
NAME|Prescription for: |Leopold Quayle|. Collect
NAME|Schriftführerin: |Heidrun Bock|.
NAME|Лектор: |Вера Лунина|. Цвет
NAME|主持人：|潘晓东|，地点
NAME|户主|贺建平|，电话保密
NAME|Head teacher: |Dr Simeon Ward|
NAME|投保人：|买买提·艾合买提|，
NAME|Name: |王芳|
EMAIL|write to |d.kowalczyk (at) example (dot) org| or not
EMAIL|把#换成@：|hanbing#snowfox.example|，谢谢
EMAIL|replace # by @: |editor#grove.example|
EMAIL|escribe a |rory guion bajo b arroba casa punto example|
EMAIL|scrivi a |lucia chiocciola officina punto example|
EMAIL|pisz |ola małpa sklep kropka example|
EMAIL|écrire à |jp arobase mairie point example|
EMAIL|an |verein Klammeraffe segeln Punkt example|
EMAIL|邮箱|zhouyu艾特mail点example|
EMAIL|邮箱|tea＠leaf．example|
EMAIL|mail |ria.k @ lantern . example|
EMAIL|x |ines<at>olive<dot>example|
EMAIL|x |june.w@ridge dot example|
EMAIL|mailto:|kofi+school@example.com|
PHONE|fax no. |0117 496 0099|
PHONE|Tel |(02) 5550-0188 轉 12|
PHONE|тел. |+380 44 555 01 22|
PHONE|tel. |22 555 01 89 wew. 12|
PHONE|ring me on |01632 960 0 19|
PHONE|call |plus four four seven seven double oh nine hundred six|
PHONE|voicemail |oh one six three two, nine six oh, five oh one|
PHONE|手机|壹陆肆 伍伍伍零 零壹贰叁|
PHONE|My nr. is |06 5550 1447|, after dinner
PHONE|Contact No. |+971 4 555 0147|
PHONE|号码|幺六四五五五零零一二三|
CARD|amex to mc |2223 0031 2200 3222|, approved
CARD|Prepay order: maestro |6759 6498 2643 8453|
CARD|mir card |2200 0312 3456 7898|
CARD|JCB |3530.1113.3330.0000| 09/27
CARD|card |four two four two four two four two four two four two four two four two|
CARD|银联卡号|6222 0200 1111 2222 333|
ID|号码|四四零五二四一八八零零一零一零零一四|
IP|peer=[|2001:db8:0:7:20c:29ff:fe4a:91|]:51820
IP|curl https://|203.0.113.240|:8443/status
IP|ip addr |203.0.113.57|/24 dev eth0
IP||203[.]0[.]113[.]44|
IP|the camera at |192 . 0 . 2 . 61| is open
IP|from |::ffff:198.51.100.3|
IP|it is |two zero three dot zero dot one one three dot nine|
BIRTH|Your date of birth? A: |April 30th, 2001|. Q8
BIRTH|Mum's bday?? she is from |1962-11-30|, so
BIRTH|born at 04:12 on |30 November 2023|, 3.2 kg
BIRTH|DOB |03MAR1994|
BIRTH|dob: |4th Nov '82|
BIRTH|born in |nineteen sixty-one| hmm
BIRTH|née le |quatre mai 1988|
BIRTH|geb. am |fünften Mai 1961|
BIRTH|nacido en Cádiz en |1944|, pescador
BIRTH|дата рождения: |5 июня 1958| г.
BIRTH|生年月日：|昭和62年4月9日|
BIRTH||民國78年3月2日|出生
BIRTH|born on |1961.V.12|
"""
LOOK_ALIKES = """
Company reg. 08123456, VAT GB 987 6543 21
mise à jour 6.4.0.12 : corrige des dates
SNMP OID 1.3.6.1.2.1.1.5.0
Upgrade from 4.11.2.0 to 4.11.2.7 went fine
RFC 3849 2001:db8::/32 and 198.51.100.0/24
IP range 198.51.100.0 - 198.51.100.255
The docs show 4111 1111 1111 1111 as a made-up sample; it is no real card
I can't find my loyalty number, I think it's 6019 4400 1234 5678
NHS no. 943 476 5919, NI QQ 12 34 56 C, SSN 000-12-3456
CPF 123.456.789-09, PESEL 44051401359, NIR 1 84 12 76 451 089 46
DNI 12345678Z, HKID A123456(3), Aadhaar 2345 6789 0123
IPP 00447122, badge 00719
Winning numbers 03 14 22 27 38 41, bonus 09
Column sums: 01 02 03 04 05 06 07 08 09 10
The lottery paid 07 700 900 pounds
MAC 00:00:5E:00:53:AF, uuid 123e4567-e89b-12d3-a456-426614174000
commit 9f3c2a1b7d, CI run 8812345678
lat=51.50735 lon=-0.12776; ISBN 0-306-40615-2; EAN 4006381333931
SELECT count(*) FROM visits WHERE day BETWEEN '2023-05-01' AND '2023-05-31'
WHERE dob > '1990-01-01' AND dob < '2000-01-01'
Pupils born between 1 September 2013 and 31 August 2014
Only people born after 31.12.1959 need the form
Date of birth: not stated. Date of visit: 04.05.2025
NATO was founded on 4 April 1949
Zum Geburtstag am 3. Mai gibt es Kuchen
出生于1990年1月1日之后的学生
生日优惠：凭会员码11月9日到店立减
ssh deploy@build.example, postgres://anna:word@db.example/x
@ann@social.example and @dev.example posted it
meet at the dot on the map, at noon, dot dot dot
Product name: Golden Otter. Name of the ship: Queen Maud
Name: Summer Fair. Author: Penguin Random House
Customer: Leeds City Council. Signed: The Management
Contact: Sales Team; Driver: Nvidia Studio 551.23
Cliente: Comune di Pavia. Client : Mairie de Lyon
Nom du fichier : Rapport Annuel. Name des Hundes: Waldi
name=Nightly; status=ok; name=unknown
Best wishes, Aunt Lottie
I saw Marian Doyle and her brother
患者：高血压，病史十年
Weather: Mostly Sunny. Printer: Brother Laser. Starter: Caesar Salad
Manufacturer: Bosch Rexroth. Couleur : Bleu Nuit. Kolor: Ciemny Granat
Delivery from: North Depot. Location: Long Beach
商家：全家便利，生产方：华润，司机：马上到
他出生在一个小村庄，1995年离开，公司生日5月8日放假
发票代码011001900111，号码12345678
From our side: 4000 0000 0000 0002 was a test card
公司名称：上海清河茶业，用户名：夏天的风
联系人：前台，收件人：代收点，姓名：保密
one hundred, two hundred, three hundred, four hundred
"""


def kinds(text):
    return [(kind, text[start:end]) for kind, start, end in pii.find(text)]


@pytest.mark.parametrize("line", FOUND.strip().splitlines())
def test_a_spelling_of_each_class_is_found(line):
    kind, before, what, after = line.split("|")
    assert kinds(before + what + after) == [(kind, what)]


@pytest.mark.parametrize("line", LOOK_ALIKES.strip().splitlines())
def test_a_look_alike_of_each_class_is_left_alone(line):
    assert kinds(line) == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        # a title that addresses stays outside, a degree belongs to the name
        ("Patient: Mrs Edith Carrow", ["Edith Carrow"]),
        ("Consultant: Prof. Adaeze Nwankwo", ["Prof. Adaeze Nwankwo"]),
        # each part of a name that has a label of its own
        ("Nome: Raquel Apelido: Figueiredo", ["Raquel", "Figueiredo"]),
        ("Guests: Ann Lee, Bob Ray and Cy Fox", ["Ann Lee", "Bob Ray", "Cy Fox"]),
        # a name ends where the next field begins
        ("Payee: Lena Moss IBAN unknown", ["Lena Moss"]),
        ("Tenant: Jonas Weber, Hamburg", ["Jonas Weber"]),
        ("学生：费雨晴，学员：管晓彤", ["费雨晴", "管晓彤"]),
    ],
)
def test_where_a_name_begins_and_ends(text, wanted):
    assert kinds(text) == [("NAME", name) for name in wanted]


def test_twins_and_lists_of_addresses():
    assert kinds("Twins, born 01.01.2020 and 02.01.2020.") == [
        ("BIRTH", "01.01.2020"),
        ("BIRTH", "02.01.2020"),
    ]
    assert kinds("ban 203.0.113.5, 203.0.113.6") == [
        ("IP", "203.0.113.5"),
        ("IP", "203.0.113.6"),
    ]


@pytest.mark.parametrize(
    "number",
    [
        "4242424242424242",  # Visa
        "5555555555554444", "2223003122003222",  # Mastercard, both series
        "378282246310005",  # American Express
        "30569309025904", "36227206271667",  # Diners Club
        "6011111111111117",  # Discover
        "3530111333300000",  # JCB
        "6200000000000005", "6205500000000000004",  # UnionPay, 16 and 19
        "6759649826438453", "5018000000000009", "676770000000",  # Maestro, 12 to 19
    ],
)  # fmt: skip
def test_cards_of_each_issuer(number):
    digits = number[:-1] + min(
        last for last in "0123456789" if _luhn(number[:-1] + last)
    )
    assert numbers.is_card(digits)
    wrong = digits[:-1] + str((int(digits[-1]) + 1) % 10)
    assert not numbers.is_card(wrong)


def _luhn(number):
    digits = [int(sign) for sign in number][::-1]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def test_no_issuer_no_card():
    assert not numbers.is_card("1234567890123452")  # right check digit, no issuer
    assert not numbers.is_card("9999999999999995")


@pytest.mark.parametrize(
    "piece",
    ["Name: Ann ", "Patient: van de ", "a.b", "x_", "a dot ", "born in Leeds ",
     "12 May ", "姓名：", "zéro ", "2001:", "1 . ", "first last name "],
)  # fmt: skip
def test_time_is_about_linear_for_new_patterns(piece):
    def seconds(count):
        start = time.perf_counter()
        pii.find(piece * count)
        return time.perf_counter() - start

    seconds(50)
    assert seconds(4_000) < 8
