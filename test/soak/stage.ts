import type { Connection } from './clients/connection';
import type { PostOffice } from './clients/post-office';
import type { Findings } from './findings';
import type { OwnerSessions } from './people/owner-sessions';
import type { Timeline } from './time/timeline';

/** What everybody in a simulation shares. */
export interface Stage {
  readonly timeline: Timeline;
  readonly connection: Connection;
  readonly postOffice: PostOffice;
  readonly sessions: OwnerSessions;
  readonly findings: Findings;
  /** Notes that a request was accepted: its mail has to be sent. */
  expectMail(linkId: string, circumstances: string): void;
}
