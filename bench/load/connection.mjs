import { once } from 'node:events';
import { createConnection } from 'node:net';

const HEADERS_END = '\r\n\r\n';

/**
 * One kept connection, with one request under way at most.
 *
 * @typedef {object} Connection
 * @property {(request: string) => Promise<number>} exchange sends a request; the answer's status
 * @property {() => void} close
 */

/**
 * @param {number} port of 127.0.0.1
 * @param {() => void} onBroken called when the server closes it, or answers what is not understood
 * @returns {Promise<Connection>}
 */
export async function connect(port, onBroken) {
  const socket = createConnection({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  socket.setEncoding('latin1');
  let received = '';
  let closing = false;
  /** @type {((status: number) => void) | undefined} */
  let answered;

  /** @param {number} status 0 for none */
  const settle = (status) => {
    const resolve = answered;
    answered = undefined;
    received = '';
    resolve?.(status);
  };
  socket.on('data', (data) => {
    received += data;
    if (isComplete(received)) settle(Number(received.slice(9, 12)));
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    if (!closing) onBroken();
    settle(0);
  });
  return {
    exchange: (request) => {
      if (socket.destroyed) return Promise.resolve(0);
      return new Promise((resolve) => {
        answered = resolve;
        socket.write(request, 'latin1');
      });
    },
    close: () => {
      closing = true;
      socket.destroy();
    },
  };
}

/** Whether a whole answer is there. @param {string} text one character a byte */
function isComplete(text) {
  const end = text.indexOf(HEADERS_END);
  if (end < 0) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))?.[1];
  if (length !== undefined) return text.length >= end + HEADERS_END.length + Number(length);
  if (/\r\ntransfer-encoding: *chunked/i.test(text.slice(0, end)))
    return text.endsWith('0\r\n\r\n');

  return true;
}
