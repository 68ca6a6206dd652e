import { Injectable } from '@nestjs/common';

import { KeyRing } from './key-ring.service';
import { keyedDigest } from './keyed-digest';

/** The keys of the limiter's table: digests, so that the table names nobody. */
@Injectable()
export class LimiterKeys {
  constructor(private readonly keyRing: KeyRing) {}

  /**
   * @param parts what is limited, such as a limit's name, an address and a network.
   * @returns 43 characters of base64url, under the current key: a rotation starts counts anew.
   */
  of(...parts: readonly string[]): string {
    return keyedDigest(this.keyRing.current, 'limiter-key', parts);
  }

  /** The same for every key that is held: for rows that must be found again after a rotation. */
  candidates(...parts: readonly string[]): string[] {
    return this.keyRing.all.map((keys) => keyedDigest(keys, 'limiter-key', parts));
  }
}
