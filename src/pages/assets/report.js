import { call } from './api.js';
import {
  byId,
  complainAbout,
  formatTime,
  message,
  onPress,
  onSubmit,
  show,
  wordsFor,
} from './page.js';

const { token, isOwnDevice } = window.takeToken?.() ?? {};

/** The kind of mail that led here. The API checks the token; this chooses words only. */
const isAboutSignIn = typeOf(token) === 'sign-in-report+jwt';

function typeOf(jwt) {
  try {
    const [header] = jwt.split('.');
    return JSON.parse(window.atob(header.replaceAll('-', '+').replaceAll('_', '/'))).typ;
  } catch {
    return undefined;
  }
}

const form = byId(isAboutSignIn ? 'sign-in-form' : 'mail-form');
const group = form.querySelector('fieldset');

/** The statement that the person has chosen; none is chosen before. */
const chosen = () => form.querySelector('input:checked')?.value;

/** Says what the chosen statement does, before it is sent. */
function showEffects() {
  complainAbout(group, '');
  const effects = isOwnDevice && chosen() !== 'undo' ? 'own' : chosen();
  for (const part of form.querySelectorAll('[data-effects]')) {
    part.hidden = part.dataset.effects !== effects;
  }
}

async function send() {
  const statement = chosen();
  complainAbout(group, statement === undefined ? message('chooseFirst') : '');
  if (statement === undefined) return;
  if (statement === 'undo') await undo();
  else await report(statement);
}

async function report(statement) {
  const { undo_until: until } = await call('POST', '/auth/magic-link/report', { token, statement });
  byId('done').textContent = message(`done ${isOwnDevice ? 'own' : statement}`);
  byId('undo-until').textContent = message('undoUntil', { time: formatTime(until) });
  show('done');
}

async function undo() {
  await call('POST', '/auth/magic-link/report/undo', { token });
  byId('undone').textContent = message(isAboutSignIn ? 'undoneSignIn' : 'undoneMail');
  show('undone');
}

function showFailure(problem) {
  if (problem.isPassing) return false;
  byId('reason').textContent = wordsFor(problem);
  show('failed');
  return true;
}

form.addEventListener('change', showEffects);
// The browser may have brought back a choice of before.
showEffects();
onSubmit(form, send, showFailure);
onPress(byId('undo'), undo, showFailure);

if (token === undefined) show('missing', { focus: null });
else show(isAboutSignIn ? 'ask-sign-in' : 'ask', { focus: null });
