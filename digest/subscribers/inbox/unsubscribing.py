"""Recognize how people say that they want no more mail, in the languages of mail programs.

A match only causes a notice that asks for a confirmation, so it is better to match too often; but
an interest such as "add unsubscribe behaviour" is a command of its own, and is read first.
"""

from __future__ import annotations

import unicodedata

from .phrases import each

#: Alone in their line, with nothing beside them but politeness.
_ALONE = each(
    """
    stop | remove | cancel | leave | quit | off | out | end | delete | unsub | optout | signoff |
    basta | baja | alto | arrêt | arrêter | arrete | fin | ende | aus | weg | cancelar | cancella |
    annulla | parar | sair | salir | borrar | eliminar | remover | abmelden | abmeldung |
    abbestellen | abbestellung | austragen | austragung | löschen | kündigen | kündigung | stopp |
    schluss | désabonner | désabonnement | désinscrire | désinscription | desabonner |
    desinscrire | résilier | baixa | descadastrar | rimuovi | disiscrivimi | cancellami |
    cancellazione | disiscrizione | afmelden | uitschrijven | opzeggen | stoppen | avregistrera |
    avsluta | avanmäl | afmeld | frameld | avmeld | meld av | peruuta | peru | poista | lopeta |
    wypisz | rezygnuję | rezygnacja | usuń | odhlásit | odhlasit | zrušit | odhlásiť |
    leiratkozás | leiratkozom | dezabonare | dezabonați-mă | отписаться | отписка | отпишите |
    отменить | стоп | відписатися | отписване | απεγγραφή | διαγραφή | iptal | abonelikten çık |
    dur | הסר | הסירו | הסרה | إلغاء الاشتراك | إلغاء | الغاء الاشتراك | ازالة | لغو اشتراک |
    berhenti | keluar | batal | hủy | hủy đăng ký | ยกเลิก | ยกเลิกการสมัคร | 退订 | 退訂 |
    取消订阅 | 取消訂閱 | 配信停止 | 解除 | 退会 | 停止 | 購読解除 | 登録解除 | 수신거부 |
    구독취소 | 구독 취소 | 해지
    """
)

