import { join } from 'node:path';

import { Inject, Injectable, Optional } from '@nestjs/common';
import { Eta } from 'eta';

import {
  type RedirectRule,
  RESOLVED_OPTIONS,
  type ResolvedAuthOptions,
} from '../config/resolved-options';
import { isAllowedRedirect } from '../magic-link/redirect-policy';
import { choosePageLanguage } from './page-languages';
import { PAGE_OPTIONS, type PageOptions } from './page-options';
import type { PageTexts } from './page-texts';

/** Each page has a template and a script of the same name. */
export type PageName = 'sign-in' | 'link' | 'account' | 'report';

/** Pages that a mail links to. They remove the token from the URL before anything else runs. */
const OPENED_FROM_MAIL: ReadonlySet<PageName> = new Set(['link', 'report']);

/** Escapes every value that a template inserts. */
const templates = new Eta({ views: join(__dirname, 'templates'), cache: true, autoEscape: true });

/**
 * Renders the HTML of the hosted pages. Of the request, only the language affects it, and on the
 * sign-in page a target that is on the allow-list.
 */
@Injectable()
export class PageRenderer {
  private readonly values: Readonly<Record<string, string>>;
  private readonly allowedRedirects: readonly RedirectRule[];

  constructor(
    @Inject(RESOLVED_OPTIONS)
    { publicUrl, allowedRedirects }: Pick<ResolvedAuthOptions, 'publicUrl' | 'allowedRedirects'>,
    @Optional() @Inject(PAGE_OPTIONS) { productName = 'MIRA Auth' }: PageOptions = {},
  ) {
    this.allowedRedirects = allowedRedirects;
    this.values = { product: productName, publicUrl };
  }

  /**
   * @param locale the BCP 47 tag that the person prefers; `null` without a preference.
   * @param target where a person who is signed in already may go on to. One that is not allowed is
   *   left out.
   */
  render(page: PageName, locale: string | null, target?: string): string {
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
      target: this.allowed(target),
    });
  }

  private allowed(target: string | undefined): string | undefined {
    const isAllowed = target !== undefined && isAllowedRedirect(target, this.allowedRedirects);
    return isAllowed ? target : undefined;
  }
}

/** The messages that a page's script may show, by name. */
function messagesOf(page: PageName, texts: PageTexts): Record<string, string> {
  const { account, problems, devices } = texts;
  return {
    ...named('problem', problems),
    ...(page === 'sign-in' && texts['sign-in'].messages),
    ...(page === 'link' && texts.link.messages),
    ...(page === 'report' && { ...texts.report.messages, ...named('done', texts.report.done) }),
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

/** Replaces the `{names}` of known values in every text, and leaves unknown names. */
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
