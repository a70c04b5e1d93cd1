/** Shared by the programs about UDP: a stack of the addon that the parent names in ADDON, in plain JavaScript, so that a child process can load it. */
import { loadAddon } from './stack.mjs';

// A child process reads no TypeScript: contract.test.ts compares these numbers with native/contract.
export const udpRecord = { words: 24, socket: 0, kind: 1, address: 4, port: 9, offset: 10, length: 11 };
export const udpSend = { words: 12, family: 0, address: 1, port: 6 };
export const ipv4 = 4;
export const unlimited = 0xffffffff;
const loopback = 0x7f000001;

/**
 * @typedef {{ socket: number, kind: number, address: number, port: number, bytes: Uint8Array }} Datagram
 * @param {(item: Datagram) => void} onItem
 */
export function createUdp(onItem) {
  const stack = loadAddon().kernelUdp((count) => {
    for (let index = 0; index < count; index++) {
      const word = (/** @type {number} */ offset) => /** @type {number} */ (stack.meta[index * udpRecord.words + offset]);
      const bytes = stack.slab.slice(word(udpRecord.offset), word(udpRecord.offset) + word(udpRecord.length));
      onItem({
        socket: word(udpRecord.socket),
        kind: word(udpRecord.kind),
        address: word(udpRecord.address),
        port: word(udpRecord.port),
        bytes,
      });
    }
  });
  return stack;
}

/**
 * A socket on loopback whose credit has no limit, or one that is made of a descriptor.
 *
 * @param {import('../../../native/contract/udp.js').UdpStack} stack
 * @param {number} [fd]
 */
export function open(stack, fd) {
  const socket = stack.open(fd === undefined ? { family: ipv4 } : { family: ipv4, fd });
  if (socket < 0) throw new Error(`open: ${socket}`);
  if (fd === undefined && stack.bind(socket, '127.0.0.1', 0) !== 0) throw new Error('bind');
  stack.setCredit(socket, unlimited, unlimited);
  return socket;
}

/**
 * @param {import('../../../native/contract/udp.js').UdpStack} stack
 * @param {number} socket
 */
export function portOf(stack, socket) {
  const name = stack.sockname(socket);
  if (typeof name === 'number') throw new Error(`sockname: ${name}`);
  return name.port;
}

/**
 * Sends the same datagrams to a port of loopback: how many were taken.
 *
 * @param {import('../../../native/contract/udp.js').UdpStack} stack
 * @param {number} socket
 * @param {number} port
 * @param {Uint8Array} bytes
 */
export function send(stack, socket, port, bytes, count = 1) {
  const words = new Uint32Array(count * udpSend.words);
  for (let index = 0; index < count; index++) words.set([ipv4, loopback, 0, 0, 0, 0, port], index * udpSend.words);
  return stack.sendMany(socket, words, Array(count).fill(bytes));
}
