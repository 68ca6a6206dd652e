import { Module } from '@nestjs/common';

import { ContextModule } from '../context/context.module';
import { DeviceRepository } from './device.repository';
import { KnownDevices } from './known-devices.service';
import { UserRepository } from './user.repository';
import { UsersService } from './users.service';

/** Users: the people who sign in. */
@Module({
  imports: [ContextModule],
  providers: [UsersService, UserRepository, KnownDevices, DeviceRepository],
  exports: [UsersService, UserRepository, KnownDevices, DeviceRepository],
})
export class UsersModule {}
