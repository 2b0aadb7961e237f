"""Delivery reports: what they say of an address, by status and words, and what is none of them."""

from __future__ import annotations

import pytest

from digest.subscribers.inbox.bounce_kind import codes, verdict
from digest.subscribers.inbox.incoming import read
from digest.subscribers.inbox.phrases import each, normalized

from .test_receive import mail, report

ID = f"<{'a' * 32}@example.org>"

#: status, what the server said, and what that means for the address
TABLE = [
    # ── it does not exist, or takes mail no more ──
    ("5.1.1", "550 5.1.1 <a@example.net>: Recipient address rejected: User unknown", "hard"),
    ("5.1.1", "550-5.1.1 The email account that you tried to reach does not exist. Please try"
     " double-checking the recipient's email address for typos or unnecessary spaces.", "hard"),
    ("5.1.1", "", "hard"),
    ("5.1.2", "Host unknown (Name server: example.net: host not found)", "hard"),
    ("5.1.2", "", "hard"),
    ("5.1.3", "501 5.1.3 Bad recipient address syntax", "hard"),
    ("5.1.4", "", "hard"),
    ("5.1.6", "Recipient has moved", "hard"),
    ("5.1.10", "Recipient address has null MX", "hard"),
    ("5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address"
     " lookup", "hard"),
    ("5.2.1", "550 5.2.1 The email account that you tried to reach is disabled", "hard"),
    ("5.2.1", "", "hard"),
    ("5.0.0", "550 5.1.1 unknown", "hard"),
    ("5.0.0", "550 no such user here", "hard"),
    ("5.0.0", "553 sorry, that domain isn't in my list of allowed rcpthosts; no such user", "hard"),
    ("5.0.0", "unrouteable address", "hard"),
    ("5.3.0", "553 5.3.0 <a@example.net>... User unknown", "hard"),
    ("5.3.0", "554 delivery error: dd This user doesn't have a yahoo.com account", "hard"),
    ("5.5.0", "550 5.5.0 Requested action not taken: mailbox unavailable", "hard"),
    ("5.4.4", "Host or domain name not found. Name service error for name=example.invalid"
     " type=A: Host not found", "hard"),
    ("5.1.0", "550 5.1.0 Address rejected", "hard"),
    ("5.2.0", "User no longer at this company, account closed", "hard"),
    ("", "550 unknown user", "hard"),
    ("", "550 Requested action not taken: no mailbox here by that name", "hard"),
    ("", "Sorry, no mailbox here by that name. (#5.1.1)", "hard"),
    ("", "User carlos (a@example.net) not listed in Domino Directory", "hard"),
    ("", "550 Invalid recipient <a@example.net>", "hard"),
    ("", "550 <a@example.net>: Account closed due to inactivity", "hard"),
    ("", "The recipient name is not recognized", "hard"),
    ("", "550 relaying denied; user unknown", "hard"),
    ("", "Diese Adresse existiert nicht", "hard"),
    ("", "Der Empfänger ist unbekannt", "hard"),
    ("", "L'adresse n'existe pas", "hard"),
    ("", "Utilisateur non recensé dans l'annuaire", "hard"),
    ("", "La dirección de correo no existe", "hard"),
    ("", "Usuario desconocido", "hard"),
    ("", "O destinatário não existe", "hard"),
    ("", "Indirizzo inesistente: utente sconosciuto", "hard"),
    ("", "Adres bestaat niet", "hard"),
    ("", "Пользователь не существует", "hard"),
    ("", "宛先不明のため", "hard"),
    ("", "メールアドレスは存在しません", "hard"),
    ("", "收件人不存在", "hard"),
    ("", "받는 사람을 찾을 수 없습니다", "hard"),
    # ── not now ──
    ("4.2.2", "452 4.2.2 The email account that you tried to reach is over quota", "soft"),
    ("4.0.0", "", "soft"),
    ("4.1.1", "450 4.1.1 User unknown in virtual mailbox table", "soft"),
    ("4.2.0", "450 4.2.0 Greylisted, see http://postgrey.example.net", "soft"),
    ("4.2.1", "450 4.2.1 The user you are trying to contact is receiving mail too quickly", "soft"),
    ("4.3.0", "451 4.3.0 Mail server temporarily rejected message", "soft"),
    ("4.3.1", "452 4.3.1 Insufficient system storage", "soft"),
    ("4.3.2", "421 4.3.2 System not accepting network messages", "soft"),
    ("4.4.1", "connect to mx.example.net[192.0.2.1]:25: Connection timed out", "soft"),
    ("4.4.2", "lost connection while sending DATA", "soft"),
    ("4.4.3", "Host or domain name not found. Name service error: try again", "soft"),
    ("4.4.7", "message expired", "soft"),
    ("4.5.3", "452 4.5.3 Too many recipients", "soft"),
    ("4.7.0", "421 4.7.0 Our system has detected an unusual rate of unsolicited mail", "soft"),
    ("4.7.1", "451 4.7.1 Greylisting in action, please come back later", "soft"),
    ("5.2.2", "", "soft"),
    ("5.2.2", "552 5.2.2 Mailbox size limit exceeded", "soft"),
    ("5.2.2", "550 5.2.2 <a@example.net>: user is over quota", "soft"),
    ("5.0.0", "552 mailbox full", "soft"),
    ("5.1.1", "550 5.1.1 mailbox is full", "soft"),
    ("5.1.1", "550 5.1.1 user unknown: 4.2.1 mailbox temporarily disabled", "soft"),
    ("5.7.1", "550 5.7.1 recipient is over quota", "soft"),
    ("5.1.1", "temporarily unavailable, greylisted", "soft"),
    ("5.2.0", "Quota exceeded for a@example.net", "soft"),
    ("5.2.0", "", "soft"),
    ("5.2.1", "550 5.2.1 The user you are trying to contact is receiving mail at a rate that"
     " prevents additional messages from being delivered", "soft"),
    ("5.3.1", "Mail system full", "soft"),
    ("5.3.2", "System not accepting messages", "soft"),
    ("5.3.5", "System incorrectly configured", "soft"),
    ("5.4.0", "connection refused", "soft"),
    ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied", "soft"),
    ("5.4.4", "unable to route", "soft"),
    ("5.4.6", "too many hops; mail loop detected", "soft"),
    ("5.4.7", "delivery time expired", "soft"),
    ("5.0.0", "retry timeout exceeded", "soft"),
    ("5.0.0", "451 4.7.1 try again", "soft"),
    ("5.0.0", "", "soft"),
    ("", "", "soft"),
    ("", "452 try again later", "soft"),
    ("", "450 unknown user", "soft"),
    ("", "Mailbox full", "soft"),
    ("", "user over quota", "soft"),
    ("", "552 Message exceeds his quota: over quota", "soft"),
    ("", "The e-mail message could not be delivered because the user's mailfolder is full", "soft"),
    ("", "greylisted for 300 seconds", "soft"),
    ("", "Connection timed out", "soft"),
    ("", "This account is over quota", "soft"),
    ("", "not enough storage space", "soft"),
    ("", "the recipient's mailbox has exceeded its limit", "soft"),
    ("", "Das Postfach ist voll", "soft"),
    ("", "Bitte versuchen Sie es später erneut", "soft"),
    ("", "Boîte aux lettres pleine", "soft"),
    ("", "quota dépassé", "soft"),
    ("", "El buzón está lleno", "soft"),
    ("", "caixa de correio cheia", "soft"),
    ("", "casella di posta piena", "soft"),
    ("", "Почтовый ящик переполнен", "soft"),
    ("", "メールボックスの容量を超えています", "soft"),
    ("", "信箱空間不足", "soft"),
    ("", "편지함이 가득 찼습니다", "soft"),
    ("5.2.1", "550 5.2.1 mailbox over its limit", "soft"),
    ("", "550 Mailbox unavailable: user quota reached", "soft"),
    ("5.1.1", "5.1.1 <a@example.net>: Recipient address rejected: User's mailbox has"
     " reached the maximum allowed size", "soft"),
    ("5.0.0", "550 Recipient rejected, inbox full", "soft"),
    ("5.1.1", "Mailbox size exceeded", "soft"),
    ("5.0.0", "552 mailbox unavailable: account over limit", "soft"),
    ("5.1.1", "account is over its quota", "soft"),
    ("5.1.1", "550 User mailbox limit reached", "soft"),
    ("5.1.1", "mbox full", "soft"),
    ("5.1.1", "ERR_MBOX_FULL", "soft"),
    ("5.1.1", "mailbox_quota", "soft"),
    ("5.1.1", "mailbox-quota-exceeded", "soft"),
    ("5.1.1", "storage_quota_exceeded", "soft"),
    ("5.1.1", "mailbox_over_limit", "soft"),
    ("5.1.1", "user mailbox is over its disk limit (#5.1.1)", "soft"),
    ("5.1.1", "user has exceeded limit", "soft"),
    ("5.1.1", "550 Error: over limit, mailbox disabled until user clears", "soft"),
    ("5.2.1", "mailbox has grown too large", "soft"),
    ("5.1.1", "account currently does not have room for this message", "soft"),
    ("5.1.1", "Le quota de la boîte aux lettres est atteint", "soft"),
    ("5.1.1", "la boîte de l'utilisateur est saturée", "soft"),
    ("5.1.1", "la casilla de correo está llena", "soft"),
    ("5.1.1", "casella: superato il limite di spazio", "soft"),
    ("5.1.1", "Benutzerpostfach hat Quota erreicht", "soft"),
    ("5.1.1", "квота превышена", "soft"),
    ("5.1.1", "ящик получателя полон", "soft"),
    ("5.1.1", "对方邮箱已经满了", "soft"),
    ("5.1.1", "收件箱已满", "soft"),
    ("5.1.1", "メールボックスの空き容量がありません", "soft"),
    ("5.1.1", "Grey listing in effect", "soft"),
    ("5.1.1", "550 5.1.1 come back in 300 seconds", "soft"),
    ("5.1.1", "unknown user, retry later", "soft"),
    ("5.1.2", "name server timeout", "soft"),
    ("5.1.2", "SERVFAIL; host not found", "soft"),
    # ── of the message, or of us ──
    ("5.7.1", "550 5.7.1 Message rejected as spam", "neither"),
    ("5.7.1", "", "neither"),
    ("5.7.0", "552 5.7.0 This message was blocked because its content presents a risk", "neither"),
    ("5.7.1", "550 5.7.1 [192.0.2.1] Client host blocked using zen.spamhaus.org", "neither"),
    ("5.7.1", "550 5.7.1 user unknown", "neither"),
    ("5.7.9", "DMARC policy", "neither"),
    ("5.7.23", "550 5.7.23 The message was rejected because of SPF", "neither"),
    ("5.7.26", "550-5.7.26 Unauthenticated email is not accepted", "neither"),
    ("5.7.606", "550 5.7.606 Access denied, banned sending IP", "neither"),
    ("5.2.3", "552 5.2.3 Message exceeds maximum fixed size", "neither"),
    ("5.2.4", "Mailing list expansion problem", "neither"),
    ("5.3.4", "552 5.3.4 Message size exceeds fixed limit", "neither"),
    ("5.3.3", "", "neither"),
    ("5.1.7", "501 5.1.7 Bad sender's mailbox address syntax", "neither"),
    ("5.1.8", "553 5.1.8 Domain of sender address does not exist", "neither"),
    ("5.1.9", "", "neither"),
    ("5.1.1", "550 5.1.1 rejected as spam", "neither"),
    ("5.5.1", "503 5.5.1 Bad sequence of commands", "neither"),
    ("5.5.2", "500 5.5.2 syntax error", "neither"),
    ("5.5.4", "", "neither"),
    ("5.6.0", "554 5.6.0 Message contains invalid header", "neither"),
    ("5.6.1", "Media not supported", "neither"),
    ("5.6.7", "SMTPUTF8 is required", "neither"),
    ("5.0.0", "550-5.7.1 this message has been blocked", "neither"),
    ("5.0.0", "554 Your message was rejected because it contains a virus", "neither"),
    ("5.3.0", "552 Message too large", "neither"),
    ("", "554 Message refused: spam", "neither"),
    ("", "550 Your IP address is listed on a blocklist", "neither"),
    ("", "message size exceeds the maximum size", "neither"),
    ("", "550 Sender address rejected", "neither"),
    ("", "554 relay access denied", "neither"),
    ("", "DKIM signature is not good", "neither"),
    ("5.0.0", "550 <digest@example.org>: Sender address rejected: User unknown", "neither"),
    ("5.1.1", "550 5.1.1 <digest@example.org>: Sender address rejected: User unknown", "neither"),
    ("5.0.0", "550 sender verify failed: no such user", "neither"),
    ("5.5.2", "500 command not recognized", "neither"),
    ("5.0.0", "502 command not recognised", "neither"),
    ("5.0.0", "550 Sender callout verification failed: mailbox unavailable", "neither"),
    ("5.0.0", "553 sender address not found", "neither"),
    ("5.1.0", "sender address not found", "neither"),
    ("5.1.1", "550 5.1.1 sender is not valid", "neither"),
    ("5.0.0", "550 Client host rejected: cannot find your hostname", "neither"),
    ("5.0.0", "550 helo: host not found", "neither"),
    ("5.5.4", "555 parameter not recognized", "neither"),
    ("5.0.0", "550 certificate not valid", "neither"),
    ("5.0.0", "553 From address not found", "neither"),
    ("5.0.0", "550 user unknown (in reply to MAIL FROM command)", "neither"),
    ("5.1.1", "550 Your IP is on a list; recipient not found", "neither"),
    ("5.5.1", "501 not valid", "neither"),
    ("5.4.5", "550 5.4.5 Daily sending quota exceeded", "neither"),
]  # fmt: skip


