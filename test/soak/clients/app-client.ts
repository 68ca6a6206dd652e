import type { Timeline } from '../time/timeline';
import type { AgentKind } from '../world/agents';
import type { Call, Client, ClientSession, Loot, SignInChoice } from './client';
import type { Answer, Connection } from './connection';
import { expiryOf } from './expiry';

/** An app: it keeps a bearer token, and a device secret that it has made itself. */
export class AppClient implements Client {
  private kept: ClientSession | undefined;
  private token: string | undefined;
  private readonly device: Readonly<Record<string, string>>;

  /** @param updates how many there have been by now. */
  constructor(
    readonly agent: AgentKind,
    secret: string,
    private readonly updates: () => number,
    private readonly connection: Connection,
    private readonly timeline: Timeline,
  ) {
    this.device = { 'X-Device-Fingerprint': `md1.${secret}` };
  }

  /** It has screens of its own. */
  visit(): Promise<void> {
    return Promise.resolve();
  }

  async call({ method, path, body, address, userAgent }: Call): Promise<Answer> {
    return this.connection.send({
      method,
      path,
      ...(body !== undefined && { body }),
      headers: {
        'User-Agent': userAgent ?? this.agent.userAgent(this.updates()),
        'X-Forwarded-For': address,
        ...this.device,
        ...this.authorization(),
      },
    });
  }

  signInBody({ remember }: SignInChoice): object {
    return { remember_device: remember, device_name: this.agent.family };
  }

  keep({ body }: Answer): ClientSession {
    this.token = body['session_token'] as string;
    this.kept = { id: body['session_id'] as string, expires: expiryOf(body) };
    return this.kept;
  }

  giveUp(): void {
    this.signedOut();
  }

  signedOut(): void {
    this.kept = undefined;
    this.token = undefined;
  }

  session(): ClientSession | undefined {
    return this.kept !== undefined && this.kept.expires > this.timeline.minute
      ? this.kept
      : undefined;
  }

  loot(): Loot {
    const session = this.authorization();
    return { session, everything: { ...session, ...this.device } };
  }

  private authorization(): Readonly<Record<string, string>> {
    return this.token === undefined ? {} : { Authorization: `Bearer ${this.token}` };
  }
}
