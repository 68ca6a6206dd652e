import { EVENT_SEVERITY } from '../audit/security-event';
import { choosePageLanguage, PAGE_LANGUAGES } from './page-languages';
import type { PageTexts } from './page-texts';

/** Left out by the account page: every sign-in opens a session. */
const REDUNDANT_EVENT = 'session.created';

/** Concerns no person, so it is in nobody's list. */
const SYSTEM_EVENT = 'expired_data.deleted';

/** All texts with their paths. */
function flatten(texts: object, path = ''): [string, string][] {
  return Object.entries(texts).flatMap(([name, text]: [string, unknown]) =>
    typeof text === 'string'
      ? [[`${path}${name}`, text] as [string, string]]
      : flatten(text as object, `${path}${name}/`),
  );
}

const placeholders = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();

const ENGLISH = new Map(flatten(choosePageLanguage('en').texts));

describe.each(PAGE_LANGUAGES)('the texts of the pages in $locale', ({ texts }) => {
  it('have the same names and placeholders as in English', () => {
    const all = flatten(texts);
    expect(all.map(([path]) => path).sort()).toEqual([...ENGLISH.keys()].sort());
    for (const [path, text] of all) {
      expect([path, placeholders(text)]).toEqual([path, placeholders(ENGLISH.get(path) ?? '')]);
    }
  });

  it('leave nothing empty', () => {
    expect(flatten(texts).filter(([, text]) => text.trim() === '')).toEqual([]);
  });

  it('have a text for every event type of the audit trail', () => {
    const covered: string[] = [...Object.keys(texts.account.events), REDUNDANT_EVENT, SYSTEM_EVENT];
    expect(covered.sort()).toEqual(Object.keys(EVENT_SEVERITY).sort());
  });
});

describe('the language of the pages', () => {
  const localeFor = (locale: string | null): string => choosePageLanguage(locale).locale;

  it.each([
    ['de', 'de'],
    ['de-AT', 'de'],
    ['DE-ch', 'de'],
    ['en-GB', 'en'],
  ])('for %s is %s', (preferred, locale) => {
    expect(localeFor(preferred)).toBe(locale);
  });

  it.each([null, '', 'fr', 'deu', 'd', '-de'])('for %j is English', (preferred) => {
    expect(localeFor(preferred)).toBe('en');
  });

  it('differs in its texts from the other one', () => {
    const texts = (locale: string): PageTexts => choosePageLanguage(locale).texts;
    expect(texts('de').layout.signIn).not.toBe(texts('en').layout.signIn);
  });
});
