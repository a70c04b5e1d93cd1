/**
 * The parts that an SCTP socket is made of, and who knows whom among them: all share the stack's socket; the receiving side reads the options, answers connects
 * and has sends and accepts tried again.
 */
import type { Handle } from '../../native/contract/sctp.js';
import type { Pid } from '../../runtime/index.js';
import { type AcceptOutcome, Accepts, type Family, type FlowControl, SocketOptions } from '../socket/index.js';
import { Connects } from './connects.js';
import type { SctpEnvironment } from './environment.js';
import type { AskedOption, OptionPlan } from './options.js';
import { type KeptOptions, OptionsInForce } from './optionsInForce.js';
import type { SctpReceived } from './received.js';
import { ReceivePath, SctpSource } from './receivePath.js';
import { SendPath } from './sendPath.js';
import { StackSocket } from './stackSocket.js';

/** The facts of a socket that are known when it is made, and do not change. */
export interface SocketSetup {
  readonly handle: Handle;
  readonly family: Family;
  readonly oneToOne: boolean;
  /** It was peeled off or accepted: it serves the one association that it was made for. */
  readonly beside: boolean;
  readonly port: number;
  readonly kept: KeptOptions;
}

export type Environment<Socket extends object> = SctpEnvironment<ReceivePath<Socket>>;

/** The parts that need no flow control; the flow control needs them. */
export interface StackSide {
  readonly at: StackSocket;
  readonly inForce: OptionsInForce;
  readonly source: SctpSource;
}

export interface Parts<Socket extends object> extends StackSide {
  readonly flow: FlowControl<SctpReceived>;
  readonly options: SocketOptions<OptionPlan, AskedOption>;
  readonly sends: SendPath;
  readonly connects: Connects;
  readonly accepts: Accepts<Socket>;
  readonly receives: ReceivePath<Socket>;
}

export function stackSide<Socket extends object>(environment: Environment<Socket>, setup: SocketSetup): StackSide {
  const at = new StackSocket(environment.stack, setup.handle, setup.oneToOne);
  const inForce = new OptionsInForce(at, setup.kept);
  return { at, inForce, source: new SctpSource(at, inForce, environment.sockets) };
}

/** @param accept takes the next association that has come to the socket */
export function partsOf<Socket extends object>(
  socket: Socket,
  environment: Environment<Socket>,
  family: Family,
  side: StackSide,
  flow: FlowControl<SctpReceived>,
  accept: (owner: Pid) => AcceptOutcome<Socket>,
): Parts<Socket> {
  const { at, inForce, source } = side;
  const sends = new SendPath(at, environment.sendBatch, inForce, flow);
  const connects = new Connects(at, family);
  const accepts = new Accepts<Socket>((self) => accept(self.pid));
  const receives = new ReceivePath({ socket, at, inForce, flow, reader: environment.reader, sends, connects, accepts });
  return { at, inForce, source, flow, options: new SocketOptions(inForce, flow), sends, connects, accepts, receives };
}
