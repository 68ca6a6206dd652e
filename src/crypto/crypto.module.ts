import { Module } from '@nestjs/common';

import { KeyRing } from './key-ring.service';
import { LimiterKeys } from './limiter-keys.service';
import { Pseudonyms } from './pseudonyms.service';
import { TokenSigner } from './token-signer.service';
import { TokenVerifier } from './token-verifier.service';

/** The derived keys, and what is made with them: tokens, pseudonyms and limiter keys. */
@Module({
  providers: [KeyRing, TokenSigner, TokenVerifier, Pseudonyms, LimiterKeys],
  exports: [KeyRing, TokenSigner, TokenVerifier, Pseudonyms, LimiterKeys],
})
export class CryptoModule {}
