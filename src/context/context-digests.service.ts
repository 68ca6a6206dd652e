import { Injectable } from '@nestjs/common';

import { KeyRing, type KeySet } from '../crypto/key-ring.service';
import { keyedDigest } from '../crypto/keyed-digest';
import { constantTimeEqual } from '../crypto/token-hash';

/** The part of a context that the `ctx` claim of tokens binds, as stored in the guide's columns. */
export interface ClaimedContext {
  readonly ipAddress: string;
  readonly userAgent: string;
  /** Made by `ContextDigests.fingerprint`. */
  readonly fingerprintDigest: string | null;
}

/**
 * Keyed digests of what a client says about itself. Only digests are stored (invariant I6). Each
 * names its key and therefore outlives a key rotation.
 */
@Injectable()
export class ContextDigests {
  constructor(private readonly keyRing: KeyRing) {}

  /** @returns `<key id>.<digest>` under the current key. */
  fingerprint(fingerprint: string): string {
    return digest(this.keyRing.current, ['fingerprint', fingerprint]);
  }

  /**
   * Whether a stored digest belongs to a fingerprint, whichever held key it was made with. A digest
   * whose key this process does not hold matches nothing.
   */
  matches(storedDigest: string, fingerprint: string): boolean {
    return this.isDigestOf(storedDigest, ['fingerprint', fingerprint]);
  }

  /** Every digest under which this fingerprint may be stored: one for each held key. */
  candidates(fingerprint: string): string[] {
    return this.keyRing.all.map((keys) => digest(keys, ['fingerprint', fingerprint]));
  }

  /**
   * The digest of a device secret for one owner. The same secret has another digest for every owner,
   * so that stored digests do not tell which accounts share a device.
   *
   * @param owner whose digest it is, such as a user's id.
   * @returns `<key id>.<digest>` under the current key.
   */
  secret(owner: string, secret: string): string {
    return digest(this.keyRing.current, ['device-secret', owner, secret]);
  }

  /** Whether a stored digest is one of `secret(owner, …)`, whichever held key it was made with. */
  matchesSecret(storedDigest: string, owner: string, secret: string): boolean {
    return this.isDigestOf(storedDigest, ['device-secret', owner, secret]);
  }

  /** Every digest under which a device secret may be stored for an owner: one for each held key. */
  secretCandidates(owner: string, secret: string): string[] {
    return this.keyRing.all.map((keys) => digest(keys, ['device-secret', owner, secret]));
  }

  /**
   * The `ctx` claim of tokens: binds a token to the context in its row without revealing it.
   *
   * @param keyId the row's `key_id`; this process must hold that key.
   */
  claim(keyId: string, context: ClaimedContext): string {
    return keyedDigest(this.keyRing.find(keyId) ?? this.keyRing.current, 'context-digest', [
      'claim',
      context.ipAddress,
      context.userAgent,
      context.fingerprintDigest,
    ]);
  }

  private isDigestOf(stored: string, parts: readonly string[]): boolean {
    const keys = this.keyRing.find(stored.slice(0, stored.indexOf('.')));
    return keys !== undefined && constantTimeEqual(stored, digest(keys, parts));
  }
}

function digest(keys: KeySet, parts: readonly string[]): string {
  return `${keys.id}.${keyedDigest(keys, 'context-digest', parts)}`;
}
