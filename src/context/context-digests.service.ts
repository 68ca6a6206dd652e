import { Injectable } from '@nestjs/common';

import { KeyRing, type KeySet } from '../crypto/key-ring.service';
import { keyedDigest } from '../crypto/keyed-digest';
import { constantTimeEqual } from '../crypto/token-hash';

/** The context that a link or a session is bound to, as stored in its row. */
export interface BoundContext {
  readonly ipAddress: string;
  readonly userAgent: string;
  /** Made by `ContextDigests.fingerprint`. */
  readonly fingerprintDigest: string | null;
}

/**
 * Keyed digests of what a client says about itself. A fingerprint identifies a device, so only its
 * digest is stored (invariant I6). The digest names its key and therefore outlives a key rotation.
 */
@Injectable()
export class ContextDigests {
  constructor(private readonly keyRing: KeyRing) {}

  /** @returns `<key id>.<digest>` under the current key. */
  fingerprint(fingerprint: string): string {
    return fingerprintDigest(this.keyRing.current, fingerprint);
  }

  /**
   * Whether a stored digest belongs to a fingerprint, whichever held key it was made with. A digest
   * whose key this process does not hold matches nothing.
   */
  matches(storedDigest: string, fingerprint: string): boolean {
    const keys = this.keyRing.find(storedDigest.slice(0, storedDigest.indexOf('.')));
    return (
      keys !== undefined && constantTimeEqual(storedDigest, fingerprintDigest(keys, fingerprint))
    );
  }

  /** Every digest under which this fingerprint may be stored: one for each held key. */
  candidates(fingerprint: string): string[] {
    return this.keyRing.all.map((keys) => fingerprintDigest(keys, fingerprint));
  }

  /**
   * The `ctx` claim of tokens: binds a token to the context in its row without revealing it.
   *
   * @param keyId the row's `key_id`; this process must hold that key.
   */
  claim(keyId: string, context: BoundContext): string {
    return keyedDigest(this.keyRing.find(keyId) ?? this.keyRing.current, 'context-digest', [
      'claim',
      context.ipAddress,
      context.userAgent,
      context.fingerprintDigest,
    ]);
  }
}

function fingerprintDigest(keys: KeySet, fingerprint: string): string {
  return `${keys.id}.${keyedDigest(keys, 'context-digest', ['fingerprint', fingerprint])}`;
}
