import { Injectable } from '@nestjs/common';

import { KeyRing } from './key-ring.service';
import { keyedDigest } from './keyed-digest';

/** Keys of the rate limiter's table. They are digests, so the table identifies nobody. */
@Injectable()
export class LimiterKeys {
  constructor(private readonly keyRing: KeyRing) {}

  /**
   * @param parts what is limited, such as a limit's name, an address and a network.
   * @returns 43 characters of base64url, made with the current key: a rotation restarts the counts.
   */
  of(...parts: readonly string[]): string {
    return keyedDigest(this.keyRing.current, 'limiter-key', parts);
  }

  /** The same under every held key, for rows that must still be found after a rotation. */
  candidates(...parts: readonly string[]): string[] {
    return this.keyRing.all.map((keys) => keyedDigest(keys, 'limiter-key', parts));
  }
}
