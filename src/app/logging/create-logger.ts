import { createRedact } from '../../common/redaction';
import type { Mode, ServiceEnvironment } from '../env';
import { AppLogger } from './app-logger';
import { formatJsonLine, formatTextLine } from './log-format';

/** Of `src/app/development/mailbox.mailer.ts`: shows in the terminal what it keeps in the mailbox. */
const MAILBOX_CONTEXT = 'Mailbox';

/** The log of one mode: lines of JSON for machines in production, else lines for people. */
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

/** Every secret value of the environment, as it is written there and as it is used. */
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
