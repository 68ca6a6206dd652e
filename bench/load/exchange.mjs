import { Client } from 'undici';

/** A prepared request, as undici takes it. @typedef {import('./requests.mjs').HttpRequest} HttpRequest */

/**
 * One kept connection. It opens itself when it is first used.
 *
 * @param {string} url of a server
 */
export function openConnection(url) {
  const client = new Client(url, { pipelining: 1 });
  return {
    exchange: (/** @type {HttpRequest} */ request) => exchange(client, request),
    close: () => client.destroy(),
  };
}

/**
 * Sends a request and reads its answer to the end.
 *
 * @param {import('undici').Dispatcher} dispatcher
 * @param {HttpRequest} request
 * @returns {Promise<number>} the answer's status; 0 where there was none.
 */
export function exchange(dispatcher, request) {
  return new Promise((resolve) => {
    let status = 0;
    dispatcher.dispatch(request, {
      onRequestStart: () => undefined,
      onResponseStart: (_, statusCode) => {
        status = statusCode;
      },
      onResponseData: () => undefined,
      onResponseEnd: () => resolve(status),
      onResponseError: () => resolve(0),
    });
  });
}
