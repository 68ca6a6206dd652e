import { call, currentSessionIfAny } from './api.js';
import {
  byId,
  complain,
  complainAbout,
  formatDuration,
  formatTimeOfDay,
  message,
  onPress,
  onSubmit,
  say,
  show,
  shownState,
  wordsFor,
} from './page.js';
import { continueSignedIn, isBeforeSignOut, isSameAddress, onNews, onReturn } from './signed-in.js';

/** Delays a second mail while the first may be on its way: most people need no second one. */
const RESEND_SECONDS = 30;

/** How long the page waits to be told who is signed in, before it shows the form anyway. */
const PATIENCE_MILLISECONDS = 2000;

const addressField = byId('address');
const codeField = byId('code');
const resendButton = byId('resend');

/** The last link request: `{id, address, expiresAt, askedAt}`. */
let requested;

/** The session that this page has shown to the person, if any: `{id, address}`. */
let shown;

/**
 * Requests a mail. The request is stored in the history entry, so it survives a reload: phones may
 * unload the page while the person reads the mail.
 */
async function requestLink(address) {
  const redirectTo = new URLSearchParams(location.search).get('redirect_to');
  const { magic_link_id: id, expires_at: expiresAt } = await call(
    'POST',
    '/auth/magic-link/request',
    { email: address, ...(redirectTo !== null && { redirect_to: redirectTo }) },
  );
  keep({ id, address, expiresAt });
}

function keep(request) {
  requested = { ...request, askedAt: Date.now() };
  history.replaceState(requested, '');
}

/** Removes what was asked for from the page, its fields and its history entry. */
function forget() {
  requested = undefined;
  history.replaceState(null, '');
  stopCountDown();
  addressField.value = '';
  codeField.value = '';
  byId('sent-to').textContent = '';
}

function showSent() {
  const { address, expiresAt } = requested;
  byId('sent-to').textContent = message('sentTo', { address, time: formatTimeOfDay(expiresAt) });
  codeField.value = '';
  complainAbout(codeField, '');
  show('sent');
  countDown(RESEND_SECONDS);
}

/** Shows the form, with the address of before if there is one. */
function showAddress() {
  history.replaceState(null, '');
  const address = shown?.address;
  byId('replaces').textContent = address === undefined ? '' : message('replaces', { address });
  show('address', { focus: addressField });
}

/** @param {string} [hint] how it came to that. */
function showSignedIn(session, hint = '') {
  shown = session;
  forget();
  byId('signed-in-as').textContent = message('signedInAs', { address: session.address });
  byId('signed-in-hint').textContent = hint;
  show('signed-in');
}

/** Removes the person who has signed out, and asks for an address. */
function showSignedOut() {
  shown = undefined;
  for (const id of ['signed-in-as', 'replaces']) byId(id).textContent = '';
  if (shownState() === 'signed-in') showAddress();
  // Still waited for, by somebody who is not the one that has signed out.
  if (requested !== undefined) keep(requested);
}

/** Holds the resend button back for some seconds, and shows how long. */
let stopCountDown = () => {};
function countDown(seconds) {
  stopCountDown();
  const end = Date.now() + seconds * 1000;
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    byId('resend-wait').textContent =
      left > 0 ? message('resendWait', { wait: formatDuration(left) }) : '';
    resendButton.dataset.waiting = String(left > 0);
    if (left <= 0) stopCountDown();
  };
  const timer = setInterval(tick, 1000);
  stopCountDown = () => clearInterval(timer);
  tick();
}

/** Handles problems that a person can fix in the form itself. */
function handleRequestProblem({ code, fields, retryAfterSeconds }) {
  if (code === 'rate_limited' && requested !== undefined) countDown(retryAfterSeconds ?? 1);
  if (code !== 'invalid_request') return false;
  const names = fields.map(({ field }) => field);
  if (names.includes('redirect_to')) complain(message('redirectRefused'));
  else if (names.includes('email')) complainAbout(addressField, message('addressWrong'));
  else return false;
  return true;
}

onSubmit(
  byId('address-form'),
  async () => {
    const address = addressField.value.trim();
    complainAbout(addressField, address === '' ? message('addressWrong') : '');
    if (address === '') return;
    await requestLink(address);
    showSent();
  },
  handleRequestProblem,
);

onSubmit(
  byId('code-form'),
  async () => {
    const code = codeField.value.replace(/[\s-]/g, '');
    const isCode = /^[0-9]{6}$/.test(code);
    complainAbout(codeField, isCode ? '' : message('codeWrong'));
    if (!isCode) return;
    continueSignedIn(
      await call(
        'POST',
        '/auth/magic-link/verify-code',
        {
          magic_link_id: requested.id,
          code,
          transport: 'cookie',
          remember_device: byId('remember').checked,
        },
        shown?.id,
      ),
    );
  },
  (problem) => {
    if (problem.code === 'session_changed') {
      void lookWhoIsSignedIn().then(() => complainAbout(codeField, message('changedMeanwhile')));
      return true;
    }
    if (!problem.code.startsWith('code_')) return false;
    complainAbout(codeField, wordsFor(problem));
    codeField.select();
    return true;
  },
);

onPress(
  resendButton,
  async () => {
    if (resendButton.dataset.waiting === 'true') {
      say(byId('resend-wait').textContent);
      return;
    }
    await requestLink(requested.address);
    showSent();
    say(message('sentAgain'));
  },
  handleRequestProblem,
);

byId('other-address').addEventListener('click', () => {
  requested = undefined;
  showAddress();
});

byId('use-another').addEventListener('click', showAddress);

/** Learns who is signed in by now, without changing what the person sees. */
async function lookWhoIsSignedIn() {
  shown = await currentSessionIfAny().catch(() => shown);
}

/** Whether the page waits for the sign-in that has happened; others do not concern it. */
function isWaitingFor({ id, address }) {
  return shownState() === 'sent' && id !== shown?.id && isSameAddress(requested.address, address);
}

onNews(({ kind, sessionId: id, address }) => {
  if (kind === 'signed-out') {
    if (id === shown?.id) showSignedOut();
    else if (requested !== undefined) keep(requested);
  } else if (kind === 'signed-in' && isWaitingFor({ id, address })) {
    showSignedIn({ id, address }, message('signedInElsewhere'));
  } else if (kind === 'signed-in' && shownState() === 'signed-in') {
    showSignedIn({ id, address });
  }
});

onReturn(async () => {
  const session = await currentSessionIfAny().catch(() => shown);
  if (session === undefined) {
    if (shown !== undefined) showSignedOut();
  } else if (isWaitingFor(session)) {
    showSignedIn(session, message('signedInElsewhere'));
  } else if (shownState() === 'signed-in' && session.id !== shown.id) {
    showSignedIn(session);
  }
});

/** A request of before a reload, if its mail still works. */
function pendingRequest() {
  const request = history.state ?? undefined;
  const isPending =
    request !== undefined &&
    new Date(request.expiresAt).getTime() > Date.now() &&
    !isBeforeSignOut(request.askedAt);
  return isPending ? request : undefined;
}

async function start() {
  const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MILLISECONDS));
  const session = await Promise.race([currentSessionIfAny().catch(() => undefined), patience]);
  requested = pendingRequest();
  const isSwitching =
    requested !== undefined && !isSameAddress(requested.address, session?.address ?? '');
  if (session !== undefined && !isSwitching) {
    showSignedIn(session);
    return;
  }
  shown = session;
  // Browsers bring back what was typed in before, also after its owner has signed out.
  addressField.value = requested?.address ?? '';
  if (requested === undefined) showAddress();
  else showSent();
}

void start();
