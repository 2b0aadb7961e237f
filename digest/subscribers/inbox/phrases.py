"""Phrases in which mail servers refuse mail: about an address, a mailbox, or a message.

All are in small letters with single blanks, as ``normalized`` makes a text.  They were gathered
from the public samples of flufl.bounce and from the documented answers of servers.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


def normalized(text: str) -> str:
    """Return a text in the form in which phrases are looked for."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    straight = folded.replace("’", "'").replace("`", "'").replace("\u00ad", "")
    return " ".join(straight.split())


def has(phrases: Iterable[str], text: str) -> bool:
    """Return whether one of the phrases is in a text."""
    return any(phrase in text for phrase in phrases)


def each(text: str) -> tuple[str, ...]:
    """Return the phrases of a text, separated by bars."""
    return tuple(" ".join(phrase.split()) for phrase in text.split("|"))


#: The mailbox is full: whatever the code, it may have room tomorrow.  A quota is the mailbox's,
#: whatever word it is part of, unless it is one of sending (``OURS``).
FULL = each(
    """
    quota | квот | mailbox full | mailbox is full | mail box full | mailbox was full |
    box is full | full mailbox | mailbox for user is full | mailfolder is full | inbox is full |
    inbox full | inboxfull | mbox full | mailbox: full | user is full | account full | over its |
    over the limit | over limit | over storage | exceeded storage | exceeded the storage |
    not enough storage | exceeds the maximum mailbox | exceeds the max mailbox |
    exceeds allowed size |
    exceeded the maximum mailbox | exceeded mailbox | mailbox exceeded | mailbox exceeds |
    exceeded allowed storage | exceeded allocated storage | storage space | storage limit |
    exceeded the space | exceeded its space | exceeded its limit | insufficient disk space |
    not enough space | insufficient space | no space left | no free space | out of storage |
    out of space | allocated storage | insufficient system storage | insufficient storage |
    mailbox size | mailbox limit | mailbox has exceeded | mailbox has reached | disk limit |
    user limit | user has exceeded | user exceeded | maximum allowed size | maximum size reached |
    disk is full | maildir over | too much mail | disk full | is too full | grown too large |
    mail data is over | no room in mailbox | not have enough room | not have room |
    exceeds allowed message count | mailbox has too many | account is full | user has too many |
    has too many messages | not enough free space | recipient storage full | mailboxfull |
    account has been over | space allotment | message count limit | because it is full |
    postfach voll | postfach ist voll | postfach des empfängers ist voll | speicherplatz |
    postfachs ist überschritten | postfach überfüllt | mailbox voll | mailbox ist voll |
    boîte pleine | boîte aux lettres pleine | boîte aux lettres est pleine | est saturée |
    boite pleine | boite aux lettres pleine | boite aux lettres est pleine | est saturee |
    boîte de réception est pleine | boîte de réception du destinataire |
    buzón lleno | buzon lleno | buzón está lleno | buzón de correo está lleno | está lleno |
    está llena | esta llena | casilla llena | cuota excedida | cuota superada | sin espacio |
    caixa cheia | caixa de correio cheia | caixa postal cheia | está cheia | cota excedida |
    casella piena | casella di posta piena | casella di posta è piena | limite di spazio |
    mailbox vol | postvak vol | postvak is vol | brevlådan är full | postkassen er fuld |
    postkassen er full | postilaatikko on täynnä | skrzynka pełna | skrzynka jest pełna |
    przepełniona | schránka je plná | schránka je přeplněná | переполнен | ящик полон |
    получателя полон | полон | недостаточно места | posta kutusu dolu | kotası dol |
    メールボックスがいっぱい | メールボックスが一杯 | メールボックスの容量 | 容量超過 | 容量を超え |
    容量がいっぱい | 容量オーバー | ボックスが満杯 | 空き容量 | 空きがありません | 满了 | 已满 |
    已滿 | 邮箱空间不足 | 空间不足 | 空間不足 | 配额 | 配額 | 편지함이 가득 | 메일함이 가득 |
    용량이 초과 | 용량 초과 | 용량이 부족 |
    at capacity | maximum capacity | mailbox storage | overfull | storage used up |
    used all of its | over allowance | space exhausted | exceeding its storage |
    exceeded its allotted | no storage | run out of space | capacity exceeded |
    stockage insuffisant | capacidade excedida |
    spazio esaurito | postbus is vol | out of room | used up | storage
    exhausted | storage has been exhausted | enough room | mailbox room | no space on | no more
    space | not enough disk | mailbox too large | more mail: full
    """
)

