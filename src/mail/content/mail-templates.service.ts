import { Inject, Injectable, Optional } from '@nestjs/common';

import { type MailLanguage, MailLanguages } from './mail-languages';
import {
  MAIL_TEMPLATE_OPTIONS,
  type MailDesign,
  type MailTemplateOptions,
  resolveMailDesign,
} from './mail-options';
import { renderParts } from './mail-template-engine';
import type {
  AccountErasedMail,
  MailedClient,
  MailTemplateSet,
  NewSignInMail,
  RenderedMail,
  SessionsEndedByNewDeviceMail,
  SessionsEndedMail,
  SignInLinkMail,
} from './mail-template-set';
import {
  deviceValue,
  durationValue,
  fill,
  ipAddressValue,
  pluralValue,
  timeValue,
} from './mail-values';

/** A link: a button in the HTML part, a line of its own in the text part. */
interface Button {
  readonly label: string;
  readonly url: string;
}

/** One line of what the service knows, such as the time of a sign-in. */
interface Fact {
  readonly label: string;
  readonly value: string;
}

/** What a template shows. Every string is plain text, which the template engine escapes. */
interface View {
  readonly subject: string;
  readonly heading: string;
  readonly introduction: string;
  readonly button?: Button | undefined;
  readonly code?: { readonly label: string; readonly digits: string } | undefined;
  readonly notes: readonly string[];
  readonly report?: Button | undefined;
  /** What the mail is about, before the facts of the client. */
  readonly subjectFact?: Fact;
  readonly facts: readonly Fact[];
  readonly factsHeading?: string;
  readonly lifetime?: string;
}

/** Renders the mails in the recipient's language, with the product's name and colours. */
@Injectable()
export class MailTemplates implements MailTemplateSet {
  private readonly design: MailDesign;
  private readonly languages: MailLanguages;
  private readonly replacements: Partial<MailTemplateSet>;

  /** @throws TypeError naming the option that is invalid. */
  constructor(@Optional() @Inject(MAIL_TEMPLATE_OPTIONS) options: MailTemplateOptions = {}) {
    this.design = resolveMailDesign(options);
    this.languages = new MailLanguages(options, this.design.productName);
    this.replacements = options.templates ?? {};
  }

  /** The product's name, which is also the sender's name. */
  get productName(): string {
    return this.design.productName;
  }

  async signInLink(mail: SignInLinkMail, locale: string | null): Promise<RenderedMail> {
    if (this.replacements.signInLink) return this.replacements.signInLink(mail, locale);
    const language = this.languages.choose(locale);
    const { signInLink: texts } = language.texts;
    const lifetime = durationValue(mail.requestedAt, mail.expiresAt, language.locale);
    return this.render('sign-in-link', language, {
      ...texts,
      button: { label: texts.button, url: mail.link },
      code: mail.code === undefined ? undefined : { label: texts.code, digits: mail.code },
      lifetime: fill(texts.lifetime, { lifetime }),
      factsHeading: texts.requestedFrom,
      facts: facts(mail.requestedAt, mail, language),
      notes: [texts.notYou],
      report: button(texts.report, mail.reportUrl),
    });
  }

  async newSignIn(mail: NewSignInMail, locale: string | null): Promise<RenderedMail> {
    if (this.replacements.newSignIn) return this.replacements.newSignIn(mail, locale);
    const language = this.languages.choose(locale);
    const { newSignIn: texts } = language.texts;
    return this.render('notice', language, {
      ...texts,
      button: button(texts.button, mail.accountUrl),
      facts: facts(mail.signedInAt, mail, language),
      notes: [texts.notYou],
      report: button(texts.report, mail.reportUrl),
    });
  }

  async sessionsEnded(mail: SessionsEndedMail, locale: string | null): Promise<RenderedMail> {
    if (this.replacements.sessionsEnded) return this.replacements.sessionsEnded(mail, locale);
    const language = this.languages.choose(locale);
    const { sessionsEnded: texts } = language.texts;
    return this.render('notice', language, {
      ...texts,
      button: button(texts.button, mail.signInUrl),
      subjectFact: deviceFact(texts.openedOn, mail.sessionDevice, language),
      factsHeading: texts.lastTriedFrom,
      facts: facts(mail.endedAt, mail, language),
      notes: [texts.whatNow],
    });
  }

  async sessionsEndedByNewDevice(
    mail: SessionsEndedByNewDeviceMail,
    locale: string | null,
  ): Promise<RenderedMail> {
    const replacement = this.replacements.sessionsEndedByNewDevice;
    if (replacement) return replacement(mail, locale);
    const language = this.languages.choose(locale);
    const { sessionsEndedByNewDevice: texts, otherSessions } = language.texts;
    const sessions = pluralValue(mail.count, otherSessions, language.locale);
    return this.render('notice', language, {
      subject: fill(texts.subject, { sessions }),
      heading: fill(texts.heading, { sessions }),
      introduction: fill(texts.introduction, { sessions }),
      button: button(texts.button, mail.accountUrl),
      facts: facts(mail.endedAt, mail, language),
      notes: [texts.notYou],
      report: button(texts.report, mail.reportUrl),
    });
  }

  async accountErased(mail: AccountErasedMail, locale: string | null): Promise<RenderedMail> {
    if (this.replacements.accountErased) return this.replacements.accountErased(mail, locale);
    const language = this.languages.choose(locale);
    const { accountErased: texts } = language.texts;
    return this.render('notice', language, {
      ...texts,
      facts: [timeFact(mail.erasedAt, language)],
      notes: [texts.notYou],
    });
  }

  private render(template: string, { locale, texts }: MailLanguage, view: View): RenderedMail {
    const { accent, onAccent, supportAddress: support } = this.design;
    const footer = [texts.footer.automatic];
    if (support !== undefined) footer.push(fill(texts.footer.support, { support }));
    const parts = renderParts(template, { ...view, footer, locale, accent, onAccent });
    return { subject: view.subject, ...parts };
  }
}

function button(label: string, url: string | undefined): Button | undefined {
  return url === undefined ? undefined : { label, url };
}

function timeFact(moment: Date, { locale, texts }: MailLanguage): Fact {
  return { label: texts.facts.time, value: timeValue(moment, locale) };
}

function deviceFact(label: string, device: string | null, { texts }: MailLanguage): Fact {
  return { label, value: deviceValue(device) ?? texts.facts.unknown };
}

function facts(moment: Date, client: MailedClient, language: MailLanguage): readonly Fact[] {
  const { facts: labels } = language.texts;
  return [
    timeFact(moment, language),
    deviceFact(labels.device, client.device, language),
    { label: labels.ipAddress, value: ipAddressValue(client.ipAddress) ?? labels.unknown },
  ];
}
