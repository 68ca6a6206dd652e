import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';

import { RateLimitRepository } from './rate-limit.repository';

/** Expired rows do no harm but take room, so they may wait this long. */
const INTERVAL_MILLISECONDS = 5 * 60 * 1_000;

/** Deletes the limiter's expired rows from time to time, while the service runs. */
@Injectable()
export class ExpiredLimitCleaner implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(ExpiredLimitCleaner.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly repository: RateLimitRepository) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.running = this.running.then(() => this.clean());
    }, INTERVAL_MILLISECONDS);
    // The timer alone is no reason to keep the process alive.
    this.timer.unref();
  }

  /** Ends the run that is under way before its connections are closed. */
  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private async clean(): Promise<void> {
    try {
      await this.repository.deleteExpired();
    } catch {
      // The next run takes what this one left.
      this.logger.warn('expired rate limits could not be deleted');
    }
  }
}
