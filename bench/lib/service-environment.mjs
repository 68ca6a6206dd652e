import { randomBytes } from 'node:crypto';

/**
 * What the built service needs of its environment in production.
 *
 * @param {string} databaseUrl
 * @param {number} port
 * @returns {Record<string, string>}
 */
export function serviceEnvironment(databaseUrl, port) {
  return {
    PATH: process.env['PATH'] ?? '',
    NODE_ENV: 'production',
    AUTH_MASTER_KEY: randomBytes(32).toString('hex'),
    AUTH_DATABASE_URL: databaseUrl,
    AUTH_PUBLIC_URL: 'http://localhost:3000',
    // Nobody listens there, and nothing is mailed.
    AUTH_SMTP_URL: 'smtp://127.0.0.1:1',
    AUTH_MAIL_FROM: 'no-reply@example.com',
    AUTH_HTTP_HOST: '127.0.0.1',
    PORT: `${port}`,
  };
}
