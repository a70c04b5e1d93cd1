/**
 * TCP sockets for actors: Erlang's gen_tcp. `tcp.listen` and `tcp.connect` give a socket with one owner, whose messages are `TcpMessage`s; the rest are methods of the
 * socket.
 */
import type { TcpMessage, TcpSocketMessage } from './messages.js';
import { createTcp } from './open.js';
import { openKernel } from './stacks.js';

export {
  type AcceptReason,
  type Active,
  type Getstat,
  type HandoffOptions,
  type HandoffReason,
  type InetOptionList,
  type InetOptionNames,
  type IoData,
  type IoList,
  type LocalName,
  type OptionReason,
  type RawOption,
  SocketError,
  type SocketErrorDetails,
  type SockName,
  type WaitOptions,
} from '../socket/index.js';
export { type DuplexOptions, toDuplex } from './duplex.js';
export { fromDuplex } from './fromDuplex.js';
export type { TcpSocketInfo, TcpState } from './info.js';
export type {
  TcpClosedMessage,
  TcpDataMessage,
  TcpErrorMessage,
  TcpMessage,
  TcpPassiveMessage,
  TcpSocketMessage,
} from './messages.js';
export type { TcpArrival } from './newcomers.js';
export type { TcpReadiness } from './nowSocket.js';
export type { Tcp } from './open.js';
export type {
  PacketMode,
  TcpConnectOptions,
  TcpListenOptions,
  TcpOptions,
  TcpReadableOptions,
} from './options.js';
export type {
  ConnectReason,
  EndReason,
  SendReason,
  ShutdownReason,
  TcpListenReason,
  TcpNameReason,
  TcpOptionReason,
  TcpReadyReason,
  TcpRecvReason,
  UnrecvReason,
} from './reasons.js';
export type { TcpData } from './received.js';
export { type ShutdownHow, TcpSocket } from './socket.js';

declare module '../../runtime/message.js' {
  interface PortMessages {
    tcp: TcpMessage | TcpSocketMessage;
  }
}

/** gen_tcp over the kernel of this machine. */
export const tcp = createTcp(openKernel);
