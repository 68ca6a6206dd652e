import { parseArgs } from 'node:util';

/** What `npm run soak` is told. */
export interface SoakOptions {
  readonly people: number;
  readonly days: number;
  readonly thefts: number;
  readonly seed: number;
}

export const USAGE = `Lets simulated people use the real service for simulated days, and counts what
must not happen to them. Exits with 1 if anything of it did.

  npm run soak -- [--people 1000] [--days 60] [--thefts <as many as people>] [--seed <number>]

  --people   how many have an account, on one or two devices each
  --days     simulated days
  --thefts   of each of three kinds
  --seed     of all chance; the same seed makes the same people with the same plans
  --help     this text`;

/**
 * @param seed where none is given.
 * @returns `undefined` when only help is wanted.
 * @throws TypeError for an option that is not known, or no whole number.
 */
export function readOptions(args: string[], seed: number): SoakOptions | undefined {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: {
      people: text,
      days: text,
      thefts: text,
      seed: text,
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) return undefined;
  const people = wholeNumber('people', values.people ?? '1000', 1);
  return {
    people,
    days: wholeNumber('days', values.days ?? '60', 2),
    thefts: wholeNumber('thefts', values.thefts ?? people.toString(), 0),
    seed: wholeNumber('seed', values.seed ?? seed.toString(), 0),
  };
}

function wholeNumber(name: string, text: string, least: number): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < least) {
    throw new TypeError(`--${name} must be a whole number of at least ${least}, not ${text}`);
  }
  return number;
}
