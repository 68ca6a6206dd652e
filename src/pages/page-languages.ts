import type { PageTexts } from './page-texts';
import { ENGLISH } from './texts/english';
import { GERMAN } from './texts/german';

/** The texts of the pages in one language. */
export interface PageLanguage {
  /** BCP 47 tag. */
  readonly locale: string;
  readonly texts: PageTexts;
}

const DEFAULT_LANGUAGE: PageLanguage = { locale: 'en', texts: ENGLISH };

/**
 * The same as the built-in languages of mails.
 *
 * @internal for specs.
 */
export const PAGE_LANGUAGES: readonly PageLanguage[] = [
  DEFAULT_LANGUAGE,
  { locale: 'de', texts: GERMAN },
];

/**
 * Chooses the language of a person's pages, by the same rule as for their mails.
 *
 * @param locale the BCP 47 tag that the person prefers; `null` without a preference.
 * @returns the language, English if the pages do not have the preferred one.
 */
export function choosePageLanguage(locale: string | null): PageLanguage {
  const primary = locale?.toLowerCase().split('-', 1)[0];
  return PAGE_LANGUAGES.find((language) => language.locale === primary) ?? DEFAULT_LANGUAGE;
}
