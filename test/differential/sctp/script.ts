/**
 * Scripts as data: calls of gen_sctp, made by named actors one after the other, and what each must give. A script is performed by Erlang and by
 * mailport alike, and, where its actors stand at two ends of associations, by one at each end. Actors wait for messages, never for time to pass.
 */

/**
 * An argument. '#1' is the association that was first seen in this run, by its id at that end; '@s' the port of socket s; { change: '#1' } the
 * association as an assoc change. Other strings are names of sockets, actors and options, addresses, or atoms; in the place of a payload they
 * are its text, and { bytes } one of that length.
 */
export type Argument =
  | string
  | number
  | boolean
  | null
  | readonly Argument[]
  | { readonly [field: string]: Argument | undefined };

/** Payload. */
export type Data = string | { readonly bytes: number; readonly seed?: number } | readonly Data[] | { readonly not: 'data' };
/** An association: its id, or a change that has it. */
export type Assoc = string | number | { readonly change: string | number };
/** Options, by mailport's names: an object, or pairs in an order. */
export type Options = { readonly [name: string]: Argument } | readonly (string | readonly [name: string, value: Argument])[];
/** The argument of `getopts`. null stands for a value that is no name. */
export type Names = readonly (string | readonly [name: string, key: Argument])[];

/** A call. Its result stands in brackets. A failure gives `error REASON`, and an exception `raises REASON`. */
export type Call =
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
  | readonly ['close', socket: string]
  | readonly ['peeloff', socket: string, assoc: Argument, peeled: string]
  | readonly ['controllingProcess', socket: string, owner: Argument]
  | readonly ['setopts', socket: string, options: Options]
  /** [the options; of their records only the fields named] */
  | readonly ['getopts', socket: string, names: Names, fields?: readonly string[]]
  /** [an address, or a list of them, sorted] */
  | readonly ['sockname', socket: string]
  | readonly ['socknames', socket: string, assoc?: Argument]
  | readonly ['peername', socket: string]
  | readonly ['peernames', socket: string, assoc?: Argument]
  /** [whether it is one that was opened] */
  | readonly ['port', socket: string]
  /** [the actor] */
  | readonly ['owner', socket: string]
  | readonly ['isOpen', socket: string]
  | readonly ['errorString', code: Argument]
  /** [the counters] */
  | readonly ['getstat', socket: string, names: readonly string[]]
  | readonly ['monitor', socket: string, ref: string]
  | readonly ['demonitor', ref: string]
  | readonly ['trapExit', trap: boolean]
  | readonly ['tell', actor: string, message: string]
  /** [that many messages, waiting for them] */
  | readonly ['receive', count?: number]
  /** Waits until so many messages are there, and leaves them. */
  | readonly ['awaitMessages', count: number]
  /** [the messages that are there] */
  | readonly ['mailbox']
  /** Ends the actor itself, and waits until every actor has seen the end. */
  | readonly ['exit', reason: string]
  | readonly ['exitOther', actor: string, reason: string]
  /** Waits until another actor has ended, or a socket has closed. */
  | readonly ['awaitEnd', actor: string]
  | readonly ['awaitClosed', socket: string]
  /** Waits until the other end has acknowledged everything. */
  | readonly ['awaitArrived', socket: string, assoc: string]
  /** Makes a call that waits, and goes on as soon as the call waits. */
  | readonly ['begin', name: string, call: Call]
  /** Between two hosts: from now on a link loses everything, or no longer does. Any actor may be named. */
  | readonly ['cut' | 'mend', link: number]
  /** [what such a call gave], once it has. */
  | readonly ['end', name: string]
  /** ['waiting' or 'over'] */
  | readonly ['look', name: string];

/** An outcome in which mailport differs on purpose, by the rule in docs/differences.md. */
export interface Difference {
  readonly rule: string;
  readonly mailport: string;
  readonly erlang: string;
}

/** The result that both systems give, as render.ts writes it, or the result of each. */
export type Outcome = string | Difference;

export interface Step {
  readonly actor: string;
  readonly call: Call;
  readonly gives: Outcome;
}

export interface Script {
  /** The promise it holds, after the ids of the rules that say so. */
  readonly name: string;
  readonly steps: readonly Step[];
  /** The messages that are left in actors' mailboxes when all is over. Without this field there are none. */
  readonly left?: Readonly<Record<string, Outcome>>;
  /** Actors p, p2, ... are at one end and q, q2, ... at the other, so that the script can also be performed with a system at each. */
  readonly twoEnds?: boolean;
}

/** A step: 'ok' is what most calls give. */
export function at(actor: string, call: Call, gives: Outcome = 'ok'): Step {
  return { actor, call, gives };
}

/** The outcome on one of the systems. */
export function outcomeOn(system: 'mailport' | 'erlang', outcome: Outcome): string {
  return typeof outcome === 'string' ? outcome : outcome[system];
}

export function script(name: string, steps: readonly (Step | readonly Step[])[], more: Partial<Script> = {}): Script {
  return { name, steps: steps.flat(), ...more };
}
