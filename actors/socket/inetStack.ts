/** What stacks of TCP and of UDP have in common beside the batch: sockets that are opened, given options, bound, and asked for their names. */
import type { Handle } from '../../native/contract/batch.js';
import type { InetName, InetOpenParams } from '../../native/contract/inet.js';

/** A part of `TcpStack` and of `UdpStack`, which document it. */
export interface InetStack {
  readonly name: string;
  open(params: InetOpenParams): Handle | number;
  bind(socket: Handle, address: string, port: number): number;
  setOption(socket: Handle, option: number, values: readonly number[]): number;
  getOption(socket: Handle, option: number): number[] | number;
  setRawOption(socket: Handle, level: number, option: number, value: Uint8Array): number;
  getRawOption(socket: Handle, level: number, option: number, bytes: number): Uint8Array | number;
  sockname(socket: Handle): InetName | number;
  peername(socket: Handle): InetName | number;
}

/** A socket as its stack knows it. */
export interface InetHandle<Stack extends InetStack = InetStack> {
  readonly stack: Stack;
  readonly handle: Handle;
}
