/** The messages that a UDP socket sends its owner: tuples in Erlang's shape, tag first. A `switch` on `message[0]` narrows. */
import type { InetAddress, SocketMessage } from '../socket/index.js';
import type { UdpErrorReason } from './reasons.js';
import type { UdpAnc, UdpData } from './received.js';
import type { UdpSocket } from './socket.js';

/** A datagram, in an active mode (UM-1). */
export type UdpDataMessage = readonly [tag: 'udp', socket: UdpSocket, ip: InetAddress, port: number, data: UdpData];

/** A datagram of which something is told, in an active mode (UM-1, UM-2). `message.length` tells both shapes apart. */
export type UdpAncMessage = readonly [tag: 'udp', socket: UdpSocket, ip: InetAddress, port: number, anc: UdpAnc, data: UdpData];

/** The network has said of an earlier datagram that it did not arrive; only connected sockets hear of that. It is not counted, and nothing has changed (UE-2). */
export type UdpErrorMessage = readonly [tag: 'udp_error', socket: UdpSocket, reason: UdpErrorReason];

/** The socket has turned passive because its count ran out (FC-20). */
export type UdpPassiveMessage = readonly [tag: 'udp_passive', socket: UdpSocket];

/** Everything that a UDP socket sends its owner. It never says that it is closed (UM-3). */
export type UdpMessage = UdpDataMessage | UdpAncMessage | UdpErrorMessage | UdpPassiveMessage;

/** A new owner is told this first if the giver says so: the socket is the new owner's now. */
export type UdpSocketMessage = SocketMessage<UdpSocket>;