def test_a_status_and_words_say_what_becomes_of_an_address() -> None:
    for status, said, expected in TABLE:
        assert verdict(status, normalized(said)) == expected, (status, said)


def test_the_table_is_long_enough() -> None:
    assert len({(status, said) for status, said, _ in TABLE}) == len(TABLE) >= 170


#: What servers say in the languages of their operators: a full mailbox, none at all, and us.
FULL = """
mailbox unavailable: no room left in the mailbox | recipient's mailbox is at capacity |
Mailbox capacity exceeded, recipient rejected |
the inbox of the recipient has reached its maximum capacity | mailbox storage exceeded |
user has no storage left, recipient rejected |
No space left in mailbox, account not active for new mail |
Recipient address rejected: mailbox has run out of space | Invalid recipient: mailbox overfull |
Recipient's account has used all of its storage |
Mailbox unavailable: disk usage over allowance |
Account disabled for receiving: storage used up | recipient unavailable, MailBoxFull |
ERR_MAILBOX_FULL recipient rejected |
The recipient's mailbox cannot accept new mail because it has too many messages |
Mailbox unavailable (space exhausted) | account is currently exceeding its storage |
The account has exceeded its allotted size | Postfach des Empfängers ist überfüllt |
Das Postfach ist zu voll | Empfängerpostfach voll, Zustellung nicht möglich |
Der Empfänger hat sein Speicherkontingent überschritten | Kein Speicherplatz mehr im Postfach |
La boîte aux lettres du destinataire a dépassé sa capacité | Boîte de messagerie pleine |
espace de stockage insuffisant | Quota dépassé | El buzón del destinatario está completo |
El buzón ha superado su límite | Buzón saturado | A caixa postal do destinatário está lotada |
Caixa de entrada lotada | capacidade excedida | La casella del destinatario è piena |
casella satura | spazio esaurito | De mailbox van de ontvanger zit vol | Postbus is vol |
Mottagarens inkorg är full | inkorgen är full | Modtagerens postkasse er fyldt |
Mottakerens innboks er full | Vastaanottajan postilaatikko on täysi |
Skrzynka odbiorcza jest zapełniona | brak miejsca w skrzynce | Schránka příjemce je plná |
Schránka je plná | A címzett postafiókja megtelt | Căsuța poștală este plină |
Почтовый ящик заполнен | Ящик получателя переполнен | Превышен лимит почтового ящика |
Поштова скринька переповнена | Το γραμματοκιβώτιο είναι πλήρες | Alıcının gelen kutusu dolu |
Posta kutusu doldu | תיבת הדואר מלאה | صندوق البريد ممتلئ | صندوق پستی پر است |
मेलबॉक्स भरा हुआ है | Kotak surat penuh | Hộp thư đã đầy | กล่องจดหมายเต็ม | 收件箱已满 |
收件人邮箱满 | 邮箱容量已达上限 | 信箱已滿 | 信箱空間不足 | 受信者のメールボックスは満杯です |
受信箱がいっぱいです | メールボックス容量を超過 | 받는 사람의 사서함이 꽉 찼습니다 |
사서함이 가득 찼습니다 | 메일 용량 초과 |
550 5.1.1 Mailbox has reached its quota | 554 5.2.2 Recipient mailbox exceeded storage quota |
User mailbox exceeds allowed size | Mailbox <ann@example.net> is overquota |
550 Inbox of user is full, try again later | the recipient's disk space is used up |
the user's account is out of room | Not enough disk space on the recipient's account |
Unable to store message: no space on device for user | Delivery failed: mailbox too large |
Your message was rejected because the recipient's storage has been exhausted |
recipient storage exhausted | Maximum number of messages exceeded in mailbox |
ERROR: user's maildir over quota |
550-Mailbox unavailable or access denied - mailbox over quota | Account temporarily full |
Mailbox at limit | this mailbox can't accept more mail: full | no more space for user |
The recipient has run out of mailbox room | mailbox hard limit exceeded | Mailbox size exceeded |
size of the mailbox exceeded | storage exceeded for user | User storage exceeded |
not enough room in the mailbox | dd Requested mail action aborted: exceeded storage allocation |
Recipient inbox is too full | over-quota | overquota | exceeds quota limit |
user has used up their space allotment | can't write to mailbox, quota |
LMTP error: 552 5.2.2 full
"""
NONE = """
Destinataire inconnu | Cette adresse n'est plus valide | compte inexistant |
Aucun utilisateur de ce nom | Empfänger unbekannt | Die Adresse ist ungültig |
Kein solcher Benutzer | Empfängeradresse nicht gültig | Usuario no encontrado |
La cuenta no existe | cuenta desactivada | usuário não existe | conta inexistente |
endereço inválido | Utente inesistente | l'utente non esiste | indirizzo non valido |
Onbekende gebruiker | Gebruiker bestaat niet | Användaren finns inte | okänd mottagare |
Ukendt modtager | Brugeren findes ikke | Ukjent bruker | Tuntematon vastaanottaja |
Nieznany użytkownik | Użytkownik nie istnieje | Brak takiego użytkownika | Uživatel neexistuje |
Neznámý uživatel | Ismeretlen felhasználó | A címzett nem létezik | Utilizatorul nu există |
Нет такого пользователя | Пользователь не найден | Такого адреса не существует |
Користувача не існує | Ο χρήστης δεν υπάρχει | Kullanıcı bulunamadı | Böyle bir kullanıcı yok |
המשתמש אינו קיים | المستخدم غير موجود | کاربر وجود ندارد | Pengguna tidak ditemukan |
Người dùng không tồn tại | ไม่พบผู้ใช้ | 用户不存在 | 收件人地址不存在 | 查无此人 | 该邮箱已被停用 |
使用者不存在 | ユーザーが見つかりません | そのようなユーザーはいません | 宛先が存在しません |
존재하지 않는 사용자입니다 | 수신자를 찾을 수 없습니다 | addressee unknown |
destination addresses were unknown | recipient does not work here any more |
no such person at this address | the user is no longer with the company |
mailbox has been permanently closed | no mail box here by that name | alias does not exist |
Undefined mailbox | unknown destination address | not a known user | no account by that name here |
550 5.1.1 Recipient not present | unknown or disabled recipient | 550 Addressee does not exist |
no valid recipients | Unknown virtual mailbox | User invalid | mailbox for ann not found |
550 Recipient unknown to this server | This user is not on this server |
There's no such account | 550 no mailbox by that name is currently available |
Unable to find recipient | the address is not in use | recipient does not exist any more |
Account has been closed at user's request | user account has expired | address no longer exists |
mailbox closed | The mailbox you are trying to reach was deleted |
this email address is no longer monitored and has been disabled |
550 5.1.2 domain does not exist | Domain has expired | DNS: no MX or A records for domain |
domain name does not exist | Host not found | The host name could not be resolved |
destination server does not host this domain | Recipient's domain no longer accepts mail |
550 not a valid mailbox | invalid mail box | No recipients: unknown user |
550 rejected: bad local part | there is no one here by that name |
He/she no longer works for us | ann is no longer with our company |
Unknown destination mailbox address
"""
OF_US = """
Nachricht als Spam eingestuft | Als Spam abgelehnt | message considéré comme indésirable |
courrier indésirable | rejeté par le filtre anti-spam | correo no deseado |
mensaje rechazado por contenido | mensagem considerada lixo eletrônico | posta indesiderata |
ongewenste e-mail | skräppost | roskaposti | wiadomość uznana za spam | nevyžádaná pošta |
Письмо отклонено как спам | сообщение похоже на спам | istenmeyen posta | 垃圾邮件 | 垃圾郵件 |
迷惑メールと判定されました | 스팸메일로 차단되었습니다 | Bad DNS PTR resource record |
IP=192.0.2.1 - A problem occurred | Message trop volumineux | Nachricht zu groß |
El mensaje es demasiado grande | сообщение слишком большое | 邮件过大 |
メールサイズが大きすぎます | The message contains a forbidden attachment |
Mail contained a URL rejected by SURBL | Your email was rejected because it contains a virus |
Access denied, banned sending IP | you are not allowed to post to this list | content rejected |
refused by local policy | No reverse DNS for your address |
Your access to this mail system has been rejected due to the sending MTA's poor reputation |
DT:SPM 163 smtp | Administrative prohibition | administratively denied |
Message contains invalid characters |
Message rejected due to local policy | Spam detected | Your message looks like SPAM |
550 content blocked | SPF validation failed | DKIM signature did not verify |
rejected due to low sender reputation | Too many spam complaints from your domain |
this IP has been blocked | Listed by Spamhaus | message exceeds maximum size |
attachment not allowed | Virus found | URL in message is blacklisted | Invalid HELO |
no PTR for your host | Blocked for policy reasons | sender blocked by recipient |
recipient does not accept mail from you | You are blocked from sending to this user |
Only members may post | your message awaits moderator approval |
greeting required before sending | header malformed | Message content rejected, id=1 |
5.7.1 prohibited | bulk mail not accepted | TLS required by this server | authentication required
"""


