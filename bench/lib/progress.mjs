/** Tells how far a long run is: one line for each step, with the time that it has taken so far. */
export class Progress {
  #startedAt = performance.now();
  #plannedSeconds;

  /** @param {number} plannedSeconds of the whole run, roughly */
  constructor(plannedSeconds) {
    this.#plannedSeconds = plannedSeconds;
  }

  /** @param {string} text what has just been done, or begins */
  step(text) {
    const elapsed = (performance.now() - this.#startedAt) / 1_000;
    console.log(`[${clock(elapsed)} of about ${clock(this.#plannedSeconds)}] ${text}`);
  }
}

/** @param {number} seconds */
function clock(seconds) {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${(whole % 60).toString().padStart(2, '0')}`;
}
