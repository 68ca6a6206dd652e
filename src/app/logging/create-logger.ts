import { createRedact } from '../../common/redaction';
import type { Mode, ServiceEnvironment } from '../env';
import { AppLogger } from './app-logger';
import { formatJsonLine, formatTextLine } from './log-format';

/** The logger of `src/app/development/mailbox.mailer.ts`, which shows mailed links. */
const MAILBOX_CONTEXT = 'Mailbox';

/** Makes the log: lines of JSON in production, lines for people in development. */
export function createLogger(mode: Mode, auth: ServiceEnvironment['auth']): AppLogger {
  const redact = createRedact(secretsOf(auth));
  return mode === 'production'
    ? new AppLogger({ format: formatJsonLine, redact })
    : new AppLogger({
        format: formatTextLine,
        redact,
        dangerouslyUnredactedContext: MAILBOX_CONTEXT,
      });
}

/** Every secret of the environment. Passwords in URLs both as they stand there and decoded. */
function secretsOf({ masterKey, acceptedMasterKeys, database, mail }: ServiceEnvironment['auth']) {
  const urls = [database.url, ...(mail === undefined ? [] : [mail.smtpUrl])];
  const passwords = urls.map((url) => new URL(url).password);
  return [
    masterKey,
    ...(acceptedMasterKeys ?? []),
    ...passwords,
    ...passwords.map((password) => decodeURIComponent(password)),
  ];
}
