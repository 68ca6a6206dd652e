import { Database } from '../../../src/database/database.service';
import type { MagicLink } from '../../../src/magic-link/magic-link.entity';
import { MagicLinkTokens } from '../../../src/magic-link/magic-link-tokens.service';
import { type Client, headersOf } from '../http/client';
import { privately } from '../privately';
import type { TestService } from '../test-service';
import type { RequestedLink } from './sign-in-flow';

/** As many as a service can serve at once, on however slow a machine. */
const REQUESTS_AT_ONCE = 20;

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
  const links: RequestedLink[] = [];
  for (let next = 0; next < requests.length; next += REQUESTS_AT_ONCE) {
    const batch = requests.slice(next, next + REQUESTS_AT_ONCE);
    links.push(...(await Promise.all(batch.map((request) => requestLink(service, request)))));
  }
  return links;
}

async function requestLink(
  service: Pick<TestService, 'app' | 'http'>,
  { email, ...client }: Client & { readonly email: string },
): Promise<RequestedLink> {
  const response = await service.http
    .post('/auth/magic-link/request')
    .set(headersOf(client))
    .send({ email });
  expect([response.status, response.text]).toEqual([200, expect.any(String)]);
  const id = response.body.magic_link_id as string;
  return { id, token: await linkToken(service, id) };
}

/** The token of a link, made from its row. */
export async function linkToken(service: Pick<TestService, 'app'>, id: string): Promise<string> {
  return privately(service.app, MagicLinkTokens).derive(await linkRow(service, id));
}

/** The row of a link, as the service reads it. */
export async function linkRow({ app }: Pick<TestService, 'app'>, id: string): Promise<MagicLink> {
  const [link] = await privately(app, Database).query<MagicLink>(
    'SELECT *, host(ip_address) AS ip_address FROM magic_links WHERE id = $1',
    [id],
  );
  if (link === undefined) throw new Error(`there is no link ${id}`);
  return link;
}
