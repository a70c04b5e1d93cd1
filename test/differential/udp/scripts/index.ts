/** All scripts, by subject. */
import type { Script } from '../script.js';
import { connected, errors, multicast, options } from './connected.js';
import { buffers, messages, opening, receiving, sending } from './datagrams.js';

export const subjects: Readonly<Record<string, readonly Script[]>> = {
  open: opening,
  send: sending,
  recv: receiving,
  messages,
  'buffers and names': buffers,
  connect: connected,
  'errors of the network': errors,
  multicast,
  options,
};
