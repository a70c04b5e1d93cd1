/** A socket over a Duplex of Node, so that an actor owns it and reads it by messages or `recv`. The other way round is duplex.ts. */
import type { Duplex } from 'node:stream';
import { type InetName, inetFamily } from '../../native/contract/inet.js';
import { type AnySelf, BadArg } from '../../runtime/index.js';
import { checkLivingCaller, type InetOptionList } from '../socket/index.js';
import type { Below } from './below.js';
import { createDuplexTcp } from './duplexTcp.js';
import type { TcpOptions } from './options.js';
import type { TcpSocket } from './socket.js';

const tcp = createDuplexTcp();

/**
 * Makes a TcpSocket of a Duplex, which belongs to the socket from then on: nobody else may read, write or destroy it. The socket has all of TCP's surface: an owner,
 * `active`, packet modes, `send`, `recv`, `controllingProcess`. Its messages are those of TCP. A passive socket leaves the Duplex unread. Options of the kernel
 * (`nodelay`, `recbuf`, …) give 'einval', and names are those of the Duplex, if it has addresses.
 *
 * @param options as of `tcp.connect`; `active` is true, and `flushTimeout` 5000, unless given
 * @throws BadArg unless it is a Duplex of bytes, or naming an option; the Duplex is untouched then
 * @example
 * const child = childProcess.spawn('sort');
 * const socket = fromDuplex(self, Duplex.from({ readable: child.stdout, writable: child.stdin }), { packet: 'line' });
 */
export function fromDuplex(self: AnySelf, duplex: Duplex, options: TcpOptions | InetOptionList<TcpOptions> = {}): TcpSocket {
  checkLivingCaller(self);
  checkDuplex(duplex);
  tcp.checkOptions(options);
  return tcp.adopt(self, duplex, namesOf(duplex), options);
}

function checkDuplex(duplex: Duplex): void {
  const { pipe, write, pause, resume, destroy, on } = typeof duplex === 'object' && duplex !== null ? duplex : ({} as Duplex);
  if (![pipe, write, pause, resume, destroy, on].every((method) => typeof method === 'function')) {
    throw new BadArg('duplex', 'must be a Duplex of node:stream');
  }
  if (duplex.readableObjectMode || duplex.writableObjectMode)
    throw new BadArg('duplex', 'must be a stream of bytes, not of objects');
}

interface Addressed {
  readonly localAddress?: unknown;
  readonly localPort?: unknown;
  readonly remoteAddress?: unknown;
  readonly remotePort?: unknown;
}

/** The addresses that a Duplex shows, as a net.Socket does. */
function namesOf(duplex: Duplex & Addressed): Below | undefined {
  const local = nameOf(duplex.localAddress, duplex.localPort);
  const remote = nameOf(duplex.remoteAddress, duplex.remotePort);
  return local === undefined || remote === undefined ? undefined : { sockname: () => local, peername: () => remote };
}

function nameOf(address: unknown, port: unknown): InetName | undefined {
  if (typeof address !== 'string' || typeof port !== 'number') return undefined;
  return { family: address.includes(':') ? inetFamily.ipv6 : inetFamily.ipv4, address, port };
}
