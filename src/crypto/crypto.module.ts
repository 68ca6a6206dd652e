import { Module } from '@nestjs/common';

import { ContextDigests } from './context-digest.service';
import { KeyRing } from './key-ring';
import { LimiterKeys } from './limiter-keys.service';
import { Pseudonyms } from './pseudonym.service';
import { TokenSigner } from './token-signer.service';
import { TokenVerifier } from './token-verifier.service';

/** Keys and everything that is made with them. */
@Module({
  providers: [KeyRing, TokenSigner, TokenVerifier, ContextDigests, Pseudonyms, LimiterKeys],
  exports: [KeyRing, TokenSigner, TokenVerifier, ContextDigests, Pseudonyms, LimiterKeys],
})
export class CryptoModule {}
