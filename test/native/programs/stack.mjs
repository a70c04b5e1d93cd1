/** Shared by the programs of these tests: a stack of the addon that the parent names in ADDON, in plain JavaScript, so that a child process can load it. */
import { createRequire } from 'node:module';

// A child process reads no TypeScript: contract.test.ts compares these numbers with native/contract.
export const record = { words: 24, socket: 0, kind: 1, assocId: 2, offset: 10, length: 11, state: 13 };
export const unlimited = 0xffffffff;
export const data = 0;
export const assocChange = 1;
export const connectResult = 8;
export const writable = 9;

/** @returns {import('../../../native/addon.js').Addon} */
export function loadAddon() {
  return createRequire(import.meta.url)(/** @type {string} */ (process.env.ADDON));
}

/**
 * @typedef {{ socket: number, kind: number, assocId: number, state: number, bytes: Uint8Array }} Item
 * @param {(item: Item) => void} onItem
 * @param {'embeddedSctp' | 'kernelSctp'} which
 */
export function createStack(onItem, which = process.env.STACK === 'kernel' ? 'kernelSctp' : 'embeddedSctp') {
  const stack = loadAddon()[which]((count) => {
    for (let index = 0; index < count; index++) {
      const word = (/** @type {number} */ offset) => /** @type {number} */ (stack.meta[index * record.words + offset]);
      const bytes = stack.slab.slice(word(record.offset), word(record.offset) + word(record.length));
      onItem({
        socket: word(record.socket),
        kind: word(record.kind),
        assocId: word(record.assocId),
        state: word(record.state),
        bytes,
      });
    }
  });
  return stack;
}

/** @param {import('../../../native/contract/sctp.js').SctpStack} stack */
export function open(stack, port = 0) {
  const socket = stack.open({
    port,
    addresses: ['127.0.0.1'],
    family: 4,
    oneToOne: false,
    ipv6Only: false,
    encapsPort: 0,
    remoteEncapsPort: 0,
    recbuf: 0,
  });
  if (socket < 0) throw new Error(`open: ${socket}`);
  stack.setCredit(socket, unlimited, unlimited);
  return socket;
}

/**
 * @param {import('../../../native/contract/sctp.js').SctpStack} stack
 * @param {number} socket
 */
export function portOf(stack, socket) {
  const name = stack.sockname(socket);
  if (typeof name === 'number') throw new Error(`sockname: ${name}`);
  return name.port;
}

/**
 * Sends until the socket takes no more.
 *
 * @param {import('../../../native/contract/sctp.js').SctpStack} stack
 * @param {number} socket
 * @param {number} assoc
 */
export function fill(stack, socket, assoc) {
  const message = new Uint8Array(500);
  let sent = 0;
  while (stack.send(socket, assoc, 0, 0, 0, 0, 0, false, message) === 0) sent++;
  return sent;
}
