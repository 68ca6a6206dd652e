/** A NestJS application that imports MIRA Auth, with a guarded route and one that is not. */
import { createRequire } from 'node:module';

import { Get, UseGuards } from '@nestjs/common';

import { createApplication, decorate } from './support/nest.mjs';
import { readSettings, serve } from './support/serve.mjs';

const { dist, auth } = readSettings();
const load = createRequire(import.meta.url);
const { AuthModule, SessionGuard } = load(`${dist}/src/index.js`);
const { SessionCache } = load(`${dist}/src/session/session-cache.js`);

class ProductController {
  open() {
    return { ok: true };
  }

  guarded() {
    return { ok: true };
  }
}

decorate(ProductController, 'open', Get('open'));
decorate(ProductController, 'guarded', Get('resource'), UseGuards(SessionGuard));

let mails = 0;
/** Takes every mail at once. */
const mailer = {
  send: async () => {
    mails += 1;
  },
};

const app = await createApplication(ProductController, {
  imports: [AuthModule.forRoot({ ...auth, mailer })],
});
await serve(app, {
  mails: () => mails,
  cachedSessions: () => app.get(SessionCache, { strict: false }).size,
});
