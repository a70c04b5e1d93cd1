/** What is below a Duplex, where something is known of it: its addresses, and options that the stream itself does not have. By the numbers of the contract. */
import type { InetName } from '../../native/contract/inet.js';

interface Layer {
  setOption(option: number, values: readonly number[]): number;
  getOption(option: number): number[] | number;
  setRawOption(level: number, option: number, value: Uint8Array): number;
  getRawOption(level: number, option: number, bytes: number): Uint8Array | number;
  sockname(): InetName | number;
  peername(): InetName | number;
  /** Drops what is queued, and ends the connection by a reset. */
  reset(): void;
}

export type Below = Partial<Layer>;

/** Where a socket has this for the layer above it. */
export const belowOf: unique symbol = Symbol('what is below a Duplex');
