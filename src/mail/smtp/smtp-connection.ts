import { isLoopbackHostname } from '../../common/loopback';

export interface SmtpConnectionOptions {
  /** `smtp://user:password@host:port` or `smtps://…`, user, password and port being optional. */
  readonly smtpUrl: string;
  /** Lets mail travel unencrypted to a host that is not this machine. */
  readonly dangerouslyAllowPlaintext: boolean;
  /**
   * Certificates, in PEM, of the authorities that vouch for the server, in place of those that
   * Node.js trusts. For a mail server inside one's own network.
   */
  readonly certificateAuthority?: string;
}

/** What a connection to the mail server is made with, in the words of nodemailer. */
export interface SmtpConnection {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  readonly requireTLS: boolean;
  readonly auth?: { readonly user: string; readonly pass: string };
  readonly tls: { readonly rejectUnauthorized: boolean; readonly ca?: string };
}

/** RFC 8314, section 3.3: submission over TLS; RFC 6409, section 3.1: submission with STARTTLS. */
const DEFAULT_PORT = { 'smtps:': 465, 'smtp:': 587 } as const;

/**
 * Reads where and how mail is handed over. With `smtps:` the connection begins with TLS; with
 * `smtp:` STARTTLS is required, except to a loopback host or with `dangerouslyAllowPlaintext`.
 * Where TLS may be absent altogether it is used if offered, and its certificate is not verified:
 * whoever could forge one could as well suppress the offer.
 *
 * @throws TypeError naming `mail.smtpUrl`, never repeating it: it may hold a password.
 */
export function parseSmtpConnection(options: SmtpConnectionOptions): SmtpConnection {
  const url = URL.canParse(options.smtpUrl) ? new URL(options.smtpUrl) : undefined;
  const protocol = url?.protocol;
  if (url === undefined || (protocol !== 'smtp:' && protocol !== 'smtps:') || !isBare(url)) {
    throw new TypeError(
      'mail.smtpUrl must be smtp://user:password@host:port or smtps://…, without path and query',
    );
  }
  const hostname = url.hostname.toLowerCase();
  const secure = protocol === 'smtps:';
  const mayBePlain = !secure && (options.dangerouslyAllowPlaintext || isLoopbackHostname(hostname));
  const credentials = { user: decoded(url.username), pass: decoded(url.password) };
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? DEFAULT_PORT[protocol] : Number(url.port),
    secure,
    requireTLS: !secure && !mayBePlain,
    ...(credentials.user !== '' && { auth: credentials }),
    tls: {
      rejectUnauthorized: !mayBePlain,
      ...(options.certificateAuthority !== undefined && { ca: options.certificateAuthority }),
    },
  };
}

/** A query could set any option of the mail library, certificate checks included. */
function isBare(url: URL): boolean {
  return (
    url.hostname !== '' &&
    (url.pathname === '' || url.pathname === '/') &&
    url.search === '' &&
    url.hash === ''
  );
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new TypeError('mail.smtpUrl must have its user and password percent-encoded');
  }
}
