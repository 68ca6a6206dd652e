import { Module } from '@nestjs/common';

import { CryptoModule } from '../crypto/crypto.module';
import { ContextDigests } from './context-digests.service';
import { ContextPolicyService } from './context-policy.service';

/**
 * Where a request comes from, and whether a link or a session may be used from there. Reading the
 * context of a request also takes `ClientContextReader`, which src/auth provides.
 */
@Module({
  imports: [CryptoModule],
  providers: [ContextDigests, ContextPolicyService],
  exports: [ContextDigests, ContextPolicyService],
})
export class ContextModule {}
