/** What every mail of one kind says beside its facts. */
interface MailText {
  readonly subject: string;
  readonly heading: string;
  readonly introduction: string;
}

/**
 * Everything that mails say, in one language. `{product}` stands for the product's name in any of
 * them; what else is filled in, is said at each text.
 */
export interface MailTexts {
  readonly signInLink: MailText & {
    readonly button: string;
    /** Above the code. */
    readonly code: string;
    /** `{lifetime}`: how long the link works from its request on, such as "15 minutes". */
    readonly lifetime: string;
    /** Above where and when the link was asked for. */
    readonly requestedFrom: string;
    readonly notYou: string;
    /** What the link says that reports an unwanted mail. */
    readonly report: string;
  };
  readonly newSignIn: MailText & { readonly button: string; readonly notYou: string };
  readonly sessionsEnded: MailText & { readonly button: string; readonly whatNow: string };
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

/** Texts of which any may be left out. */
export type MailTextOverrides = {
  readonly [Section in keyof MailTexts]?: Partial<MailTexts[Section]>;
};
