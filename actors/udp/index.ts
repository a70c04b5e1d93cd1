/** UDP sockets for actors: Erlang's gen_udp. `udp.open` gives a socket with one owner, whose messages are `UdpMessage`s; the rest are methods of the socket. */
import type { UdpMessage, UdpSocketMessage } from './messages.js';
import { createUdp } from './open.js';
import { openKernel } from './stacks.js';

export {
  type Active,
  type Getstat,
  type HandoffOptions,
  type HandoffReason,
  type InetAddress,
  type InetOptionList,
  type InetOptionNames,
  type InetOptionReason,
  type IoData,
  type IoList,
  type LocalName,
  type NameReason,
  type OptionReason,
  type RawOption,
  type RecvReason,
  type SockAddr,
  type SockAddrMap,
  SocketError,
  type SocketErrorDetails,
  type SockName,
  type WaitOptions,
} from '../socket/index.js';
export type { UdpSocketInfo } from './info.js';
export type {
  UdpAncMessage,
  UdpDataMessage,
  UdpErrorMessage,
  UdpMessage,
  UdpPassiveMessage,
  UdpSocketMessage,
} from './messages.js';
export type { UdpInterface, UdpMembership, UdpMulticastOptions, UdpSourceMembership } from './multicast.js';
export type { Udp } from './open.js';
export type { UdpOpenOptions, UdpOptions, UdpReadableOptions } from './options.js';
export type { UdpConnectReason, UdpErrorReason, UdpOpenReason, UdpRecvReason, UdpSendReason } from './reasons.js';
export type { UdpAnc, UdpData, UdpReceived } from './received.js';
export type { UdpSendAnc } from './sendAnc.js';
export { UdpSocket } from './socket.js';

declare module '../../runtime/message.js' {
  interface PortMessages {
    udp: UdpMessage | UdpSocketMessage;
  }
}

/** gen_udp over the kernel of this machine. */
export const udp = createUdp(openKernel);
