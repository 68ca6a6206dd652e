import { milliseconds, perSecond } from '../../lib/rounds.mjs';
import { median, medianRatio } from '../../lib/statistics.mjs';
import { barChart } from '../../report/bar-chart.mjs';
import { ratio, whole } from '../../report/section.mjs';
import { NAMES } from './contenders.mjs';

const STEPS = ['requests', 'verifications'];
const WANTED = 0.45;

/**
 * @param {import('./measure.mjs').SignInResults} results
 * @returns {import('../../report/section.mjs').Section}
 */
export function present({ connections, load, mail }) {
  const rounds = (/** @type {string} */ name, /** @type {string} */ step) =>
    load[`${name}, ${step}`] ?? [];
  const speeds = (/** @type {string} */ name, /** @type {string} */ step) =>
    rounds(name, step).map(perSecond);
  const ofLimit = (/** @type {string} */ name, /** @type {string} */ step) =>
    medianRatio(speeds(name, step), speeds(NAMES.limit, step));
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
          whole(median(speeds(name, step))),
          ratio(ofLimit(name, step)),
          milliseconds(median(rounds(name, step).map(({ p50 }) => p50))),
          milliseconds(median(rounds(name, step).map(({ p99 }) => p99))),
          whole(median(rounds(name, step).map(({ cpu = NaN }) => cpu))),
        ]),
      })),
      {
        title: 'The mail worker, with a mailer that takes every mail at once',
        head: ['', 'mails/s'],
        rows: [['MIRA Auth', whole(mail.mails / mail.seconds)]],
      },
    ],
    charts: STEPS.map((step) => ({
      file: `signin-${step}.svg`,
      title: step === 'requests' ? 'Link requests per second' : 'Verifications per second',
      svg: barChart(
        `${step === 'requests' ? 'Link requests' : 'Verifications'} per second · share of the limit`,
        servers.map((name) => ({
          label: name,
          value: median(speeds(name, step)),
          text: `${whole(median(speeds(name, step)))}/s · ${ratio(ofLimit(name, step))}`,
          own: name === NAMES.product,
        })),
        { value: median(speeds(NAMES.limit, step)) * WANTED, text: 'our target' },
      ),
    })),
    targets: STEPS.map((step) => ({
      name: `3. ${step === 'requests' ? 'Link requests' : 'Verifications'}, of the one-statement limit`,
      wanted: `at least ${ratio(WANTED)}`,
      measured: ratio(ofLimit(NAMES.product, step)),
      met: ofLimit(NAMES.product, step) >= WANTED,
    })),
  };
}
