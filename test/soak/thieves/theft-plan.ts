import type { Device } from '../people/device';
import type { Stage } from '../stage';
import { MINUTES_A_DAY } from '../time/start';
import { Random } from '../world/random';
import { steal, type TheftKind, THEFTS } from './theft';

/** Mismatches of one session count for ten minutes: two thefts of it are never so close. */
const MINUTES_BETWEEN = 30;

/** Spreads thefts over the people and the days. */
export class TheftPlan {
  /** When a device was last stolen from. */
  private readonly lastTheft = new Map<Device, number>();

  constructor(
    private readonly stage: Stage,
    private readonly devices: readonly Device[],
    private readonly seed: number,
  ) {}

  /** @param ofEachKind thefts, from the second day on. */
  start(ofEachKind: number, days: number): void {
    const first = MINUTES_A_DAY;
    // Some minutes are left to find a victim in.
    const last = days * MINUTES_A_DAY - 120;
    THEFTS.forEach((kind, label) => {
      const random = new Random(this.seed, -2 - label);
      for (let theft = 0; theft < ofEachKind; theft += 1) {
        const minute = random.between(first, last);
        const own = new Random(this.seed, -2 - label, theft);
        this.stage.timeline.start(() => this.commit(kind, minute, own));
      }
    });
  }

  private async commit(kind: TheftKind, minute: number, random: Random): Promise<void> {
    const { timeline } = this.stage;
    await timeline.until(minute);
    for (;;) {
      const victim = this.findVictim(random);
      if (victim !== undefined) {
        this.lastTheft.set(victim, timeline.minute);
        await steal(kind, victim, random, this.stage);
        return;
      }
      await timeline.wait(1);
    }
  }

  /** Somebody who is signed in, by chance. */
  private findVictim(random: Random): Device | undefined {
    const { timeline, sessions } = this.stage;
    const offset = random.between(0, this.devices.length - 1);
    for (let step = 0; step < this.devices.length; step += 1) {
      const device = this.devices[(offset + step) % this.devices.length]!;
      const session = device.client.session();
      const last = this.lastTheft.get(device) ?? -Infinity;
      if (
        session !== undefined &&
        session.expires > timeline.minute + 1 &&
        sessions.endingOf(session.id) === undefined &&
        timeline.minute - last >= MINUTES_BETWEEN
      ) {
        return device;
      }
    }
    return undefined;
  }
}