#: Anywhere in a sentence.
_UNSUBSCRIBE_PHRASES = {
    "English": """
    unsubscribe | un-subscribe | un subscribe | unsuscribe | unsubcribe | opt out | opt-out |
    remove me | remove my | remove this address | remove us | take me off | take my name off |
    take my address off | take my email off | take us off | get me off | sign me off |
    drop me from | delete me | delete my address | delete my email | delete my e-mail |
    delete my account | cancel my subscription | cancel the subscription | cancel subscription |
    end my subscription | stop my subscription | stop sending | stop emailing | stop e-mailing |
    stop mailing | stop the mails | stop the emails | stop these mails | stop these emails |
    stop this mail | stop writing to me | no more mail | no more email | no more e-mail |
    no more messages | don't send me | do not send me | don't mail me | do not mail me |
    don't email me | do not email me | no longer wish to receive | no longer want to receive |
    leave the list | leave this list | off this list | off the list | off your list |
    off your mailing list | don't want these | do not want these | don't want to receive |
    do not want to receive | from your list | from your mailing list | from this mailing list |
    from the mailing list |
    no longer wish to get | no longer want to get | no longer interested |
    no longer like to receive | like to stop receiving | want to stop receiving |
    wish to stop receiving | stop getting these
    """,
    "German": """
    abmelden | abbestell | melden sie mich ab | melde mich ab | meldet mich ab | abgemeldet |
    bestelle ich ab | bestelle den | mich austragen | tragen sie mich aus | tragt mich aus |
    aus dem verteiler | vom verteiler | von der liste | aus der liste | keine mails mehr |
    keine e-mails mehr | keine emails mehr | keine weiteren mails | keine weiteren e-mails |
    nicht mehr schicken | nicht mehr senden | nicht mehr zusenden | abo kündigen |
    abonnement kündigen | adresse löschen | löschen sie meine | löscht meine |
    nichts mehr schicken |
    aus ihrem verteiler | aus eurem verteiler | aus deinem verteiler | aus ihrer liste |
    löschen sie mich | löscht mich | lösche mich | kein interesse mehr | nicht mehr erhalten |
    nicht mehr bekommen
    """,
    "French": """
    désabonne | desabonne | me désinscrire | désinscri | desinscri | me retirer de | retirez-moi |
    retirez moi | supprimez-moi | supprimez mon adresse | supprimer mon adresse |
    ne plus recevoir | arrêtez de m'envoyer | ne m'envoyez plus | résilier mon abonnement |
    plus de mails | rayez-moi | enlevez-moi | enlever de la liste | de votre liste |
    veux plus recevoir | souhaite plus recevoir | désire plus recevoir | veux plus de vos |
    ne suis plus intéressé
    """,
    "Spanish, Catalan, Portuguese, Galician": """
    darme de baja | dar de baja | denme de baja | dadme de baja | deme de baja | dame de baja |
    cancelar suscripción | cancelar la suscripción | cancelar mi suscripción |
    cancelar suscripcion | desuscrib | desuscripción | anular suscripción |
    quiero salir de la lista | no enviar más | eliminarme de | elimínenme | quítenme |
    quitarme de | bórrenme | borrarme de | sáquenme | no quiero recibir | no deseo recibir |
    no me envíen más | dejar de recibir | dejen de enviar | donar-me de baixa | donar de baixa |
    cancelar inscrição | cancelar a inscrição | cancelar assinatura | cancelar a assinatura |
    cancelar a subscrição | anular a subscrição | descadastr | descadastre | remover da lista |
    remova-me | me remova | retire-me | me retire | tirem-me | não quero receber |
    não desejo receber | nao quero receber | parar de receber | sair da lista | desinscrever |
    parem de enviar |
    elimíneme | elimineme | elimíname | eliminame | bórreme | bórrame | quíteme | quítame |
    sáqueme | sácame | cancelar a minha inscrição | cancelar minha inscrição |
    cancelar a minha assinatura | cancelar minha assinatura | cancelar a minha subscrição |
    cancelar minha subscrição | no quiero más correos | já não quero receber
    """,
    "Italian, Romanian": """
    disiscriv | cancellatemi | cancellarmi | cancellami | rimuovetemi | rimuovimi | toglietemi |
    annullare l'iscrizione | annulla iscrizione | annullare iscrizione | cancellare l'iscrizione |
    cancella iscrizione | non voglio più ricevere | non desidero più | smettere di ricevere |
    dezabon | ștergeți-mă | scoateți-mă | nu mai vreau să primesc |
    annullare la mia iscrizione | cancellare la mia iscrizione | non voglio più |
    non desidero ricevere | doresc să mă dezabonez
    """,
    "Dutch, Swedish, Danish, Norwegian, Finnish, Estonian": """
    afmelden | meld me af | meld mij af | uitschrijven | schrijf me uit | schrijf mij uit |
    abonnement opzeggen | geen mail meer | geen e-mail meer | geen mails meer | haal me van |
    verwijder me | verwijder mij | avprenumerera | avregistrera | avsluta prenumeration |
    ta bort mig | säga upp prenumeration | inga fler mejl | inga fler mail | avanmäl | afmeld |
    frameld | fjern mig | afmelde | slet mig | opsige abonnement | ikke flere mails | meld meg av |
    avmeld | fjern meg | avslutt abonnement | ta meg av listen | slett meg | peruuta tilaus |
    peruuttaa tilauk | poista minut | poistakaa minut | lopeta tilaus | en halua enää |
    poistu listalta | loobu | tühista tellimus |
    avsluta min prenumeration | avsluta prenumerationen | säga upp min prenumeration |
    opsige mit abonnement | afslutte mit abonnement | avslutte abonnement |
    mijn abonnement opzeggen | wil geen mail | peruuttaa tilaukseni | lopettaa tilauksen
    """,
    "Polish, Czech, Slovak, Slovene, Croatian, Serbian, Hungarian, Lithuanian, Latvian": """
    wypisz mnie | wypisać | proszę o wypisanie | wypisanie | rezygnuję z | anuluj subskrypcję |
    anulować subskrypcję | usuń mnie | usunąć mnie | nie chcę otrzymywać | odhlásit | odhlaste |
    odhlášení | zrušit odběr | zrušte odběr | nechci dostávat | vyřaďte mě | odhlásiť | odhláste |
    zrušiť odber | nechcem dostávať | odjavi | odjaviti | odjavite me | odjava | izbrišite me |
    одјави | одјавите | leiratkoz | iratkozzon le | nem kérek több | törölj | töröljenek |
    atsisakyti prenumeratos | atsisakau | atrakstīties |
    le szeretnék iratkozni | szeretnék leiratkozni | le akarok iratkozni | iratkozni le |
    zrušit mé odebírání | chci se odhlásit | chcę się wypisać | chcę zrezygnować
    """,
    "Russian, Ukrainian, Bulgarian, Greek, Turkish": """
    отписаться | отпишите | отпиши | отписка | удалите меня | уберите меня | исключите меня |
    не хочу получать | не присылайте | прекратите рассылку | отменить подписку | отказаться от |
    відпис | видаліть мене | не хочу отримувати | скасувати підписку | отпишете | отписване |
    премахнете ме | не желая да получавам | απεγγραφή | διαγράψτε με | διαγραφή | να διαγραφώ |
    δεν θέλω να λαμβάνω | aboneliğimi iptal | abonelikten çık | aboneliği iptal | listeden çıkar |
    beni çıkar | üyeliğimi iptal | almak istemiyorum | göndermeyin |
    отписать меня | отпишусь | удалите мой | удалите нашу | удалите наш | уберите мой |
    удалить меня | удалить мой | исключить меня | больше не хочу | видаліть мою |
    видалити мене | не хочу больше | listeden çıkmak
    """,
    "Hebrew, Arabic, Persian, Hindi, Indonesian, Malay, Vietnamese, Thai": """
    הסירו אותי | הסר אותי | להסיר אותי | תסירו אותי | ביטול הרשמה | ביטול מנוי | לבטל את המנוי |
    הסרה מרשימת | נא להסיר | إلغاء الاشتراك | الغاء الاشتراك | إلغاء اشتراكي | الغاء اشتراكي |
    احذفوني | أزيلوني | ازالة من القائمة | لا أريد استلام | لا اريد | لغو اشتراک | حذف از فهرست |
    مرا حذف | सदस्यता रद्द | सदस्यता समाप्त | मुझे हटा | अनसब्सक्राइब | berhenti berlangganan |
    hapus saya | keluarkan saya | berhenti melanggan | buang saya | hủy đăng ký | huỷ đăng ký |
    xóa tôi | không muốn nhận | ngừng gửi | ยกเลิกการสมัคร | ยกเลิกการรับ | ยกเลิกรับ |
    berhenti langganan | hentikan langganan | batalkan langganan | jangan kirim
    """,
    "Chinese, Japanese, Korean": """
    退订 | 退訂 | 取消订阅 | 取消訂閱 | 取消訂阅 | 不要再发 | 不要再發 | 不想再收到 | 不想收到 |
    停止发送 | 停止發送 | 停止订阅 | 從名單中移除 | 从列表中删除 | 请删除我 | 請刪除我 | 移除我 |
    删除我 | 别再发 | 配信停止 | 配信を停止 | 配信の停止 | 配信解除 | 配信を解除 | 配信不要 |
    購読解除 | 購読を解除 | 購読を中止 | 購読停止 | 登録解除 | 登録を解除 | 退会 | 解約 |
    メールを止め | メールは不要 | 送らないで | 削除してください | 수신거부 | 수신 거부 | 구독취소 |
    구독 취소 | 구독해지 | 구독 해지 | 구독을 취소 | 구독을 해지 | 탈퇴 | 그만 보내 | 보내지 마 |
    메일 중지 | 삭제해 주세요 | 삭제해주세요 |
    不要再给我 | 不要再給我 | 别再给我 | 別再給我 | 请勿再发 | 請勿再發 | 不再接收 | 不再订阅
    """,
}

