/**
 * NestJS without MIRA Auth: alone, and with guards that are the simplest of their kind. They show
 * what a check of that kind costs at least.
 */
import { createHash, createSecretKey } from 'node:crypto';

import { Get, UseGuards } from '@nestjs/common';
import { jwtVerify } from 'jose';
import { Pool } from 'pg';

import { createApplication, decorate } from './support/nest.mjs';
import { readSettings, serve } from './support/serve.mjs';

const { guard, databaseUrl, jwtKey } = readSettings();

/** @param {{ headers: Record<string, string> }} request */
const tokenOf = ({ headers }) => (headers.authorization ?? '').slice('Bearer '.length);

/** @type {Record<string, () => import('@nestjs/common').CanActivate>} */
const GUARDS = {
  nothing: () => ({ canActivate: () => true }),

  /** Nothing but a token that cannot be revoked. */
  jwt: () => {
    const key = createSecretKey(Buffer.from(jwtKey, 'hex'));
    return {
      canActivate: async (context) => {
        const request = context.switchToHttp().getRequest();
        await jwtVerify(tokenOf(request), key, { algorithms: ['HS256'] });
        return true;
      },
    };
  },

  /** The indexed join on the tables of MIRA Auth, prepared, with nothing around it. */
  query: () => {
    const pool = new Pool({ connectionString: databaseUrl, max: 10 });
    return {
      canActivate: async (context) => {
        const request = context.switchToHttp().getRequest();
        const hash = createHash('sha256').update(tokenOf(request)).digest('hex');
        const { rows } = await pool.query({
          name: 'session',
          text: `SELECT session.*, account.email, account.is_active AS user_may_act
                   FROM user_sessions session JOIN users account ON account.id = session.user_id
                  WHERE session.session_token_hash = $1`,
          values: [hash],
        });
        const [row] = rows;
        return row?.is_active === true && row.user_agent === request.headers['user-agent'];
      },
    };
  },
};

class ReferenceController {
  answer() {
    return { ok: true };
  }
}

const make = GUARDS[guard];
const guards = make === undefined ? [] : [UseGuards(make())];
decorate(ReferenceController, 'answer', Get('resource'), ...guards);
await serve(await createApplication(ReferenceController));
