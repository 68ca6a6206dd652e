/** express-session with connect-pg-simple, as their documentation sets them up, below NestJS. */
import { Get, Post, Req, UseGuards } from '@nestjs/common';
import connectPgSimple from 'connect-pg-simple';
import session from 'express-session';
import { Pool } from 'pg';

import { createApplication, decorate } from './support/nest.mjs';
import { readSettings, serve } from './support/serve.mjs';

const { databaseUrl } = readSettings();
const pool = new Pool({ connectionString: databaseUrl, max: 10 });
const Store = connectPgSimple(session);

/** @type {import('@nestjs/common').CanActivate} */
const signedIn = {
  canActivate: (context) => context.switchToHttp().getRequest().session.userId !== undefined,
};

class SessionController {
  /** @param {{ session: { userId?: string } }} request */
  signIn(request) {
    request.session.userId = 'somebody';
    return { ok: true };
  }

  answer() {
    return { ok: true };
  }
}

decorate(SessionController, 'signIn', Post('sign-in'));
Req()(SessionController.prototype, 'signIn', 0);
decorate(SessionController, 'answer', Get('resource'), UseGuards(signedIn));

const app = await createApplication(SessionController);
app.use(
  session({
    store: new Store({ pool, createTableIfMissing: true, pruneSessionInterval: false }),
    secret: 'only ever used on this machine',
    resave: false,
    saveUninitialized: false,
    cookie: { maxAge: 24 * 60 * 60 * 1_000 },
  }),
);
await serve(app);
