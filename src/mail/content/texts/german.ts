import type { MailTexts } from '../mail-texts';

export const GERMAN: MailTexts = {
  signInLink: {
    subject: 'Anmeldung bei {product}',
    heading: 'Anmeldung bei {product}',
    introduction: 'Mit diesem Link melden Sie sich an. Ein Passwort ist nicht nötig.',
    button: 'Anmelden',
    code: 'Oder geben Sie diesen Code dort ein, wo Sie sich anmelden wollten:',
    lifetime: 'Das gelingt einmal, innerhalb von {lifetime} nach Ihrer Anfrage.',
    requestedFrom: 'Angefordert wurde die Anmeldung von hier:',
    notYou:
      'Falls Sie das nicht waren, ignorieren Sie diese E-Mail. Ohne sie kann sich niemand anmelden; geben Sie sie daher nicht weiter.',
    report: 'Das war ich nicht, Link sperren',
  },
  newSignIn: {
    subject: 'Neue Anmeldung bei {product}',
    heading: 'Neue Anmeldung bei Ihrem Konto',
    introduction:
      'Bei Ihrem Konto von {product} hat sich jemand mit einem Gerät oder aus einem Netz angemeldet, das Sie bisher nicht verwendet haben.',
    button: 'Sehen, wo Sie angemeldet sind',
    notYou:
      'Falls Sie das waren, ist nichts zu tun. Falls nicht, melden Sie sich an, beenden Sie alle anderen Sitzungen, und stellen Sie sicher, dass niemand sonst Ihre E-Mails lesen kann.',
  },
  sessionsEnded: {
    subject: 'Ihre Sitzungen bei {product} wurden beendet',
    heading: 'Sitzungen zu Ihrer Sicherheit beendet',
    introduction:
      'Eine Sitzung Ihres Kontos von {product} wurde so verwendet, dass sie in fremde Hände geraten sein könnte. Wir haben sie vorsorglich beendet.',
    button: 'Wieder anmelden',
    whatNow:
      'Sonst wurde an Ihrem Konto nichts verändert. Melden Sie sich wieder an, um fortzufahren, und prüfen Sie unter den letzten Aktivitäten, ob etwas nicht von Ihnen stammt.',
  },
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
