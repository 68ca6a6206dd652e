import type { SimulatedService } from './time/simulated-service';

/**
 * The clean-up, while the service works, as it is in an installation. It rests for two real seconds,
 * which may be days here.
 */
export class CleanUps {
  private running: Promise<void> | undefined;
  private completed = 0;

  constructor(private readonly service: Pick<SimulatedService, 'cleanUp'>) {}

  /** Begins one, unless the last one still runs. */
  request(): void {
    this.running ??= this.service.cleanUp().then(() => {
      this.completed += 1;
      this.running = undefined;
    });
  }

  /** Waits for the last one. @returns how many there were. */
  async end(): Promise<number> {
    await this.running;
    return this.completed;
  }
}
