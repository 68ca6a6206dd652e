/** A mail without its recipient. */
export interface RenderedMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** The client behind a mailed event. Both values come from its request and are untrusted. */
export interface MailedClient {
  readonly ipAddress: string | null;
  /** Such as "Firefox on Windows"; `null` when unknown. */
  readonly device: string | null;
}

export interface SignInLinkMail extends MailedClient {
  /** The link with its token. It appears once in the text part and once in the HTML part. */
  readonly link: string;
  /** Six digits that can be typed instead of opening the link. */
  readonly code?: string;
  /** The page on which an unwanted mail is reported. */
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
 * Renders each kind of mail. A host may replace any of them.
 *
 * `locale` is the BCP 47 tag that the recipient prefers, `null` when unknown.
 */
export interface MailTemplateSet {
  signInLink(mail: SignInLinkMail, locale: string | null): Promise<RenderedMail>;
  newSignIn(mail: NewSignInMail, locale: string | null): Promise<RenderedMail>;
  sessionsEnded(mail: SessionsEndedMail, locale: string | null): Promise<RenderedMail>;
  accountErased(mail: AccountErasedMail, locale: string | null): Promise<RenderedMail>;
}
