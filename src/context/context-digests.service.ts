import { Injectable } from '@nestjs/common';

import { KeyRing, type KeySet } from '../crypto/key-ring.service';
import { keyedDigest } from '../crypto/keyed-digest';
import { constantTimeEqual } from '../crypto/token-hash';

/** The context that a link or a session is bound to, as its row holds it. */
export interface BoundContext {
  readonly ipAddress: string;
  readonly userAgent: string;
  /** As `ContextDigests.fingerprint` made it. */
  readonly fingerprintDigest: string | null;
}

/**
 * Keyed digests of what a client tells of itself. A fingerprint identifies a device, so that only
 * its digest is stored (invariant I6); the digest names its key, so that it outlives a rotation.
 */
@Injectable()
export class ContextDigests {
  constructor(private readonly keyRing: KeyRing) {}

  /** @returns `<key id>.<digest>` under the current key. */
  fingerprint(fingerprint: string): string {
    return fingerprintDigest(this.keyRing.current, fingerprint);
  }

  /**
   * Whether a stored digest is that of a fingerprint, whichever accepted key it was made with.
   * A digest whose key this process does not hold matches nothing.
   */
  matches(storedDigest: string, fingerprint: string): boolean {
    const keys = this.keyRing.find(storedDigest.slice(0, storedDigest.indexOf('.')));
    return (
      keys !== undefined && constantTimeEqual(storedDigest, fingerprintDigest(keys, fingerprint))
    );
  }

  /** Every digest that a stored one may equal if it is of this fingerprint: one for each key. */
  candidates(fingerprint: string): string[] {
    return this.keyRing.all.map((keys) => fingerprintDigest(keys, fingerprint));
  }

  /**
   * The `ctx` claim of tokens: binds a token to the context in its row without telling it.
   *
   * @param keyId of the row; its keys must be held by this process.
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
