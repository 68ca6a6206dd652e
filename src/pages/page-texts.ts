import type { AuthErrorCode } from '../common/errors';

/** What people read when a request was refused; `offline`: it got no answer. */
type ProblemTexts = Readonly<Record<AuthErrorCode | 'internal' | 'offline', string>>;

/** The types of events that the account page shows (docs/events.md). */
export type ShownEventType =
  | 'magic_link.requested'
  | 'magic_link.failed'
  | 'magic_link.reported'
  | 'account.locked'
  | 'mail.refused'
  | 'user.created'
  | 'sign_in.succeeded'
  | 'session.refused'
  | 'session.context_observed'
  | 'session.revoked'
  | 'session.logged_out'
  | 'rate_limit.exceeded';

/**
 * All texts of the hosted pages in one language. `{product}` and `{publicUrl}` may appear in any
 * text. Other placeholders are documented at the text that has them. `messages` are the texts that
 * a page's script inserts.
 */
export interface PageTexts {
  readonly layout: {
    readonly scriptNeeded: string;
    readonly loading: string;
    readonly tryAgain: string;
    readonly remember: string;
    readonly rememberHint: string;
    readonly signIn: string;
    readonly askForLink: string;
    readonly time: string;
    readonly device: string;
    readonly ipAddress: string;
  };
  /** In any of them, `{wait}`: how long to wait, such as "42 seconds". */
  readonly problems: ProblemTexts;
  readonly devices: {
    /** `{browser}`, `{system}`. */
    readonly known: string;
    readonly unknown: string;
  };
  readonly 'sign-in': {
    readonly title: string;
    readonly heading: string;
    readonly introduction: string;
    readonly address: string;
    readonly send: string;
    readonly sentHeading: string;
    readonly sentInstructions: string;
    readonly code: string;
    readonly nothingArrived: string;
    readonly resend: string;
    readonly otherAddress: string;
    readonly elsewhereHeading: string;
    readonly elsewhereText: string;
    readonly toAccount: string;
    readonly messages: {
      /** `{address}`, and `{time}` of day until which the mail works. */
      readonly sentTo: string;
      readonly sentAgain: string;
      /** `{wait}`: how long until another mail may be requested. */
      readonly resendWait: string;
      readonly addressWrong: string;
      readonly codeWrong: string;
      readonly redirectRefused: string;
    };
  };
  readonly link: {
    readonly title: string;
    readonly checking: string;
    readonly heading: string;
    readonly requestedFrom: string;
    readonly onlyIfYou: string;
    readonly elsewhereHeading: string;
    readonly elsewhereText: string;
    readonly codeHeading: string;
    readonly codeText: string;
    readonly notYou: string;
    readonly failedHeading: string;
    /** For a transient failure: the link may still be valid. */
    readonly interruptedHeading: string;
    readonly missingHeading: string;
    readonly missingText: string;
  };
  readonly account: {
    readonly title: string;
    readonly heading: string;
    readonly signOut: string;
    readonly sessionsHeading: string;
    readonly thisDevice: string;
    readonly rememberedDevice: string;
    readonly signedInAt: string;
    readonly lastActive: string;
    readonly expires: string;
    readonly endSession: string;
    readonly endOthers: string;
    readonly eventsHeading: string;
    readonly olderEvents: string;
    readonly noEvents: string;
    readonly signedOutHeading: string;
    readonly signedOutText: string;
    readonly failedHeading: string;
    readonly messages: {
      /** `{address}`. */
      readonly signedInAs: string;
      readonly signedOut: string;
      readonly sessionEnded: string;
      readonly othersEnded: string;
      /** `{event}`, `{reason}`. */
      readonly eventReason: string;
      /** For a type of event that has no text. */
      readonly otherEvent: string;
    };
    readonly events: Readonly<Record<ShownEventType, string>>;
    /** Why something happened, for the middle of a sentence. Not every reason has a text. */
    readonly reasons: Readonly<Record<string, string>>;
  };
  readonly report: {
    readonly title: string;
    readonly heading: string;
    readonly introduction: string;
    readonly consequences: string;
    readonly button: string;
    readonly wasYou: string;
    readonly doneHeading: string;
    readonly doneText: string;
    readonly doneAdvice: string;
    readonly toAccount: string;
    readonly failedHeading: string;
    readonly missingHeading: string;
    readonly missingText: string;
  };
}
