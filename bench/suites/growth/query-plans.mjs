import { mkdir, open, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { ROOT } from '../../lib/product-files.mjs';
import { startCleanUp } from './clean-up.mjs';
import { plansAsMarkdown, plansIn } from './plan-log.mjs';
import { visitEveryRoute } from './route-tour.mjs';

/**
 * @typedef {object} PlanSummary
 * @property {Record<string, { statements: number, slowest: number }>} steps by step: the statements
 *   that it was the first to run, and the milliseconds of the one that took longest
 * @property {string[]} readWhole of the tables that are filled, those that a statement read from end
 *   to end
 * @property {string[]} unusedIndexes of them
 */

/** Those that are filled. The others are so small here that their plans say little. */
export const LARGE_TABLES = [
  'code_lockouts',
  'magic_links',
  'security_events',
  'session_revocations',
  'subjects',
  'user_sessions',
  'users',
];

/**
 * Settings of auto_explain, which writes the plan of every statement that the running service
 * sends to the server's log: no copy of a statement can go stale.
 */
const EXPLAIN = {
  session_preload_libraries: "'auto_explain'",
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_buffers': 'on',
  'auto_explain.log_triggers': 'on',
  'auto_explain.log_parameter_max_length': '0',
};

/** For a run that has nothing to delete of them: the longest that there is. */
const KEEPS_LINKS_AND_SESSIONS = {
  AUTH_LINK_RETENTION_DAYS: '3650',
  AUTH_SESSION_RETENTION_DAYS: '3650',
};

/** Enough for notes of use to be written, and for a look at what was revoked. */
const BACKGROUND_MS = 6_000;

/**
 * Drives every route on the large tables and records the plans of what it runs. They are written to
 * `bench/out/query-plans.md`, to be looked at; their summary is what is kept.
 *
 * @param {import('../../lib/run.mjs').Run} run
 * @param {import('../../lib/postgres.mjs').BenchDatabase} database
 * @param {string[]} tokens of sessions
 * @returns {Promise<PlanSummary>}
 */
export async function recordPlans(run, database, tokens) {
  const settings = Object.entries(EXPLAIN);
  // Of the service's role alone: what bench itself asks is no part of the product.
  const [{ role }] = await database.sql('SELECT $1::regrole::text AS role', [roleOf(database)]);
  const forService = `ALTER ROLE ${role} IN DATABASE ${database.name}`;
  for (const [name, value] of settings) await database.sql(`${forService} SET ${name} = ${value}`);

  await database.sql('SELECT pg_stat_reset()');
  /** @type {Record<string, import('./plan-log.mjs').LoggedPlan[]>} */
  const steps = {};
  const seen = new Set();
  let offset = (await stat(run.postgres.logFile)).size;
  const record = async (/** @type {string} */ step) => {
    const { text, end } = await readLog(run.postgres.logFile, offset);
    offset = end;
    const fresh = plansIn(text).filter(({ statement }) => !seen.has(statement));
    for (const { statement } of fresh) seen.add(statement);
    if (fresh.length > 0) steps[step] = fresh;
  };

  // Few connections, so that each soon has the plan that it keeps for any parameters.
  const options = { poolSize: 2, url: database.appUrl };
  const server = await run.product.start(database, { database: options });
  await delay(BACKGROUND_MS / 4);
  await record('Starting, and always');
  await visitEveryRoute(run.product, database, server.url, tokens, record);
  await delay(BACKGROUND_MS);
  await record('Notes of use');
  await run.stopServers();
  await run.product.start(database, { database: options, mailWorker: true });
  await delay(BACKGROUND_MS / 2);
  await run.stopServers();
  await record('The mail worker');
  const cleanUpFor = async (/** @type {number} */ milliseconds, environment = {}) => {
    const { stop } = startCleanUp(run.product.dist, database.appUrl, environment);
    await delay(milliseconds);
    await stop();
  };
  await cleanUpFor(BACKGROUND_MS / 2);
  await record('Cleaning up');
  // A run does one kind of rows after the other, and would take hours to come to the last.
  await database.sql('TRUNCATE rate_limits');
  await cleanUpFor(BACKGROUND_MS, KEEPS_LINKS_AND_SESSIONS);
  await cleanUpFor(BACKGROUND_MS);
  await record('Cleaning up, after the limits');
  for (const [name] of settings) await database.sql(`${forService} RESET ${name}`);
  const unused = await database.sql(
    `SELECT indexrelname AS index FROM pg_stat_user_indexes
      WHERE idx_scan = 0 AND relname = ANY($1) ORDER BY indexrelname`,
    [LARGE_TABLES],
  );
  const out = join(ROOT, 'bench/out');
  await mkdir(out, { recursive: true });
  await writeFile(join(out, 'query-plans.md'), plansAsMarkdown(steps));
  run.tell(`query plans: ${seen.size} statements, in bench/out/query-plans.md`);
  const all = Object.values(steps).flat();
  return {
    steps: Object.fromEntries(
      Object.entries(steps).map(([step, plans]) => [
        step,
        {
          statements: plans.length,
          slowest: Math.max(...plans.map(({ milliseconds }) => milliseconds)),
        },
      ]),
    ),
    readWhole: LARGE_TABLES.filter((table) =>
      all.some(({ wholeTables }) => wholeTables.includes(table)),
    ),
    unusedIndexes: unused.map(({ index }) => index),
  };
}

/** @param {import('../../lib/postgres.mjs').BenchDatabase} database */
function roleOf({ appUrl }) {
  return decodeURIComponent(new URL(appUrl).username);
}

/** @param {string} file @param {number} offset */
async function readLog(file, offset) {
  const log = await open(file);
  try {
    const { size } = await log.stat();
    const buffer = Buffer.alloc(size - offset);
    await log.read(buffer, 0, buffer.length, offset);
    return { text: buffer.toString('utf8'), end: size };
  } finally {
    await log.close();
  }
}
