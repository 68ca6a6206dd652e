import { Database } from '../../src/database/database';
import { MagicLinkTokens } from '../../src/magic-link/magic-link-tokens.service';
import type { MagicLink } from '../../src/magic-link/magic-link.entity';
import { type Client, headersOf } from './client';
import type { RequestedLink } from './sign-in-flow';
import type { TestService } from './test-service';

/**
 * Asks for many links at once. Their tokens are derived from their rows, as the mail worker does,
 * because waiting for hundreds of mails takes long.
 *
 * @returns the links, in the order of the requests. Fails unless all requests succeed.
 */
export async function requestLinks(
  service: Pick<TestService, 'app' | 'http'>,
  requests: readonly (Client & { readonly email: string })[],
): Promise<RequestedLink[]> {
  return Promise.all(
    requests.map(async ({ email, ...client }) => {
      const response = await service.http
        .post('/auth/magic-link/request')
        .set(headersOf(client))
        .send({ email });
      expect([response.status, response.text]).toEqual([200, expect.any(String)]);
      const id = response.body.magic_link_id as string;
      return { id, token: await linkToken(service, id) };
    }),
  );
}

/** The token of a link, made from its row. */
export async function linkToken({ app }: Pick<TestService, 'app'>, id: string): Promise<string> {
  const [link] = await app
    .get(Database, { strict: false })
    .query<MagicLink>('SELECT *, host(ip_address) AS ip_address FROM magic_links WHERE id = $1', [
      id,
    ]);
  if (link === undefined) throw new Error(`there is no link ${id}`);
  return app.get(MagicLinkTokens, { strict: false }).derive(link);
}