def test_a_full_mailbox_is_hard_in_no_language_and_under_no_status() -> None:
    for said in map(normalized, each(FULL)):
        found = {verdict(status, said) for status in ("5.0.0", "5.1.1", "5.2.0", "5.2.1", "")}
        assert found == {"soft"}, said


def test_other_languages_say_that_an_address_is_none_or_that_a_mail_is_unwanted() -> None:
    for texts, expected in ((NONE, "hard"), (OF_US, "neither")):
        for said in map(normalized, each(texts)):
            assert {verdict("5.0.0", said), verdict("", said)} == {expected}, said


@pytest.mark.parametrize("subject", range(8))
def test_no_temporary_status_is_ever_hard(subject: int) -> None:
    said = normalized("550 5.1.1 user unknown, no such user, account closed")
    assert all(verdict(f"4.{subject}.{n}", said) == "soft" for n in range(30))


def test_versions_and_addresses_are_no_status() -> None:
    assert codes("exim 4.92.3 on 192.168.5.1.1 said x5.1.1 (#5.1.1) 2.0.0 550-4.2.2.") == [
        "5.1.1", "4.2.2",
    ]  # fmt: skip


# ── whole reports ──


def kind_of(data: bytes) -> str | None:
    found = read(data).report
    return found.kind if found else None


