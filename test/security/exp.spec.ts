import { startTestService } from '../support/test-service';
import { requestLinks } from '../support/link-tokens';
import { sample, type TimingClass } from './timing/sampler.cpu';
import { compare, median } from './timing/statistics';
import { MagicLinkTokens } from '../../src/magic-link/magic-link-tokens.service';

jest.setTimeout(200000);
it('exp', async () => {
  const service = await startTestService();
  const [l] = await requestLinks(service, [{ email: 'a@example.com' }]);
  const good = l!.token;
  const tokens = service.app.get(MagicLinkTokens, { strict: false });
  const orig = tokens.check.bind(tokens);
  tokens.check = async (t, link, now) => {
    if (t.endsWith('PPPP')) { const s = performance.now(); while (performance.now() - s < 0.1); }
    return orig(t, link, now);
  };
  const req = (token: string) => {
    const body = JSON.stringify({ token });
    return Buffer.from(`POST /auth/magic-link/verify HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  };
  const cls = (name: string, token: string): TimingClass => { const b = req(token); return { name, next: () => b }; };
  const rep = (s: string, i: number) => s.slice(0, i) + (s[i] === 'A' ? 'B' : 'A') + s.slice(i + 1);
  const classes = [
    cls('unknown', good.slice(0, -43) + 'A'.repeat(43)),
    cls('unknown2', good.slice(0, -43) + 'B'.repeat(43)),
    cls('tampered', rep(good, 200)),
    cls('illshaped', 'x'.repeat(good.length)),
    cls('planted', good.slice(0, -43) + 'A'.repeat(39) + 'PPPP'),
  ];
  for (const seed of [1, 2, 3]) {
    const started = Date.now();
    const s = await sample({ url: service.url, classes, status: 401, seed, warmUp: 200, samples: 300 });
    console.log((Date.now() - started) + ' ms; median ' + median(s.get('unknown')!).toFixed(0));
    for (const n of [100, 200, 300]) {
      const lines = [...s.entries()].slice(1).map(([name, v]) => name + ' ' + JSON.stringify(compare(s.get('unknown')!.slice(0, n), v.slice(0, n)), (_k, x) => typeof x === 'number' ? +x.toFixed(1) : x));
      console.log(n + '\n' + lines.join('\n'));
    }
  }
  await service.stop();
});
