import type { SimulatedService } from './time/simulated-service';

/**
 * The clean-up, while the service works, as it is in an installation. It rests for two real seconds,
 * which may be days here.
 */
export class CleanUps {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private completed = 0;

  constructor(private readonly service: Pick<SimulatedService, 'cleanUp'>) {}

  /** Begins one, unless the last one still runs. */
  request(): void {
    this.running ??= this.service.cleanUp(this.stopping.signal).then((isCompleted) => {
      if (isCompleted) this.completed += 1;
      this.running = undefined;
    });
  }

  /** Ends the last one early, unless it is the only one. @returns how many came to their end. */
  async end(): Promise<number> {
    if (this.completed > 0) this.stopping.abort();
    await this.running;
    return this.completed;
  }
}