@pytest.mark.parametrize(
    ("status", "action", "expected"),
    [
        ("5.1.1", "failed", "hard"),
        ("4.4.7", "failed", "soft"),
        ("4.4.1", "delayed", "soft"),
        ("5.1.1", "delayed", "soft"),
        ("2.0.0", "delivered", None),
        ("2.0.0", "relayed", None),
        ("2.1.5", "expanded", None),
        ("5.7.1", "failed", "neither"),
        ("5.1.1", "failed (user unknown)", "hard"),
    ],
)
def test_the_part_for_programs_is_read(status: str, action: str, expected: str | None) -> None:
    assert kind_of(report(ID, status=status, action=action)) == expected


def test_a_delay_is_not_the_end() -> None:
    found = read(report(ID, status="4.4.1", action="delayed")).report
    assert found is not None
    assert not found.is_final


def test_every_recipient_is_read_and_none_is_condemned_for_another() -> None:
    other = "\n\nFinal-Recipient: rfc822; bob@example.org\nAction: failed\nStatus: 4.2.2"
    found = read(report(ID, status=f"5.1.1{other}")).report
    assert found is not None
    assert found.addresses == {"alice@example.org", "bob@example.org"}
    assert found.kind == "soft"
    assert found.about("alice@EXAMPLE.org").kind == "hard"
    assert found.about("bob@example.org").kind == "soft"
    assert found.about("carol@example.org") is found
    assert found.ids == (ID,)


