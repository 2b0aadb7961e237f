"""The words in which people say that they want no more mail, in the languages of mail programs."""

from __future__ import annotations

from .phrases import each

#: Alone in their line, with nothing beside them but politeness.
ALONE = each(
    """
    stop | remove | cancel | leave | quit | off | out | end | delete | unsub | optout | signoff |
    basta | baja | alto | arrêt | arrêter | arrete | fin | ende | aus | weg | cancelar |
    cancella | annulla | parar | sair | salir | borrar | eliminar | remover | abmelden |
    abmeldung | abbestellen | abbestellung | austragen | austragung | löschen | kündigen |
    kündigung | stopp | schluss | désabonner | désabonnement | désinscrire | désinscription |
    desabonner | desinscrire | résilier | baixa | descadastrar | rimuovi | disiscrivimi |
    cancellami | cancellazione | disiscrizione | afmelden | uitschrijven | opzeggen | stoppen |
    avregistrera | avsluta | avanmäl | afmeld | frameld | avmeld | meld av | peruuta | peru |
    poista | lopeta | wypisz | rezygnuję | rezygnacja | usuń | odhlásit | odhlasit | zrušit |
    odhlásiť | leiratkozás | leiratkozom | dezabonare | dezabonați-mă | отписаться | отписка |
    отпишите | отменить | стоп | відписатися | отписване | απεγγραφή | διαγραφή | iptal |
    abonelikten çık | dur | הסר | הסירו | הסרה | إلغاء الاشتراك | إلغاء | الغاء الاشتراك | ازالة |
    لغو اشتراک | berhenti | keluar | batal | hủy | hủy đăng ký | ยกเลิก | ยกเลิกการสมัคร | 退订 |
    退訂 | 取消订阅 | 取消訂閱 | 配信停止 | 解除 | 退会 | 停止 | 購読解除 | 登録解除 | 수신거부 |
    구독취소 | 구독 취소 | 해지 | kein interesse | disdetta | i want to leave | arrêtez |
    déinscription | quero sair | chega | cancelem | sluta | 我要取消 | 不要了
    """
)

