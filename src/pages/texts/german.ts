import type { PageTexts } from '../page-texts';
import { GERMAN_ACCOUNT } from './german-account';

const TECHNICAL =
  'Etwas ist schiefgegangen. Laden Sie die Seite neu und versuchen Sie es noch einmal.';
const NOT_SIGNED_IN = 'Sie sind nicht angemeldet.';
const SIGNED_IN_AS = 'Sie sind als {address} angemeldet.';

export const GERMAN: PageTexts = {
  layout: {
    scriptNeeded:
      'Diese Seite braucht JavaScript, das in Ihrem Browser ausgeschaltet oder blockiert ist. Erlauben Sie es für diese Website und laden Sie die Seite neu.',
    loading: 'Einen Moment …',
    tryAgain: 'Noch einmal versuchen',
    remember: 'Dieses Gerät merken',
    rememberHint: 'Sie bleiben länger angemeldet. Nicht für Geräte, die auch andere benutzen.',
    signIn: 'Anmelden',
    askForLink: 'Neuen Link anfordern',
    time: 'Zeit',
    device: 'Gerät',
    ipAddress: 'IP-Adresse',
    toAccount: 'Zu Ihrem Konto',
    notMe: 'Das war ich nicht',
  },
  problems: {
    invalid_request: 'Mit diesen Angaben geht es nicht. Prüfen Sie sie oder beginnen Sie von vorn.',
    link_invalid:
      'Der Link ist unvollständig oder nicht von uns. Öffnen Sie ihn noch einmal aus der E-Mail, oder fordern Sie einen neuen an.',
    link_used:
      'Dieser Link gilt nicht mehr: Er wurde benutzt, Sie haben sich seitdem angemeldet, oder er wurde gemeldet.',
    link_expired: 'Der Link ist abgelaufen.',
    context_mismatch:
      'Zu Ihrer Sicherheit geht das nur in dem Browser und dem Netz, in dem es begonnen hat. Fordern Sie hier einen neuen Link an.',
    code_invalid:
      'Dieser Code gilt nicht. Nehmen Sie den Code aus einer der E-Mails, die Sie auf diesem Gerät angefordert haben: Jeder gilt einmal und nicht lange.',
    code_exhausted:
      'Zu viele falsche Codes. Öffnen Sie stattdessen den Link aus der E-Mail: Codes gelten erst wieder, wenn diese E-Mails abgelaufen sind.',
    session_missing: NOT_SIGNED_IN,
    session_invalid: NOT_SIGNED_IN,
    session_expired: 'Ihre Sitzung ist abgelaufen.',
    session_revoked: 'Ihre Sitzung wurde beendet.',
    session_changed:
      'In diesem Browser hat sich jemand an- oder abgemeldet, seit diese Seite geöffnet wurde. Es wurde nichts geändert. Prüfen Sie, wer angemeldet ist, und versuchen Sie es noch einmal.',
    account_disabled: 'Dieses Konto ist deaktiviert.',
    account_locked: 'Dieses Konto ist zurzeit gesperrt.',
    sign_up_disabled: 'Zu dieser Adresse gibt es kein Konto, und neue werden nicht eröffnet.',
    origin_forbidden:
      'Diese Seite funktioniert nur unter ihrer eigenen Adresse: Öffnen Sie sie unter {publicUrl}',
    fresh_sign_in_required: 'Melden Sie sich dafür zuerst noch einmal an.',
    not_found: 'Das gibt es nicht mehr.',
    method_not_allowed: TECHNICAL,
    too_large: TECHNICAL,
    unsupported_media_type: TECHNICAL,
    rate_limited: 'Zu viele Versuche. Möglich ist es wieder in {wait}.',
    unavailable: 'Der Dienst ist zurzeit nicht verfügbar. Versuchen Sie es wieder in {wait}.',
    internal: TECHNICAL,
    offline:
      'Der Dienst ist nicht erreichbar. Prüfen Sie Ihre Verbindung und versuchen Sie es noch einmal.',
  },
  devices: { known: '{browser} unter {system}', unknown: 'Unbekanntes Gerät' },
  'sign-in': {
    title: 'Anmelden',
    heading: 'Anmelden bei {product}',
    introduction:
      'Wir senden Ihnen per E-Mail einen Link, der Sie anmeldet. Ein Passwort ist nicht nötig.',
    address: 'E-Mail-Adresse',
    send: 'Link senden',
    sentHeading: 'Sehen Sie in Ihr Postfach',
    sentInstructions:
      'Öffnen Sie den Link in diesem Browser, oder geben Sie den Code aus der E-Mail ein.',
    code: 'Sechsstelliger Code',
    nothingArrived: 'Nichts angekommen? Sehen Sie auch im Spam-Ordner nach.',
    resend: 'Weitere E-Mail senden',
    otherAddress: 'Andere Adresse verwenden',
    signedInHeading: 'Sie sind angemeldet',
    continue: 'Weiter',
    useAnother: 'Anderes Konto verwenden',
    messages: {
      signedInAs: SIGNED_IN_AS,
      signedInElsewhere:
        'Sie haben sich in einem anderen Tab angemeldet. Diesen können Sie schließen.',
      replaces:
        'Sie bleiben als {address} angemeldet, bis Sie sich mit einem anderen Konto angemeldet haben.',
      changedMeanwhile:
        'In diesem Browser hat sich jemand anders angemeldet, seit diese Seite geöffnet wurde. Es wurde nichts geändert. Um sich an dessen Stelle anzumelden, senden Sie den Code noch einmal.',
      sentTo: 'Wir haben einen Link und einen Code an {address} gesendet. Sie gelten bis {time}.',
      sentAgain: 'Eine weitere E-Mail ist unterwegs. Jede der E-Mails gilt.',
      resendWait: 'Möglich in {wait}.',
      addressWrong:
        'Geben Sie eine E-Mail-Adresse ein, die E-Mails empfangen kann, zum Beispiel name@example.com.',
      codeWrong: 'Geben Sie die sechs Ziffern aus der E-Mail ein.',
      redirectRefused:
        'Die Anwendung, von der Sie kommen, möchte an einer Stelle fortfahren, die nicht erlaubt ist. Bitte sagen Sie das ihrem Betreiber.',
    },
  },
  link: {
    title: 'Anmelden',
    checking: 'Der Link wird geprüft …',
    requestedFrom: 'Dieser Link wurde von hier angefordert:',
    onlyIfYou: 'Fahren Sie nur fort, wenn Sie das waren. Noch ist nichts geschehen.',
    elsewhereHeading: 'Melden Sie sich dort an, wo Sie begonnen haben',
    elsewhereText:
      'Dieser Link wurde auf einem anderen Gerät oder in einem anderen Browser angefordert. Damit niemand sonst hineinkommt, gilt er nur dort.',
    codeHeading: 'Geben Sie den Code ein',
    codeText:
      'Gehen Sie dorthin zurück, wo Sie den Link angefordert haben, und geben Sie den sechsstelligen Code aus derselben E-Mail ein.',
    orHereHeading: 'Oder melden Sie sich hier an',
    networkHeading: 'Sie sind in einem anderen Netz',
    networkText:
      'Dieser Link wurde in einem anderen Netz angefordert als dem, in dem Sie jetzt sind. Damit niemand sonst hineinkommt, gilt er nur dort.',
    hereHeading: 'Melden Sie sich hier an',
    hereText: 'Fordern Sie in diesem Browser eine neue E-Mail an. Deren Link gilt hier.',
    askHere: 'Hier eine neue E-Mail anfordern',
    orCodeHeading: 'Oder dort, wo Sie begonnen haben',
    networkCodeText:
      'Ist das Gerät, auf dem Sie den Link angefordert haben, noch im ersten Netz, geben Sie den sechsstelligen Code dort ein. Zurück in diesem Netz gilt auch der Link.',
    notYou:
      'Falls jemand anders diesen Link angefordert hat, geben Sie den Code nicht weiter. Ohne ihn kommt niemand hinein.',
    failedHeading: 'Dieser Link meldet Sie nicht an',
    interruptedHeading: 'Der Link konnte nicht geprüft werden',
    missingHeading: 'Der Link ist unvollständig',
    missingText:
      'Geben Sie den Code aus derselben E-Mail dort ein, wo Sie sie angefordert haben, oder öffnen Sie den Link aus der E-Mail noch einmal.',
    messages: {
      heading: 'Bei {product} anmelden?',
      account: 'Sie werden als {address} angemeldet.',
      signInButton: 'Anmelden',
      switchHeading: 'Konto wechseln?',
      switchAccount:
        'Sie sind als {current} angemeldet. Zu {address} wechseln? {current} wird dann in diesem Browser abgemeldet.',
      switchButton: 'Konto wechseln',
      forAccount: 'Er ist für das Konto {address}.',
      signedInAs: SIGNED_IN_AS,
    },
  },
  account: GERMAN_ACCOUNT,
  report: {
    title: 'Das war ich nicht',
    heading: 'Nicht von Ihnen angefordert?',
    introduction:
      'Jemand hat Ihre Adresse eingegeben, um sich anzumelden. Ohne die E-Mail kommt niemand in Ihr Konto.',
    signInHeading: 'Nicht von Ihnen angemeldet?',
    signInIntroduction:
      'Jemand hat sich in Ihrem Konto angemeldet. In der E-Mail, aus der Sie kommen, steht, wann und von wo.',
    wasYou: 'Wenn Sie es waren, schließen Sie diese Seite. Noch ist nichts geschehen.',
    question: 'Was ist passiert?',
    notRequested: 'Ich habe diese E-Mail nicht angefordert',
    codeWasAskedFor: 'Jemand wollte den Code oder den Link von mir',
    notMySignIn: 'Ich habe mich dort nicht angemeldet',
    undoChoice: 'Ich habe das versehentlich gemeldet und möchte es zurücknehmen',
    effectsHeading: 'Das wird geschehen:',
    linkEnds: 'Der Link und sein Code gelten nicht mehr.',
    unknownSessionEnds:
      'Hat sich jemand damit auf einem Gerät angemeldet, das für Ihr Konto neu war, wird dieses Gerät abgemeldet.',
    sessionEnds:
      'Hat sich jemand damit angemeldet, wird dieses Gerät abgemeldet und Ihrem Konto wieder unbekannt, außer es ist dieser Browser.',
    mailsPause:
      'E-Mails zur Anmeldung, die von dort angefordert werden, pausieren eine Stunde lang, und länger, wenn es weitergeht. Was Sie auf Geräten anfordern, die Ihr Konto kennt, kommt weiterhin an.',
    knownDevicesStay: 'Auf Geräten, die Ihr Konto kennt, ändert sich nichts.',
    ownDevice:
      'Ist dies das Gerät, auf dem die E-Mail angefordert wurde, gelten nur der Link und sein Code nicht mehr, und sonst geschieht nichts.',
    nothingElse: 'Sonst geschieht nichts, denn auf diesem Gerät wurde die E-Mail angefordert.',
    signInEnds: 'Das Gerät, das sich angemeldet hat, wird abgemeldet.',
    deviceForgotten: 'Ihr Konto kennt dieses Gerät dann nicht mehr.',
    otherSessionsStay: 'Überall sonst bleiben Sie angemeldet.',
    undoesMail:
      'E-Mails zur Anmeldung pausieren nicht mehr, und ein Gerät, das Ihr Konto nicht mehr kennt, kennt es wieder.',
    undoesSignIn: 'Ihr Konto kennt das Gerät wieder.',
    endedStays: 'Was beendet wurde, bleibt beendet: der Link, sein Code und jede Sitzung.',
    sessionStaysEnded:
      'Die Sitzung bleibt beendet. Um das Gerät wieder zu benutzen, melden Sie sich darauf an.',
    send: 'Senden',
    doneHeading: 'Erledigt',
    doneAdvice:
      'Niemand sonst sollte Ihre E-Mails lesen können: Wer sie lesen kann, kann sich als Sie anmelden.',
    undo: 'Zurücknehmen',
    undoneHeading: 'Zurückgenommen',
    toSessions: 'Sehen, wo Sie angemeldet sind',
    failedHeading: 'Das hat nicht geklappt',
    failedAdvice: 'Auf der Seite Ihres Kontos können Sie jede Sitzung beenden, die nicht Ihre ist.',
    missingHeading: 'Der Link ist unvollständig',
    missingText: 'Öffnen Sie „Das war ich nicht“ noch einmal aus der E-Mail.',
    messages: {
      chooseFirst: 'Wählen Sie aus, was passiert ist. Es wurde nichts gesendet.',
      undoUntil:
        'War das ein Versehen? Sie können es bis {time} zurücknehmen, auch aus derselben E-Mail.',
      undoneMail:
        'E-Mails zur Anmeldung pausieren nicht mehr, und ein Gerät, das Ihr Konto nicht mehr kannte, kennt es wieder. Was beendet wurde, bleibt beendet: der Link, sein Code und jede Sitzung.',
      undoneSignIn:
        'Ihr Konto kennt das Gerät wieder. Die Sitzung bleibt beendet: Um das Gerät wieder zu benutzen, melden Sie sich darauf an.',
    },
    done: {
      not_requested:
        'Der Link und sein Code gelten nicht mehr. Sofern die E-Mail nicht auf diesem Gerät angefordert wurde, wurde abgemeldet, wer sich damit auf einem Gerät angemeldet hatte, das für Ihr Konto neu war, und E-Mails zur Anmeldung, die von dort angefordert werden, pausieren eine Weile.',
      code_was_asked_for:
        'Der Link und sein Code gelten nicht mehr. Sofern die E-Mail nicht auf diesem Gerät angefordert wurde, wurde abgemeldet, wer sich damit anderswo angemeldet hatte, und E-Mails zur Anmeldung, die von dort angefordert werden, pausieren eine Weile.',
      not_my_sign_in:
        'Das Gerät, das sich angemeldet hatte, wurde abgemeldet, und Ihr Konto kennt es nicht mehr.',
      own: 'Der Link und sein Code gelten nicht mehr. Sonst wurde nichts geändert, denn auf diesem Gerät wurde die E-Mail angefordert.',
    },
  },
};