def test_the_words_decide_where_the_fields_are_mute() -> None:
    data = report(ID, status="5.0.0").replace(b"Sorry.", b"The mailbox of the user is over quota.")
    assert kind_of(data) == "soft"
    assert kind_of(data.replace(b"is over quota", b": no such user")) == "hard"


@pytest.mark.parametrize("status", ["4.0", "4.X.X", "4", "450", "4.4.7 (expired)"])
def test_a_temporary_status_that_is_cut_short_is_temporary(status: str) -> None:
    said = f"{status}\nDiagnostic-Code: smtp; 550 user unknown"
    assert kind_of(report(ID, status=said)) == "soft"


@pytest.mark.parametrize(
    "status", ["5.1.1", "5.2.1", "5.1.0", "5.1.1\nDiagnostic-Code: x; 550 5.1.1"]
)
def test_the_words_soften_a_status_without_a_diagnosis(status: str) -> None:
    data = report(ID, status=status)
    assert kind_of(data) == "hard"
    for told in (b"The recipient's mailbox is full.", b"It said: 452 4.2.2 over quota"):
        assert kind_of(data.replace(b"Sorry.", told)) == "soft"
    said = f"{status}\nComment: no such user"
    told_too = report(ID, status=said).replace(b"Sorry.", b"Another mailbox is full.")
    assert kind_of(told_too) == "hard", "it has a diagnosis of its own"


