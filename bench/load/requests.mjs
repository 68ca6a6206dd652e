import { writeFile } from 'node:fs/promises';

/** Sent by every client here: sessions are bound to it. */
export const USER_AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

/**
 * The client address of the n-th person, as a trusted proxy would tell it.
 *
 * @param {number} n from 0 to 16 million
 */
export function addressOf(n) {
  return `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;
}

/**
 * One whole HTTP request.
 *
 * @param {string} method
 * @param {string} path
 * @param {Record<string, string>} [headers] beside host and user agent
 * @param {object} [body] sent as JSON
 */
export function httpRequest(method, path, headers = {}, body) {
  const text = body === undefined ? '' : JSON.stringify(body);
  const all = {
    Host: 'localhost:3000',
    'User-Agent': USER_AGENT,
    Accept: 'application/json',
    ...headers,
    ...(body === undefined
      ? {}
      : { 'Content-Type': 'application/json', 'Content-Length': `${Buffer.byteLength(text)}` }),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${text}`;
}

/**
 * A GET with the session of the n-th person.
 *
 * @param {string} path
 * @param {string} token
 * @param {number} n
 */
export function bearer(path, token, n) {
  const headers = { Authorization: `Bearer ${token}`, 'X-Forwarded-For': addressOf(n) };
  return httpRequest('GET', path, headers);
}

/**
 * Writes requests as both load generators read them: a zero byte between two.
 *
 * @param {string} file
 * @param {readonly string[]} requests
 */
export async function writeRequests(file, requests) {
  await writeFile(file, requests.join('\0'));
}
