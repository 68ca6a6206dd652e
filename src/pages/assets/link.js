import { call } from './api.js';
import { describeDevice } from './device.js';
import { byId, fillIn, formatTime, onPress, onSubmit, show, wordsFor } from './page.js';
import { continueSignedIn } from './signed-in.js';

const token = window.takeToken?.();

/** Asks the API about this link, without using it up. */
async function inspect() {
  const link = await call('POST', '/auth/magic-link/inspect', { token });
  for (const part of document.querySelectorAll('[data-state]')) {
    fillIn(part, {
      time: formatTime(link.requested_at),
      device: describeDevice(link.user_agent),
      ip_address: link.ip_address,
    });
  }
  show(link.context_matches ? 'confirm' : 'elsewhere');
}

function showProblem(problem) {
  const words = wordsFor(problem);
  byId('reason').textContent = words;
  byId('interruption').textContent = words;
  show(problem.isPassing ? 'interrupted' : 'failed');
}

async function open() {
  show('checking', { focus: null });
  await inspect().catch(showProblem);
}

onPress(byId('try-again'), open);

onSubmit(
  byId('confirm-form'),
  async () =>
    continueSignedIn(
      await call('POST', '/auth/magic-link/verify', {
        token,
        transport: 'cookie',
        remember_device: byId('remember').checked,
      }),
    ),
  (problem) => {
    if (problem.isPassing) return false;
    if (problem.code === 'context_mismatch') show('elsewhere');
    else showProblem(problem);
    return true;
  },
);

if (token === undefined) show('missing', { focus: null });
else void open();
