import { max, median } from 'simple-statistics';

import { whole } from '../../report/section.mjs';

const LONGEST_MS = 1_500;

/**
 * @param {import('./measure.mjs').ColdStartResults} results
 * @returns {import('../../report/section.mjs').Section}
 */
export function present({ milliseconds }) {
  return {
    title: 'Cold start',
    text: [
      'From starting the built service (`npm run start:prod`), migrations current, to the first 200 of `/health/ready`.',
    ],
    tables: [
      {
        title: `${milliseconds.length} starts`,
        head: ['', 'median ms', 'longest ms'],
        rows: [['to ready', whole(median(milliseconds)), whole(max(milliseconds))]],
      },
    ],
    charts: [],
    targets: [
      {
        name: '8. Cold start to ready',
        wanted: 'at most 1,500 ms',
        measured: `${whole(median(milliseconds))} ms`,
        met: median(milliseconds) <= LONGEST_MS,
      },
    ],
  };
}
