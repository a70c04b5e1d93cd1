/** Scripts of gen_udp: its calls beyond those of all sockets. */
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

export type UdpCall =
  | readonly ['open', socket: string, port: Argument, options?: Options]
  | readonly ['connect', socket: string, address: Argument, port: Argument]
  | readonly ['disconnect', socket: string]
  /** To the connected peer. */
  | readonly ['send', socket: string, data: Data]
  | readonly ['sendTo', socket: string, address: Argument, port: Argument, data: Data, anc?: Argument]
  /** [address, port, data, and ancillary data] */
  | readonly ['recv', socket: string, timeoutMs?: Argument];

export type Call = CallOf<UdpCall>;
export type Script = ScriptOf<Call>;
export type Step = StepOf<Call>;

export const { at, script } = scripting<Call>();
