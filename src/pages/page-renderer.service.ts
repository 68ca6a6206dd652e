import { join } from 'node:path';

import { Inject, Injectable, Optional } from '@nestjs/common';
import { Eta } from 'eta';

import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../config/resolved-options';
import { choosePageLanguage } from './page-languages';
import { PAGE_OPTIONS, type PageOptions } from './page-options';
import type { PageTexts } from './page-texts';

/** Each has a template and a script of its name. */
export type PageName = 'sign-in' | 'link' | 'account' | 'report';

/** Pages that a mail leads to. They take a token from the address before anything else happens. */
const OPENED_FROM_MAIL: ReadonlySet<PageName> = new Set(['link', 'report']);

/** Values are escaped wherever a template puts them. */
const templates = new Eta({ views: join(__dirname, 'templates'), cache: true, autoEscape: true });

/** Makes the HTML of the hosted pages. Nothing of it comes from the request but the language. */
@Injectable()
export class PageRenderer {
  private readonly values: Readonly<Record<string, string>>;

  constructor(
    @Inject(RESOLVED_OPTIONS) { publicUrl }: Pick<ResolvedAuthOptions, 'publicUrl'>,
    @Optional() @Inject(PAGE_OPTIONS) { productName = 'MIRA Auth' }: PageOptions = {},
  ) {
    this.values = { product: productName, publicUrl };
  }

  /** @param locale the BCP 47 tag that the person prefers; `null` when there is none. */
  render(page: PageName, locale: string | null): string {
    const language = choosePageLanguage(locale);
    const texts = fillAll(language.texts, this.values);
    return templates.render(page, {
      page,
      locale: language.locale,
      product: this.values['product'],
      opensFromMail: OPENED_FROM_MAIL.has(page),
      layoutTexts: texts.layout,
      texts: texts[page],
      messages: messagesOf(page, texts),
    });
  }
}

/** What a page's script may have to say, by the names that it knows. */
function messagesOf(page: PageName, texts: PageTexts): Record<string, string> {
  const { account, problems, devices } = texts;
  return {
    ...named('problem', problems),
    ...(page === 'sign-in' && texts['sign-in'].messages),
    ...((page === 'link' || page === 'account') && named('device', devices)),
    ...(page === 'account' && {
      ...account.messages,
      ...named('event', account.events),
      ...named('reason', account.reasons),
    }),
  };
}

function named(kind: string, texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [`${kind} ${name}`, text]));
}

/** Puts values in the place of their `{names}`, in every text; leaves names that it doesn't know. */
function fillAll<Texts extends object>(
  texts: Texts,
  values: Readonly<Record<string, string>>,
): Texts {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]: [string, unknown]) => [
      name,
      typeof text === 'string'
        ? text.replace(/\{(\w+)\}/g, (whole, key: string) => values[key] ?? whole)
        : fillAll(text as object, values),
    ]),
  ) as Texts;
}
