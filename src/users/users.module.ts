import { Module } from '@nestjs/common';

import { CryptoModule } from '../crypto/crypto.module';
import { UserRepository } from './user.repository';
import { UsersService } from './users.service';

/** The people who sign in. */
@Module({
  imports: [CryptoModule],
  providers: [UsersService, UserRepository],
  exports: [UsersService, UserRepository],
})
export class UsersModule {}
