import type { PageTexts } from './page-texts';
import { ENGLISH } from './texts/english';
import { GERMAN } from './texts/german';

/** What the pages say in one language. */
export interface PageLanguage {
  /** BCP 47 tag. */
  readonly locale: string;
  readonly texts: PageTexts;
}

const DEFAULT_LANGUAGE: PageLanguage = { locale: 'en', texts: ENGLISH };

/**
 * Those that mails are written in as well.
 * @internal for specs
 */
export const PAGE_LANGUAGES: readonly PageLanguage[] = [
  DEFAULT_LANGUAGE,
  { locale: 'de', texts: GERMAN },
];

/**
 * The language of somebody's pages, as their mails choose it too.
 *
 * @param locale the BCP 47 tag that the person prefers; `null` when there is none.
 * @returns English for a language that the pages are not written in.
 */
export function choosePageLanguage(locale: string | null): PageLanguage {
  const primary = locale?.toLowerCase().split('-', 1)[0];
  return PAGE_LANGUAGES.find((language) => language.locale === primary) ?? DEFAULT_LANGUAGE;
}
