/** What must never happen, and in which words it is reported. */
export const VIOLATIONS = {
  sessionEnded: 'sessions of owners that ended before their time',
  sessionNotEnded: 'sessions that went on after their owner had signed out or in again',
  callRefused: 'calls refused to owners on their device',
  linkRefused: 'links refused on the device that asked for them',
  codeRefused: 'right codes refused on the device that asked for them',
  signOutRefused: 'sign-outs refused, or without effect on the cookie',
  requestRefused: 'requests for a link refused by a limit',
  mailWithheld: 'mails of accepted requests that were not sent',
  endedMail: 'mails "sessions were ended"',
  newSignInMail: 'mails "new sign-in" for a device that the account knows',
  otherMail: 'other mails that nobody asked for',
  sessionTheft: 'thefts of the session without the device secret that passed',
  otherAgentTheft: 'thefts of everything, from another browser or system, that passed',
} as const;

export type Violation = keyof typeof VIOLATIONS;

/** What happened, for a reader who wants to know what was tried. */
export const COUNTS = {
  requests: 'HTTP requests',
  calls: 'calls with a session',
  signIns: 'sign-ins',
  byLink: '… by link',
  byCode: '… by code',
  elsewhere: '… completed from another network than they were asked for from',
  askedTwice: 'people who asked twice before the first mail came',
  wrongCodes: 'wrong codes typed',
  replaced: 'sessions replaced by their owner’s next sign-in',
  signOuts: 'sign-outs',
  mails: 'mails sent',
  scannedLinks: 'links of mails opened by scanners',
  pressedReports: '… where they pressed "it wasn’t me" without an answer',
  desktopSites: 'times that "request desktop site" was tried, five calls each',
  desktopSiteRefusals: '… calls of these refused',
  newDevices: 'mails "new sign-in" for a device that was new',
  sessionThefts: 'thefts of the session without the device secret',
  otherAgentThefts: 'thefts of everything, from another browser or system',
  wholeJarThefts: 'thefts of everything, from the same browser and system',
  wholeJarTheftsPassed: '… of these that passed (not defended)',
  cleanUps: 'clean-ups',
} as const;

export type Count = keyof typeof COUNTS;

/** Enough to find a cause by. */
const EXAMPLES_KEPT = 8;

/** What a run has seen. */
export class Findings {
  readonly counts = new Map<Count, number>();
  readonly violations = new Map<Violation, number>();
  /** Of each violation, the first few with their circumstances. */
  readonly examples = new Map<Violation, string[]>();
  /** Of each violation, how often it had which cause. */
  readonly causes = new Map<Violation, Map<string, number>>();

  count(what: Count, by = 1): void {
    this.counts.set(what, this.countOf(what) + by);
  }

  countOf(what: Count): number {
    return this.counts.get(what) ?? 0;
  }

  /**
   * @param cause in few words that many have in common.
   * @param circumstances of this one alone.
   */
  violate(what: Violation, cause: string, circumstances: string): void {
    this.violations.set(what, (this.violations.get(what) ?? 0) + 1);
    const causes = this.causes.get(what) ?? new Map<string, number>();
    causes.set(cause, (causes.get(cause) ?? 0) + 1);
    this.causes.set(what, causes);
    const examples = this.examples.get(what) ?? [];
    if (examples.length < EXAMPLES_KEPT) examples.push(`${cause}: ${circumstances}`);
    this.examples.set(what, examples);
  }

  /** How often anything happened that must not. */
  get violated(): number {
    return [...this.violations.values()].reduce((sum, count) => sum + count, 0);
  }
}
