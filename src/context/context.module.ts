import { Module } from '@nestjs/common';

import { CryptoModule } from '../crypto/crypto.module';
import { ContextDigests } from './context-digests.service';
import { ContextPolicyService } from './context-policy.service';

/**
 * Where a request comes from, and whether a link or a session may be used from there. Whoever
 * reads a request's context also needs `ClientContextReader`, which the composition gives.
 */
@Module({
  imports: [CryptoModule],
  providers: [ContextDigests, ContextPolicyService],
  exports: [ContextDigests, ContextPolicyService],
})
export class ContextModule {}
