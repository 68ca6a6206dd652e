import { createTestDatabase } from '../postgres/database';
import { TcpProxy } from '../postgres/tcp-proxy';
import { requestLinks } from '../sign-in/link-tokens';
import { startTestService } from '../test-service';
import { waitFor } from '../wait-for';
import type { AttackWatch } from './attack-watch';
import { endMailLeases, expectInvariants } from './invariants';

/** What came of a slow database, and then of one that takes everything and says nothing. */
export interface Slowness {
  readonly slow: number;
  readonly bounded: boolean;
  readonly answers: readonly string[];
}

/**
 * Runs a service on a slow database of its own. Most of it is waiting, so that it can go on beside
 * other tests.
 *
 * @param watch looks at its answers and its log.
 */
export async function sufferSlowness(watch: AttackWatch): Promise<Slowness> {
  const own = await createTestDatabase();
  const between = await TcpProxy.open(own.appUrl);
  const suffering = await startTestService({
    database: own,
    options: { database: { url: between.url } },
  });
  watch.watchLogs(suffering);
  const { headers } = await suffering.signIn('slow@example.com');
  const [link] = await requestLinks(suffering, [{ email: 'slow@example.com' }]);

  between.stall();
  const verification = suffering.verify(link!.token).then((response) => response);
  // The slowness itself: nothing could be awaited in its place.
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  between.resume();
  const { status: slow } = await verification;

  between.stall();
  const started = performance.now();
  const answers = await Promise.all([
    suffering.http.get('/auth/session').set(headers),
    suffering.http.post('/auth/magic-link/request').send({ email: 'slow@example.com' }),
    suffering.http.post('/auth/magic-link/verify').send({ token: 'a.b.c' }),
    suffering.http.get('/health/ready'),
  ]);
  const bounded = performance.now() - started < 10_000;
  between.resume();
  for (const response of answers) watch.expectHandled(response);
  await waitFor('the service to recover', async () => {
    const { status } = await suffering.http.get('/auth/session').set(headers);
    return status === 200 ? true : undefined;
  });
  await endMailLeases(suffering);
  await expectInvariants(suffering);
  await suffering.stop();
  await between.close();
  await own.drop();
  return { slow, bounded, answers: answers.map(({ body }) => body.code as string) };
}
