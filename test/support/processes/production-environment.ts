import { randomBytes } from 'node:crypto';

/** What a service in production needs of its environment; it listens on any free port. */
export function productionEnvironment(databaseUrl: string): Record<string, string> {
  return {
    AUTH_MASTER_KEY: randomBytes(32).toString('hex'),
    AUTH_DATABASE_URL: databaseUrl,
    // Nobody listens there: mails stay in the outbox.
    AUTH_SMTP_URL: 'smtp://127.0.0.1:1',
    AUTH_MAIL_FROM: 'no-reply@example.com',
    AUTH_PUBLIC_URL: 'http://localhost:3000',
    AUTH_HTTP_HOST: '127.0.0.1',
    PORT: '0',
  };
}
