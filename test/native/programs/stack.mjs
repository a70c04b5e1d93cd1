/** Shared by the programs of these tests: a stack of the addon that the parent names in ADDON, in plain JavaScript, so that a child process can load it. */
import { createRequire } from 'node:module';

/** Word offsets and kinds: native/contract/sctp.ts. */
const recordWords = 24;
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
      const word = (/** @type {number} */ offset) => /** @type {number} */ (stack.meta[index * recordWords + offset]);
      const bytes = stack.slab.slice(word(10), word(10) + word(11));
      onItem({ socket: word(0), kind: word(1), assocId: word(2), state: word(13), bytes });
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