#: A mailbox or its room, and that nothing more goes in: both together say that it is full.
ROOM = each(
    """
    postfach | speicher | boîte | boite | capacité | buzón | buzon | bandeja | casilla | caixa |
    casella | mailbox | inbox | postvak | postbus | inkorg | brevlåd | postkass | postboks |
    innboks | indbakke | postilaatikko | skrzyn | schránk | postafiók | căsuț | cutia | ящик |
    скриньк | γραμματοκιβώτιο | εισερχόμεν | posta kutu | gelen kutu | תיבת | صندوق | मेलबॉक्स |
    इनबॉक्स | kotak | hộp thư | กล่อง | 邮箱 | 信箱 | 郵箱 | 收件箱 | 收件匣 | 容量 | ボックス |
    受信箱 | 受信トレイ | 사서함 | 편지함 | 메일함 | 용량
    """
)
FILLED = each(
    """
    überfüllt | ist voll | zu voll | sein voll | kontingent | pleine | saturé | dépassé | lleno |
    llena | completo | superado su | saturad | cheia | lotad | esgotad | excedid | piena | satura |
    zit vol | är full | er full | er fuld | fyld | fylt | täysi | täynnä | pełn |
    brak miejsca | plná | plný | přeplněn | preplnen | megtelt | tele van | este plin | заполнен |
    превыш | переповн | πλήρ | γεμάτ | dolu | doldu | dolmuş | מלא | ممتلئ | امتلأ | پر است |
    پر شده | भरा | भर गया | penuh | đầy | เต็ม | 满 | 滿 | 上限 | 超出 | いっぱい | 一杯 | 満杯 |
    超過 | 超え | 가득 | 꽉 | 초과
    """
)

#: Not now, or not reached now.
LATER = each(
    """
    try again | try later | retry later | retry in | wait and retry | come back in | temporar |
    greylist | graylist | grey list | gray list |
    deferred | deferral | come back later | later time | tempfail | temp fail |
    still being retried | will be retried | will retry | will keep trying | keep trying |
    will continue to be attempted | delayed | has not yet been delivered | transient |
    delivery time expired | message expired | expired after | retry time | retry timeout |
    time-out | timed out | timeout | time out | connection refused | connection reset |
    connection closed | connection lost | lost connection | connection dropped | unreachable |
    no route to host | could not connect | couldn't connect | unable to connect | can't connect |
    cannot connect | too many connections | too many concurrent | too busy | system busy |
    overloaded | load average | not currently available | currently unavailable |
    service unavailable | service not available | resources temporarily | too quickly | at a rate |
    rate limit | too many messages | throttl | servfail | unusual rate |
    message rate | too many recipients |
    out of memory | i/o error | read error | dns failure | server failure | name server |
    nameserver | host name lookup failure | in the queue for | queue too long | maximum delivery |
    undelivered after | been in the queue | mail loop | loops back | looping | too many hops |
    hop count | not responding | didn't respond | später | vorübergehend | nochmals |
    ultérieurement | temporairement | más tarde | temporalmente | mais tarde | temporariamente |
    più tardi | temporaneamente | tijdelijk | später erneut | позже | временно | 稍后 | 暂时 |
    一時的 | しばらく | 나중에 | 일시적
    """
)

