"""What people write, as mail programs wrap it: wishes to leave, signatures, marks, charsets."""

from __future__ import annotations

import sys
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from types import FrameType

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder
from cryptography.x509.oid import NameOID

from bench._mails import mails
from digest.subscribers.inbox import phrases, smime
from digest.subscribers.inbox.authentication import is_vouched_for
from digest.subscribers.inbox.charsets import text_from
from digest.subscribers.inbox.commands import Command, commands
from digest.subscribers.inbox.headers import address_in, decoded, with_parameters
from digest.subscribers.inbox.hypertext import shown
from digest.subscribers.inbox.incoming import read
from digest.subscribers.inbox.limits import MAX_PARTS, UnreadableError, Work
from digest.subscribers.inbox.mime import parse
from digest.subscribers.inbox.phrases import each
from digest.subscribers.inbox.unsubscribing import asks_to_unsubscribe

from ...extent import IS_WHOLE, some
from .test_receive import asked, mail

UNSUBSCRIBE = [Command("unsubscribe")]

# ── wishes to leave ──

LEAVING = """
remove me | Please remove me. | please take me off this list | Take me off your mailing list!
Remove alice@example.org from this list | please stop sending me these | stop emailing me
opt out | OPT-OUT | cancel my subscription | delete my address | no more mails please | STOP!!
I no longer wish to receive these emails | I want out. Please remove my address. | cancel
don't send me any more of this | Kindly unsubscribe us | delete me from the database
Bitte abmelden! | Bitte melden Sie mich ab. | Bitte tragen Sie mich aus dem Verteiler aus
Ich möchte keine Mails mehr | Abbestellung | Abo kündigen | Bitte nichts mehr schicken
désabonnez-moi | Merci de me désinscrire | Veuillez me retirer de votre liste | STOP svp
Je ne souhaite plus recevoir vos mails, je veux me désabonner | Désinscription
quiero darme de baja | Por favor, denme de baja | baja | cancelar suscripción
No quiero recibir más
remover da lista | Quero cancelar a assinatura | Por favor descadastrem meu email
não quero receber
Vorrei disiscrivermi | cancellatemi dalla lista | Rimuovetemi | annullare l'iscrizione
Meld mij af | uitschrijven | Graag afmelden | geen mail meer | avregistrera
ta bort mig från listan
frameld | Fjern mig fra listen | meld meg av | poista minut listalta | peruuta tilaus
proszę o wypisanie mnie z listy | wypisz mnie | odhlásit | Prosím odhlaste mě | odhlásiť
leiratkozás | Kérem, töröljenek a listáról | dezabonare | odjavite me | Одјавите ме
отписаться | Отпишите меня, пожалуйста | Удалите меня из рассылки | відписатися | отписване
Παρακαλώ διαγράψτε με | απεγγραφή | aboneliğimi iptal edin | İPTAL | listeden çıkarın
הסירו אותי מהרשימה | הסר | إلغاء الاشتراك | من فضلك الغاء الاشتراك | لغو اشتراک | मुझे हटा दें
berhenti berlangganan | hủy đăng ký | ยกเลิกการสมัคร | 退订 | 请把我退订 | 取消訂閱 | 请不要再发了
配信停止してください | 配信を停止してください | 購読解除 | 退会したい
수신거부 | 구독을 해지해 주세요
I no longer wish to get these mails | I am no longer interested | I would like to stop receiving it
Please remove foo@bar.example | Bitte löschen Sie mich aus Ihrem Verteiler!
je ne veux plus recevoir vos mails | por favor elimíneme de la lista
Quero cancelar a minha inscrição | Jag vill avsluta min prenumeration | Le szeretnék iratkozni
Прошу отписать меня | удалите мой адрес | 不要再给我发邮件 | Tolong berhenti langganan
I could not unsubscribe | Don't wait, remove me | Don't delete me twice; unsubscribe me
Why don't you unsubscribe me?
"""


