import { Controller, Get, Module } from '@nestjs/common';
import type { Response } from 'supertest';

import { CurrentPrincipal } from '../../../src/session/http/current.decorators';
import type { Principal } from '../../../src/session/principal';
import type { SignedIn } from '../sign-in/sign-in-flow';
import type { TestService } from '../test-service';

@Controller('host')
class HostController {
  @Get('who')
  who(@CurrentPrincipal() principal: Principal): Principal {
    return principal;
  }
}

/** A route as a host application has them: behind the session guard, and without a query of its own. */
@Module({ controllers: [HostController] })
export class HostModule {}

/** Asks the host's route, with a session. */
export async function askHost(service: TestService, session: SignedIn): Promise<Response> {
  return service.http.get('/host/who').set(session.headers);
}
