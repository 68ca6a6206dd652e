import { isLoopbackHostname } from '../../common/loopback';

export interface SmtpConnectionOptions {
  /** `smtp://user:password@host:port` or `smtps://…`. User, password and port are optional. */
  readonly smtpUrl: string;
  /** Lets mail travel unencrypted to a host that is not this machine. */
  readonly dangerouslyAllowPlaintext: boolean;
  /**
   * PEM certificates of the authorities to trust instead of those that Node.js trusts. For a mail
   * server in a private network.
   */
  readonly certificateAuthority?: string;
}

/** Nodemailer's options for a connection to the mail server. */
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
 * Reads how to connect to the mail server. With `smtps:` the connection begins with TLS. With
 * `smtp:` STARTTLS is required, except to a loopback host or with `dangerouslyAllowPlaintext`. In
 * these two cases TLS is used if offered, without verifying the certificate: an attacker who can
 * forge one could just as well suppress the offer.
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

/** A query could set any nodemailer option, certificate checks included. */
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