#: As people write it, and what they write of like things.
WISHES = """
Please remove me from your mailing list. | Kindly take my address off your list, thanks. |
I did not sign up for this, remove | I never subscribed to this | Ich habe mich nie angemeldet. |
Je ne me suis jamais inscrite | No me he suscrito a esto | Leave me alone |
I'd like to be taken off this list please | Could you stop these? I get too much mail. |
Enough! No more of these please. | I want out | Please discontinue sending these. |
How do I get off this list? | I am no longer interested in receiving this newsletter |
I wish to end my subscription | please cease sending me these e-mails |
Quit sending me this stuff | please UNSUBSCRIBE this e-mail | not interested, please stop |
Unsubscribe me, I'm retired | I do not wish to receive these messages any longer |
I don't need these digests any more. Please sign me out. |
please exclude me from further mailings | Please deregister me | Kindly delist me |
Bitte nehmen Sie mich aus dem Verteiler | Bitte streichen Sie mich von der Liste |
Ich möchte keine weiteren Mails erhalten | Ich will das nicht mehr |
Könnten Sie mich bitte austragen? | Hiermit kündige ich das Abonnement. | Bitte nehmt mich raus |
Bitte keine Mails mehr an diese Adresse | Ich brauche das nicht mehr, danke |
Bitte aus der Liste entfernen | Bitte senden Sie mir nichts mehr zu |
Stellen Sie den Versand bitte ein | Merci de me désabonner |
Je ne souhaite plus recevoir vos courriels | Veuillez me retirer de votre liste de diffusion |
Merci d'arrêter l'envoi | Veuillez cesser de m'écrire | Pourriez-vous me désinscrire ? |
Stop aux mails svp | Je veux me désabonner | Merci de supprimer mon email de vos listes |
Por favor, eliminadme de la lista | Quiero darme de baja | Por favor no me manden más correos |
Ya no quiero recibir estos correos | No me interesa más, gracias | Solicito la baja |
Favor de removerme de la lista | Dejen de mandarme correos | quiero cancelar mi suscripcion |
Por favor, tire-me desta lista | Quero cancelar a assinatura |
Não quero mais receber estes e-mails | Por favor, remova meu e-mail da lista |
Favor remover meu nome | Vorrei cancellarmi dalla lista |
Per favore toglietemi dalla mailing list | Non desidero più ricevere queste mail |
Vi prego di cancellare il mio indirizzo | Non mandatemi più niente | basta con queste mail |
Gelieve mij uit te schrijven | Graag afmelden | Kunt u mij van de lijst halen? |
Ik wil deze mails niet meer ontvangen | Ik wil me uitschrijven |
Jag vill avsluta prenumerationen | Ta bort mig från listan tack | Jag vill inte ha fler mejl |
Avregistrera mig | Fjern meg fra listen | Jeg vil ikke ha flere e-poster |
Jeg ønsker ikke flere mails | Afmeld mig venligst | En halua enää näitä viestejä |
Poistakaa minut listalta | Peruuta tilaukseni | Proszę mnie wypisać z listy |
Nie chcę więcej otrzymywać tych wiadomości | Proszę o usunięcie mojego adresu |
Prosím o odhlášení | Nechci dostávat další emaily | Odhlaste mě prosím |
Kérem töröljenek a listáról | Nem szeretnék több levelet kapni | Vreau să mă dezabonez |
Nu mai doresc să primesc mesaje | Прошу отписать меня от рассылки |
Больше не присылайте мне письма | Уберите меня из рассылки | Хочу отписаться |
Не надо мне больше писать | Удалите меня из списка | Прошу исключить меня из списка рассылки |
Будь ласка, відпишіть мене | Видаліть мене зі списку | Παρακαλώ διαγράψτε με από τη λίστα |
Δεν θέλω άλλα μηνύματα | Lütfen beni listeden çıkarın | Artık mail almak istemiyorum |
Aboneliğimi iptal edin | אנא הסירו אותי מרשימת התפוצה | אני לא רוצה לקבל יותר הודעות |
أرجو إزالتي من القائمة | لا أريد تلقي هذه الرسائل بعد الآن | الرجاء إلغاء اشتراكي |
لطفا مرا از لیست حذف کنید | कृपया मुझे सूची से हटा दें | Tolong hapus saya dari daftar |
Saya tidak mau menerima email ini lagi | Vui lòng xóa tôi khỏi danh sách |
Tôi không muốn nhận thư này nữa | กรุณาลบฉันออกจากรายชื่อ | ขอยกเลิกการรับข่าวสาร |
请把我从邮件列表中删除 | 请取消我的订阅 | 不要再给我发邮件了 | 我想退订 | 請將我從名單中移除 |
請取消訂閱 | 配信を止めてください | メールの配信停止をお願いします | 登録を削除してください |
もう送らないでください | メルマガを解除したいです | 구독을 취소하고 싶습니다 |
더 이상 메일을 보내지 마세요 | 수신을 거부합니다 | 메일링 리스트에서 빼 주세요 |
I'd rather not get these anymore | Please take us out of your distribution |
Kindly stop all emails to this account | No more digests, please! | This is spam, stop it |
I retired last year, please cancel. | I'm leaving academia so please end my subscription |
Would you please unsubscribe my address | you can remove my email from your database |
Let me out of this list | Too many emails. Unsubscribe. |
Hi team, please drop me off the mailing list. Thanks | we no longer require these updates |
I'm not interested any more | Please turn off these notifications |
Please don't send any more emails | Do not contact me again | opt me out |
I have no use for these mails any longer | Kein Interesse | Bitte vom Newsletter abmelden |
Bitte löschen | Ich möchte mich abmelden | Ich möchte den Newsletter nicht mehr beziehen |
Bitte stoppen Sie die Mails | Bitte keine weiteren Nachrichten |
Ich bitte um Streichung aus der Mailingliste | Lassen Sie mich in Ruhe |
Veuillez me radier de la liste | Je me désabonne | Merci de ne plus m'envoyer de messages |
Je ne suis pas intéressé, merci de stopper les envois | Désinscription svp |
Veuillez me supprimer de vos contacts | Cancelar mi suscripción por favor | Baja por favor |
No deseo más mensajes | Quisiera darme de baja | Por favor bórrenme de esta lista |
Me quiero borrar | Cancelem a minha assinatura | Gostaria de sair da lista | Não envie mais |
Desejo cancelar a inscrição | Cancellatemi per favore | Vorrei disiscrivermi |
Non mi inviate più email | Togliete il mio indirizzo dalla lista | Disdetta | Schrijf mij uit |
Stop met mailen | Verwijder mijn e-mailadres | Ik wil geen mails meer | Avprenumerera |
Sluta skicka mejl till mig | Jag vill avregistrera mig | Meld meg av listen |
Slutt å sende meg e-post | Fjern min adresse | Jeg vil gerne afmeldes |
Stop med at sende mig mails | Haluan perua tilauksen | Poista osoitteeni listalta |
Älä lähetä enempää | Chciałbym zrezygnować z subskrypcji | Proszę przestać wysyłać | Rezygnuję |
Už mi neposílejte žádné zprávy | Chci zrušit odběr | Prosím zrušte môj odber |
Szeretnék leiratkozni | Kérem, ne küldjenek több levelet | Vă rog să mă ștergeți din listă |
Отпишите меня пожалуйста | Не присылайте больше | Хватит слать | Отмените подписку |
Я больше не хочу получать ваши письма | Прошу удалить мой адрес из базы | Скасуйте мою підписку |
Θέλω να διαγραφώ από τη λίστα | Σταματήστε να μου στέλνετε email | Üyelikten çıkmak istiyorum |
Beni listenizden silin | Bana bir daha mail göndermeyin | הפסיקו לשלוח לי מיילים |
להסיר אותי בבקשה | ألغوا اشتراكي من فضلكم | توقفوا عن إرسال الرسائل | لغو عضویت |
मुझे ईमेल भेजना बंद करें | Saya ingin berhenti berlangganan | Hentikan email ini |
Tôi muốn hủy đăng ký | Ngừng gửi email cho tôi | หยุดส่งอีเมล | 退订谢谢 | 请停止发送邮件 |
麻烦把我移出列表 | 我不需要这些邮件了 | 麻煩取消訂閱，謝謝 | 不要再寄信給我 | 購読をやめたい |
配信停止希望 | 今後のメールは不要です | 退会希望 | メール送信をやめてください |
구독 해지 부탁드립니다 | 메일 그만 보내주세요 | 수신 거부 | 더 이상 받고 싶지 않습니다 |
Please unsub me from this | I want to leave | Can you take me off? | Take me off. | remove |
Remove me pls!!! | Please remove my name from your distribution |
I do not want to be on this list | Please stop the newsletter | Enough of these emails |
No thanks, unsubscribe | Not for me, please remove | How can I stop receiving these? |
I don't want to be part of this any more | Please end these mails |
no longer needed, thank you, please remove my account | I'd like out | Please forget me |
Please deactivate my subscription | Close my account please | please pull me from the mailing |
Get me off of here | Quit it | kindly let me unsubscribe | Ich will raus |
Nehmen Sie mich bitte von der Verteilerliste | Bitte entfernt mich | Abmelden bitte! |
bitte abmelden, danke | Austragen | Bitte Newsletter beenden | Ich bestelle den Newsletter ab |
Ich wünsche keine Zusendung mehr | Löschen Sie bitte meine E-Mail-Adresse |
Bitte schickt mir das nicht mehr | Ich möchte raus aus dem Verteiler | Ne m'écrivez plus |
Je souhaite me désinscrire | Merci de retirer mon adresse | Je ne veux plus de ces mails |
Arrêtez s'il vous plaît | Plus de mails svp | Ôtez-moi de la liste | Désabonnez-moi |
Déinscription | Por favor, dejen de escribirme | Basta de correos | No más correos por favor |
Quítenme de la lista | Ya no estoy interesado | Cancelen mi suscripción | Deseo que me borren |
Quiero desuscribirme | Não me enviem mais emails | Retirem meu nome da lista | Quero sair |
Chega | Por favor cancelem | Não tenho mais interesse | Non voglio più ricevere la newsletter |
Mi cancelli dalla lista per favore | Voglio disiscrivermi | Smettete di scrivermi | Basta email |
Non sono più interessato | Haal me van de lijst | Ik ben niet meer geïnteresseerd |
Ik meld me af | Graag uitschrijven | Jag är inte längre intresserad | Sluta |
Ta bort min adress | Vennligst fjern meg | Jeg er ikke interessert lenger | Venligst stop |
Frameld mig | Lopettakaa viestien lähettäminen | En ole enää kiinnostunut | Wypiszcie mnie |
Nie jestem już zainteresowany | Proszę mnie usunąć | Nie wysyłajcie mi więcej maili |
Nemám už zájem | Přestaňte mi psát | Vymažte ma zo zoznamu | Nem érdekel | Kérem, töröljön |
Dezabonați-mă vă rog | Nu mă mai interesează | Мне это больше не интересно |
Перестаньте мне писать | Снимите меня с рассылки | Отключите рассылку | Больше не пишите |
Не пишіть мені більше | Δεν με ενδιαφέρει πια | Βγάλτε με από τη λίστα | Artık ilgilenmiyorum |
Mail listesinden çıkmak istiyorum | לא מעוניין יותר | תורידו אותי מהרשימה | لم أعد مهتما |
أريد إلغاء الاشتراك | مرا از لیست خارج کنید | मुझे और ईमेल नहीं चाहिए | Berhenti kirim email |
Saya tidak tertarik lagi | Đừng gửi nữa | Tôi không quan tâm nữa | ไม่ต้องการรับอีเมล |
不想再收了 | 别发了 | 请把我删掉 | 不感兴趣，请勿再发 | 我要取消 | 不再需要，謝謝 | 解約します |
もう興味がありません | メールはもう要りません | 登録抹消をお願いします |
もう配信しないでください | 더는 필요 없습니다 | 메일을 받지 않겠습니다 | 구독을 그만두고 싶어요
"""
OTHERS = """
Thanks for the great digest! | What does "remove" do in the profile? |
The list of authors in the third paper is wrong | I stopped at paper four, it is excellent |
Could you add quantum computing to my interests? | Great, I will not unsubscribe anytime soon! |
Please don't remove me from the list, I love it | How does the stop word list work? |
Danke, die Liste ist sehr gut | Ich habe mich neulich angemeldet, klappt alles |
Merci beaucoup pour ce service | Gracias por la lista de artículos |
This paper is about the removal of bias | del stop words | try early stopping |
The cancel culture paper was odd | Is the exit code of paper 3 right? |
Could you send me more of these? | Ich möchte nicht abgemeldet werden |
Je ne veux pas me désabonner | No quiero darme de baja | Please do not stop sending these |
Don't ever unsubscribe me | I never asked to unsubscribe, why am I not getting mails? |
I would like more papers off the beaten track | Bitte nicht abmelden! | не отписывайте меня |
The digest stopped coming, what happened? | Why did your mails stop on Monday? |
I no longer receive the mails | I don't get the mails any more |
Ich bekomme die Mails leider seit gestern nicht, was ist los? | Je ne reçois plus les mails |
Ya no recibo los correos, ¿qué pasa? | Could you take a look at my list of keywords? |
Remove bias over time is a nice title | I listen to the podcast and strike up conversations |
Could you address silicon photonics? | Let us exclude nothing |
Please send me more papers on biology | Ich hätte gern mehr Mails zu Biologie |
Je voudrais recevoir plus de messages | Quisiera recibir más correos | Vorrei ricevere più mail |
Хочу получать больше писем | 请多发一些论文 | もっと論文を送ってください | Nice mail, thank you |
I moved my mailbox, please write to my new address | Please change my email to new@example.net |
Bitte ändern Sie meine Adresse | How many papers are in the list? |
Your service is great, please keep sending! | Please keep sending the mails |
Is this list open to students? | Wann kommt die nächste Mail? |
The link to the second paper does not work any more |
I want to get the mail at 8 in the morning | Please send it less often | pls pause it |
Please leave the list as it is | I want to leave feedback: great! |
Please remove the word 'bees' from my keywords | Can you take a screenshot? |
Not for me but for my student: add graph theory | No more than five papers please |
I forgot which keywords I have | How can I stop getting duplicates? | I'm interested in more |
Enough papers for a week, wonderful! | Bitte nicht mehr als fünf | Ich bin sehr interessiert |
Je suis intéressé | Estoy interesado en más temas | Sono interessato |
Can I get these in French? | Where do I change my keywords? | Thanks for removing the bug! |
The mails end in my spam folder | My address will end in .edu | I would not want to miss these |
I no longer find paper 3 | Please resend yesterday's mail | please send me the list again |
Wie ändere ich meine Stichworte? | 这个列表很好 | もっとください
"""