#: Words that may be beside a word that is alone.
_POLITE = frozenset(
    each(
        """
    please | pls | plz | thanks | thank | you | now | me | it | this | that | all | bitte | danke |
    jetzt | sofort | merci | svp | s'il | vous | plaît | plait | por | favor | gracias | obrigado |
    obrigada | prego | grazie | per | favore | alstublieft | aub | graag | tack | tak | takk |
    kiitos | proszę | prosím | děkuji | köszönöm | пожалуйста | спасибо | будь | ласка | lütfen |
    teşekkürler | בבקשה | תודה | من | فضلك | 请 | 請 | 謝謝 | 谢谢 | お願いします | 부탁합니다 |
    sending | mich | me! | my | subscription
        """
    )
)

#: "remove alice@example.org from this list"
_TAKING = frozenset({"remove", "delete", "take", "drop", "erase", "withdraw", "strike"})
_LISTS = frozenset({"list", "list-serv", "mailing", "listserv", "distribution", "database"})

#: "Don't remove me from the list"; a "not" alone does not count: "I could not unsubscribe".
_NEGATIONS = (" don't ", " dont ", " do not ", " never ")
_REFUSED = ("unsubscribe", "remove", "delete", "take", "drop", "cancel", "opt ", "sign ", "stop ")

#: Apostrophes, and the dot that a Turkish capital leaves.
_SPELLING = {ord("’"): "'", ord("\u0307"): None}
_MARKS = str.maketrans(dict.fromkeys("!?.,;:*_\"'`“”„«»()[]…。!?、،؟¡¿", " "))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().translate(_SPELLING)