def test_what_came_back_is_not_taken_for_the_servers_words() -> None:
    body = "Sorry.\n\n--- Below this line is a copy of the message.\n\nuser unknown, 550 5.1.1\n"
    assert kind_of(mail(body, "failure notice", sender="MAILER-DAEMON@mx.example.net")) == "soft"


def test_a_delivery_report_in_a_text_is_read() -> None:
    body = "Failed.\n\nFinal-Recipient: rfc822; a@example.net\nAction: failed\nStatus: 5.1.1\n"
    found = read(mail(body, "Undelivered mail", sender="postmaster@mx.example.net")).report
    assert found is not None
    assert (found.kind, found.addresses) == ("hard", {"a@example.net"})


FEEDBACK = """From: abuse@mx.example.net
Subject: feedback
MIME-Version: 1.0
Content-Type: multipart/report; report-type={report}; boundary="b"

--b
Content-Type: text/plain

A report.

--b
Content-Type: message/feedback-report

Feedback-Type: {kind}
Version: 1

--b
Content-Type: message/rfc822

Message-ID: {id}

Body
--b--
"""


@pytest.mark.parametrize(
    ("kind", "expected", "program"),
    [
        ("abuse", "complaint", "feedback"),
        ("fraud", "complaint", "feedback"),
        ("opt-out", "complaint", "feedback"),
        ("not-spam", None, "feedback"),
        ("virus", None, "feedback"),
        ("other", None, "feedback"),
        ("auth-failure", None, "auth-failure"),
    ],
)
def test_feedback_is_a_complaint_only_where_it_says_so(
    kind: str, expected: str | None, program: str
) -> None:
    data = FEEDBACK.format(report="feedback-report", kind=kind, id=ID).encode()
    assert (kind_of(data), read(data).automatic) == (expected, program)
    unnamed = data.replace(b"report; report-type=feedback-report", b"mixed")
    assert (kind_of(unnamed), read(unnamed).automatic) == (expected, program)


