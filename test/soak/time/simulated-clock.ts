import type { NestExpressApplication } from '@nestjs/platform-express';

import { Clock } from '../../../src/common/clock';
import { privately } from '../../support/privately';

/** The clocks of the service's process: ahead of the real ones, and going on with them. */
export class SimulatedClock implements Clock {
  private aheadMilliseconds = 0;

  now(): Date {
    return new Date(Date.now() + this.aheadMilliseconds);
  }

  monotonicMilliseconds(): number {
    return performance.now() + this.aheadMilliseconds;
  }

  set(to: Date): void {
    this.aheadMilliseconds = to.getTime() - Date.now();
  }

  /** Puts itself in place of the clock that everything in an application has been given. */
  replaceThatOf(app: NestExpressApplication): void {
    Object.assign(privately<Clock>(app, Clock), {
      now: () => this.now(),
      monotonicMilliseconds: () => this.monotonicMilliseconds(),
    });
  }
}
