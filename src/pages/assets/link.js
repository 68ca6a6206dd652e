import { call, currentSessionIfAny } from './api.js';
import { describeDevice } from './device.js';
import {
  byId,
  complain,
  fillIn,
  formatTime,
  message,
  onPress,
  onSubmit,
  show,
  shownState,
  wordsFor,
} from './page.js';
import { continueSignedIn, onNews, onReturn, signInPage } from './signed-in.js';

const { token } = window.takeToken?.() ?? {};

/** What the API says of the link. */
let link;

/** The session that the page shows, if somebody is signed in: `{id, address}`. */
let shown;

/** Asks the API about this link, without using it up, and who is signed in here. */
async function open() {
  show('checking', { focus: null });
  const [inspection, session] = await Promise.allSettled([
    call('POST', '/auth/magic-link/inspect', { token }),
    currentSessionIfAny(),
  ]);
  shown = session.value;
  if (inspection.status === 'rejected') {
    showProblem(inspection.reason);
  } else if (session.status === 'rejected') {
    // Whose session the sign-in would replace is not known.
    showProblem(session.reason);
  } else {
    link = inspection.value;
    showLink();
  }
}

function showLink() {
  const { email: address, differences, ip_address: ipAddress } = link;
  const values = {
    time: formatTime(link.requested_at),
    device: describeDevice(link.user_agent),
    ip_address: ipAddress,
    for_account: message('forAccount', { address }),
  };
  for (const part of document.querySelectorAll('[data-state]')) fillIn(part, values);
  leadToSignIn(link.redirect_to);
  if (link.context_matches) showQuestion();
  else show(differences.some((kind) => kind !== 'network') ? 'elsewhere' : 'other-network');
}

/** Asks whether to sign in, or to switch to another account than the one that is signed in. */
function showQuestion() {
  const { email: address } = link;
  const isSwitch = shown !== undefined && shown.address !== address;
  byId('question').textContent = message(isSwitch ? 'switchHeading' : 'heading');
  byId('account').textContent = isSwitch
    ? message('switchAccount', { current: shown.address, address })
    : message('account', { address });
  byId('confirm').textContent = message(isSwitch ? 'switchButton' : 'signInButton');
  show('confirm');
}

/** Lets somebody who asks for another mail arrive where this one would have led. */
function leadToSignIn(target) {
  for (const way of document.querySelectorAll('[data-way=sign-in]')) way.href = signInPage(target);
}

function showProblem(problem) {
  const words = wordsFor(problem);
  byId('reason').textContent = words;
  byId('interruption').textContent = words;
  byId('signed-in-as').textContent =
    shown === undefined ? '' : message('signedInAs', { address: shown.address });
  byId('to-account').hidden = shown === undefined;
  show(problem.isPassing ? 'interrupted' : 'failed');
}

/**
 * Where the link would have led. Read from the token, which nobody has checked: the API checks it
 * when another mail is asked for with it.
 */
function targetInToken() {
  try {
    const [, payload] = token.split('.');
    return JSON.parse(window.atob(payload.replaceAll('-', '+').replaceAll('_', '/'))).redirect_to;
  } catch {
    return undefined;
  }
}

onPress(byId('try-again'), open);

onSubmit(
  byId('confirm-form'),
  async () =>
    continueSignedIn(
      await call(
        'POST',
        '/auth/magic-link/verify',
        { token, transport: 'cookie', remember_device: byId('remember').checked },
        shown?.id,
      ),
    ),
  (problem) => {
    if (problem.isPassing) return false;
    if (problem.code === 'session_changed') void open().then(() => complain(wordsFor(problem)));
    else if (problem.code === 'context_mismatch') void open();
    else showProblem(problem);
    return true;
  },
);

for (const button of document.querySelectorAll('[data-way=report]')) {
  // The report page takes the token out of its address before anything else.
  button.addEventListener('click', () => {
    const own = link.is_own_device ? '&own' : '';
    location.assign(`/auth/link/report#report=${link.report_token}${own}`);
  });
}

/** Who is signed in has changed, or may have: what the page asks may be another question now. */
const isAboutSession = () => ['confirm', 'failed'].includes(shownState());
onNews(() => {
  if (isAboutSession()) void open();
});
onReturn(async () => {
  if (!isAboutSession()) return;
  const session = await currentSessionIfAny().catch(() => shown);
  if (session?.id !== shown?.id && isAboutSession()) void open();
});

leadToSignIn(targetInToken() ?? new URLSearchParams(location.search).get('redirect_to'));
if (token === undefined) show('missing', { focus: null });
else void open();
