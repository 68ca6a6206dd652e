import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

import { format, resolveConfig } from 'prettier';

import { ROOT } from '../lib/product-files.mjs';
import { suites } from '../suites/index.mjs';
import { pageOf } from './page.mjs';
import { asText } from './text.mjs';

/** @typedef {import('../lib/measure-suites.mjs').SuiteResult} SuiteResult */

/**
 * Shows what was measured now, and writes the page and the figures behind it. A
 * quick run writes to `bench/out` and leaves the recorded results alone; a full run of some suites
 * keeps what was recorded of the others.
 *
 * @param {Record<string, SuiteResult>} measured by suite; none to write the page again
 * @param {{ quick: boolean }} settings
 */
export async function reportResults(measured, { quick }) {
  const docs = join(ROOT, quick ? 'bench/out' : 'docs');
  const figures = join(docs, 'performance');
  await mkdir(figures, { recursive: true });
  const file = join(figures, 'results.json');
  const recorded = quick ? {} : JSON.parse(await readFile(file, 'utf8').catch(() => '{}'));
  /** @type {Record<string, SuiteResult>} */
  const results = { ...recorded, ...measured };

  const sections = Object.entries(suites).flatMap(([name, { present }]) => {
    const result = results[name];
    return result === undefined ? [] : [{ name, ...result, section: present(result.data) }];
  });
  await write(file, JSON.stringify(results));
  await write(join(docs, 'performance.md'), pageOf(sections));
  for (const { name, section } of sections) if (name in measured) console.log(asText(section));

  console.log(`\nWritten: ${relative(process.cwd(), join(docs, 'performance.md'))}`);
}

/** Writes a file as `npm run format` would leave it. @param {string} file @param {string} text */
async function write(file, text) {
  await writeFile(file, await format(text, { ...(await resolveConfig(file)), filepath: file }));
}