def test_a_wish_is_understood_by_what_is_to_be_done_and_to_what() -> None:
    assert [said for said in each(WISHES) if not asks_to_unsubscribe(said)] == []
    assert [said for said in each(OTHERS) if asks_to_unsubscribe(said)] == []


def test_a_wish_to_leave_is_understood_in_many_languages() -> None:
    """Each is alone in the mail, between other lines, or its subject: by turns, or all three."""
    for place, words in enumerate(each(LEAVING.strip().replace("\n", "|"))):
        mails = (mail(words), mail(f"Hello,\n\n{words}\n\n-- \nAlice"), mail("", words))
        for told in mails if IS_WHOLE else mails[place % 3 :][:1]:
            assert asked(told) == UNSUBSCRIBE, words


@pytest.mark.parametrize(
    "words",
    ["add opt-out models", "try remove me", "add stop words, machine unlearning",
     "What a list of papers!", "I do not understand the third paper", "Take a look at the paper",
     "Delete this mail if you got it twice", "Resubscribe", "Thanks, stop by any time",
     "don't remove me from the list", "Please do not unsubscribe me",
     "Never take me off this list", "Do not remove alice@example.org"],
)  # fmt: skip
def test_what_is_no_wish_to_leave_is_none(words: str) -> None:
    assert asked(mail(words)) != UNSUBSCRIBE


