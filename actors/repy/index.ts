/**
 * The network calls of a sandbox, after Seattle's document "Network API semantics" of Repy: `createRepy` gives an actor's code `openconn`, `waitforconn`, `stopcomm`,
 * `sendmess` and `recvmess`, within a budget of events and sockets. docs/repy.md has every sentence of the document with its test.
 */
import type { AnySelf } from '../../runtime/index.js';
import { tcp } from '../tcp/index.js';
import { udp } from '../udp/index.js';
import type { RepyOptions } from './arguments.js';
import { Repy } from './repy.js';

export { type IoData, type IoList, SocketError, type SocketErrorDetails } from '../socket/index.js';
export type { LocalEnd, OpenconnOptions, RepyOptions, SendmessOptions } from './arguments.js';
export type { CommHandle } from './handle.js';
export type { Network } from './network.js';
export type {
  OpenconnReason,
  RecvmessReason,
  RepySocketReason,
  SendmessReason,
  WaitforconnReason,
} from './reasons.js';
export type { ConnCallback, MessCallback } from './registration.js';
export type { Repy, RepyInfo } from './repy.js';
export type { RepySocket } from './socket.js';
export type { ListenRow, TcpConnRow } from './tables.js';

/**
 * Creates a sandbox for the network calls of an actor. Its callbacks run as actors of their own. When the actor ends, so do its connections, listeners and callbacks.
 *
 * @param options `events`: one for each callback that runs, and one for the socket selector; `sockets`: one for each connection
 * @throws BadArg naming the argument
 * @example
 * const repy = createRepy(mainActor(), { events: 10, sockets: 100 });
 * const handle = await repy.waitforconn('127.0.0.1', 0, async (_self, _ip, _port, socket) => {
 *   await socket.send(await socket.recv(1024));
 *   await socket.close();
 * });
 * const socket = await repy.openconn('127.0.0.1', handle.port);
 * await socket.send('hello');
 * console.log(String(await socket.recv(1024))); // hello
 * await socket.close();
 * repy.stopcomm(handle);
 */
export function createRepy(self: AnySelf, options: RepyOptions): Repy {
  return new Repy(self, options, { tcp, udp });
}
