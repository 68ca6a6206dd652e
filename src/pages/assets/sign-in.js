import { call } from './api.js';
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
  wordsFor,
} from './page.js';
import { continueSignedIn, onSignedInElsewhere } from './signed-in.js';

/** Delays a second request while the mail may be on its way: it would invalidate the first link. */
const RESEND_SECONDS = 30;

const addressField = byId('address');
const codeField = byId('code');
const resendButton = byId('resend');

/** The last link request: `{id, address, expiresAt}`. */
let requested;

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
  requested = { id, address, expiresAt };
  history.replaceState(requested, '');
}

function showSent() {
  const { address, expiresAt } = requested;
  byId('sent-to').textContent = message('sentTo', { address, time: formatTimeOfDay(expiresAt) });
  codeField.value = '';
  complainAbout(codeField, '');
  show('sent');
  countDown(RESEND_SECONDS);
}

function showAddress() {
  history.replaceState(null, '');
  show('address', { focus: addressField });
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
      await call('POST', '/auth/magic-link/verify-code', {
        magic_link_id: requested.id,
        code,
        transport: 'cookie',
        remember_device: byId('remember').checked,
      }),
    );
  },
  (problem) => {
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

byId('other-address').addEventListener('click', showAddress);

onSignedInElsewhere(() => show('elsewhere'));

requested = history.state ?? undefined;
if (requested !== undefined && new Date(requested.expiresAt).getTime() > Date.now()) {
  addressField.value = requested.address;
  showSent();
} else {
  showAddress();
}