def test_a_wish_may_go_on_in_the_next_line() -> None:
    assert asked(mail("Please take me\noff this list.")) == UNSUBSCRIBE


GREETINGS = ("Hola:", "Dear Sir or Madam:", "Sehr geehrte Damen und Herren:", "您好：")


@pytest.mark.parametrize("greeting", GREETINGS)
def test_a_greeting_with_a_colon_begins_no_quotation(greeting: str) -> None:
    assert asked(mail(f"{greeting}\n\nQuiero darme de baja.")) == UNSUBSCRIBE
    assert asked(mail(f"{greeting}\nadd bees\nOn Tuesday, digest wrote:\nadd wasps")) == [
        Command("add", "bees")
    ]


@pytest.mark.parametrize(
    "line",
    [
        "Begin forwarded message:",
        "Mensaje original:",
        "Am 10.03.2026 schrieb digest:",
        "digest <digest@example.org> wrote:",
        "---- x:",
    ],
)
def test_a_quotation_may_begin_in_the_first_line(line: str) -> None:
    assert asked(mail(f"{line}\n\nunsubscribe")) == []


def test_a_wish_may_come_after_friendly_lines() -> None:
    friendly = (
        "Hello,\n\nI liked your digest a lot.\nMany thanks for all of it.\nBut my job changed."
    )
    assert asked(mail(f"{friendly}\nPlease take me\noff this list.")) == UNSUBSCRIBE
    assert asked(mail("\n".join(["A line."] * 40) + "\nunsubscribe me")) == []


