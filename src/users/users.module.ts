import { Module } from '@nestjs/common';

import { ContextModule } from '../context/context.module';
import { UserRepository } from './user.repository';
import { UsersService } from './users.service';

/** Users: the people who sign in. */
@Module({
  imports: [ContextModule],
  providers: [UsersService, UserRepository],
  exports: [UsersService, UserRepository],
})
export class UsersModule {}
