import type { Agent, Response } from 'supertest';

import type { MailboxMailer } from '../../../src/app/development/mailbox.mailer';
import { type Client, cookiesAfter, headersOf } from '../http/client';
import { decodePart } from '../tokens/forged-token';
import { waitFor } from '../wait-for';

/** What a request for a link may say beside the address. */
export interface LinkWishes {
  readonly redirectTo?: string;
}

/** What a verification may say beside the token. */
export interface SignInWishes {
  readonly deviceName?: string;
  readonly rememberDevice?: boolean;
  readonly transport?: 'bearer' | 'cookie';
}

export interface RequestedLink {
  readonly id: string;
  readonly token: string;
}

/** A session as its client holds it. */
export interface SignedIn {
  readonly userId: string;
  readonly sessionId: string;
  /** Headers of the client's next requests, the session's among them. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Signing in over HTTP, step by step or at once. */
export interface SignInFlow {
  /** Asks for a link and returns its token, as mailed. Fails unless the request succeeds. */
  requestLink(email: string, client?: Client & LinkWishes): Promise<RequestedLink>;
  /** Presents a token. */
  verify(token: string, client?: Client & SignInWishes): Promise<Response>;
  /** Asks for a link and opens it, from one client. Fails unless both succeed. */
  signIn(email: string, client?: Client & SignInWishes): Promise<SignedIn>;
}

export function signInFlow(http: Agent, mailbox: MailboxMailer): SignInFlow {
  const requestLink: SignInFlow['requestLink'] = async (email, { redirectTo, ...client } = {}) => {
    const response = await http
      .post('/auth/magic-link/request')
      .set(headersOf(client))
      .send({ email, ...(redirectTo !== undefined && { redirect_to: redirectTo }) });
    const { magic_link_id: id } = succeeded(response).body as { magic_link_id: string };
    const token = await waitFor(`the mail of link ${id}`, () =>
      mailbox
        .list()
        .map(({ text }) => mailedTokenIn(text))
        .find((mailed) => mailed !== undefined && decodePart(mailed, 1)['jti'] === id),
    );
    return { id, token };
  };

  const verify: SignInFlow['verify'] = async (token, client = {}) =>
    http
      .post('/auth/magic-link/verify')
      .set(headersOf(client))
      .send({
        token,
        ...(client.deviceName !== undefined && { device_name: client.deviceName }),
        ...(client.rememberDevice !== undefined && { remember_device: client.rememberDevice }),
        ...(client.transport !== undefined && { transport: client.transport }),
      });

  const signIn: SignInFlow['signIn'] = async (email, client = {}) => {
    const { token } = await requestLink(email, client);
    return sessionOf(succeeded(await verify(token, client)), client);
  };

  return { requestLink, verify, signIn };
}

/** The session that a successful verification has opened. */
export function sessionOf(response: Response, client: Client = {}): SignedIn {
  const body = response.body as { user_id: string; session_id: string; session_token?: string };
  const sent = headersOf(client);
  const cookies = cookiesAfter(sent['Cookie'], response);
  return {
    userId: body.user_id,
    sessionId: body.session_id,
    headers: {
      ...sent,
      ...(cookies !== '' && { Cookie: cookies }),
      ...(body.session_token !== undefined && { Authorization: `Bearer ${body.session_token}` }),
    },
  };
}

/** The token of the link in a mail's text, if there is one. */
export function mailedTokenIn(text: string): string | undefined {
  return /#token=([\w-]+\.[\w-]+\.[\w-]{43})/.exec(text)?.[1];
}

function succeeded(response: Response): Response {
  if (response.status !== 200) {
    throw new Error(`expected success, got ${response.status.toString()}: ${response.text}`);
  }

  return response;
}

/** The code of a mail's text, which stands there alone on a line. */
export function mailedCodeIn(text: string): string {
  const code = text.split('\n').find((line) => /^[0-9]{6}$/.test(line));
  if (code === undefined) throw new Error('the mail has no code');
  return code;
}
