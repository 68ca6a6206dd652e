/** Something that happens in simulated time, and now and then waits there. */
export type Course = () => Promise<void>;

/**
 * Simulated time, in whole minutes. Courses run side by side; when all of them wait, time goes on
 * to the next minute in which one of them wakes up.
 */
export class Timeline {
  /** The minute that it is, from the start. */
  minute = 0;
  private readonly sleepers = new Map<number, (() => void)[]>();
  private readonly failures: unknown[] = [];
  private awake = 0;
  private allAsleep: () => void = () => undefined;

  /** Begins something now. What it throws ends the whole run. */
  start(course: Course): void {
    this.awake += 1;
    course()
      .catch((error: unknown) => this.failures.push(error))
      .finally(() => this.fallAsleep());
  }

  /** Waits for some minutes, at least one. Call it in a course, never twice at the same time. */
  wait(minutes: number): Promise<void> {
    return this.until(this.minute + minutes);
  }

  /** Waits until a minute, or for the next one where it has passed. */
  until(minute: number): Promise<void> {
    const at = Math.max(Math.round(minute), this.minute + 1);
    return new Promise((resolve) => {
      const others = this.sleepers.get(at) ?? [];
      others.push(resolve);
      this.sleepers.set(at, others);
      this.fallAsleep();
    });
  }

  /**
   * Lets time go by.
   *
   * @param minutes how many; whoever sleeps longer is left asleep.
   * @param advance sets the clocks, before anybody wakes up.
   */
  async run(minutes: number, advance: (minute: number) => Promise<void>): Promise<void> {
    await this.untilAllSleep();
    for (let minute = this.minute + 1; minute <= minutes; minute += 1) {
      const sleepers = this.sleepers.get(minute);
      if (sleepers === undefined) continue;
      this.sleepers.delete(minute);
      await advance(minute);
      this.minute = minute;
      this.awake += sleepers.length;
      for (const wake of sleepers) wake();
      await this.untilAllSleep();
    }
  }

  private fallAsleep(): void {
    this.awake -= 1;
    if (this.awake === 0) this.allAsleep();
  }

  private async untilAllSleep(): Promise<void> {
    if (this.awake > 0) await new Promise<void>((resolve) => (this.allAsleep = resolve));
    if (this.failures.length > 0) throw this.failures[0];
  }
}
