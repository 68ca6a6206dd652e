import type { AuthErrorCode } from '../common/errors';

/** What people read when a request was refused; `offline`: it got no answer. */
type ProblemTexts = Readonly<Record<AuthErrorCode | 'internal' | 'offline', string>>;

/** The types of events that the account page shows (docs/events.md). */
export type ShownEventType =
  | 'magic_link.requested'
  | 'magic_link.failed'
  | 'magic_link.reported'
  | 'report.undone'
  | 'account.locked'
  | 'mail.refused'
  | 'user.created'
  | 'sign_in.succeeded'
  | 'session.refused'
  | 'session.network_changed'
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
    readonly toAccount: string;
    /** Leads to the report of a mail. */
    readonly notMe: string;
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
    readonly signedInHeading: string;
    readonly continue: string;
    readonly useAnother: string;
    readonly messages: {
      /** `{address}`. */
      readonly signedInAs: string;
      /** Why the page, which waited for a link or code, does so no longer. */
      readonly signedInElsewhere: string;
      /** `{address}` of who is signed in while another address is typed in. */
      readonly replaces: string;
      /** Somebody else has signed in since; sending the code again replaces them. */
      readonly changedMeanwhile: string;
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
    readonly requestedFrom: string;
    readonly onlyIfYou: string;
    /** For a link that another device or browser asked for. */
    readonly elsewhereHeading: string;
    readonly elsewhereText: string;
    readonly codeHeading: string;
    readonly codeText: string;
    readonly orHereHeading: string;
    /** For a link whose only difference is the network. */
    readonly networkHeading: string;
    readonly networkText: string;
    readonly hereHeading: string;
    readonly hereText: string;
    readonly askHere: string;
    readonly orCodeHeading: string;
    readonly networkCodeText: string;
    readonly notYou: string;
    readonly failedHeading: string;
    /** For a transient failure: the link may still be valid. */
    readonly interruptedHeading: string;
    readonly missingHeading: string;
    readonly missingText: string;
    readonly messages: {
      readonly heading: string;
      /** `{address}` whose account the link opens. */
      readonly account: string;
      readonly signInButton: string;
      /** For a link of another account than the one that is signed in. */
      readonly switchHeading: string;
      /** `{current}`, who is signed in; `{address}`, who would be. */
      readonly switchAccount: string;
      readonly switchButton: string;
      /** `{address}`, partly hidden. */
      readonly forAccount: string;
      /** `{address}`. */
      readonly signedInAs: string;
    };
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
    /** For a session that does not work from here. */
    readonly elsewhereHeading: string;
    readonly elsewhereText: string;
    readonly elsewhereAdvice: string;
    /** When somebody else has signed in in this browser. */
    readonly switchedHeading: string;
    readonly switchedText: string;
    readonly showAccount: string;
    readonly failedHeading: string;
    readonly messages: {
      /** `{address}`. */
      readonly signedInAs: string;
      readonly signedOut: string;
      readonly signedOutElsewhere: string;
      /** `{time}`, `{place}`: an IP address, a device, or both. */
      readonly timeAndPlace: string;
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
    /** Of a sign-in mail. */
    readonly heading: string;
    readonly introduction: string;
    /** Of a mail about a new sign-in. */
    readonly signInHeading: string;
    readonly signInIntroduction: string;
    readonly wasYou: string;
    readonly question: string;
    readonly notRequested: string;
    readonly codeWasAskedFor: string;
    readonly notMySignIn: string;
    readonly undoChoice: string;
    /** Above the effects of a choice. */
    readonly effectsHeading: string;
    readonly linkEnds: string;
    readonly unknownSessionEnds: string;
    readonly sessionEnds: string;
    readonly mailsPause: string;
    readonly knownDevicesStay: string;
    /** When the page does not know whether it is on the device that asked for the mail. */
    readonly ownDevice: string;
    /** When it knows that it is. */
    readonly nothingElse: string;
    readonly signInEnds: string;
    readonly deviceForgotten: string;
    readonly otherSessionsStay: string;
    readonly undoesMail: string;
    readonly undoesSignIn: string;
    readonly endedStays: string;
    readonly sessionStaysEnded: string;
    readonly send: string;
    readonly doneHeading: string;
    readonly doneAdvice: string;
    readonly undo: string;
    readonly undoneHeading: string;
    readonly toSessions: string;
    readonly failedHeading: string;
    readonly failedAdvice: string;
    readonly missingHeading: string;
    readonly missingText: string;
    readonly messages: {
      readonly chooseFirst: string;
      /** `{time}`. */
      readonly undoUntil: string;
      readonly undoneMail: string;
      readonly undoneSignIn: string;
    };
    /** What was done, by the statement; `own`: on the device that asked for the mail. */
    readonly done: Readonly<
      Record<'not_requested' | 'code_was_asked_for' | 'not_my_sign_in' | 'own', string>
    >;
  };
}
