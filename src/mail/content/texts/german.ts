import type { MailTexts } from '../mail-texts';

export const GERMAN: MailTexts = {
  signInLink: {
    subject: 'Anmeldung bei {product}',
    heading: 'Anmeldung bei {product}',
    introduction: 'Mit diesem Link melden Sie sich an. Ein Passwort ist nicht nötig.',
    button: 'Anmelden',
    code: 'Oder geben Sie diesen Code dort ein, wo Sie sich anmelden wollten:',
    lifetime: 'Das gelingt einmal, innerhalb von {lifetime} nach Ihrer Anfrage.',
    requestedFrom: 'Angefordert von:',
    notYou:
      'Falls Sie das nicht waren, ignorieren Sie diese E-Mail. Ohne sie kann sich niemand anmelden; geben Sie sie daher nicht weiter.',
    report: 'Das war ich nicht',
  },
  newSignIn: {
    subject: 'Neue Anmeldung bei {product}',
    heading: 'Neue Anmeldung bei Ihrem Konto',
    introduction:
      'Jemand hat sich bei Ihrem Konto von {product} angemeldet. Das Gerät, den Browser oder das Netz erkennen wir nicht wieder.',
    button: 'Sehen, wo Sie angemeldet sind',
    notYou:
      'Falls Sie das waren, ist nichts zu tun. Falls nicht, melden Sie dieses Gerät ab, und stellen Sie sicher, dass niemand sonst Ihre E-Mails lesen kann.',
    report: 'Das war ich nicht, dieses Gerät abmelden',
  },
  sessionsEnded: {
    subject: 'Eine Ihrer Sitzungen bei {product} wurde beendet',
    heading: 'Eine Ihrer Sitzungen wurde beendet',
    introduction:
      'Jemand hat mehrmals versucht, diese Sitzung Ihres Kontos von {product} zu verwenden; Gerät, Browser oder Netz passten nicht dazu. Vielleicht waren Sie das selbst. Vorsorglich haben wir diese Sitzung beendet. Sonst haben wir nichts geändert.',
    openedOn: 'Sitzung geöffnet mit',
    lastTriedFrom: 'Zuletzt versucht von:',
    whatNow:
      'Melden Sie sich wieder an, um fortzufahren. Falls der letzte Versuch nicht von Ihnen kam, hatte vielleicht jemand eine Kopie der Sitzung. Sie gilt nicht mehr. Prüfen Sie das Gerät, mit dem die Sitzung geöffnet wurde, und Ihre letzten Aktivitäten.',
    button: 'Wieder anmelden',
  },
  sessionsEndedByNewDevice: {
    subject: 'Ein neues Gerät hat {sessions} bei {product} beendet',
    heading: 'Ein neues Gerät hat {sessions} beendet',
    introduction:
      'Ihr Konto von {product} kennt dieses Gerät seit weniger als einem Tag. Deshalb sagen wir Ihnen Bescheid.',
    button: 'Sehen, wo Sie angemeldet sind',
    notYou:
      'Falls Sie das waren, ist nichts zu tun. Falls nicht, melden Sie dieses Gerät ab, und stellen Sie sicher, dass niemand sonst Ihre E-Mails lesen kann.',
    report: 'Das war ich nicht, dieses Gerät abmelden',
  },
  otherSessions: { one: '{count} andere Sitzung', other: '{count} andere Sitzungen' },
  accountErased: {
    subject: 'Ihr Konto bei {product} wurde gelöscht',
    heading: 'Ihr Konto wurde gelöscht',
    introduction:
      'Wie von Ihnen gewünscht wurde Ihr Konto bei {product} gelöscht. Sie wurden überall abgemeldet, und dies ist die letzte E-Mail, die wir dazu an diese Adresse senden.',
    notYou: 'Falls Sie das nicht verlangt haben, hatte jemand Zugriff auf Ihr Konto.',
  },
  facts: { time: 'Zeit', device: 'Gerät', ipAddress: 'IP-Adresse', unknown: 'Unbekannt' },
  footer: {
    automatic: '{product} hat diese E-Mail automatisch versandt.',
    support: 'Fragen? Schreiben Sie an {support}.',
  },
};