@pytest.mark.parametrize(
    ("data", "program"),
    [
        (mail("I am away.", "Automatic reply: Papers"), "vacation"),
        (mail("Ich bin im Urlaub.", "Abwesenheitsnotiz"), "vacation"),
        (mail("Je suis absent.", "Réponse automatique : Papers"), "vacation"),
        (mail("不在です", "自動返信: Papers"), "vacation"),
        (mail("My mailbox is full of joy.", "Out of office", Return_Path="<>"), "vacation"),
        (mail("x", "Report domain: example.org Submitter: example.net"), "dmarc"),
        (FEEDBACK.format(report="disposition-notification", kind="", id=ID).encode(), "receipt"),
        (FEEDBACK.format(report="tlsrpt", kind="", id=ID).encode(), "tls report"),
        (mail("hello", Auto_Submitted="auto-generated"), "automatic"),
        (mail("help"), ""),
    ],
)
def test_programs_that_are_no_bounce_are_told_apart(data: bytes, program: str) -> None:
    assert (kind_of(data), read(data).automatic) == (None, program)


@pytest.mark.parametrize(
    "data",
    [
        mail("Is the paper on undeliverable mail out? User unknown to me.", "A question"),
        mail("add delivery failure prediction"),
        mail("The mailbox is full of your digests, unsubscribe"),
    ],
)
def test_a_persons_mail_about_such_things_is_no_report(data: bytes) -> None:
    assert kind_of(data) is None


