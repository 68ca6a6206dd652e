import type { ContextPolicy } from '../../src/config/context-policy-name';
import { Bookkeeper } from './bookkeeper';
import { CleanUps } from './clean-ups';
import { Connection } from './clients/connection';
import { PostOffice } from './clients/post-office';
import { Findings } from './findings';
import type { Account } from './people/account';
import { DailyLife } from './people/daily-life';
import { scan } from './people/mail-scanner';
import { OwnerSessions } from './people/owner-sessions';
import type { Stage } from './stage';
import { TheftPlan } from './thieves/theft-plan';
import { startSimulatedService } from './time/simulated-service';
import { MINUTES_A_DAY, timeOf } from './time/start';
import { Timeline } from './time/timeline';
import { populate } from './world/population';
import { Random } from './world/random';

/** How much is simulated. */
export interface SoakPlan {
  readonly people: number;
  readonly days: number;
  /** Of each kind. */
  readonly thefts: number;
  readonly seed: number;
  /** @default the service's own */
  readonly contextPolicy?: ContextPolicy;
  /** Is told of each day that is over. */
  readonly onDay?: (day: number, findings: Findings) => void;
}

/** Lets people use the real service for some simulated days. */
export async function runSoak({
  people,
  days,
  thefts,
  seed,
  onDay,
  ...options
}: SoakPlan): Promise<Findings> {
  const findings = new Findings();
  const timeline = new Timeline();
  const sessions = new OwnerSessions();
  let accounts: ReadonlyMap<string, Account> = new Map();
  const scanning = new Random(seed, -1);
  const postOffice = new PostOffice(
    (to, text) => {
      const account = accounts.get(to);
      if (account === undefined || account.scanning === 'none') return;
      timeline.start(() => scan(text, account, scanning, { connection, findings }));
    },
    (linkId) => bookkeeper.isPending(linkId),
  );
  const service = await startSimulatedService(postOffice, options);
  const connection = new Connection(service.url);
  const bookkeeper = new Bookkeeper(service.sql, sessions, findings);
  const cleanUps = new CleanUps(service);
  const advance = async (minute: number): Promise<void> => {
    if (connection.hasPosted) await bookkeeper.untilMailsAreSent();
    connection.hasPosted = false;
    await service.setTime(timeOf(minute));
  };
  try {
    const stage: Stage = {
      timeline,
      connection,
      postOffice,
      sessions,
      findings,
      expectMail: (...mail) => bookkeeper.expectMail(...mail),
    };
    const population = populate(people, seed, stage);
    ({ accounts } = population);
    for (const device of population.devices) {
      timeline.start(() => new DailyLife(stage, device).run(days));
    }
    new TheftPlan(stage, population.devices, seed).start(thefts, days);
    for (let day = 1; day <= days; day += 1) {
      await timeline.run(day * MINUTES_A_DAY, advance);
      await bookkeeper.compare(timeOf((day - 1) * MINUTES_A_DAY - 1));
      cleanUps.request();
      onDay?.(day, findings);
    }
    findings.count('cleanUps', await cleanUps.end());
    findings.count('requests', connection.answered);
    if (service.errors.length > 0) throw new Error(`the service logged: ${service.errors[0]}`);
    return findings;
  } finally {
    connection.close();
    await service.stop();
  }
}
