import { medianRatio, middle, milliseconds } from '../../lib/rounds.mjs';
import { ratio, whole } from '../../report/section.mjs';
import { NAMES } from './contenders.mjs';

const STEPS = ['requests', 'verifications'];
const WANTED = 0.45;

/**
 * @param {import('./measure.mjs').SignInResults} results
 * @returns {import('../../report/section.mjs').Section}
 */
export function present({ connections, load, mailsPerSecond }) {
  const of = (/** @type {string} */ name, /** @type {string} */ step) => load[`${name}, ${step}`];
  const ofLimit = (/** @type {string} */ name, /** @type {string} */ step) =>
    medianRatio(of(name, step)?.perSecond, of(NAMES.limit, step)?.perSecond);
  const servers = Object.values(NAMES);
  return {
    title: 'Signing in',
    text: [
      `${connections} connections. Every request is for a new address and comes from a client address of its own, told by a trusted proxy's header; every verification makes a new user and session. For MIRA Auth with all limits, audit events and outbox rows; the mail worker is off while that is measured, and measured by itself. The limit writes every row that MIRA Auth writes (limits, subject, link, mail, user, session, trail) in one SQL statement and one commit, and checks and signs nothing. better-auth keeps no audit trail and no outbox; its limits are off, and its mails go nowhere.`,
    ],
    tables: [
      ...STEPS.map((step) => ({
        title: step === 'requests' ? 'Link requests' : 'Verifications',
        head: ['server', `${step}/s`, 'of the limit', 'median ms', 'p99 ms', 'CPU µs'],
        rows: servers.map((name) => [
          name,
          whole(middle(of(name, step)?.perSecond)),
          ratio(ofLimit(name, step)),
          milliseconds(middle(of(name, step)?.p50)),
          milliseconds(middle(of(name, step)?.p99)),
          whole(middle(of(name, step)?.cpu)),
        ]),
      })),
      {
        title: 'The mail worker, with a mailer that takes every mail at once',
        head: ['', 'mails/s'],
        rows: [['MIRA Auth', whole(mailsPerSecond)]],
      },
    ],
    charts: [],
    targets: STEPS.map((step) => ({
      name: `3. ${step === 'requests' ? 'Link requests' : 'Verifications'}, of the one-statement limit`,
      wanted: `at least ${ratio(WANTED)}`,
      measured: ratio(ofLimit(NAMES.product, step)),
      met: ofLimit(NAMES.product, step) >= WANTED,
    })),
  };
}
