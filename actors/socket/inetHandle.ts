import type { Handle } from '../../native/contract/batch.js';
import type { InetStack } from '../../native/contract/inet.js';

/** A socket of TCP or UDP as its stack knows it. */
export interface InetHandle<Stack extends InetStack = InetStack> {
  readonly stack: Stack;
  readonly handle: Handle;
}
