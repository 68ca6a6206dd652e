import { EVENT_SEVERITY } from '../audit/security-event';
import { choosePageLanguage, PAGE_LANGUAGES } from './page-languages';
import type { PageTexts } from './page-texts';

/** Left out by the account page: every sign-in opens a session. */
const TOLD_BY_ANOTHER = 'session.created';

/** About nobody, so that it is in no person's list. */
const ABOUT_NOBODY = 'expired_data.deleted';

/** All texts by their path. */
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
  it('are the same as in English, with the same values to be filled in', () => {
    const all = flatten(texts);
    expect(all.map(([path]) => path).sort()).toEqual([...ENGLISH.keys()].sort());
    for (const [path, text] of all)
      expect([path, placeholders(text)]).toEqual([path, placeholders(ENGLISH.get(path) ?? '')]);
  });

  it('leave nothing empty', () => {
    expect(flatten(texts).filter(([, text]) => text.trim() === '')).toEqual([]);
  });

  it('have words for every event that the trail records', () => {
    const told: string[] = [...Object.keys(texts.account.events), TOLD_BY_ANOTHER, ABOUT_NOBODY];
    expect(told.sort()).toEqual(Object.keys(EVENT_SEVERITY).sort());
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

  it('is never mixed with another one', () => {
    const texts = (locale: string): PageTexts => choosePageLanguage(locale).texts;
    expect(texts('de').layout.signIn).not.toBe(texts('en').layout.signIn);
  });
});