#: Anywhere in a sentence.
UNSUBSCRIBE_PHRASES = {
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
    to leave the list | leave this list | leave your list | unsub me | unsub my |
    enough of these | enough of this | enough of your | stop receiving these |
    stop receiving your | stop receiving this | stop receiving mail | stop receiving email |
    end these mails | end these emails | please end | i'd like out | forget me | deactivate my |
    close my account | pull me from | pull my address | off this list | off the list |
    off your list | off your mailing list | don't want these | do not want these |
    don't want to receive | do not want to receive | from your list | from your mailing list |
    from this mailing list | from the mailing list | no longer wish to get |
    no longer want to get | no longer interested | no longer like to receive |
    like to stop receiving | want to stop receiving | wish to stop receiving |
    stop getting these | please stop | no more of these | i want out | rather not get |
    rather not receive | no more digest | no more newsletter | me out of | no longer require |
    turn off these | turn off the mail | turn off the email | don't send any | dont send any |
    do not send any | not contact me | opt me out | opt us out | no use for these | sign me out |
    be taken off | stop these | stop this | stop the mail | stop the email | stop all |
    stop your | stop them | stop it | cease sending | cease mailing | cease emailing |
    cease to send | cease these | quit sending | quit mailing | quit emailing | quit these |
    discontinue sending | discontinue these | discontinue this | discontinue my |
    discontinue the | discontinue your | exclude me | deregister me | de-register me | delist me |
    strike me off | not sign up for | didn't sign up | didnt sign up | never signed up |
    not subscribe to this | not subscribe to these | didn't subscribe to | never subscribed to |
    leave me alone | please discontinue
    """,
    "German": """
    abmelden | abbestell | melden sie mich ab | melde mich ab | meldet mich ab | abgemeldet |
    bestelle ich ab | bestelle den | mich austragen | tragen sie mich aus | tragt mich aus |
    aus dem verteiler | vom verteiler | von der liste | aus der liste | keine mails mehr |
    keine e-mails mehr | keine emails mehr | keine weiteren mails | keine weiteren e-mails |
    nicht mehr schicken | nicht mehr senden | nicht mehr zusenden | abo kündigen |
    abonnement kündigen | adresse löschen | löschen sie meine | löscht meine |
    nichts mehr schicken | aus ihrem verteiler | aus eurem verteiler | aus deinem verteiler |
    aus ihrer liste | löschen sie mich | löscht mich | lösche mich | kein interesse mehr |
    nicht mehr erhalten | nicht mehr bekommen | brauche das nicht mehr | brauche ich nicht mehr |
    will das nicht mehr | will ich nicht mehr | will sie nicht mehr | möchte das nicht mehr |
    möchte ich nicht mehr | von der verteiler | aus der verteiler | ich will raus |
    will hier raus | keine zusendung | lassen sie mich in ruhe | keine nachrichten mehr |
    keine weiteren nachrichten | keinen newsletter mehr | streichung aus | sie mir nichts |
    sie mir keine | mir nichts mehr | mir keine mail | mir keine e-mail | nie angemeldet |
    mich nicht angemeldet | nie abonniert | das nicht abonniert | nicht bestellt
    """,
    "French": """
    désabonne | desabonne | me désinscrire | désinscri | desinscri | me retirer de | retirez-moi |
    retirez moi | supprimez-moi | supprimez mon adresse | supprimer mon adresse |
    ne plus recevoir | arrêtez de m'envoyer | ne m'envoyez plus | résilier mon abonnement |
    plus de mails | stop aux | rayez-moi | enlevez-moi | enlever de la liste | de votre liste |
    veux plus recevoir | souhaite plus recevoir | désire plus recevoir | veux plus de vos |
    ne suis plus intéressé | ne me suis pas inscrit | ne me suis jamais inscrit |
    laissez-moi tranquille
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
    parem de enviar | elimíneme | elimineme | elimíname | eliminame | bórreme | bórrame |
    quíteme | quítame | sáqueme | sácame | cancelar a minha inscrição | cancelar minha inscrição |
    cancelar a minha assinatura | cancelar minha assinatura | cancelar a minha subscrição |
    cancelar minha subscrição | no quiero más correos | no más correo | no mas correo |
    no más mail | ya no estoy interesad | que me borren | que me eliminen | que me quiten |
    não tenho mais interesse | não estou mais interessad | já não quero receber | eliminadme |
    borradme | quitadme | sacadme | sacarme | removerme | retirarme | excluirme | remuévanme |
    retírenme | exclúyanme | me quiero borrar | não envie | não mande | não envia |
    solicito la baja | solicito mi baja | pido la baja | tramiten mi baja | tire-me | exclua-me |
    no me suscribí | nunca me suscribí | no me he suscrito | nunca me he suscrito |
    não me inscrevi | nunca me inscrevi
    """,
    "Italian, Romanian": """
    disiscriv | cancellatemi | cancellarmi | cancellami | rimuovetemi | rimuovimi | toglietemi |
    annullare l'iscrizione | annulla iscrizione | annullare iscrizione | cancellare l'iscrizione |
    cancella iscrizione | non voglio più ricevere | non desidero più | smettere di ricevere |
    dezabon | ștergeți-mă | scoateți-mă | nu mai vreau să primesc | annullare la mia iscrizione |
    cancellare la mia iscrizione | non voglio più | non desidero ricevere |
    non sono più interessat | nu mă mai interesează | nu mai sunt interesat |
    doresc să mă dezabonez | eliminatemi | levatemi | togliermi | rimuovermi | mai iscritto |
    mai iscritta | non mi sono iscritt
    """,
    "Dutch, Swedish, Danish, Norwegian, Finnish, Estonian": """
    stop met mail | stop met stur | stop med at sende | afmelden | meld me af | meld mij af |
    uitschrijven | schrijf me uit | schrijf mij uit | abonnement opzeggen | geen mail meer |
    geen e-mail meer | geen mails meer | haal me van | verwijder me | verwijder mij |
    avprenumerera | avregistrera | avsluta prenumeration | ta bort mig | säga upp prenumeration |
    inga fler mejl | inga fler mail | avanmäl | afmeld | frameld | fjern mig | afmelde |
    slet mig | opsige abonnement | ikke flere mails | meld meg av | avmeld | fjern meg |
    avslutt abonnement | ta meg av listen | slett meg | peruuta tilaus | peruuttaa tilauk |
    poista minut | poistakaa minut | lopeta tilaus | en halua enää | poistu listalta | loobu |
    tühista tellimus | avsluta min prenumeration | avsluta prenumerationen |
    säga upp min prenumeration | opsige mit abonnement | afslutte mit abonnement |
    avslutte abonnement | mijn abonnement opzeggen | wil geen mail | niet meer geïnteresseerd |
    geen interesse meer | geen belangstelling | inte längre intresserad | inte intresserad |
    ikke interesser | ikke længere interesser | ikke lenger interesser |
    en ole enää kiinnostunut | ei kiinnosta | peruuttaa tilaukseni | lopettaa tilauksen
    """,
    "Polish, Czech, Slovak, Slovene, Croatian, Serbian, Hungarian, Lithuanian, Latvian": """
    wypisz mnie | wypisać | proszę o wypisanie | wypisanie | rezygnuję z | anuluj subskrypcję |
    anulować subskrypcję | usuń mnie | usunąć mnie | nie chcę otrzymywać | odhlásit | odhlaste |
    odhlášení | zrušit odběr | zrušte odběr | nechci dostávat | vyřaďte mě | odhlásiť | odhláste |
    zrušiť odber | nechcem dostávať | odjavi | odjaviti | odjavite me | odjava | izbrišite me |
    одјави | одјавите | leiratkoz | iratkozzon le | nem kérek több | törölj | töröljenek |
    atsisakyti prenumeratos | atsisakau | atrakstīties | le szeretnék iratkozni |
    szeretnék leiratkozni | le akarok iratkozni | iratkozni le | zrušit mé odebírání |
    chci se odhlásit | chcę się wypisać | nie jestem już zainteresowan | nie interesuje mnie |
    zájem nemám | nemám zájem | nemám už zájem | už nemám zájem | nezajímá mě | nem érdekel |
    chcę zrezygnować
    """,
    "Russian, Ukrainian, Bulgarian, Greek, Turkish": """
    отписаться | отпишите | отпиши | отписка | удалите меня | уберите меня | исключите меня |
    не хочу получать | не присылайте | прекратите рассылку | отменить подписку | отказаться от |
    відпис | видаліть мене | не хочу отримувати | скасувати підписку | отпишете | отписване |
    премахнете ме | не желая да получавам | απεγγραφή | διαγράψτε με | διαγραφή | να διαγραφώ |
    δεν θέλω να λαμβάνω | aboneliğimi iptal | abonelikten çık | aboneliği iptal | listeden çıkar |
    beni çıkar | üyeliğimi iptal | almak istemiyorum | göndermeyin | отписать меня | отпишусь |
    удалите мой | удалите нашу | удалите наш | уберите мой | удалить меня | удалить мой |
    исключить меня | больше не хочу | больше не интересн | не интересует | не пишите мне |
    больше не пишите | не пишіть | не цікав | δεν με ενδιαφέρει | ilgilenmiyorum | видаліть мою |
    видалити мене | не хочу больше | listeden çıkmak
    """,
    "Hebrew, Arabic, Persian, Hindi, Indonesian, Malay, Vietnamese, Thai": """
    לא מעוני | لم أعد مهتم | غير مهتم | नहीं चाहिए | नहीं चाहता | tidak tertarik |
    tidak berminat | đừng gửi | không quan tâm nữa | ไม่ต้องการรับ | ไม่สนใจ | הסירו אותי |
    הסר אותי | להסיר אותי | תסירו אותי | ביטול הרשמה | ביטול מנוי | לבטל את המנוי | הסרה מרשימת |
    נא להסיר | إلغاء الاشتراك | الغاء الاشتراك | إلغاء اشتراكي | الغاء اشتراكي | احذفوني |
    أزيلوني | ازالة من القائمة | لا أريد استلام | لا اريد | لغو اشتراک | حذف از فهرست | مرا حذف |
    सदस्यता रद्द | सदस्यता समाप्त | मुझे हटा | अनसब्सक्राइब | berhenti berlangganan | hapus saya |
    keluarkan saya | berhenti melanggan | buang saya | hủy đăng ký | huỷ đăng ký | xóa tôi |
    không muốn nhận | ngừng gửi | ยกเลิกการสมัคร | ยกเลิกการรับ | ยกเลิกรับ | berhenti langganan |
    hentikan langganan | batalkan langganan | jangan kirim
    """,
    "Chinese, Japanese, Korean": """
    退订 | 退訂 | 取消订阅 | 取消訂閱 | 取消訂阅 | 不要再发 | 不要再發 | 不想再收到 | 不想收到 |
    停止发送 | 停止發送 | 停止订阅 | 從名單中移除 | 从列表中删除 | 不想再收 | 别发了 | 別發了 |
    把我删 | 把我刪 | 不再需要 | 不感兴趣 | 不感興趣 | 興味がありません | 興味はありません |
    要りません | 不要です | 抹消 | 配信しないで | 필요 없습니다 | 필요없습니다 | 받지 않겠 |
    그만두고 | 관심이 없 | 관심 없 | 请删除我 | 請刪除我 | 移除我 | 删除我 | 别再发 | 配信停止 |
    配信を停止 | 配信の停止 | 配信解除 | 配信を解除 | 配信不要 | 購読解除 | 購読を解除 |
    購読を中止 | 購読停止 | 登録解除 | 登録を解除 | 退会 | 解約 | メールを止め | メールは不要 |
    送らないで | 削除してください | 수신거부 | 수신 거부 | 구독취소 | 구독 취소 | 구독해지 |
    구독 해지 | 구독을 취소 | 구독을 해지 | 탈퇴 | 그만 보내 | 보내지 마 | 메일 중지 |
    받고 싶지 않 | 원하지 않습니다 | 삭제해 주세요 | 삭제해주세요 | 不要再给我 | 不要再給我 |
    别再给我 | 別再給我 | 请勿再发 | 請勿再發 | 不再接收 | 不再订阅
    """,
}

#: Words that may be beside a word that is alone.
POLITE = frozenset(
    each(
        """
    please | pls | plz | thanks | thank | you | now | me | it | this | that | all | bitte | danke |
    jetzt | sofort | merci | svp | s'il | vous | plaît | plait | por | favor | gracias | obrigado |
    obrigada | prego | grazie | per | favore | alstublieft | aub | graag | tack | tak | takk |
    kiitos | proszę | prosím | děkuji | köszönöm | пожалуйста | спасибо | будь | ласка | lütfen |
    teşekkürler | בבקשה | תודה | من | فضلك | 请 | 請 | 謝謝 | 谢谢 | お願いします | 부탁합니다 |
    sending | mich | me! | s | il | venligst | vennligst | my | subscription
        """
    )
)

#: A verb and what it is about, in one sentence, in whatever order; a tilde ends a word.  Only what
#: one wants or asks for counts: "I no longer receive them" is a complaint.
SAID_TOGETHER = """
    not want | don't want | dont want | not wish | don't wish | not need | don't need |
    no longer need | not interested | not care + receiv | get~ | mail | email | e-mail | message |
    digest | newsletter | these | on this list | on your list | part of this | any more |
    anymore | any longer ;
    streich | entfern | lösch | austrag | abzumeld + mich | meine | verteiler | liste | adresse ;
    nehm | nimm + raus~ | heraus~ | runter~ | herunter~ ;
    kündig | beend | storn | stopp + mails~ | abo~ | abonnement | bezug | versand | newsletter |
    zusendung ;
    möchte | will~ | wollen | wünsch + nicht mehr | keine weiteren | nichts mehr + bezieh |
    empfang | mail | nachricht | newsletter ;
    schick | send + mir~ | uns~ + nicht mehr | nichts mehr ;
    stell + versand | newsletter | zusendung | mails + ein~ ;
    retir | supprim | enlev | effac | ray | radi | ôte | exclu + moi~ | me~ | mon nom | mon mail |
    mon email | mon e-mail | mon courriel | adresse | liste ;
    arrêt | arret | cess | stopper | stoppez | résili | annul | mettre fin + envo | écri | mail |
    email | e-mail | courriel | message | abonnement | newsletter | diffusion | inscription ;
    ne~ | n' + plus~ + recev | envoy | écri | souhait | veu | désir | intéress | besoin ;
    elimin | borr | quit | saca | saqu | remov | retir | exclu | suprim | tach + lista |
    mi correo | mi dirección | mi direccion | mi nombre | mi email ;
    cancel | anul + suscripci | subscripci | inscripci | registro ;
    no quiero | no deseo | no me interes | ya no me | no necesito | no me mand | no me enví |
    no me envi | no me escrib | dejen de | dejad de | deje de | deja de | paren de | basta de +
    recib | envi | enví | mand | escrib | correo | mail | mensaje | boletín | boletin | más~ |
    mas~ ;
    remov | retir | tire | tira | tirem | exclu | elimin | apag | cancel + lista | cadastro |
    assinatura | inscrição | inscricao | subscrição | meu nome | meu email | meu e-mail ;
    não quero | nao quero | não desejo | não preciso | não me | nao me | parem de | pare de |
    deixem de | chega de + receb | envi | mand | escrev | email | e-mail | mensage | boletim ;
    toglie | toglier | rimuov | cancell | elimin | disiscr + lista | indirizzo | iscrizione |
    abbonamento | mio nome | mia mail | mia email ;
    non voglio | non desidero | non mandat | non inviat | non scriv | non mi inv | non mi mand |
    non mi scriv | non mi interessa | basta | smett + ricever | mail | email | e-mail | messagg |
    niente | mandar | inviar | scriver ;
    schrijf | schrijven | haal | halen | verwijder | schrap + mij~ | me~ | mijn~ + uit~ | lijst |
    adres | bestand ;
    niet meer | geen + wil | hoef | wens + mail | e-mail | bericht | ontvang | nieuwsbrief ;
    ta bort | fjern | slet | stryk | radera + mig~ | meg~ | listan | listen | adress ;
    vill inte | vil ikke | ønsker ikke | önskar inte | vil ikkje + mejl | mail | e-post | epost |
    ha~ | få | motta | modtag | flere | fler~ | beskeder ;
    sluta | slutt + skick | send | sänd | mejl | mail | e-post | epost ;
    poista | peru | lopet | irtisan + minu | tilau | lista | osoit | viest | lähet ;
    en halua | en tahdo | älkää | älä + viest | posti | lähet | saada | sähköpost ;
    wypis | usuń | usun | wykreśl | skreśl | skasuj | anuluj | zrezygn + mnie | mój | moj |
    listy | subskryp | prenumer | się ;
    nie chc | nie życz | nie przysył | nie wysył | przesta + otrzym | wiadomo | mail | dostawa |
    mi~ | wysył | przysył ;
    odhlá | odhla | vymaž | vyřa | vyra | smaž | zruš | odstra + mě~ | mne~ | ma~ | seznam |
    zoznam | adres | odběr | odber | zasíl ;
    přesta | prestaň + psát | písať | posíl | posiel | mail ;
    nechc | neposíl | neposiel | nepřej | neželá + mail | email | dostáv | zpráv | správ | odebír ;
    töröl | távolít | vegy + listá | cím | engem | nevem ;
    nem szeretné | nem kér | nem akar | ne küld + level | levél | üzenet | hírlev | kapni | több ;
    șterg | sterg | scoate | elimina | anula + mă~ | lista | listă | adresa | abonament ;
    nu mai + vreau | doresc | trimite | am nevoie ;
    удал | убер | исключ | вычеркн | снимите | отключ | отмен | отпи + меня | мой | мою | адрес |
    рассыл | списк | подписк ;
    не надо | не нужно | не хочу | не желаю | не хотел | хватит | прекрат | перестан | не присыл |
    не шлите + писать | присыл | отправл | письм | получ | рассыл | сообщен | слать | шлите ;
    видал | прибер | виключ | відпиш | скасу + мене | мою | мій | адрес | розсил | списк | підписк ;
    не хочу | не потрібн | не надсил | припин + лист | отрим | розсил | повідомлен ;
    διαγρ | αφαιρ | βγάλτε + με~ | λίστα | διεύθυνσ | εγγραφή | συνδρομή ;
    δεν θέλω | δεν επιθυμώ | σταματ | μη μου | μην μου + μήνυμα | μηνύματα | email | mail |
    λαμβάν | στέλν | στείλ ;
    çık | silin | siler | kaldır | iptal + beni | listeden | listesinden | listeniz | adres |
    aboneli | üyeli ;
    istemiyorum | göndermeyin | yollamayın | istemem + mail | e-posta | eposta | mesaj | bülten |
    artık ;
    הסר | הסיר | תוריד | הוריד | מחק + אותי | רשימ | תפוצה | כתובת ;
    לא רוצה | לא מעוני | תפסיק | הפסיק + הודע | מייל | לקבל | דוא | לשלוח ;
    إزال | ازال | أزل | احذف | حذف | شطب | إلغ | ألغ | الغ + ني~ | لتي | قائم | اشتراك | بريد |
    اسمي ;
    لا أريد | لا اريد | لا أرغب | توقف | أوقف + رسائل | استلام | تلقي | بريد | إرسال | ارسال ;
    حذف | لغو | خارج + مرا | لیست | فهرست | اشتراک | عضویت ;
    نمیخواهم | نمی خواهم | نفرست + ایمیل | نامه | پیام | دریافت ;
    हटा | निकाल | रद्द | बंद + मुझे | सूची | सदस्यता | ईमेल | मेरा ;
    hapus | keluarkan | buang | hentikan | batalkan | berhenti + saya | daftar | langganan |
    email | senarai ;
    tidak mau | tidak ingin | tak mau | tak nak | jangan + email | terima | menerima | kirim |
    pesan ;
    xóa | xoá | hủy | huỷ | ngừng | dừng + tôi | danh sách | đăng ký | gửi | email ;
    không muốn + nhận | thư | email ;
    ลบ | ถอด | ยกเลิก | หยุด + ฉัน | ผม | รายชื่อ | ข่าวสาร | สมัคร | ส่ง | อีเมล ;
    删 | 刪 | 移除 | 取消 | 退出 | 剔除 | 停止 | 不要 | 别 | 別 | 不想 | 勿 | 不再 | 拒收 | 移出 |
    不需要 + 订阅 | 訂閱 | 寄信 | 发信 | 發信 | 列表 | 名单 | 名單 | 发邮件 | 發郵件 | 邮件 |
    郵件 | 来信 | 发给我 ;
    止め | やめ | 停止 | 解除 | 中止 | 削除 | 外し | 不要 | 退会 | 送らない + メール | 配信 |
    登録 | 購読 | メルマガ | リスト | アドレス ;
    취소 | 해지 | 거부 | 중지 | 중단 | 그만 | 삭제 | 빼 | 보내지 | 제외 + 구독 | 메일 | 수신 |
    목록 | 리스트 | 명단 | 가입 | 뉴스레터
"""

#: "Bitte nicht abmelden": these wish to stay; but not who says that they could not.
STAYING = each(
    """
    want to miss | nicht abmelden | nicht abgemeldet | nicht abbestell | nicht austragen |
    nicht lösch | nicht kündigen | pas me désabonner | pas me désinscrire | désabonnez pas |
    désinscrivez pas | no quiero darme de baja | no deseo darme de baja | no me den de baja |
    no quiero cancelar | não quero cancelar | não quero sair | não me remova |
    non voglio cancellar | non voglio disiscriv | non cancellatemi | niet afmelden |
    niet uitschrijven | inte avregistrera | ikke afmeld | ikke meld | nie wypisuj |
    nie chcę się wypisać | nechci se odhlásit | не отписыва | не хочу отпис | не удаляй |
    не хочу відпис | не відпис | 不想退订 | 不要退订 | 别退订 | 不想取消订阅 | 退会しません |
    退会したくな | 解約しません | 취소하지 않 | 취소하고 싶지 않
    """
)
UNABLE = each(
    """
    can't | cannot | can not | could | kann | konnte | könn | peux | arrive | réussi | puedo |
    pude | consig | posso | riesco | kan niet | lukt | mogę | nemohu | могу | можу | получается |
    不能 |
    无法 | 無法
    """
)
