import type { Agent, Response } from 'supertest';

import { CHROME_142 } from '../http/user-agents';
import type { TestService } from '../test-service';
import { mailedCodeIn } from './sign-in-flow';

type Cookies = ReadonlyMap<string, string>;

/**
 * A web browser as the service sees it: it keeps cookies, has an agent and is in a network, both of
 * which change while it lives. The service must trust the tests' own machine as a proxy.
 */
export class WebBrowser {
  readonly cookies: Map<string, string>;
  userAgent: string = CHROME_142;
  network = '192.0.2.10';

  /** @param cookies those of another browser, to make a copy of it. */
  constructor(
    private readonly service: TestService,
    cookies: Cookies = new Map(),
  ) {
    this.cookies = new Map(cookies);
  }

  /** A browser that has opened the sign-in page, which gives it a device cookie. */
  static async open(service: TestService): Promise<WebBrowser> {
    const browser = new WebBrowser(service);
    await browser.get('/auth/sign-in');
    return browser;
  }

  get headers(): Record<string, string> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    return {
      'User-Agent': this.userAgent,
      'X-Forwarded-For': this.network,
      ...(cookie !== '' && { Cookie: cookie }),
    };
  }

  /** The secrets of its device cookies, the one used last first. */
  get secrets(): string[] {
    const [newest, others] = ['mira_device', 'mira_devices'].map((name) => this.cookies.get(name));
    return newest === undefined ? [] : [newest, ...(others?.split('.') ?? [])];
  }

  get(path: string): Promise<Response> {
    return this.send(this.http.get(path));
  }

  post(path: string, body: object = {}, headers: Record<string, string> = {}): Promise<Response> {
    return this.send(this.http.post(path).set(headers).send(body));
  }

  delete(path: string, headers: Record<string, string> = {}): Promise<Response> {
    return this.send(this.http.delete(path).set(headers));
  }

  /** Asks for a mail; returns the link's id, token and code. */
  async ask(email: string): Promise<{ id: string; token: string; code: string }> {
    const link = await this.service.requestLink(email, { headers: this.headers });
    const mail = this.service.mailbox.list().find(({ text }) => text.includes(link.token));
    return { ...link, code: mailedCodeIn(mail?.text ?? '') };
  }

  openLink(token: string, wishes: { remember?: boolean } = {}): Promise<Response> {
    return this.post('/auth/magic-link/verify', {
      token,
      transport: 'cookie',
      remember_device: wishes.remember ?? false,
    });
  }

  typeCode(id: string, code: string): Promise<Response> {
    return this.post('/auth/magic-link/verify-code', {
      magic_link_id: id,
      code,
      transport: 'cookie',
    });
  }

  /** Asks for a link and opens it. Fails unless that signs in. */
  async signIn(
    email: string,
    wishes: { remember?: boolean } = {},
  ): Promise<{ userId: string; sessionId: string }> {
    const { token } = await this.ask(email);
    const response = await this.openLink(token, wishes);
    if (response.status !== 200) throw new Error(`not signed in: ${response.text}`);
    const body = response.body as { user_id: string; session_id: string };
    return { userId: body.user_id, sessionId: body.session_id };
  }

  /** The status of the current session: 200 where it works. */
  async sessionStatus(): Promise<number> {
    return (await this.get('/auth/session')).status;
  }

  private get http(): Agent {
    return this.service.http;
  }

  private async send(request: ReturnType<Agent['get']>): Promise<Response> {
    for (const [name, value] of Object.entries(this.headers)) void request.set(name, value);
    const response = await request;
    for (const cookie of (response.headers['set-cookie'] ?? []) as unknown as string[]) {
      const [, name = '', value = '', maxAge] =
        /^([^=]+)=([^;]*);.*Max-Age=(\d+)/.exec(cookie) ?? [];
      if (maxAge === '0') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return response;
  }
}