def test_a_footer_below_a_command_is_no_wish() -> None:
    footer = "\n\nACME Inc.\nTo stop such mail, unsubscribe here."
    assert asked(mail(f"digest{footer}")) == [Command("digest")]
    assert asked(mail(f"Hello,\nadd bees{footer}")) == [Command("add", "bees")]


FLOWED = "Content-Type: text/plain; charset=utf-8; format=flowed{}\n\n"


@pytest.mark.parametrize(
    ("body", "more", "expected"),
    [
        ("add mixture of \nexperts\n", "", [Command("add", "mixture of experts")]),
        ("add state-sp \nace models\n", "; delsp=yes", [Command("add", "state-space models")]),
        (" add bees\n", "", [Command("add", "bees")]),
        ("add bees \n-- \nadd wasps\n", "", [Command("add", "bees")]),
        ("add bees \n> add wasps\n", "", [Command("add", "bees")]),
    ],
)
def test_flowed_lines_are_joined(body: str, more: str, expected: list[Command]) -> None:
    data = f"From: alice@example.org\n{FLOWED.format(more)}{body}".encode()
    assert asked(data) == expected


@pytest.mark.parametrize(
    "mark", "\u200e\u200f\u202a\u202b\u202d\u202e\u2066\u2067\u2069\u061c\u034f\ufeff"
)
def test_marks_that_show_nothing_hide_no_verb(mark: str) -> None:
    word = mark + "un" + mark + "subscribe" + mark
    assert asked(mail(word)) == UNSUBSCRIBE
    assert asked(mail("", word)) == UNSUBSCRIBE
    assert asked(mail(html=f"<p dir=rtl>{word}</p>")) == UNSUBSCRIBE
    assert asked(mail(f"{mark}add{mark} bees")) == [Command("add", "bees")]