# ── people and vacation programs ──

AUTO = {"Return_Path": "<>", "Auto_Submitted": "auto-replied"}
QUOTED = f"\n\n--- Below this line is a copy of the message.\n\nMessage-ID: {ID}\n"


@pytest.mark.parametrize(
    "data",
    [
        mail("My office phone is no longer in use meanwhile.", "Auto: Papers", **AUTO),
        mail("This account is inactive until June", "Auto: Papers", **AUTO),
        mail("I am temporarily away.", "Re: Papers", Return_Path="<>"),
        mail("Mary has left the company, please write to bob@example.net.", "Papers", **AUTO),
        mail("The third link was not found", "Papers", sender="administrator@example.net"),
    ],
)
def test_what_subscribers_and_their_programs_write_is_no_report(data: bytes) -> None:
    assert kind_of(data) is None


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        ("It did not reach me, it could not be found in my inbox", {}, "soft"),
        ("Your message was not delivered: user unknown", {"Return_Path": "<>"}, "soft"),
        (f"Not delivered: user unknown{QUOTED}", AUTO, "soft"),
        (f"Not delivered: user unknown{QUOTED}", {"Return_Path": "<>"}, "hard"),
        ("Not delivered: user unknown", {"sender": "MAILER-DAEMON@mx.example.net"}, "hard"),
        ("Not delivered: user unknown", {"X_Failed_Recipients": "a@example.net"}, "hard"),
    ],
)
def test_only_what_a_server_wrote_is_hard(
    body: str, headers: dict[str, str], expected: str
) -> None:
    assert kind_of(mail(body, "Undelivered digest?", **headers)) == expected


# ── addresses ──


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("退信原因：收件人邮件地址（reader@qq.com）不存在，邮件无法送达。", {"reader@qq.com"}),
        ("收件人reader@qq.com不存在", {"reader@qq.com"}),
        ("宛先：reader@nifty.ne.jp は存在しません", {"reader@nifty.ne.jp"}),
        ("[SMTP:reader@example.net]: user unknown", {"reader@example.net"}),
        ("<reader@bücher.example>: user unknown", {"reader@xn--bcher-kva.example"}),
        ("x@mail.bücher.example: user unknown", {"x@mail.xn--bcher-kva.example"}),
        ("Not delivered: they take no mail from digest@example.org", set()),
        ("User unknown; ask postmaster@example.net", set()),
    ],
)
def test_an_address_ends_where_other_words_begin(line: str, expected: set[str]) -> None:
    data = mail(line, "Undelivered mail", sender="MAILER-DAEMON@mx.example.net")
    found = read(data).report
    assert found is not None
    assert found.addresses == expected


def test_a_report_can_be_read_without_our_own_address() -> None:
    line = "news@example.org: not accepted by a@example.net"
    found = read(mail(line, "Undelivered mail", sender="MAILER-DAEMON@mx.example.net")).report
    assert found is not None
    rest = found.without("news@example.org")
    assert rest.addresses == {"a@example.net"} == rest.recipients[0].addresses
