import { createSecretKey, hash, hkdfSync, type KeyObject, webcrypto } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';

import { RESOLVED_OPTIONS, type ResolvedAuthOptions } from '../config/resolved-options';

/**
 * What a key is used for. Each purpose has its own key, so a value made for one purpose is never
 * accepted for another.
 */
export type KeyPurpose =
  | 'magic-link-token'
  | 'session-token'
  | 'report-token'
  | 'code'
  | 'context-digest'
  | 'pseudonym'
  | 'limiter-key';

/** Separates our derivations from any other use of the same master key (RFC 5869, section 3.2). */
const INFO_PREFIX = 'mira-auth/v1/';

const KEY_BYTES = 32;

/** All keys derived from one master key. */
export class KeySet {
  /** Identifies the master key in tokens and rows without revealing anything about it. */
  readonly id: string;

  private readonly derived = new Map<string, KeyObject>();
  private readonly imported = new Map<string, Promise<webcrypto.CryptoKey>>();

  constructor(private readonly masterKey: Buffer) {
    this.id = hash('sha256', this.derive('key-id'), 'hex').slice(0, 16);
  }

  /** The 256-bit key for one purpose: HKDF-SHA-256 of the master key (RFC 5869). */
  key(purpose: KeyPurpose): KeyObject {
    let key = this.derived.get(purpose);
    if (key === undefined) {
      key = createSecretKey(this.derive(purpose));
      this.derived.set(purpose, key);
    }
    return key;
  }

  /** The same key as a `CryptoKey`. Given a `KeyObject`, jose would import it for every token. */
  tokenKey(purpose: KeyPurpose): Promise<webcrypto.CryptoKey> {
    let key = this.imported.get(purpose);
    if (key === undefined) {
      const algorithm = { name: 'HMAC', hash: 'SHA-256' };
      key = webcrypto.subtle.importKey('raw', this.derive(purpose), algorithm, false, [
        'sign',
        'verify',
      ]);
      this.imported.set(purpose, key);
    }
    return key;
  }

  private derive(info: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.masterKey, '', INFO_PREFIX + info, KEY_BYTES));
  }
}

/**
 * The keys that this process holds: one that signs, and others that are only accepted, before and
 * after a rotation. To rotate without an instance meeting an unknown key: accept the next key on
 * every instance, swap the two, and remove the old one later.
 */
@Injectable()
export class KeyRing {
  /** Signs new tokens and makes new digests. */
  readonly current: KeySet;
  /** All key sets, the current one first. */
  readonly all: readonly KeySet[];

  private readonly byId: ReadonlyMap<string, KeySet>;

  constructor(@Inject(RESOLVED_OPTIONS) options: Pick<ResolvedAuthOptions, 'masterKeys'>) {
    this.current = new KeySet(options.masterKeys.current);
    const others = options.masterKeys.accepted.map((key) => new KeySet(key));
    this.byId = new Map([...others, this.current].map((set) => [set.id, set]));
    this.all = [this.current, ...[...this.byId.values()].filter((set) => set !== this.current)];
  }

  /** @returns the key set with that id, or `undefined` when this process does not hold it. */
  find(keyId: string): KeySet | undefined {
    return this.byId.get(keyId);
  }
}
