import type { PageTexts } from '../page-texts';
import { ENGLISH_ACCOUNT } from './english-account';

const TECHNICAL = 'Something went wrong. Reload the page and try again.';
const NOT_SIGNED_IN = 'You are not signed in.';
const SIGNED_IN_AS = 'You are signed in as {address}.';

export const ENGLISH: PageTexts = {
  layout: {
    scriptNeeded:
      'This page needs JavaScript, which is switched off or blocked in your browser. Allow it for this site, and reload the page.',
    loading: 'One moment …',
    tryAgain: 'Try again',
    remember: 'Remember this device',
    rememberHint: 'You stay signed in for longer. Not for devices that you share.',
    signIn: 'Sign in',
    askForLink: 'Ask for a new link',
    time: 'Time',
    device: 'Device',
    ipAddress: 'IP address',
    toAccount: 'Go to your account',
    notMe: 'It wasn’t me',
  },
  problems: {
    invalid_request: 'This can’t be done with what was sent. Check it, or begin again.',
    link_invalid:
      'The link is incomplete, or not one of ours. Open it from the email once more, or ask for a new one.',
    link_used:
      'This link no longer works: it has been used, you have signed in since, or it was reported.',
    link_expired: 'The link has expired.',
    context_mismatch:
      'For your safety, this works only in the browser and network where it began. Ask for a new link here.',
    code_invalid:
      'This code doesn’t work. Use the code from any of the emails that you asked for on this device: each works once, and not for long.',
    code_exhausted:
      'Too many wrong codes. Open the link in the email instead: codes won’t work again before these emails have expired.',
    session_missing: NOT_SIGNED_IN,
    session_invalid: NOT_SIGNED_IN,
    session_expired: 'Your session has expired.',
    session_revoked: 'Your session was ended.',
    session_changed:
      'Somebody has signed in or out in this browser since this page was opened. Nothing was changed. Check who is signed in, and try again.',
    account_disabled: 'This account is disabled.',
    account_locked: 'This account is locked at the moment.',
    sign_up_disabled: 'There is no account for this address, and new accounts are not offered.',
    origin_forbidden: 'This page works only at its own address: open it at {publicUrl}',
    fresh_sign_in_required: 'To do this, sign in again first.',
    not_found: 'That is no longer there.',
    method_not_allowed: TECHNICAL,
    too_large: TECHNICAL,
    unsupported_media_type: TECHNICAL,
    rate_limited: 'Too many attempts. Try again in {wait}.',
    unavailable: 'The service is not available at the moment. Try again in {wait}.',
    internal: TECHNICAL,
    offline: 'The service can’t be reached. Check your connection, and try again.',
  },
  devices: { known: '{browser} on {system}', unknown: 'Unknown device' },
  'sign-in': {
    title: 'Sign in',
    heading: 'Sign in to {product}',
    introduction: 'We’ll email you a sign-in link. No password is needed.',
    address: 'Email address',
    send: 'Send me a link',
    sentHeading: 'Check your email',
    sentInstructions: 'Open the link in this browser, or type in the code from the email.',
    code: 'Six-digit code',
    nothingArrived: 'Nothing arrived? Look in your spam folder too.',
    resend: 'Send another email',
    otherAddress: 'Use another address',
    signedInHeading: 'You are signed in',
    continue: 'Continue',
    useAnother: 'Use another account',
    messages: {
      signedInAs: SIGNED_IN_AS,
      signedInElsewhere: 'You signed in in another tab. You can close this one.',
      replaces: 'You stay signed in as {address} until you have signed in with another account.',
      changedMeanwhile:
        'Somebody else has signed in in this browser since this page was opened. Nothing was changed. To sign in in their place, send the code again.',
      sentTo: 'We sent a link and a code to {address}. They work until {time}.',
      sentAgain: 'Another email is on its way. Any of the emails works.',
      resendWait: 'Possible in {wait}.',
      addressWrong: 'Type in an email address that can receive mail, such as name@example.com.',
      codeWrong: 'Type in the six digits from the email.',
      redirectRefused:
        'The application that sent you here wants to continue at a place that is not allowed. Please tell its operator.',
    },
  },
  link: {
    title: 'Sign in',
    checking: 'Checking the link …',
    requestedFrom: 'This link was asked for here:',
    onlyIfYou: 'Continue only if that was you. Nothing has happened yet.',
    elsewhereHeading: 'Finish signing in where you started',
    elsewhereText:
      'This link was asked for on another device or in another browser. To keep others out, it works only there.',
    codeHeading: 'Type in the code',
    codeText:
      'Go back to where you asked for the link, and type in the six-digit code from the same email.',
    orHereHeading: 'Or sign in here',
    networkHeading: 'You are in another network',
    networkText:
      'This link was asked for in another network than the one that you are in now. To keep others out, it works only there.',
    hereHeading: 'Sign in here',
    hereText: 'Ask for a new email in this browser. Its link will work here.',
    askHere: 'Ask for a new email here',
    orCodeHeading: 'Or finish where you started',
    networkCodeText:
      'If the device that asked for the link is still in the first network, type in the six-digit code there. Back in that network, the link works too.',
    notYou:
      'If somebody else asked for this link, don’t give them the code. Without it they can’t get in.',
    failedHeading: 'This link doesn’t sign you in',
    interruptedHeading: 'The link could not be checked',
    missingHeading: 'The link is incomplete',
    missingText:
      'Type in the code from the same email where you asked for it, or open the link from the email once more.',
    messages: {
      heading: 'Sign in to {product}?',
      account: 'You will be signed in as {address}.',
      signInButton: 'Sign in',
      switchHeading: 'Switch account?',
      switchAccount:
        'You are signed in as {current}. Switch to {address}? You will be signed out as {current} in this browser.',
      switchButton: 'Switch account',
      forAccount: 'It is for the account {address}.',
      signedInAs: SIGNED_IN_AS,
    },
  },
  account: ENGLISH_ACCOUNT,
  report: {
    title: 'It wasn’t me',
    heading: 'Didn’t you ask for this email?',
    introduction:
      'Somebody typed in your address to sign in. Without the email, nobody gets into your account.',
    signInHeading: 'Wasn’t this sign-in yours?',
    signInIntroduction:
      'Somebody signed in to your account. The email that led you here says when, and from where.',
    wasYou: 'If it was you, close this page. Nothing has happened yet.',
    question: 'What happened?',
    notRequested: 'I didn’t ask for this email',
    codeWasAskedFor: 'Somebody asked me for the code or the link',
    notMySignIn: 'I didn’t sign in there',
    undoChoice: 'I reported this by mistake, and want to undo that',
    effectsHeading: 'This is what will happen:',
    linkEnds: 'The link and its code stop working.',
    unknownSessionEnds:
      'If somebody has signed in with them on a device that was new to your account, that device is signed out.',
    sessionEnds:
      'If somebody has signed in with them, that device is signed out and no longer known to your account, unless it is this browser.',
    mailsPause:
      'Sign-in emails that are asked for from there pause for one hour, and for longer if it goes on. What you ask for on devices that your account knows still arrives.',
    knownDevicesStay: 'Nothing changes on devices that your account knows.',
    ownDevice:
      'If this is the device that asked for the email, only the link and its code stop working, and nothing else happens.',
    nothingElse: 'Nothing else happens, because this is the device that asked for the email.',
    signInEnds: 'The device that signed in is signed out.',
    deviceForgotten: 'Your account no longer knows that device.',
    otherSessionsStay: 'You stay signed in everywhere else.',
    undoesMail:
      'Sign-in emails no longer pause, and a device that is no longer known to your account is known again.',
    undoesSignIn: 'Your account knows that device again.',
    endedStays: 'What was ended stays ended: the link, its code, and any session.',
    sessionStaysEnded: 'Its session stays ended. To use the device again, sign in on it.',
    send: 'Send',
    doneHeading: 'Done',
    doneAdvice:
      'Nobody else should be able to read your email: whoever can read it can sign in as you.',
    undo: 'Undo',
    undoneHeading: 'Undone',
    toSessions: 'See where you are signed in',
    failedHeading: 'This didn’t work',
    failedAdvice: 'On your account page you can end any session that isn’t yours.',
    missingHeading: 'The link is incomplete',
    missingText: 'Open “It wasn’t me” from the email once more.',
    messages: {
      chooseFirst: 'Choose what happened. Nothing has been sent.',
      undoUntil: 'Was that a mistake? You can undo it until {time}, also from the same email.',
      undoneMail:
        'Sign-in emails no longer pause, and a device that was no longer known to your account is known again. What was ended stays ended: the link, its code, and any session.',
      undoneSignIn:
        'Your account knows that device again. Its session stays ended: to use the device again, sign in on it.',
    },
    done: {
      not_requested:
        'The link and its code no longer work. Unless this is the device that asked for the email, whoever had signed in with them on a device that was new to your account has been signed out, and sign-in emails that are asked for from there pause for a while.',
      code_was_asked_for:
        'The link and its code no longer work. Unless this is the device that asked for the email, whoever had signed in with them elsewhere has been signed out, and sign-in emails that are asked for from there pause for a while.',
      not_my_sign_in:
        'The device that signed in has been signed out, and your account no longer knows it.',
      own: 'The link and its code no longer work. Nothing else was changed, because this is the device that asked for the email.',
    },
  },
};
