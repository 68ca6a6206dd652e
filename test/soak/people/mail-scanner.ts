import type { Connection } from '../clients/connection';
import type { Findings } from '../findings';
import { SCANNERS } from '../world/agents';
import { cloud } from '../world/networks';
import type { Random } from '../world/random';
import type { Account } from './account';

const LINKS = /https?:\/\/\S+/g;

/**
 * Opens every link of a mail in a browser of its own, somewhere else, before the person sees it. The
 * page of a link asks what it is for, by its script. Some press what they find, but choose nothing:
 * the page of "it wasn't me" has an answer to give, and its button without one changes nothing.
 */
export async function scan(
  text: string,
  { scanning }: Account,
  random: Random,
  { connection, findings }: { readonly connection: Connection; readonly findings: Findings },
): Promise<void> {
  const headers = { 'User-Agent': random.pick(SCANNERS), 'X-Forwarded-For': cloud(random) };
  const post = async (path: string, body: object): Promise<void> => {
    await connection.send({ method: 'POST', path: `/auth/magic-link/${path}`, headers, body });
  };
  for (const link of new Set(text.match(LINKS))) {
    const { pathname, hash } = new URL(link);
    findings.count('scannedLinks');
    await connection.send({ method: 'GET', path: pathname, headers });
    const [, name, token] = /^#(token|report)=(.+)$/.exec(hash) ?? [];
    if (name === 'token') await post('inspect', { token });
    if (name === 'report' && scanning === 'opens and presses') {
      findings.count('pressedReports');
      await post('report', { token });
    }
  }
}
