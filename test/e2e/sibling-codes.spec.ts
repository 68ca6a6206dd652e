import type { Response } from 'supertest';

import { BEHIND_PROXY } from '../support/http/client';
import { expectProblem } from '../support/problem';
import { WebBrowser } from '../support/sign-in/web-browser';
import { startTestService, type TestService } from '../support/test-service';

let service: TestService;

beforeAll(async () => {
  service = await startTestService({ options: BEHIND_PROXY });
});

afterAll(() => service.stop());

/** A code that is none of these. */
const otherThan = (...codes: string[]): string =>
  ['000000', '111111', '222222', '333333'].find((code) => !codes.includes(code)) ?? '';

const codeOf = ({ body }: Response): string => (body as { code: string }).code;

describe('Asking again', () => {
  it('ends none of the earlier mails: each link works', async () => {
    for (const which of [0, 1, 2]) {
      const email = `again-${which.toString()}@example.com`;
      const browser = await WebBrowser.open(service);
      const links = [await browser.ask(email), await browser.ask(email), await browser.ask(email)];
      expect((await browser.openLink(links[which]?.token ?? '')).status).toBe(200);
    }
  });

  it('makes the code of any mail good for any of the ids, on the device that asked', async () => {
    for (const [index, [mail, id]] of [
      [0, 0],
      [0, 1],
      [1, 0],
    ].entries()) {
      const email = `any-code-${index.toString()}@example.com`;
      const browser = await WebBrowser.open(service);
      const links = [await browser.ask(email), await browser.ask(email)];
      const answer = await browser.typeCode(links[id ?? 0]?.id ?? '', links[mail ?? 0]?.code ?? '');
      expect(answer.status).toBe(200);
    }
  });

  it('takes the code of a mail that still stands where the presented one has expired', async () => {
    const browser = await WebBrowser.open(service);
    const first = await browser.ask('expired-sibling@example.com');
    const second = await browser.ask('expired-sibling@example.com');
    await service.sql(`UPDATE magic_links SET expires_at = now() - interval '1 s' WHERE id = $1`, [
      first.id,
    ]);
    expectProblem(await browser.typeCode(first.id, first.code), 'code_invalid');
    expect((await browser.typeCode(first.id, second.code)).status).toBe(200);
  });

  it('ends all of them when one signs in', async () => {
    const browser = await WebBrowser.open(service);
    const links = [
      await browser.ask('all-end@example.com'),
      await browser.ask('all-end@example.com'),
    ];
    expect((await browser.openLink(links[0]?.token ?? '')).status).toBe(200);
    expectProblem(await browser.openLink(links[1]?.token ?? ''), 'link_used');
    expectProblem(await browser.typeCode(links[1]?.id ?? '', links[1]?.code ?? ''), 'code_invalid');
  });

  it('is refused from the fourth time on, as the guide has it', async () => {
    const limited = await startTestService({
      options: {
        ...BEHIND_PROXY,
        magicLink: { addressAndNetworkLimit: { limit: 3, windowSeconds: 900 } },
      },
    });
    try {
      const browser = await WebBrowser.open(limited);
      for (let times = 0; times < 3; times += 1) await browser.ask('fourth@example.com');
      const answer = await browser.post('/auth/magic-link/request', {
        email: 'fourth@example.com',
      });
      expectProblem(answer, 'rate_limited');
    } finally {
      await limited.stop();
    }
  });
});

describe('A code of a sibling', () => {
  it.each<[string, (asked: WebBrowser) => WebBrowser]>([
    ['another device', () => new WebBrowser(service)],
    [
      'a device with another secret',
      () => new WebBrowser(service, new Map([['mira_device', 'x'.repeat(43)]])),
    ],
  ])('is not good for %s', async (_name, other) => {
    const browser = await WebBrowser.open(service);
    const first = await browser.ask('siblings@example.com');
    const second = await browser.ask('siblings@example.com');
    expectProblem(await other(browser).typeCode(first.id, second.code), 'code_invalid');
  });

  it('is not good for another address of the same device', async () => {
    const browser = await WebBrowser.open(service);
    const one = await browser.ask('one@example.com');
    const two = await browser.ask('two@example.com');
    expectProblem(await browser.typeCode(one.id, two.code), 'code_invalid');
  });

  it('is not good without a secret: there are no siblings then', async () => {
    const ask = async (): Promise<{ id: string; code: string }> => {
      const { id, token } = await service.requestLink('no-secret@example.com');
      const mail = service.mailbox.list().find(({ text }) => text.includes(token));
      return { id, code: /^[0-9]{6}$/m.exec(mail?.text ?? '')?.[0] ?? '' };
    };
    const [first, second] = [await ask(), await ask()];
    const type = (id: string, code: string): Promise<Response> =>
      service.http.post('/auth/magic-link/verify-code').send({ magic_link_id: id, code });
    expectProblem(await type(first.id, second.code), 'code_invalid');
    expect((await type(second.id, second.code)).status).toBe(200);
  });

  it('costs one try, and five wrong ones for all of them together close them', async () => {
    const email = 'five-together@example.com';
    const browser = await WebBrowser.open(service);
    const links = [await browser.ask(email), await browser.ask(email), await browser.ask(email)];
    const wrong = otherThan(...links.map(({ code }) => code));
    for (let tries = 0; tries < 5; tries += 1) {
      const { id } = links[tries % 3] ?? { id: '' };
      expectProblem(await browser.typeCode(id, wrong), 'code_invalid');
    }
    for (const { id, code } of links) {
      expectProblem(await browser.typeCode(id, code), 'code_invalid');
    }
    const fresh = await browser.ask(email);
    expectProblem(await browser.typeCode(fresh.id, fresh.code), 'code_invalid');
    expect((await browser.openLink(fresh.token)).status).toBe(200);
  });
});

describe('O17 asking twice, four wrong tries, waiting, two more', () => {
  /** What somebody is answered who asks for another's mails, while the owner signs in or not. */
  async function answers(email: string, ownerSignsIn: boolean, ids: number[]): Promise<unknown[]> {
    const stranger = await WebBrowser.open(service);
    stranger.network = '198.51.100.77';
    const links = [await stranger.ask(email), await stranger.ask(email)];
    const wrong = otherThan(...links.map(({ code }) => code));
    const heard: unknown[] = [];
    for (const [index, which] of ids.entries()) {
      if (index === 4 && ownerSignsIn) await (await WebBrowser.open(service)).signIn(email);
      const answer = await stranger.typeCode(links[which]?.id ?? '', wrong);
      heard.push([answer.status, codeOf(answer)]);
    }
    return heard;
  }

  it.each([
    ['for one id', [0, 0, 0, 0, 0, 0]],
    ['for the other', [0, 0, 0, 0, 1, 1]],
    ['for both in turn', [0, 1, 0, 1, 0, 1]],
  ])('tells nothing of whether the owner has signed in: %s', async (name, ids) => {
    const key = name.replaceAll(/\W/g, '');
    expect(await answers(`o17-in-${key}@example.com`, true, ids)).toEqual(
      await answers(`o17-out-${key}@example.com`, false, ids),
    );
  });
});
