"""Words before a name: what forms, letters and records call the person that follows."""

from __future__ import annotations

# Labels that say "name". A name of one word may follow them.
NAME_LABEL = (
    # English
    r"(?:(?:(?:full|first|last|family|given|middle|maiden|birth|legal|preferred|real"
    r"|pen|sur|fore|print(?:ed)?|block|proper|your|my|his|her|their|child's"
    r"|(?:first|given) and last|last and first)[ _-]?)?names?"
    # name of the insured; name and address; name (as in passport)
    r"(?:,? (?:and|&) (?:surname|address|title|position|signature|date))?"
    r"(?: of (?:the |your |this )?[a-z-]+(?: [a-z-]+)?)?"
    r"|sur[ _]?name|fore[ _]?name|initials and surname|surname and initials"
    # German
    r"|(?:vor- und (?:nach|zu|familien)|nach- und vor|vor|nach|familien|geburts|zu)name"
    # Kundenname, Patientenname, but not Dateiname
    r"|(?!firmen|produkt|datei|stra|benutzer|host|file|user|server|domain|marken|nick"
    r"|code|projekt|team|tier|orts|schul|vereins|haus|gerät|modell|artikel|event"
    r"|display"
    r"|screen|path|class|brand|gruppen|kurs|hunde|schiffs|sur|fore)[a-zäöü]{3,14}name"
    r"|name,? vorname|name des [a-zäöü]+|name der [a-zäöü]+|name (?:Ihres|des) Kindes"
    # French
    r"|nom,? (?:et |& )?prénoms?|prénoms?,? (?:et |& )?nom|nom de famille|nom complet"
    r"|nom de naissance|nom d'usage|nom usuel|noms?|prénoms?"
    r"|nom (?:du|de la|de l'|de l’|de votre|des) ?[a-zéèê]+"
    # Spanish
    r"|nombre(?:s)?(?:,? y apellidos?| completos?)?|apellidos?(?:,? y nombres?)?"
    r"|nombre (?:del|de la|de su|de) [a-zñáéíóú]+|a nombre de|apellidos?, nombre"
    # Italian
    r"|nome(?: e cognome| completo)?|cognome(?: e nome)?|nominativo"
    r"|nome (?:del|della|dell'|dello|di) ?[a-zàèéìòù]+"
    # Portuguese
    r"|nome completo|apelidos?|sobrenome|nome (?:do|da) [a-zãçáéíóúê]+|em nome de"
    # Polish, Czech, Slovak
    r"|imię(?: i nazwisko| dziecka| i nazw\.)?|imiona|nazwisko(?: i imię)?"
    r"|nazwisko rodowe|jméno(?: a příjmení)?|příjmení|meno(?: a priezvisko)?"
    r"|priezvisko"
    # Dutch, Norwegian, Danish, Swedish, Finnish, Icelandic
    r"|(?:voor|achter|volledige )?naam(?: (?:van (?:de |het )?)?[a-zë]+)?"
    r"|(?:for|etter|efter|fulle? |fulde )?navn|(?:för|efter|fullständigt )?namn|nafn"
    r"|(?:etu|suku|koko ?)?nimi"
    # Hungarian, Romanian, Turkish, Croatian, Albanian, Basque and Catalan
    r"|(?:teljes |vezeték|kereszt)?név|nume(?: și prenume| complet)?|prenume"
    r"|ad[ıi]?(?: ve)?,? soyad[ıi]?|soyad[ıi]?|adı|ime i prezime|ime|prezime|nom i"
    r" cognoms|cognoms|izena|emri|vardas|pavardė|vārds|uzvārds"
    # Russian, Ukrainian, Bulgarian, Greek
    r"|имя|фамилия(?:,? имя)?(?:,? отчество)?|ф\.? ?и\.? ?о\.?|отчество|ім'я|прізвище"
    r"|п\.? ?і\.? ?б\.?|прізвище,? ім'я|име|όνομα|επώνυμο|ονοματεπώνυμο"
    # Chinese, Japanese, Korean
    r"|姓 {0,4}名|名 {0,2}字|氏 ?名|お?名前|ご芳名|성명|이름)"
)
# Labels of programs and tables; the value may be one word if it is a part of a name.
MACHINE_PART = (
    r"(?:first|last|given|family|middle|fore|sur|maiden)[ _-]?name|given|forename"
    r"|[fl]name|sn|givenname"
    r"|familyname|apellido_?\d?|nombres?|prenom|cognome|nachname|vorname|nazwisko|imie"
)
MACHINE_WHOLE = (
    r"(?:[a-z]{1,16}[_.-]){0,3}(?:full|real|legal|person|people|patient|customer"
    r"|cust|client"
    r"|contact|holder|card_?holder|account_?holder|owner|recipient|recip|employee|emp"
    r"|student|pupil|guest|member|passenger|pax|payee|payer|beneficiary|sender|insured"
    r"|driver|billing|shipping|ship_?to|bill_?to|applicant|candidate|subscriber"
    r"|guardian"
    r"|parent|author|signer|signatory|resident|tenant|user_?full|emergency_?contact"
    r"|consignee|booker|invitee|attendee|participant|buyer|seller|receiver|child|doctor"
    r"|display|complete|caller|requester|reporter|assignee|manager|agent|debtor"
    r"|creditor|dbtr|cdtr)"
    r"[ _.-]?(?:full[ _-]?)?(?:name|nm)|[a-z]{1,16}_name_full|cn|fn|gecos"
    r"|nombre_completo"
    r"|nom_complet|nome_completo|imie_nazwisko|naam|voornaam_achternaam"
)
# Labels that say who somebody is: a name of two words or more must follow.
ROLE_LABEL = (
    # English
    r"(?:(?:bill|billed|ship|shipped|sold|deliver|delivered|send|sent|pay|paid|payable"
    r"|issued|addressed|assigned|reported|released|return|care of)[ -](?:to|by)"
    r"|(?:in|out)?patient|pt|recipient|contact(?: person)?|attn\.?|attention|fao"
    r"|f\.a\.o\."
    r"|for the attention of|employee|staff member|guest(?: of honour)?|lead guest"
    r"|lead passenger|customer|client|passenger|traveller|traveler|tenant|co-?tenant"
    r"|landlord|landlady|lessee|lessor|(?:card|account|policy|ticket|passport|badge"
    r"|licence|license|pass|permit)?[ -]?holder|joint account holder|co-?holder"
    r"|(?:co-?)?applicant|beneficiary|sender|student|pupil|learner|child|witness"
    r"|next of kin|n\.?o\.?k\.?|(?:the )?insured|policyholder|payee|payer|driver|owner"
    r"|co-?owner|visitor|member|candidate|caller|emergency contact|ice contact"
    r"|contact in (?:an )?emergency|in case of emergency|parents?|mother|father|spouse"
    r"|husband|wife|partner|carer|son|daughter|sister|brother|grandmother|grandfather"
    r"|(?:legal )?guardian|parent/guardian|buyer|purchaser|seller|signatory"
    r"|signed(?: for)?(?:,? by)?|signature|author|deceased|executor|donor"
    r"|claimant|complainant|defendant|plaintiff|appellant|suspect|victim|informant"
    r"|consignee|consignor|resident|attendees?|participants?|reporter|bearer|borrower"
    r"|lender|debtor|creditor|guarantor|referee|nominee|trainee|apprentice"
    r"|volunteer|subscriber|registrant|requester|requested by|requestor|submitted by"
    r"|prepared by|approved by|checked by|received by|collected by|reported by"
    r"|entered by|booked by|ordered by|made out to|issued to|invoice to|account name"
    r"|referred by|completed by|authori[sz]ed by|verified by|handled by|taken by"
    r"|doctor|physician|surgeon|consultant|gp|nurse|midwife|dentist|therapist"
    r"|(?:class |form |head ?)?teacher|tutor|supervisor|line manager|manager|coach"
    r"|engineer|technician|operator|agent|officer|solicitor|lawyer|interpreter"
    r"|in attendance|attending|apologies(?: from)?|missing person|person|undersigned"
    r"|soussignée?|sottoscritt[oa]|abajo firmante"
    r"|ondergetekende|getuige|podpisan[oay]|unterzeichner(?:in)?|unterzeichnete[r]?"
    r"|bride|(?:bride)?groom|best man|bridesmaid|heir|trustee"
    r"|director|secretary|treasurer|chair(?:person|man|woman)?|organi[sz]er|speaker"
    r"|winner|player|captain|photographer|composer|translator|editor|inspector|examiner"
    r"|examinee|judge|clerk|cashier|salesperson|advis[eo]r|accountant|broker|keeper"
    r"|rider|cleaner|plumber|electrician|courier|pilot|finder|neighbour|flatmate"
    r"|colleague|intern|researcher|instructor|sibling|uncle|aunt|assignee"
    r"|on behalf of|in the name of|pax(?: \d)?"
    # German
    r"|kund(?:e|in)|(?:rechnungs)?empfänger(?:in)?|absender(?:in)?|ansprechpartner"
    r"(?:in)?|ansprechperson|mieter(?:in)?|vermieter(?:in)?|versicherte[rn]?"
    r"(?: person)?|versicherungsnehmer(?:in)?|z\. ?hd\.?(?: v\.)?|zu händen"
    r"|(?:karten|konto)?inhaber(?:in)?|fahrer(?:in)?|teilnehmer(?:in)?|unterschrift"
    r"|gez\.|bewerber(?:in)?|antragsteller(?:in)?|zeug(?:e|in)|schüler(?:in)?"
    r"|patient(?:in)?|kontakt(?:person)?|notfallkontakt|mitarbeiter(?:in)?|gast"
    r"|besteller(?:in)?|käufer(?:in)?|verkäufer(?:in)?|auftraggeber(?:in)?"
    r"|halter(?:in)?"
    r"|eigentümer(?:in)?|sachbearbeiter(?:in)?|hausarzt|hausärztin|arzt|ärztin|mutter"
    r"|vater|erziehungsberechtigte[r]?|begünstigte[r]?|zahlungsempfänger|kind|mitglied"
    r"|bearbeiter(?:in)?|anrufer(?:in)?|reisende[r]?|verstorbene[r]?|besucher(?:in)?"
    # French
    r"|destinataire|expéditeur|expéditrice|titulaire(?: du compte| de la carte)?"
    r"|bénéficiaire|locataire|bailleur|assurée?|souscripteur|cliente?|élève|étudiante?"
    r"|patiente|passager|passagère|voyageur|adhérente?|contact|interlocut(?:eur|rice)"
    r"|à l['’]attention de|à l['’]att\.?(?: de)?|salariée?|employée?|candidate?"
    r"|demandeur|demanderesse|responsable(?: légal)?|personne à (?:contacter|prévenir)"
    r"|médecin(?: traitant)?|mère|père|enfant|conducteur|propriétaire|acheteur|vendeur"
    r"|signataire|signé(?: par)?|au nom de|à l'ordre de|témoin|défunte?"
    # Spanish
    r"|paciente|destinatari[oa]|titular(?: de la (?:cuenta|tarjeta))?|remitente"
    r"|asegurad[oa]|inquilin[oa]|arrendatari[oa]|firmad[oa](?: por)?|fdo\.?"
    r"|contacto(?: de emergencia)?|beneficiari[oa]|alumn[oa]|estudiante|pasajer[oa]"
    r"|huésped|solicitante|emplead[oa]|trabajador[a]?|conductor[a]?|propietari[oa]"
    r"|comprador[a]?|vendedor[a]?|testigo|madre|padre|tutor[a]?|médic[oa]|a la atención"
    r" de|atte?\.|a/a|soci[oa]|abonad[oa]|a favor de|viajer[oa]|ordenante|pagador[a]?"
    # Italian
    r"|paziente|mittente|intestatari[oa](?: del conto| della carta)?|utente"
    r"|assistit[oa]"
    r"|beneficiari[oa]|(?:bonifico )?a favore di|all['’]attenzione di|c\.a\.|contatto"
    r"|alunn[oa]|student(?:e|essa)|passegger[oa]|ospite|richiedente|dipendente"
    r"|conducente|proprietari[oa]|acquirente|venditore|testimone|referente|firmato"
    r"|soci[oa]"
    r"|contraente|assicurat[oa]|ordinante|locatari[oa]|inquilin[oa]|candidat[oa]"
    # Portuguese
    r"|utente|hóspede|doente|assinado(?: por)?|destinatári[oa]|remetente|titular"
    r"|beneficiári[oa]|alun[oa]|passageir[oa]|segurad[oa]|inquilin[oa]|candidat[oa]"
    r"|contato|contacto|funcionári[oa]|responsável|encarregad[oa] de educação|mãe|pai"
    r"|a/c|ao cuidado de|médic[oa]|sóci[oa]|comprador[a]?|locatári[oa]|proprietári[oa]"
    # Polish, Czech
    r"|pacjent(?:ka)?|odbiorca|nadawca|klient(?:ka)?|najemca|wynajmujący|pasażer(?:ka)?"
    r"|ubezpieczon[ya]|posiadacz(?: (?:rachunku|karty))?|właściciel(?:ka)?|uczeń"
    r"|uczennica|pracownik|kandydat(?:ka)?|osoba kontaktowa|kontakt|zamawiając[ya]"
    r"|wnioskodawca|lekarz|matka|ojciec|opiekun(?:ka)?|podpis|kierowca|świadek"
    r"|płatnik|beneficjent|gość|kupując[ya]|sprzedając[ya]|pacient(?:ka)?|příjemce"
    r"|odesílatel|zákazník|kontaktní osoba|majitel"
    # Dutch, Norwegian, Danish, Swedish, Finnish
    r"|patiënt|ontvanger|afzender|klant|huurder|verhuurder|verzekerde|rekeninghouder"
    r"|kaarthouder|t\.a\.v\.?|ter attentie van|contactpersoon|leerling|medewerker"
    r"|begunstigde|ten name van|t\.n\.v\.|reiziger|gast|moeder|vader|huisarts"
    r"|bestuurder|aanvrager|ondertekend|eigenaar"
    r"|pasient|mottaker|avsender|kunde|ansatt|kontoholder|kontohaver|kortholder"
    r"|kontaktperson|elev|leietaker|eier|forelder|mor|far|fører|søker|passasjer"
    r"|mottagare|avsändare|patient|kund|kontoinnehavare|hyresgäst|anställd|elev"
    r"|modtager|lejer|medarbejder|potilas|vastaanottaja|asiakas|lähettäjä"
    # Hungarian, Romanian, Turkish, Russian, Ukrainian, Greek
    r"|beteg|címzett|feladó|ügyfél|pacienta?|destinatar|beneficiar|titular"
    r"|hasta|alıcı|gönderen|müşteri|yolcu|hesap sahibi"
    r"|пациент(?:ка)?|получатель|отправитель|клиент|заявитель|контактное лицо"
    r"|владелец(?: карты)?|плательщик|пассажир|сотрудник|ученик|ученица|застрахованн\w+"
    r"|пацієнт(?:ка)?|одержувач|отримувач|відправник|клієнт|заявник|платник"
    r"|ασθενής|παραλήπτης|αποστολέας|πελάτης)"
)
# Titles that say how one addresses somebody stay outside of the name.
CIVIL = (
    r"(?:(?i:Mr|Mrs|Ms|Miss|Mx|Master|Messrs|Sir|Madam|Herrn?|Hr|Frau|Fr|Fräulein|Mme"
    r"|Mlle|MM?\.|Monsieur|Madame|Mademoiselle|Sra?|Srta|Señora?|Señorita|Don|Doña"
    r"|Dña|D\."
    r"|Dª|Sig|Sig\.ra|Sig\.na|Signora?|Gent\.ma|Egr|Exm[oa]\.? Sr|Senhora?|Dona|Pan"
    r"|Pani"
    r"|Dhr|Mevr|Mevrouw|Mw|De heer|Fru|г-н|г-жа|пан|пані|Bay|Bayan|kyria|κ\.|κα\.))\.? "
)
# Degrees and ranks belong to it.
DEGREE = (
    r"(?:Dr\.? (?:med|phil|jur|ing|rer\. nat|med\. dent|med\. vet)\. "
    r"|(?:Dr|Drs|Dra|Prof|Professor|Dott|Dott\.ssa|Dott\.?ssa|Ing|Mag|Dipl\.-Ing|Rev"
    r"|Sgt|Capt|Cllr|Lic|Avv|Mgr|Lek|Med|Doctor|Doctora|Docteur|Доктор)\.? )"
)
# Nouns for somebody who does, or gets, something: "Quizmaster:", "Bearbeiterin:"
_NO_AGENT = (
    # things and qualities
    r"(?:(?:print|rout|serv|numb|ord|pap|weath|wat|pow|tow|filt|charg|controll|contain"
    r"|comput|fold|brows|cov|cent|lett|met|dinn|off|bord|corn|err|mot|sens|monit"
    r"|process"
    r"|fact|do|flo|min|sect|col|may|oth|und|ov|aft|nev|ev|bett|low|high|upp|inn|out"
    r"|long|short|old|new|larg|small|wint|summ|octob|septemb|novemb|decemb|quart|boil"
    r"|mix|heat|freez|cook|dry|scann|adapt|regist|mast|lay|head|foot|rath|wheth|togeth"
    r"|bann|newslett|post|chapt|paramet|identif|regul|mirr|flav|hon|maj|wond|mann|mat"
    r"|patt|fev|canc|shoul|fing|riv|gart|mess|zimm|fenst|numm|somm|kell|wass|fehl|alt"
    r"|vit|coul|val|haut|larg|longu|ext|int|sup|exteri|interi|start|remind|wett|ordn"
    r"|druck|stick|mark|butt|rubb|silv|copp|lad|timb|lumb|plast|carp|calend|regist"
    r"|schalt|rechn|koff|teil|ford|tast|stand|folg|must|zuck|pfeff|kör|feu|teu|kolo|kol"
    r"|set|cal|sab|dol|pap|dossi|fichi|premi|derni|janvi|février|cahi|menu|pani|escali"
    r"|hum|lueg|lug)(?:er|or|eur|ier)"
    # firms
    r"|suppli\w+|manufactur\w+|carrier|publisher|provider|employer|insurer|retailer"
    r"|distributor|vendor|developer|contractor|sponsor|\w*porter|dealer|brewer|maker"
    r"|broadcaster|operator|hersteller|anbieter|händler|arbeitgeber|versicherer"
    r"|betreiber|fournisseur|éditeur|employeur|assureur|opérateur|proveedor|fornitore"
    r"|fornecedor|fabricante|distribuidor|restaurant\w*|ristorante|variant\w*|plant"
    r"|constant|instant|important|relevant|durante|ante|avant|devant|colore|valore"
    r"|motore|lista|vista|pista|rivista|checklist|playlist|waitlist|wishlist|list|exist"
    r"|twist|coffee|committee|fee|employee count|degree|tree|three|guarantee|toffee"
    r"|human|german|roman|norman|storage|ender|kalender|sender|gender|calendar)"
    r"(?![a-zà-ž])"
)
AGENT_LABEL = (
    rf"(?!{_NO_AGENT})"
    r"(?:[a-zà-ž-]{2,18}(?:er|or|ist|ician|man|woman|person|keeper|ess|eur|euse|rice"
    r"|ière|erin|orin|istin|ender|ante|sor|sora|dor|dora|tora|tore|trice|essa|ista|arz"
    r"|arka|owca|nik)(?:s|innen|n)?|[а-яёіїє]{2,18}(?:ник|тель|ист|тор|ница|льник|ер"
    r"|ёр)"
    r"|[a-z]{3,14}(?:ee|ant)|[a-zà-ž]{3,18}(?:nehmer|geber|leiter|träger|führer|helfer)"
    r"(?:in)?|(?:team|project|shift|group|squad|crew|tech|site) lead|lead [a-z]{4,12})"
)
# "Prescription for:", "Message from:", "Booked by:"
TOWARDS = (
    r"(?:(?!valid|open|closed|ferry|train|bus|delivery|effective|available|from)"
    r"[a-z]{3,14} (?:for|from|by)|(?:message|letter|memo|card|note|parcel|invoice"
    r"|certificate|cheque|transfer|payment|refund|payable|credit|reply|mail) to"
    r"|[a-zäöü]{3,16} (?:für|von|an)|[a-zéè]{3,14} (?:pour|par)|[a-zñáéíóú]{3,14} por"
    r"|[a-z]{3,14} (?:dla|od|voor|door|till|til))"
)
