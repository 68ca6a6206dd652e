/** A NestJS application that imports MIRA Auth, with a guarded route and one that is not. */
import { Get, UseGuards } from '@nestjs/common';

import { loadEntry, loadPrivateClasses } from '../lib/product-files.mjs';
import { createApplication, decorate } from './support/nest.mjs';
import { readSettings, serve } from './support/serve.mjs';

const { dist, auth } = readSettings();
const { AuthModule, SessionGuard } = loadEntry(dist);
const { SessionCache } = loadPrivateClasses(dist);

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
