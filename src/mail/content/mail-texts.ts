/** The texts that every kind of mail has. */
interface MailText {
  readonly subject: string;
  readonly heading: string;
  readonly introduction: string;
}

/** A text for each plural category that the language has (Unicode CLDR). `{count}`: the number. */
export type PluralText = Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> & {
  readonly other: string;
};

/**
 * All texts of mails in one language. `{product}` stands for the product's name in any of them.
 * Other placeholders are documented at the text that has them.
 */
export interface MailTexts {
  readonly signInLink: MailText & {
    readonly button: string;
    /** Above the code. */
    readonly code: string;
    /** `{lifetime}`: how long after its request the link works, such as "15 minutes". */
    readonly lifetime: string;
    /** Above the time, device and address of the request. */
    readonly requestedFrom: string;
    readonly notYou: string;
    /** Label of the link to the page that asks what happened. It acts only after that. */
    readonly report: string;
  };
  readonly newSignIn: MailText & {
    readonly button: string;
    readonly notYou: string;
    /** Label of the link that signs that device out. */
    readonly report: string;
  };
  readonly sessionsEnded: MailText & {
    /** Before the device on which the session was opened. */
    readonly openedOn: string;
    /** Above the time, device and address of the last attempt to use it. */
    readonly lastTriedFrom: string;
    readonly whatNow: string;
    readonly button: string;
  };
  /** `{sessions}`, in its subject, heading and introduction: one of `otherSessions`. */
  readonly sessionsEndedByNewDevice: MailText & {
    readonly button: string;
    readonly notYou: string;
    /** Label of the link that signs that device out. */
    readonly report: string;
  };
  /** How many sessions, such as "3 other sessions", for `{sessions}`. */
  readonly otherSessions: PluralText;
  readonly accountErased: MailText & { readonly notYou: string };
  readonly facts: {
    readonly time: string;
    readonly device: string;
    readonly ipAddress: string;
    readonly unknown: string;
  };
  readonly footer: {
    readonly automatic: string;
    /** `{support}`: the support address. */
    readonly support: string;
  };
}

/** Any selection of the texts. */
export type MailTextOverrides = {
  readonly [Section in keyof MailTexts]?: Partial<MailTexts[Section]>;
};
