import { Injectable } from '@nestjs/common';

import { KeyRing } from './key-ring.service';
import { keyedDigest } from './keyed-digest';

/** A keyed digest and the id of the key that made it. */
export interface Pseudonym {
  readonly digest: string;
  readonly keyId: string;
}

/** Names for addresses that only a holder of the master key can compute. */
@Injectable()
export class Pseudonyms {
  constructor(private readonly keyRing: KeyRing) {}

  /**
   * @param address in canonical form.
   * @returns one pseudonym for each held key, the current key first.
   */
  ofAddress(tenantId: string, address: string): [Pseudonym, ...Pseudonym[]] {
    const [current, ...others] = this.keyRing.all.map((keys) => ({
      digest: keyedDigest(keys, 'pseudonym', ['address', tenantId, address]),
      keyId: keys.id,
    }));
    if (current === undefined) throw new Error('the key ring holds no keys');
    return [current, ...others];
  }
}