#: It is about the message, or about us: nothing follows for the address.
NOT_THE_ADDRESS = each(
    """
    spam | junk mail | unsolicited | bulk mail | blacklist | black list | blocklist | block list |
    blocked | denylist | listed in rbl | dnsbl | listed at | listed on | is listed in | spamhaus |
    spamcop | barracuda | sorbs | reputation | senderbase | senderscore | policy | dmarc | dkim |
    spf | sender id | unauthenticated | authentication | not authenticated | virus | malware |
    trojan | infected | phish | suspicious | banned | prohibited | attachment type |
    attachments are | attachment is | content reject | content filter | message content |
    refused by content | too large | too big | size limit | message size | maximum size |
    exceeds size | fixed maximum | maximum message | message length | exceeds the size |
    max message size | relaying | relay access | to relay | relay denied | not permitted |
    not allowed to send | not authorized | not authorised | sender rejected |
    sender address rejected | sender refused | sender verify | unverified sender |
    domain of sender | sender domain | envelope sender | ptr record | reverse dns | fcrdns |
    rdns | helo command | not accept mail from | doesn't accept mail from | ip address | your ip |
    access denied | denied by | moderator | members only | member only | closed list |
    only members | not a member | non-member | challenge | confirm your | line too long |
    syntax error | invalid header | missing header | 8bit | smtputf8 | 5.7. | malformed |
    rfc 5322 | rfc 2822 | bare lf | bare line feed | duplicate | rejected by the recipient |
    abuse | complaint | hostname rejected | attachment not allowed | greeting required |
    tls required | ip= | surbl | forbidden attachment | administrative prohibition |
    administratively | to post to | invalid character | dt:spm | indésirable | no deseado |
    por contenido | lixo eletrônico | indesiderata | ongewenste | skräppost | roskaposti |
    søppelpost | nevyžádan | спам | istenmeyen | דואר זבל | رسائل مزعجة | 垃圾邮件 | 垃圾郵件 |
    迷惑メール | スパム | 스팸 | trop volumineux | zu gross | demasiado grande | grande demais |
    troppo grande | te groot | слишком большо | 过大 | 過大 | 大きすぎ | 너무 큽
    """
)

#: It is about our address or our session, in words that else speak of the recipient's ("sender
#: address rejected: user unknown"): no other phrase beside it counts.
OURS = each(
    """
    sender address | sender email | sender e-mail | sender's address | sender verif |
    sender callout | callout verif | sender rejected | sender denied | sender refused |
    sender unknown | unknown sender | invalid sender | bad sender | sender is | sender does not |
    sender doesn't | sender domain | sender not | domain of sender | envelope sender |
    envelope from | from address | return path | reverse-path | verification failed for |
    unverified address: sender | after mail from | in reply to mail from | client host |
    your host | your reverse | your ip | your server | your domain | your helo | reverse hostname |
    reverse dns | helo: | helo command | helo name | helo host | helo reject | helo domain |
    helo argument | helo string | helo/ehlo | ehlo/helo | invalid helo | bad helo | ehlo command |
    after helo | after ehlo | in reply to helo | in reply to ehlo | command not | command rejected |
    command unrec | unrecognized command | unrecognised command | unknown command | parameter not |
    parameter unrec | unrecognized parameter | invalid parameter | unknown parameter |
    certificate not | certificate is | certificate has | certificate verif | invalid certificate |
    dns ptr | sending quota | sending limit | daily quota | daily message quota |
    absenderadresse | adresse de l'expéditeur | dirección del remitente | indirizzo del mittente |
    адрес отправителя | 发件人地址 | 寄件者地址 | 送信元アドレス
    """
)

