/** The parts that a UDP socket is made of, and who knows whom among them: all share the stack's socket; the receiving side reads the options, and has sends tried again. */

import type { InetFamily } from '../../native/contract/inet.js';
import type { Handle, UdpStack } from '../../native/contract/udp.js';
import {
  type AskedInet,
  type FlowControl,
  type InetKept,
  InetOptionsInForce,
  type InetPlan,
  SocketOptions,
} from '../socket/index.js';
import type { Destination, Destinations } from './destinations.js';
import type { UdpEnvironment } from './environment.js';
import { type UdpKept, udpTable } from './options.js';
import type { UdpReceived } from './received.js';
import { ReceivePath, UdpSource } from './receivePath.js';
import { SendPath } from './sendPath.js';

/** The facts of a socket that are known when it is made, and do not change. */
export interface SocketSetup {
  readonly handle: Handle;
  readonly family: InetFamily;
  readonly kept: InetKept<UdpKept>;
}

export type Environment<Socket extends object> = UdpEnvironment<ReceivePath<Socket>>;

/** The only one who is heard and sent to, once a socket is connected. */
export interface Peer {
  readonly to: Destination;
  readonly port: number;
}

/** The parts that need no flow control; the flow control needs them. */
export interface StackSide {
  readonly inForce: InetOptionsInForce<UdpKept>;
  readonly source: UdpSource;
}

export interface Parts<Socket extends object> {
  readonly stack: UdpStack;
  readonly handle: Handle;
  readonly family: InetFamily;
  readonly flow: FlowControl<UdpReceived>;
  readonly options: SocketOptions<InetPlan<UdpKept>, AskedInet>;
  readonly sends: SendPath;
  readonly receives: ReceivePath<Socket>;
  readonly destinations: Destinations;
  /** Undefined: the socket is not connected. */
  peer: Peer | undefined;
  /** The local port. It stays readable after close. */
  port: number;
}

export function stackSide<Socket extends object>(environment: Environment<Socket>, setup: SocketSetup): StackSide {
  const { stack, sockets } = environment;
  const { handle, family, kept } = setup;
  const inForce = new InetOptionsInForce({ stack, handle }, udpTable(family), kept);
  return { inForce, source: new UdpSource(stack, handle, inForce, sockets) };
}

export function partsOf<Socket extends object>(
  socket: Socket,
  environment: Environment<Socket>,
  { handle, family }: SocketSetup,
  { inForce }: StackSide,
  flow: FlowControl<UdpReceived>,
): Parts<Socket> {
  const { stack, sendBatch, reader, destinations } = environment;
  const sends = new SendPath(sendBatch, handle, flow);
  return {
    stack,
    handle,
    family,
    flow,
    options: new SocketOptions(inForce, flow),
    sends,
    receives: new ReceivePath({ socket, stack, flow, reader, options: inForce, sends }),
    destinations: destinations[family],
    peer: undefined,
    port: 0,
  };
}
