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
  /** Digits that can be typed instead of opening the link. */
  readonly code?: string;
  /** The page on which the person says that it wasn't them. It asks what happened, then acts. */
  readonly reportUrl?: string;
  readonly requestedAt: Date;
  readonly expiresAt: Date;
}

/** Told for a sign-in from a device, browser or network that the account does not know. */
export interface NewSignInMail extends MailedClient {
  readonly signedInAt: Date;
  /**
   * The page that ends this session and forgets its device, when the person says that it wasn't
   * them. `undefined` when there are no pages.
   */
  readonly reportUrl: string | undefined;
  /** The page that shows where the person is signed in. */
  readonly accountUrl: string | undefined;
}

/**
 * Told when a session was ended because a client that does not match it presented it repeatedly.
 * The client is the one that presented it last. Whether that was its owner is not known.
 */
export interface SessionsEndedMail extends MailedClient {
  readonly endedAt: Date;
  /**
   * The device on which the ended session was opened; `null` when unknown. Untrusted, as that of
   * the client.
   */
  readonly sessionDevice: string | null;
  readonly signInUrl: string | undefined;
}

/** Told when a device that the account has known for less than a day ended other sessions. */
export interface SessionsEndedByNewDeviceMail extends MailedClient {
  readonly endedAt: Date;
  /** How many other sessions the device ended; at least 1. */
  readonly count: number;
  /**
   * The page that ends the session of that device, when the person says that it wasn't them.
   * `undefined` when there are no pages.
   */
  readonly reportUrl: string | undefined;
  /** The page that shows where the person is signed in. */
  readonly accountUrl: string | undefined;
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
  sessionsEndedByNewDevice(
    mail: SessionsEndedByNewDeviceMail,
    locale: string | null,
  ): Promise<RenderedMail>;
  accountErased(mail: AccountErasedMail, locale: string | null): Promise<RenderedMail>;
}