#: The address does not exist, or takes no mail any more.
NO_SUCH = each(
    """
    user unknown | unknown user | user is unknown | unknown to | unknown local | unknown or |
    unknown recipient | recipient unknown | unknown address | address unknown | account unknown |
    unknown account | unknown mailbox | mailbox unknown | unknown or illegal alias |
    unknown email | unknown e-mail | unknown username | username unknown | unknown user name |
    unknown recip | no such | no mailbox | no user | no account | no recipient |
    no email address | no valid | not exist | doesn't exist | nonexist | non-exist | non exist |
    nosuchuser | no longer exist | not found | not be found | couldn't be found | can't find |
    cannot find | could not find | not known | not a known | not a valid | not valid |
    isn't valid | invalid recip | invalid mailbox | invalid address | invalid user |
    invalid email | invalid e-mail | invalid local | invalid final | invalid username |
    invalid account | not listed in | not listed | is not a user | not a user | isn't a user |
    not our customer | not our member | not an active | not active | inactive | no longer active |
    no longer valid | no longer available | no longer in use | no longer works | no longer at |
    no longer here | no longer with | no longer employed | no longer a | no longer on | has left |
    disabled | deactivated | discontinued | suspended | expired account | account closed |
    is closed | been closed | was closed | account terminated | been terminated |
    account deleted | user deleted | mailbox deleted | been deleted | account has been removed |
    has been removed from | account cancelled | account canceled | been cancelled |
    been canceled | did not exactly match | does not match any | may not exist |
    has been retired | has moved | address has changed | user has moved | doesn't have a |
    does not have a | dosn't have | don't have a | not have an account | unrouteable |
    unroutable | unrouteable mail domain | undeliverable address | bad address | bad destination |
    bad mailbox | bad recipient | bad user | bad email | illegal alias | illegal user |
    address rejected | recipient rejected | recipient refused | rejected recipient |
    mailbox unavailable | mailbox not available | mailbox is unavailable |
    mailbox is not available | unavailable mailbox | not a local | not local | isn't local |
    user not local | not in my | no one by that name | nobody by that name |
    name is not recognized | name was not found | name not recognized | recipient not recognized |
    user not recognized | address not recognized | not in the directory | not in directory |
    in domino directory | public name & address book | host unknown | unknown host |
    unknown domain | domain unknown | host or domain name | no mx | name or service not known |
    domain isn't in | domain name not | couldn't find any host | nxdomain | null mx | nullmx |
    domain does not | non-existent domain | bad domain | invalid domain | no mail server |
    delivery error: dd | delivery attempts to | doesn't accept any mail |
    does not accept any mail | never logged | unable to find | address couldn't be |
    address could not be | not delivered to this | resolver.adr | recipnotfound |
    recipientnotfound | recipient not | user doesn't | this user doesn't | unbekannt |
    existiert nicht | nicht bekannt | nicht gefunden | ungültige adresse | gibt es nicht |
    nicht vorhanden | unzustellbare adresse | n'existe pas | inconnu | introuvable | invalide |
    non recensé | non recense | n'a pas été trouvé | pas trouvé | no existe | desconocid |
    no se encontr | no se ha encontrado | não existe | inexistente | não encontrad |
    não foi encontrad | non esiste | sconosciut | non trovat | bestaat niet | onbekend |
    niet gevonden | finns inte | okänd | findes ikke | ukendt | finnes ikke | ukjent | ei löydy |
    tuntematon | nie istnieje | nieznany | neexistuje | neznám | не существует | неизвестн |
    не найден | недействител | bulunamadı | mevcut değil | 存在しません | 見つかりません |
    宛先不明 | あて先不明 | 該当する | 有効ではありません | 不存在 | 找不到 | 无此用户 |
    無此用戶 | 존재하지 | 찾을 수 없 | 없는 사용자 | unknown virtual | user invalid |
    not on this server | address is not in use | account has expired | mailbox closed |
    to reach was deleted | domain has expired | could not be resolved | does not host |
    invalid mail box | bad local part | no one here by that | addressee unknown |
    addresses were unknown | unknown destination | does not work here | no mail box |
    undefined mailbox | permanently closed | plus valide | inexistant | aucun utilisateur |
    adresse ist ungültig | adresse ungültig | nicht gültig | kein solcher | no encontrad |
    desactivad | endereço inválido | inesistente | indirizzo non valido | brak takiego |
    nie ma takiego | ismeretlen | nem létezik | nu există | нет такого | не существу | не існує |
    δεν υπάρχει | kullanıcı yok | אינו קיים | לא קיים | غير موجود | وجود ندارد | tidak ditemukan |
    không tồn tại | ไม่พบผู้ใช้ | 查无此人 | 查無此人 | 已被停用 | ユーザーはいません
    """
)

#: So clear that no other phrase beside it counts.
PLAINLY_NO_SUCH = each(
    """
    user unknown | unknown user | no such user | no such recipient | no such mailbox |
    no mailbox here by that name | not listed in domino directory | unknown local part |
    user does not exist | user doesn't exist | recipient does not exist | mailbox does not exist |
    account does not exist | account that you tried to reach does not exist | user not found |
    recipient not found | recipient unknown | unknown recipient | address unknown
    """
)

