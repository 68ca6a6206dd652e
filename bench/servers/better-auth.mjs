/** better-auth with its magic-link plugin, below NestJS: its own routes, and a guard on one. */
import { Get, UseGuards } from '@nestjs/common';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { fromNodeHeaders, toNodeHandler } from 'better-auth/node';
import { magicLink } from 'better-auth/plugins';
import { Pool } from 'pg';

import { createApplication, decorate } from './support/nest.mjs';
import { readSettings, serve } from './support/serve.mjs';

const { databaseUrl, cookieCache } = readSettings();

/** @satisfies {import('better-auth').BetterAuthOptions} */
const options = {
  baseURL: 'http://localhost:3000',
  secret: 'only ever used on this machine, and never anywhere else',
  database: new Pool({ connectionString: databaseUrl, max: 10 }),
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { level: /** @type {const} */ ('error') },
  session: { cookieCache: { enabled: cookieCache === true, maxAge: 5 * 60 } },
  plugins: [magicLink({ sendMagicLink: () => undefined, expiresIn: 15 * 60 })],
};
await (await getMigrations(options)).runMigrations();
const auth = betterAuth(options);

/** @type {import('@nestjs/common').CanActivate} */
const guard = {
  canActivate: async (context) => {
    const { headers } = context.switchToHttp().getRequest();
    const session = await auth.api.getSession({ headers: fromNodeHeaders(headers) });
    return session !== null;
  },
};

class ResourceController {
  answer() {
    return { ok: true };
  }
}

decorate(ResourceController, 'answer', Get('resource'), UseGuards(guard));
const app = await createApplication(ResourceController, {});
const handler = toNodeHandler(auth);
/**
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 * @param {() => void} next
 */
const route = (request, response, next) => {
  if (request.url?.startsWith('/api/auth/') === true) void handler(request, response);
  else next();
};
// Before Nest's body parser, as the documentation wants it.
app.use(route);
await serve(app);
