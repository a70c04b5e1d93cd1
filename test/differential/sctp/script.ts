/** Scripts of gen_sctp: its calls beyond those of all sockets. */
import { type Argument, type CallOf, type Data, type Options, type Script as ScriptOf, scripting } from '../harness/script.js';

export { type Data, differs, type Names, type Options, type Outcome } from '../harness/script.js';

/**
 * An association: its id, or a change that has it. '#1' is the association that was first seen in a run, by its id at that end; { change: '#1' } the association
 * as an assoc change.
 */
export type Assoc = string | number | { readonly change: string | number };

export type SctpCall =
  /** ['ok'] */
  | readonly ['open', socket: string, options: Options]
  | readonly ['listen', socket: string, backlog: Argument]
  /** [the assoc change] */
  | readonly ['connect', socket: string, address: Argument, port: Argument, options?: Options, timeoutMs?: Argument]
  /** [the id, in Erlang 'ok'] */
  | readonly ['connectInit', socket: string, address: Argument, port: Argument, options?: Options, timeoutMs?: Argument]
  /** The same with an address that has its port. */
  | readonly ['connectTo', socket: string, sockAddr: Argument, options?: Options]
  /** [the id] */
  | readonly ['connectxInit', socket: string, addresses: Argument, port: Argument, options?: Options]
  | readonly ['connectxInitTo', socket: string, sockAddrs: Argument, options?: Options]
  | readonly ['send', socket: string, assoc: Assoc, stream: Argument, data: Data]
  | readonly ['sendInfo', socket: string, info: Argument, data: Data]
  /** [address, data or event, ancillary data] */
  | readonly ['recv', socket: string, timeoutMs?: Argument]
  | readonly ['eof', socket: string, assoc: Assoc]
  | readonly ['abort', socket: string, assoc: Assoc]
  | readonly ['peeloff', socket: string, assoc: Argument, peeled: string]
  /** [a list of addresses, sorted] */
  | readonly ['socknames', socket: string, assoc?: Argument]
  | readonly ['peernames', socket: string, assoc?: Argument]
  | readonly ['errorString', code: Argument];

/** What the runner does. */
type SctpStep =
  /** Waits until the other end has acknowledged everything. */
  | readonly ['awaitArrived', socket: string, assoc: string]
  /** Between two hosts: from now on a link loses everything, or no longer does. Any actor may be named. */
  | readonly ['cut' | 'mend', link: number];

export type Call = CallOf<SctpCall> | SctpStep;
export type Script = ScriptOf<Call>;

export const { at, script } = scripting<Call>();
