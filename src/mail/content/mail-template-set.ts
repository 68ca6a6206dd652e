/** A mail without its recipient. */
export interface RenderedMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Where something happened. Both values come from a request, and are not to be trusted. */
export interface MailedClient {
  readonly ipAddress: string | null;
  /** Such as "Firefox on Windows", `null` when nothing is known. */
  readonly device: string | null;
}

export interface SignInLinkMail extends MailedClient {
  /** The link with its token. It stands once in the text part and once in the HTML part. */
  readonly link: string;
  /** The six digits that work in place of the link. */
  readonly code?: string;
  /** Where an unwanted mail is reported. */
  readonly reportUrl?: string;
  readonly requestedAt: Date;
  readonly expiresAt: Date;
}

export interface NewSignInMail extends MailedClient {
  readonly signedInAt: Date;
  /** The page that shows where the person is signed in. */
  readonly accountUrl: string | undefined;
}

export interface SessionsEndedMail extends MailedClient {
  readonly endedAt: Date;
  readonly signInUrl: string | undefined;
}

export interface AccountErasedMail {
  readonly erasedAt: Date;
}

/**
 * How each mail reads. A host may replace any of them.
 *
 * `locale` is the BCP 47 tag of what the recipient prefers, as far as it is known.
 */
export interface MailTemplateSet {
  signInLink(mail: SignInLinkMail, locale: string | null): Promise<RenderedMail>;
  newSignIn(mail: NewSignInMail, locale: string | null): Promise<RenderedMail>;
  sessionsEnded(mail: SessionsEndedMail, locale: string | null): Promise<RenderedMail>;
  accountErased(mail: AccountErasedMail, locale: string | null): Promise<RenderedMail>;
}
