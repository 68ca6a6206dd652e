import { call } from './api.js';
import { byId, onSubmit, show, wordsFor } from './page.js';

const token = window.takeToken?.();

onSubmit(
  byId('report-form'),
  async () => {
    await call('POST', '/auth/magic-link/report', { token });
    show('done');
  },
  (problem) => {
    if (problem.isPassing) return false;
    byId('reason').textContent = wordsFor(problem);
    show('failed');
    return true;
  },
);

show(token === undefined ? 'missing' : 'ask', { focus: null });
