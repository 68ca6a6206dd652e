import type { PageTexts } from '../page-texts';

const TECHNICAL =
  'Etwas ist schiefgegangen. Laden Sie die Seite neu und versuchen Sie es noch einmal.';
const NOT_SIGNED_IN = 'Sie sind nicht angemeldet.';

export const GERMAN: PageTexts = {
  layout: {
    scriptNeeded:
      'Diese Seite braucht JavaScript, das in Ihrem Browser ausgeschaltet oder blockiert ist. Erlauben Sie es für diese Website und laden Sie die Seite neu.',
    loading: 'Einen Moment …',
    tryAgain: 'Noch einmal versuchen',
    remember: 'Dieses Gerät merken',
    rememberHint:
      'Sie bleiben länger angemeldet, auch in einem anderen Netz. Nicht für Geräte, die auch andere benutzen.',
    signIn: 'Anmelden',
    askForLink: 'Neuen Link anfordern',
    time: 'Zeit',
    device: 'Gerät',
    ipAddress: 'IP-Adresse',
  },
  problems: {
    invalid_request: 'Mit diesen Angaben geht es nicht. Prüfen Sie sie oder beginnen Sie von vorn.',
    link_invalid:
      'Der Link ist unvollständig oder nicht von uns. Öffnen Sie ihn noch einmal aus der E-Mail, oder fordern Sie einen neuen an.',
    link_used: 'Der Link wurde schon benutzt, oder ein neuerer hat ihn ersetzt.',
    link_expired: 'Der Link ist abgelaufen.',
    context_mismatch:
      'Das wurde in einem anderen Browser, auf einem anderen Gerät oder in einem anderen Netz geöffnet, als es gehört.',
    code_invalid:
      'Dieser Code gilt nicht. Nehmen Sie den aus der neuesten E-Mail: Er gilt einmal und nicht lange.',
    code_exhausted:
      'Zu viele falsche Codes. Öffnen Sie den Link aus der E-Mail, oder lassen Sie sich eine weitere E-Mail senden.',
    session_missing: NOT_SIGNED_IN,
    session_invalid: NOT_SIGNED_IN,
    session_expired: 'Ihre Sitzung ist abgelaufen.',
    session_revoked: 'Ihre Sitzung wurde beendet.',
    session_changed: 'In diesem Browser hat sich inzwischen jemand anderes angemeldet.',
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
    introduction: 'Wir senden Ihnen einen Link, der Sie anmeldet. Ein Passwort ist nicht nötig.',
    address: 'E-Mail-Adresse',
    send: 'Link senden',
    sentHeading: 'Sehen Sie in Ihr Postfach',
    sentInstructions:
      'Öffnen Sie den Link aus der E-Mail in diesem Browser, oder geben Sie den Code ein, der danebensteht.',
    code: 'Sechsstelliger Code',
    nothingArrived: 'Nichts angekommen? Sehen Sie auch im Spam-Ordner nach.',
    resend: 'Weitere E-Mail senden',
    otherAddress: 'Andere Adresse verwenden',
    elsewhereHeading: 'Sie sind angemeldet',
    elsewhereText:
      'Sie haben den Link in einem anderen Tab geöffnet. Dieser wird nicht mehr gebraucht.',
    toAccount: 'Zu Ihrem Konto',
    messages: {
      sentTo: 'Eine E-Mail an {address} ist unterwegs. Sie gilt bis {time}.',
      sentAgain: 'Eine weitere E-Mail ist unterwegs. Nur die neueste gilt.',
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
    heading: 'Bei {product} anmelden?',
    requestedFrom: 'Dieser Link wurde von hier angefordert:',
    onlyIfYou:
      'Fahren Sie nur fort, wenn Sie das waren. Schließen Sie sonst diese Seite: Noch ist nichts geschehen.',
    elsewhereHeading: 'Dieser Link gehört zu einem anderen Browser',
    elsewhereText:
      'Sie haben ihn in einem anderen Browser, auf einem anderen Gerät oder in einem anderen Netz geöffnet, als er angefordert wurde. Damit sich niemand sonst anmelden kann, meldet er Sie hier nicht an. Angefordert wurde er von hier:',
    codeHeading: 'Nehmen Sie den Code aus derselben E-Mail',
    codeText:
      'Gehen Sie zurück dorthin, wo Sie den Link angefordert haben, und geben Sie den sechsstelligen Code ein, der in der E-Mail neben dem Link steht.',
    notYou:
      'Falls nicht Sie ihn angefordert haben, geben Sie den Code niemandem. Ohne ihn kommt niemand hinein.',
    failedHeading: 'Dieser Link meldet Sie nicht an',
    interruptedHeading: 'Der Link konnte nicht geprüft werden',
    missingHeading: 'Hier ist kein Link zu öffnen',
    missingText:
      'Diese Seite öffnet Links aus unseren E-Mails. Öffnen Sie den Link aus der E-Mail noch einmal.',
  },
  account: {
    title: 'Ihr Konto',
    heading: 'Ihr Konto',
    signOut: 'Abmelden',
    sessionsHeading: 'Wo Sie angemeldet sind',
    thisDevice: 'Dieses Gerät',
    rememberedDevice: 'Gemerkt',
    signedInAt: 'Angemeldet',
    lastActive: 'Zuletzt aktiv',
    expires: 'Endet spätestens',
    endSession: 'Sitzung beenden',
    endOthers: 'Alle anderen Sitzungen beenden',
    eventsHeading: 'Letzte Aktivitäten',
    olderEvents: 'Ältere Aktivitäten zeigen',
    noEvents: 'Noch gibt es keine.',
    signedOutHeading: 'Sie sind abgemeldet',
    signedOutText: 'Melden Sie sich an, um Ihr Konto zu sehen.',
    failedHeading: 'Ihr Konto kann nicht gezeigt werden',
    messages: {
      signedInAs: 'Sie sind angemeldet als {address}.',
      signedOut: 'Sie haben sich abgemeldet.',
      sessionEnded: 'Die Sitzung wurde beendet.',
      othersEnded: 'Alle anderen Sitzungen wurden beendet.',
      eventReason: '{event}: {reason}',
      otherEvent: 'Andere Aktivität',
    },
    events: {
      'magic_link.requested': 'Ein Link zur Anmeldung wurde angefordert',
      'magic_link.failed': 'Eine Anmeldung ist gescheitert',
      'magic_link.reported': 'Eine E-Mail wurde als nicht angefordert gemeldet',
      'account.locked': 'Codes wurden für eine Weile abgeschaltet',
      'mail.refused': 'Eine E-Mail wurde vom Mailserver Ihrer Adresse abgelehnt',
      'user.created': 'Das Konto wurde eröffnet',
      'sign_in.succeeded': 'Angemeldet',
      'session.refused': 'Eine Sitzung wurde abgelehnt',
      'session.context_observed': 'Eine Sitzung wurde von ungewohnter Stelle verwendet',
      'session.revoked': 'Eine Sitzung wurde beendet',
      'session.logged_out': 'Abgemeldet',
      'rate_limit.exceeded': 'Weitere Versuche wurden aufgehalten',
    },
    reasons: {
      link_invalid: 'der Link war ungültig',
      link_used: 'der Link war schon benutzt',
      link_expired: 'der Link war abgelaufen',
      context_mismatch: 'aus einem anderen Browser, Gerät oder Netz',
      code_invalid: 'der Code war falsch',
      code_exhausted: 'zu viele Codes waren falsch',
      wrong_codes: 'zu viele Codes waren falsch',
      redirect_not_allowed: 'sie hätte an eine Stelle geführt, die nicht erlaubt ist',
      account_disabled: 'das Konto war deaktiviert',
      account_locked: 'das Konto war gesperrt',
      session_expired: 'sie war abgelaufen',
      session_revoked: 'sie war beendet worden',
      user_request: 'auf Ihren Wunsch',
      session_cap: 'es waren zu viele',
      first_mailbox_proof: 'die Adresse wurde zum ersten Mal bestätigt',
      reported: 'ihre E-Mail wurde gemeldet',
    },
  },
  report: {
    title: 'Das war ich nicht',
    heading: 'Nicht von Ihnen angefordert?',
    introduction:
      'Jemand hat Ihre Adresse eingegeben, um sich anzumelden. Ohne die E-Mail kommt niemand in Ihr Konto.',
    consequences:
      'Wenn Sie es nicht waren, machen wir den Link und seinen Code unbrauchbar, beenden die Sitzung, falls es eine gibt, und senden Ihnen von dort eine Weile keine solchen E-Mails mehr.',
    button: 'Das war ich nicht',
    wasYou: 'Wenn Sie es waren, schließen Sie einfach diese Seite.',
    doneHeading: 'Danke, das ist erledigt',
    doneText:
      'Der Link und sein Code gelten nicht mehr, und wer sich damit angemeldet hat, wurde abgemeldet.',
    doneAdvice:
      'Falls jemand anders den Link benutzt hatte, stellen Sie sicher, dass niemand sonst Ihre E-Mails lesen kann.',
    toAccount: 'Sehen, wo Sie angemeldet sind',
    failedHeading: 'Das hat nicht geklappt',
    missingHeading: 'Hier gibt es nichts zu melden',
    missingText:
      'Diese Seite wird von einem Link in unseren E-Mails geöffnet. Öffnen Sie ihn noch einmal.',
  },
};