#: The mail was not delivered; no reason is named.
FAILED = each(
    """
    could not be delivered | couldn't be delivered | cannot be delivered | can't be delivered |
    not be delivered | not delivered | wasn't delivered | was not delivered | undeliverable |
    undelivered | nondeliverable | non-deliverable | unable to deliver | not able to deliver |
    wasn't able to deliver | couldn't deliver | could not deliver | cannot deliver |
    can't deliver | failed to deliver | delivery failed | delivery to the following |
    delivery failure | delivery has failed | delivery error | delivery problem |
    failed permanently | permanent error | permanent fatal error | fatal error |
    delivery status notification | returned to you | returned to sender | being returned |
    return to sender | returning message | has been returned | was returned | returned mail |
    bounced | failed address | failed recipient | following recipient | did not reach |
    didn't reach | has not been delivered | hasn't been delivered | message was rejected |
    mail was rejected | was rejected | has been rejected | rejected your message | rejected by |
    refused by | not accepted | transaction failed | processing error | error during delivery |
    mail error | sending failed | unable to send | problems delivering | problem delivering |
    trouble delivering | send failed | not be sent | wasn't sent | not been sent | blocked |
    discarded | unable to relay | delivery attempt | while attempting to deliver |
    had delivery problems | had permanent | had transient | had errors | session transcript |
    transcript of session | error message below | message delivery | nicht zugestellt |
    unzustellbar | nicht zustellbar | konnte nicht | fehlgeschlagen | non remis |
    n'a pas été remis | n'a pas pu être | pas pu être remis | échec de | non distribu |
    no se pudo entregar | no se ha podido entregar | no ha podido | no entregad | no pudo |
    não foi entregue | não pôde ser | falha na entrega | non è stato recapitato |
    mancato recapito | impossibile recapitare | niet worden bezorgd | niet bezorgd | onbestelbaar |
    kunde inte levereras | kunne ikke leveres | ei voitu toimittaa | nie została dostarczona |
    nie można dostarczyć | nelze doručit | nebyla doručena | не доставлен |
    не может быть доставлен | невозможно доставить | teslim edilemedi | 配信できません | 配信不能 |
    送信できません | 送信できませんでした | エラーメール | お届けできません | 届けられません |
    無法投遞 | 无法投递 | 无法送达 | 退信 | 投递失败 | 发送失败 | 전송되지 | 배달되지 | 보내지 못 |
    반송
    """
)

#: Subjects of such reports.
SUBJECTS = FAILED + each(
    """
    failure notice | failure delivery | mail delivery | delivery notification | delivery report |
    mail failure | mail failed | failed mail | mail system error | mail not delivered | ndn: |
    ndr | delivery status | delayed mail | delivery delayed | message delayed | returned message |
    message status | warning: could not send | warning: message | mail warning | nameserver error |
    non-delivery | nondelivery | non delivery | user unknown | unknown user |
    automatically rejected | mail delivery warning | rejected mail | mail could not |
    failure report | notification d' | notificación de | notifica di | mensagem não |
    auto-rejected | delivery incomplete | address not found | message blocked |
    message not delivered | mail rejected | mailbox full | over quota | undeliv |
    return receipt (failed) | error sending | email not sent
    """
)

#: The senders of such reports.
SENDERS = each(
    """
    mailer-daemon | mailer_daemon | mailerdaemon | postmaster | mail delivery | mdaemon |
    mail-daemon | mail daemon | mail system | mail administrator | system administrator |
    mailsystem | smtp_mail | delivery subsystem | delivery service | ndr@ |
    internet mail delivery | mail.delivery | e-mail delivery | email delivery |
    jetmail | antivirus | mailadm | imss@ | microsoft exchange | microsoftexchange | mail router |
    mta@ | mmdf | pmdf | smtp gateway
    """
)

#: Subjects of vacation answers.
AWAY = each(
    """
    out of office | out of the office | out-of-office | automatic reply | automated reply |
    auto reply | auto-reply | autoreply | auto response | auto-response | autoresponse |
    automated response | automatic response | on vacation | vacation reply | away from my mail |
    away from the office | on leave | holiday notice | abwesenheit | automatische antwort |
    nicht im büro | im urlaub | absence du bureau | absent du bureau | réponse automatique |
    message d'absence | fuera de la oficina | respuesta automática | fuori sede | fuori ufficio |
    risposta automatica | afwezig | automatisch antwoord | resposta automática |
    ausência temporária | autosvar | frånvaro | automatiskt svar | poissaolo |
    automaattinen vastaus | nieobecno | automatyczna odpowiedź | odpowiedź automatyczna |
    automatická odpověď | автоответ | автоматический ответ | otomatik yanıt | otomatik cevap |
    自動応答 | 自動返信 | 不在通知 | 自动回复 | 自動回覆 | 부재중 | 자동 응답 | מענה אוטומטי |
    رد تلقائي | αυτόματη απάντηση | automatikus válasz | răspuns automat
    """
)