# ── signed mail ──

PGP = """-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256

- -- not a signature
add bees
-----BEGIN PGP SIGNATURE-----

iQEzBAEBCAAdFiEE
-----END PGP SIGNATURE-----
"""


def test_a_clear_signed_text_is_read_as_its_text() -> None:
    assert asked(mail(PGP.replace("- -- not a signature\n", ""))) == [Command("add", "bees")]
    assert smime.clear(PGP) == "-- not a signature\nadd bees"
    assert smime.clear("add bees") == "add bees"


@pytest.fixture(scope="module")
def signer() -> PKCS7SignatureBuilder:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Alice")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(start).not_valid_after(start + timedelta(days=9))
        .sign(key, SHA256())
    )  # fmt: skip
    return (
        PKCS7SignatureBuilder()
        .set_data(b"Content-Type: text/plain\r\n\r\nadd bees\r\n")
        .add_signer(certificate, key, SHA256())
    )


def opaque(data: bytes) -> bytes:
    head = (
        "From: alice@example.org\nContent-Type: application/pkcs7-mime; smime-type=signed-data\n"
        "Content-Transfer-Encoding: base64\n\n"
    )
    return head.encode() + b64encode(data)


def test_smime_is_read_as_the_text_that_is_signed(signer: PKCS7SignatureBuilder) -> None:
    inside = signer.sign(Encoding.DER, [PKCS7Options.Binary])
    assert asked(opaque(inside)) == [Command("add", "bees")]
    beside = signer.sign(Encoding.SMIME, [PKCS7Options.DetachedSignature])
    assert asked(b"From: alice@example.org\n" + beside) == [Command("add", "bees")]


