import type { MailTexts } from '../mail-texts';

export const ENGLISH: MailTexts = {
  signInLink: {
    subject: 'Sign in to {product}',
    heading: 'Sign in to {product}',
    introduction: 'Use this link to sign in. No password is needed.',
    button: 'Sign in',
    code: 'Or type this code where you asked to sign in:',
    lifetime: 'It works once, within {lifetime} of your request.',
    requestedFrom: 'Requested from:',
    notYou:
      'If this wasn’t you, ignore this email. Nobody can sign in without it, so don’t pass it on.',
    report: 'It wasn’t me',
  },
  newSignIn: {
    subject: 'New sign-in to {product}',
    heading: 'New sign-in to your account',
    introduction:
      'Someone signed in to your {product} account from a device, browser or network that we don’t recognise.',
    button: 'See where you are signed in',
    notYou:
      'If this was you, there is nothing to do. If not, sign that device out, and make sure that nobody else can read your email.',
    report: 'It wasn’t me, sign that device out',
  },
  sessionsEnded: {
    subject: 'One of your {product} sessions was ended',
    heading: 'One of your sessions was ended',
    introduction:
      'Someone tried several times to use this session of your {product} account from a device, browser or network that doesn’t match it. It may have been you. To be safe, we ended this session. We changed nothing else.',
    openedOn: 'Session opened on',
    lastTriedFrom: 'Last tried from:',
    whatNow:
      'Sign in again to continue. If the last try wasn’t you, someone may have had a copy of the session, which no longer works: check the device it was opened on, and look at your recent activity.',
    button: 'Sign in again',
  },
  sessionsEndedByNewDevice: {
    subject: 'A new device ended {sessions} at {product}',
    heading: 'A new device ended {sessions}',
    introduction:
      'Your {product} account has known this device for less than a day. That is why we’re telling you.',
    button: 'See where you are signed in',
    notYou:
      'If this was you, there is nothing to do. If not, sign that device out, and make sure that nobody else can read your email.',
    report: 'It wasn’t me, sign that device out',
  },
  otherSessions: { one: '{count} other session', other: '{count} other sessions' },
  accountErased: {
    subject: 'Your {product} account was erased',
    heading: 'Your account was erased',
    introduction:
      'As you asked, your {product} account was erased. You were signed out everywhere, and this is the last email we send to this address about it.',
    notYou: 'If you didn’t ask for this, somebody had access to your account.',
  },
  facts: { time: 'Time', device: 'Device', ipAddress: 'IP address', unknown: 'Unknown' },
  footer: {
    automatic: '{product} sent this email automatically.',
    support: 'Questions? Write to {support}.',
  },
};
