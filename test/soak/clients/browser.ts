import { TEST_PUBLIC_URL } from '../../support/test-service';
import type { Timeline } from '../time/timeline';
import type { AgentKind } from '../world/agents';
import type { Call, Client, ClientSession, Loot, SignInChoice } from './client';
import type { Answer, Connection } from './connection';
import { CookieJar } from './cookie-jar';
import { expiryOf } from './expiry';

const SESSION_COOKIE = 'mira_session';
const DEVICE_COOKIE = 'mira_device';

/** A browser that uses the hosted pages: it has cookies, and is told nothing else. */
export class Browser implements Client {
  private readonly jar = new CookieJar();
  private kept: ClientSession | undefined;

  /** @param updates how many there have been by now. */
  constructor(
    readonly agent: AgentKind,
    private readonly updates: () => number,
    private readonly connection: Connection,
    private readonly timeline: Timeline,
  ) {}

  async visit(path: string, address: string): Promise<void> {
    await this.call({ method: 'GET', path, address });
  }

  async call({ method, path, body, address, userAgent, showsSession }: Call): Promise<Answer> {
    const { minute } = this.timeline;
    const cookie = this.jar.header(minute);
    const shown = showsSession === true ? this.session() : undefined;
    const answer = await this.connection.send({
      method,
      path,
      ...(body !== undefined && { body }),
      headers: {
        'User-Agent': userAgent ?? this.agent.userAgent(this.updates()),
        'X-Forwarded-For': address,
        'Sec-Fetch-Site': 'same-origin',
        ...(method !== 'GET' && { Origin: TEST_PUBLIC_URL }),
        ...(cookie !== undefined && { Cookie: cookie }),
        ...(shown !== undefined && { 'X-Session-Id': shown.id }),
      },
    });
    this.jar.learn(answer.setCookies, minute);
    return answer;
  }

  signInBody({ remember }: SignInChoice): object {
    return { transport: 'cookie', remember_device: remember };
  }

  keep({ body }: Answer): ClientSession {
    this.kept = { id: body['session_id'] as string, expires: expiryOf(body) };
    return this.kept;
  }

  /** The cookie stays, and is sent with the next sign-in. */
  giveUp(): void {
    this.kept = undefined;
  }

  /** Nothing: the answer has to take the cookie away. */
  signedOut(): void {}

  session(): ClientSession | undefined {
    const { minute } = this.timeline;
    return this.jar.get(SESSION_COOKIE, minute) === undefined ? undefined : this.kept;
  }

  loot(): Loot {
    const { minute } = this.timeline;
    return {
      session: { Cookie: `${SESSION_COOKIE}=${this.jar.get(SESSION_COOKIE, minute) ?? ''}` },
      everything: { Cookie: this.jar.header(minute) ?? '' },
    };
  }

  /** Headers of a thief's own browser, with a session that is not its own. */
  static withOwnDevice(session: Loot['session'], secret: string): Loot['session'] {
    return { Cookie: `${session['Cookie'] ?? ''}; ${DEVICE_COOKIE}=${secret}` };
  }
}
