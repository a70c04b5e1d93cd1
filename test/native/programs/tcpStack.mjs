/** Shared by the programs of the tests of TCP: a stack of the addon that the parent names in ADDON, in plain JavaScript. */
import { loadAddon } from './stack.mjs';

// A child process reads no TypeScript: tcpLifetime.test.ts compares these numbers with native/contract.
export const record = { words: 24, socket: 0, kind: 1, offset: 10, length: 11, where: 12, error: 14 };
export const kind = { data: 0, writable: 9, acceptable: 13, connected: 20, end: 21, flushed: 22 };
export const option = { packet: 110, packetSize: 111, flushTimeout: 116 };
export const unlimited = 0xffffffff;

const pageBytes = 64 * 1024;
/** Pages of the present batch that the program has kept, by their numbers. @type {Map<number, Uint8Array>} */
const kept = new Map();

/**
 * @typedef {{ socket: number, kind: number, error: number, bytes: Uint8Array }} Item
 * @param {(item: Item) => void} onItem
 */
export function createStack(onItem) {
  const stack = loadAddon().kernelTcp((count) => {
    kept.clear();
    for (let index = 0; index < count; index++) {
      const word = (/** @type {number} */ offset) => /** @type {number} */ (stack.meta[index * record.words + offset]);
      const offset = word(record.offset);
      const isLarge = word(record.where) === 1;
      const isData = word(record.kind) === kind.data;
      const bytes = isLarge && isData ? stack.large[offset] : inPages(stack, offset, isData ? word(record.length) : 0);
      onItem({
        socket: word(record.socket),
        kind: word(record.kind),
        error: word(record.error),
        bytes: bytes ?? new Uint8Array(),
      });
    }
  });
  return stack;
}

/**
 * A payload of this batch where it lies, in a page that the program keeps if it may.
 *
 * @param {import('../../../native/contract/tcp.js').TcpStack} stack
 * @param {number} offset
 * @param {number} length
 */
function inPages(stack, offset, length) {
  const index = Math.floor(offset / pageBytes);
  let page = kept.get(index);
  if (page === undefined) {
    page = stack.pages?.[index];
    if (page !== undefined && stack.keepPage?.(index)) kept.set(index, page);
  }
  return page?.subarray(offset % pageBytes, (offset % pageBytes) + length);
}

/** @param {import('../../../native/contract/tcp.js').TcpStack} stack */
export function listener(stack, fd = -1) {
  const socket = stack.open(fd < 0 ? { family: 4 } : { family: 4, fd });
  if (socket < 0) throw new Error(`open: ${socket}`);
  stack.setOption(socket, option.packet, [4]);
  if (fd < 0 && (stack.bind(socket, '127.0.0.1', 0) < 0 || stack.listen(socket, 64) < 0)) throw new Error('listen');
  return socket;
}

/**
 * @param {import('../../../native/contract/tcp.js').TcpStack} stack
 * @param {number} port
 */
export function client(stack, port) {
  const socket = stack.open({ family: 4 });
  stack.setOption(socket, option.packet, [4]);
  const status = stack.connect(socket, '127.0.0.1', port);
  if (status < 0) throw new Error(`connect: ${status}`);
  stack.setCredit(socket, unlimited, unlimited);
  return socket;
}

/**
 * Everybody who waits at the listener, with unlimited credit.
 *
 * @param {import('../../../native/contract/tcp.js').TcpStack} stack
 * @param {number} socket
 */
export function acceptAll(stack, socket) {
  const accepted = [];
  for (let each = stack.accept(socket); each > 0; each = stack.accept(socket)) {
    stack.setCredit(each, unlimited, unlimited);
    accepted.push(each);
  }
  return accepted;
}

/** @param {import('../../../native/contract/tcp.js').TcpStack} stack @param {number} socket */
export function portOf(stack, socket) {
  const name = stack.sockname(socket);
  if (typeof name === 'number') throw new Error(`sockname: ${name}`);
  return name.port;
}

/**
 * Sends until the socket takes no more.
 *
 * @param {import('../../../native/contract/tcp.js').TcpStack} stack
 * @param {number} socket
 */
export function fill(stack, socket) {
  const message = new Uint8Array(5000);
  let sent = 0;
  while (stack.send(socket, message) === 0) sent++;
  return sent;
}
