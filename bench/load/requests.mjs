import { writeFile } from 'node:fs/promises';

/** Sent by every client here: sessions are bound to it. */
export const USER_AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

/**
 * @typedef {object} HttpRequest
 * @property {string} path
 * @property {'GET' | 'POST' | 'DELETE'} method
 * @property {Record<string, string>} headers
 * @property {string} [body]
 */

/**
 * The client address of the n-th person, as a trusted proxy would tell it.
 *
 * @param {number} n from 0 to 16 million
 */
export function addressOf(n) {
  return `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;
}

/**
 * @param {HttpRequest['method']} method
 * @param {string} path
 * @param {Record<string, string>} [headers] beside host and user agent
 * @param {object} [body] sent as JSON
 * @returns {HttpRequest}
 */
export function httpRequest(method, path, headers = {}, body) {
  const all = {
    host: 'localhost:3000',
    'user-agent': USER_AGENT,
    accept: 'application/json',
    ...headers,
  };
  if (body === undefined) return { method, path, headers: all };
  const typed = { ...all, 'content-type': 'application/json' };
  return { method, path, headers: typed, body: JSON.stringify(body) };
}

/**
 * A request with the session of the n-th person.
 *
 * @param {string} path
 * @param {string} token
 * @param {number} n
 * @param {HttpRequest['method']} [method]
 */
export function bearer(path, token, n, method = 'GET') {
  const headers = { authorization: `Bearer ${token}`, 'x-forwarded-for': addressOf(n) };
  return httpRequest(method, path, headers);
}

/**
 * Writes requests as the load generator reads them.
 *
 * @param {string} file
 * @param {readonly HttpRequest[]} requests
 */
export async function writeRequests(file, requests) {
  await writeFile(file, JSON.stringify(requests));
}