def test_smime_in_pieces_of_unknown_length_is_read() -> None:
    """As OpenSSL streams it: lengths are not told, and the text comes in two octet strings."""
    end, text = b"\0\0", b"Content-Type: text/plain\n\nadd bees\n"
    octets = b"\x24\x80" + b"".join(
        bytes([4, len(piece)]) + piece for piece in (text[:9], text[9:])
    ) + end  # fmt: skip
    data_oid = bytes.fromhex("06092a864886f70d010701")
    inside = b"\x30\x80" + data_oid + b"\xa0\x80" + octets + end + end
    signed_data = b"\x30\x80" + b"\x02\x01\x01" + b"\x31\x00" + inside + end
    info = b"\x30\x80" + bytes.fromhex("06092a864886f70d010702") + b"\xa0\x80" + signed_data
    assert smime.content(info + end + end) == text
    assert asked(opaque(info + end + end)) == [Command("add", "bees")]
    assert all(smime.content(info[:n]) in (b"", text) for n in range(len(info)))


# ── hostile mail ──


#: These cost more than any mail may: each level is looked at anew.
TOO_MUCH = {"10000 mails in mails", "mails in mails around much"}


def test_a_hostile_mail_is_read_within_the_work_of_a_message() -> None:
    """Counted in bytes; ``python -m bench hostile`` measures the time."""
    asides = set()
    for name, data in some([*mails()], 25):
        try:
            mail = read(data)
        except UnreadableError:
            asides.add(name)
            continue
        commands(mail)
        assert sum(1 for _ in mail.message.walk()) <= MAX_PARTS, name
    assert asides <= TOO_MUCH


#: Characters in which one phrase is looked for: for each byte of a mail, and for its words for
#: people, which are gone through a few times for some 800 phrases.
EACH_BYTE, THE_WORDS = 500, 20_000_000


def searched(data: bytes) -> int:
    """Count the characters in which phrases are looked for while a mail is read."""
    total = 0

    def called(frame: FrameType, event: str, _: object) -> None:
        nonlocal total
        if event == "call" and frame.f_code is phrases.has.__code__:
            total += len(frame.f_locals["phrases"]) * len(frame.f_locals["text"])

    sys.setprofile(called)
    try:
        read(data)
    except UnreadableError:
        pass
    finally:
        sys.setprofile(None)
    return total


def test_phrases_are_looked_for_a_bounded_number_of_times() -> None:
    tried = [(name, data) for name, data in mails() if "report" in name or "mute" in name]
    assert tried
    for name, data in some(tried, 3):
        assert searched(data) <= THE_WORDS + EACH_BYTE * len(data), name


def test_there_are_enough_hostile_mails() -> None:
    names = [name for name, _ in mails()]
    assert len(set(names)) == len(names) >= 100


def test_a_message_that_costs_too_much_is_not_read_on() -> None:
    with pytest.raises(UnreadableError, match="more work"):
        parse(b"Content-Type: message/rfc822\n\n" * 5 + b"x" * 1000, Work(3000))


@pytest.mark.parametrize("charset", ["punycode", "idna", "unicode_escape", "zlib", "x" * 90, ""])
def test_a_charset_that_is_a_trap_is_none(charset: str) -> None:
    assert text_from(b"caf\xc3\xa9 a-", charset) == "café a-"