def asks_to_unsubscribe(text: str) -> bool:
    """Return whether a line or a sentence says that its writer wants no more mail."""
    folded = _folded(text)
    plain = _without_refusals(f" {' '.join(folded.split())} ")
    if any(phrase in plain and _is_said(phrase, plain) for phrase in _SPELT):
        return True
    words = plain.translate(_MARKS).split()
    if _is_taking(words):
        return True
    return " ".join(word for word in words if word not in _POLITE) in _LONELY


def _without_refusals(text: str) -> str:
    """Return the text without clauses such as "don't remove me from the list"."""
    for negation in _NEGATIONS:
        head, *rest = text.split(negation)
        kept = [head]
        for after in rest:
            is_refusal = after.startswith(_REFUSED)
            end = next((n for n, c in enumerate(after) if c in ".,;!?"), len(after))
            kept.append(f" {after[end:]} " if is_refusal else f"{negation}{after}")
        text = "".join(kept)
    return text


def _is_taking(words: list[str]) -> bool:
    """Return whether something is to be taken off a list, or an address to be removed."""
    found = next((n for n, word in enumerate(words) if word in _TAKING), None)
    if found is None:
        return False
    return not _LISTS.isdisjoint(words) or any("@" in word for word in words[found + 1 :])


def _is_said(phrase: str, text: str) -> bool:
    """Return whether an ASCII phrase begins where a word does; others may begin anywhere.

    Chinese and Japanese have no spaces between words.
    """
    place = text.find(phrase)
    while place >= 0:
        before = text[place - 1]
        if not phrase[0].isascii() or not (before.isalnum() or before in "_-"):
            return True
        place = text.find(phrase, place + 1)
    return False


_SPELT = tuple(_folded(phrase) for text in _UNSUBSCRIBE_PHRASES.values() for phrase in each(text))
_LONELY = frozenset(map(_folded, _ALONE))
