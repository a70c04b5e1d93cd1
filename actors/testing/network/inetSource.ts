/** What the simulated stacks of TCP and UDP have in common beside the batch: options that are read, and names. */
import { constants } from 'node:os';
import type { Handle } from '../../../native/contract/batch.js';
import { type InetName, inetFamily } from '../../../native/contract/inet.js';
import type { SimulatedOptions } from './options.js';
import { type Reader, SimulatedSource } from './source.js';

const { EBADF, ENOPROTOOPT } = constants.errno;

/** An address and port, or the path of a local socket with port 0. */
export interface Name {
  readonly address: string;
  readonly port: number;
}

export interface InetEnd extends Reader {
  readonly family: number;
  readonly options: SimulatedOptions;
  readonly local: Name | undefined;
}

/** The address of a socket that is not bound, by its family. */
const unbound: Readonly<Record<number, string>> = {
  [inetFamily.local]: '',
  [inetFamily.ipv4]: '0.0.0.0',
  [inetFamily.ipv6]: '::',
};

export class InetSource<Socket extends InetEnd> extends SimulatedSource<Socket> {
  getOption(handle: Handle, option: number): number[] | number {
    return this.sockets.get(handle)?.options.read(option) ?? -EBADF;
  }

  /** There is no system below whose options could be set. */
  setRawOption(): number {
    return -ENOPROTOOPT;
  }

  getRawOption(): number {
    return -ENOPROTOOPT;
  }

  sockname(handle: Handle): InetName | number {
    const end = this.sockets.get(handle);
    return end === undefined ? -EBADF : nameOf(end, end.local ?? { address: unbound[end.family]!, port: 0 });
  }
}

export function nameOf({ family }: InetEnd, { address, port }: Name): InetName {
  return { family: family as InetName['family'], address, port };
}