def test_half_a_character_is_replaced() -> None:
    assert text_from(b"+2AA-", "utf-7").encode("utf-8") == "\ufffd".encode()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Alice <alice@example.org>", "alice@example.org"),
        ("alice@example.org (Alice)", "alice@example.org"),
        ('"victim@example.net" <mallory@example.org>', "mallory@example.org"),
        ('"<victim@example.net>" <mallory@example.org>', "mallory@example.org"),
        ("=?utf-8?q?=3Cvictim=40example=2Enet=3E=2C?= <m@example.org>", "m@example.org"),
        ("(<victim@example.net>) m@example.org", "m@example.org"),
        ("a@example.org, b@example.org", "a@example.org"),
        ("nobody", ""),
        ("((((((", ""),
    ],
)
def test_a_sender_is_read_where_a_mail_program_shows_it(value: str, expected: str) -> None:
    assert address_in(value) == expected


def test_encoded_words_and_parameters_are_read() -> None:
    assert decoded("=?utf-8?B?w6k=?= =?utf-8?q?_b?= c =?x") == "é b c =?x"
    assert decoded("=?utf-8?B?4oI=?= =?utf-8?B?rA==?=") == "€"
    value = "text/plain; charset*0=ut; charset*1=f-8; name*=utf-8''%e2%82%ac; q=\"a;b\""
    found = ("text/plain", {"charset": "utf-8", "name": "€", "q": "a;b"})
    assert with_parameters(value) == found


def test_a_page_is_read_as_it_is_shown() -> None:
    page = (
        "<head><title>a</title></head><body>b<!-- c --><p title='>'>d &amp; e</p>< f &#99999999999;"
    )
    assert shown(page).split() == ["b", "d", "&", "e", "<", "f", "\ufffd"]


# ── who vouches for a sender ──

OURS = "mx.example.org"


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        (f"{OURS}; dmarc=pass (p=none) header.from=example.org", True),
        (f"{OURS}; dmarc=fail header.from=example.org", False),
        (f"{OURS}; dmarc=pass header.from=example.net", False),
        (f"{OURS}; spf=fail smtp.mailfrom=x.example; dkim=pass header.d=example.org", True),
        (f"{OURS}; dkim=pass header.i=@news.example.org", True),
        (f"{OURS}; dkim=pass header.d=example.net", False),
        (f"{OURS}; dkim=pass header.d=org", False),
        (f"{OURS} 1; spf=pass smtp.mailfrom=alice@example.org", True),
        (f"{OURS}; spf=pass smtp.mailfrom=alice@evil.example", False),
        (f"{OURS}; none", False),
        (f"{OURS.upper()}; spf=softfail smtp.mailfrom=example.org", False),
        (f"{OURS}; dmarc/1 = pass header.from = example.org", True),
        # what a sender may write between quotes
        (
            f'{OURS}; spf=pass smtp.mailfrom="x dmarc=pass header.from=example.org"@evil.example',
            False,
        ),
        (
            f'{OURS}; spf=pass smtp.mailfrom="; dmarc=pass header.from=example.org ;"@evil.example',
            False,
        ),
        (f'{OURS}; spf=fail reason="a; dmarc=pass header.from=example.org"', False),
        (f"{OURS}; spf=fail dmarc=pass header.from=example.org", False),
        ("mx.evil.example; dmarc=pass header.from=example.org", None),
        (f"mx.evil.example; x={OURS}; dmarc=pass header.from=example.org", None),
    ],
)
def test_a_sender_is_vouched_for_by_our_own_server_alone(
    results: str, expected: bool | None
) -> None:
    message = read(mail("help", Authentication_Results=results)).message
    assert is_vouched_for(message, OURS, "alice@example.org") is expected
    assert is_vouched_for(message, "", "alice@example.org") is None


def test_of_two_results_the_upper_one_is_ours() -> None:
    data = mail("help", Authentication_Results=f"{OURS}; dmarc=pass header.from=example.org")
    upper = f"Authentication-Results: {OURS}; dmarc=fail\n".encode()
    assert is_vouched_for(read(upper + data).message, OURS, "alice@example.org") is False
    second = b"From: mallory@example.net\n" + data
    assert is_vouched_for(read(second).message, OURS, "alice@example.org") is False
