/** Sockets over Duplexes of Node: the environment of a `DuplexStack`. */
import type { Duplex } from 'node:stream';
import type { AnySelf } from '../../runtime/index.js';
import { type InetOptionList, planInet } from '../socket/index.js';
import type { Below } from './below.js';
import { DuplexStack } from './duplexStack.js';
import { createTcp, type TcpVariant } from './open.js';
import { type TcpOptions, tcpTable } from './options.js';
import { TcpSocket } from './socket.js';

export interface DuplexTcp<Socket extends TcpSocket> {
  /** @throws BadArg as `adopt`, and nothing has happened */
  checkOptions(options: TcpOptions | InetOptionList<TcpOptions>): void;
  /** A socket over a Duplex that is connected. The Duplex is the socket's from here on, whatever happens. @throws BadArg, SocketError; the Duplex is destroyed then */
  adopt(self: AnySelf, duplex: Duplex, below: Below | undefined, options: TcpOptions | InetOptionList<TcpOptions>): Socket;
  /** The sockets that are open. */
  openSockets(): Socket[];
}

export function createDuplexTcp(): DuplexTcp<TcpSocket>;
export function createDuplexTcp<Socket extends TcpSocket>(variant: TcpVariant<Socket>): DuplexTcp<Socket>;
export function createDuplexTcp(variant: TcpVariant<TcpSocket> = { tags: 'tcp', Socket: TcpSocket }): DuplexTcp<TcpSocket> {
  let take: (records: number) => void = () => undefined;
  const stack = new DuplexStack((records) => take(records));
  const tcp = createTcp((onBatch) => {
    take = onBatch;
    return stack;
  }, variant);
  return {
    checkOptions: (options) => void planInet(tcpTable, options),
    adopt: (self, duplex, below, options) => tcp.adopt(self, stack.adopt(duplex, below), options),
    openSockets: () => tcp.openSockets(),
  };
}
