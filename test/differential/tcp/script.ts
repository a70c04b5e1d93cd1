/** Scripts of gen_tcp: its calls beyond those of all sockets. */
import {
  type Argument,
  type CallOf,
  type Data,
  type Options,
  type Script as ScriptOf,
  type Step as StepOf,
  scripting,
} from '../harness/script.js';

export { type Data, differs, type Options, type Outcome } from '../harness/script.js';

export type TcpCall =
  | readonly ['listen', socket: string, port: Argument, options: Options]
  | readonly ['accept', listener: string, socket: string, timeoutMs?: Argument]
  | readonly ['connect', socket: string, address: Argument, port: Argument, options?: Options, timeoutMs?: Argument]
  | readonly ['send', socket: string, data: Data]
  /** [data] */
  | readonly ['recv', socket: string, length?: Argument, timeoutMs?: Argument]
  | readonly ['unrecv', socket: string, data: Data]
  | readonly ['shutdown', socket: string, how: Argument]
  /** [so many bytes out of messages of that socket, in whatever pieces they come] */
  | readonly ['receiveBytes', socket: string, bytes: number];

/** What the runner does: waits until the kernel has that state for the connection of a socket. */
type TcpStep = readonly ['awaitState', socket: string, state: keyof typeof tcpStates];

/** Linux include/net/tcp_states.h. */
export const tcpStates = { established: 1, finWait1: 4, finWait2: 5, timeWait: 6, closed: 7, closeWait: 8, lastAck: 9 } as const;

export type Call = CallOf<TcpCall> | TcpStep;
export type Script = ScriptOf<Call>;
export type Step = StepOf<Call>;

export const { at, script } = scripting<Call>();
