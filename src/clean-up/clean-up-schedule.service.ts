import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';

import { errorName } from '../common/loggable-error';
import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../config/resolved-options';
import { CleanUp } from './clean-up.service';

/** Cleans up periodically while the service runs. */
@Injectable()
export class CleanUpSchedule implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('CleanUp');
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly cleanUp: CleanUp,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedAuthOptions, 'cleanUp'>,
  ) {}

  onApplicationBootstrap(): void {
    if (this.options.cleanUp.intervalSeconds > 0) this.scheduleNext();
  }

  /** Stops the run in progress after its current batch, before the connections are closed. */
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.timer);
    await this.running;
  }

  private scheduleNext(): void {
    if (this.stopping.signal.aborted) return;
    this.timer = setTimeout(() => {
      this.running = this.runOnce().then(() => this.scheduleNext());
    }, this.options.cleanUp.intervalSeconds * 1_000);
    // The timer alone must not keep the process alive.
    this.timer.unref();
  }

  private async runOnce(): Promise<void> {
    try {
      await this.cleanUp.run(this.stopping.signal);
    } catch (error) {
      this.logger.warn({
        message: 'The clean-up failed; the next run continues',
        error: errorName(error),
      });
    }
  }
}
