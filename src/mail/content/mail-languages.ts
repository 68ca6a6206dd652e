import type { MailTemplateOptions } from './mail-options';
import type { MailTextOverrides, MailTexts } from './mail-texts';
import { fill } from './mail-values';
import { ENGLISH } from './texts/english';
import { GERMAN } from './texts/german';

/** The texts of mails in one language. */
export interface MailLanguage {
  /** BCP 47 tag in its canonical spelling. */
  readonly locale: string;
  readonly texts: MailTexts;
}

const BUILT_IN: readonly MailLanguage[] = [
  { locale: 'en', texts: ENGLISH },
  { locale: 'de', texts: GERMAN },
];

/** The languages that mails can be written in: English, German, and those of the options. */
export class MailLanguages {
  private readonly languages = new Map(BUILT_IN.map((language) => [language.locale, language]));
  private readonly fallback: MailLanguage;

  /**
   * @param productName replaces `{product}` in every text.
   * @throws TypeError naming the option whose language tag is malformed or has no texts.
   */
  constructor(
    options: Pick<MailTemplateOptions, 'texts' | 'defaultLocale'>,
    private readonly productName: string,
  ) {
    const overrides = Object.entries(options.texts ?? {}).map(([tag, texts]) => ({
      locale: canonical(tag, 'mail.texts'),
      texts,
    }));
    const preferred = canonical(options.defaultLocale ?? 'en', 'mail.defaultLocale');
    for (const { locale, texts } of overrides.sort(basesFirst(preferred))) {
      const base = this.find(locale) ?? this.find(preferred);
      this.languages.set(locale, { locale, texts: merge(base?.texts ?? ENGLISH, texts) });
    }
    const fallback = this.find(preferred);
    if (fallback === undefined) {
      throw new TypeError('mail.defaultLocale must be en, de or a language of mail.texts');
    }

    this.fallback = fallback;
  }

  /**
   * The best available language for a preferred one: `de-AT`, else `de`, else the default (RFC
   * 4647, section 3.4, "Lookup").
   */
  choose(locale: string | null): MailLanguage {
    const chosen = this.find(locale === null ? '' : canonicalOrEmpty(locale)) ?? this.fallback;
    return { ...chosen, texts: withProduct(chosen.texts, this.productName) };
  }

  private find(locale: string): MailLanguage | undefined {
    for (let tag = locale; tag !== ''; tag = tag.slice(0, Math.max(tag.lastIndexOf('-'), 0))) {
      const language = this.languages.get(tag);
      if (language !== undefined) return language;
    }
    return undefined;
  }
}

function canonical(tag: string, option: string): string {
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? tag;
  } catch {
    throw new TypeError(`${option} must name languages by BCP 47 tags such as en or pt-BR`);
  }
}

/** Sorts languages that others build on first: the default, and each before its variants. */
function basesFirst(preferred: string) {
  const rank = ({ locale }: { readonly locale: string }): number =>
    locale.length + (`${preferred}-`.startsWith(`${locale}-`) ? 0 : 1_000);
  return (one: { readonly locale: string }, other: { readonly locale: string }): number =>
    rank(one) - rank(other);
}

function canonicalOrEmpty(tag: string): string {
  try {
    return canonical(tag, 'locale');
  } catch {
    return '';
  }
}

function withProduct(texts: MailTexts, product: string): MailTexts {
  const filled = <Section extends object>(section: Section): Section =>
    Object.fromEntries(
      Object.entries(section).map(([name, text]) => [name, fill(String(text), { product })]),
    ) as Section;
  return {
    signInLink: filled(texts.signInLink),
    newSignIn: filled(texts.newSignIn),
    sessionsEnded: filled(texts.sessionsEnded),
    sessionsEndedByNewDevice: filled(texts.sessionsEndedByNewDevice),
    otherSessions: filled(texts.otherSessions),
    accountErased: filled(texts.accountErased),
    facts: filled(texts.facts),
    footer: filled(texts.footer),
  };
}

function merge(base: MailTexts, overrides: MailTextOverrides): MailTexts {
  return {
    signInLink: { ...base.signInLink, ...overrides.signInLink },
    newSignIn: { ...base.newSignIn, ...overrides.newSignIn },
    sessionsEnded: { ...base.sessionsEnded, ...overrides.sessionsEnded },
    sessionsEndedByNewDevice: {
      ...base.sessionsEndedByNewDevice,
      ...overrides.sessionsEndedByNewDevice,
    },
    otherSessions: { ...base.otherSessions, ...overrides.otherSessions },
    accountErased: { ...base.accountErased, ...overrides.accountErased },
    facts: { ...base.facts, ...overrides.facts },
    footer: { ...base.footer, ...overrides.footer },
  };
}
