/** Chance that is the same for the same seed (mulberry32). Each person has their own. */
export class Random {
  private state: number;

  constructor(seed: number, ...labels: number[]) {
    this.state = labels.reduce((state, label) => Math.imul(state ^ (label + 1), 0x9e3779b1), seed);
  }

  /** From 0 (included) to 1 (excluded). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  pick<T>(from: readonly [T, ...T[]]): T {
    return from[this.between(0, from.length - 1)] ?? from[0];
  }

  /** 256 bits in base64url, as a device value has them. */
  secret(): string {
    const bytes = Buffer.from(Array.from({ length: 32 }, () => this.between(0, 255)));
    return bytes.toString('base64url');
  }
}
