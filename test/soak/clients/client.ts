import type { AgentKind } from '../world/agents';
import type { Answer } from './connection';

/** A session as its client knows it. */
export interface ClientSession {
  readonly id: string;
  /** The minute in which it ends by itself. */
  readonly expires: number;
}

/** What a sign-in sends beside its token or code. */
export interface SignInChoice {
  readonly remember: boolean;
}

/** What thieves take from a client: headers of its requests. */
export interface Loot {
  readonly session: Readonly<Record<string, string>>;
  /** With what proves the device. */
  readonly everything: Readonly<Record<string, string>>;
}

/** One request of a client; the rest of its headers it adds by itself. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: object;
  /** The address that it comes from. */
  readonly address: string;
  /** The user agent, where it is not the client's own. */
  readonly userAgent?: string;
  /** The request is of a page that shows somebody, and says whom. */
  readonly showsSession?: boolean;
}

/** A browser or an app: what keeps a session, and proves its device. */
export interface Client {
  readonly agent: AgentKind;
  /** Opens a page, where it has pages. */
  visit(path: string, address: string): Promise<void>;
  call(call: Call): Promise<Answer>;
  /** What a sign-in's body holds beside its token or code. */
  signInBody(choice: SignInChoice): object;
  /** Keeps the session that a sign-in has opened. */
  keep(answer: Answer): ClientSession;
  /** Has been told that its session is no good, and asks its owner to sign in. */
  giveUp(): void;
  /** Does what it does by itself after signing out. */
  signedOut(): void;
  /** The session that it would send, `undefined` where it has none or that has expired. */
  session(): ClientSession | undefined;
  loot(): Loot;
}
