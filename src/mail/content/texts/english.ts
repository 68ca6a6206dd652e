import type { MailTexts } from '../mail-texts';

export const ENGLISH: MailTexts = {
  signInLink: {
    subject: 'Sign in to {product}',
    heading: 'Sign in to {product}',
    introduction: 'Use this link to sign in. No password is needed.',
    button: 'Sign in',
    code: 'Or type this code where you asked to sign in:',
    lifetime: 'It works once, within {lifetime} of your request.',
    requestedFrom: 'This is what asked for it:',
    notYou:
      'If this wasn’t you, ignore this mail. Nobody can sign in without it, so don’t pass it on.',
    report: 'It wasn’t me, cancel this link',
  },
  newSignIn: {
    subject: 'New sign-in to {product}',
    heading: 'New sign-in to your account',
    introduction:
      'Somebody signed in to your {product} account from a device or network that you have not used before.',
    button: 'See where you are signed in',
    notYou:
      'If this was you, there is nothing to do. If not, sign in, end all other sessions, and make sure that nobody else can read your mail.',
  },
  sessionsEnded: {
    subject: 'Your {product} sessions were ended',
    heading: 'Sessions ended for your safety',
    introduction:
      'A session of your {product} account was used in a way that suggests somebody else had got hold of it. We ended it as a precaution.',
    button: 'Sign in again',
    whatNow:
      'Nothing else of your account was changed. Sign in again to go on, and look at your recent activity for anything that wasn’t you.',
  },
  accountErased: {
    subject: 'Your {product} account was erased',
    heading: 'Your account was erased',
    introduction:
      'As you asked, your {product} account was erased. You were signed out everywhere, and this is the last mail we send to this address about it.',
    notYou: 'If you didn’t ask for this, somebody had access to your account.',
  },
  facts: { time: 'Time', device: 'Device', ipAddress: 'IP address', unknown: 'Unknown' },
  footer: {
    automatic: '{product} sent this mail automatically.',
    support: 'Questions? Write to {support}.',
  },
};
