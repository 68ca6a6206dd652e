import { PROBLEM_KINDS } from '../../src/http/errors/problem';
import { PAGE_LANGUAGES } from '../../src/pages/page-languages';
import { CONTRACT_STATUS } from '../support/problem';

/** What pages also have a text for: a bug of ours, and a service that does not answer. */
const NO_CODES = ['internal', 'offline'];

/** Every place that has something to say about each code. */
const PLACES: readonly (readonly [string, object])[] = [
  ['PROBLEM_KINDS in src/http/errors/problem.ts', PROBLEM_KINDS],
  ['CONTRACT_STATUS in test/support/problem.ts', CONTRACT_STATUS],
  ...PAGE_LANGUAGES.map(
    ({ locale, texts }) => [`problems in src/pages/texts (${locale})`, texts.problems] as const,
  ),
];

const codesIn = (place: object): string[] =>
  Object.keys(place).filter((code) => !NO_CODES.includes(code));

const ALL = [...new Set(PLACES.flatMap(([, place]) => codesIn(place)))];

it.each(PLACES)('%s has every error code', (_name, place) => {
  expect(ALL.filter((code) => !codesIn(place).includes(code))).toEqual([]);
});
