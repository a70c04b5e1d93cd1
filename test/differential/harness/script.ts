/**
 * Scripts as data: calls on sockets, made by named actors one after the other, and what each must give. A script is performed by Erlang and by mailport alike.
 * Actors wait for messages, never for time to pass. Here is what the scripts of all transports have; each transport adds its own calls.
 */

/**
 * An argument. '@s' is the port of socket s, 'here' and 'there' are the addresses of the two sides, and a text with '$/' is a path in a folder of the run's own.
 * Other strings are names of sockets, actors and options, addresses, or atoms; in the place of a payload they are its text, and { bytes } one of that length.
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
/** Options, by mailport's names: an object, or pairs in an order. */
export type Options = { readonly [name: string]: Argument } | readonly (string | readonly [name: string, value: Argument])[];
/** The argument of `getopts`. null stands for a value that is no name. */
export type Names = readonly (string | readonly [name: string, ...key: readonly Argument[]])[];

/** A call: its name, and the arguments. */
export type AnyCall = readonly [name: string, ...args: readonly unknown[]];

/** Calls that sockets of all transports have. A result stands in brackets; a failure gives `error REASON`, and an exception `raises REASON`. */
export type SocketCall =
  | readonly ['close', socket: string]
  | readonly ['controllingProcess', socket: string, owner: Argument]
  | readonly ['setopts', socket: string, options: Options]
  /** [the options; of their records only the fields named] */
  | readonly ['getopts', socket: string, names: Names, fields?: readonly string[]]
  /** [an address] */
  | readonly ['sockname', socket: string]
  | readonly ['peername', socket: string]
  /** [whether it is one that was opened] */
  | readonly ['port', socket: string]
  /** [the actor] */
  | readonly ['owner', socket: string]
  | readonly ['isOpen', socket: string]
  /** [the counters] */
  | readonly ['getstat', socket: string, names: readonly string[]]
  | readonly ['monitor', socket: string, ref: string]
  | readonly ['awaitClosed', socket: string];

/** What actors do besides. */
export type ActorCall =
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
  /** Waits until another actor has ended. */
  | readonly ['awaitEnd', actor: string];

/** Calls of scripts of a transport that adds calls of its own. */
export type CallOf<Own extends AnyCall> =
  | Own
  | SocketCall
  | ActorCall
  /** Makes a call that waits, and goes on as soon as the call waits. */
  | readonly ['begin', name: string, call: Own | SocketCall | ActorCall]
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

export interface Step<Call extends AnyCall = AnyCall> {
  readonly actor: string;
  readonly call: Call;
  readonly gives: Outcome;
}

export interface Script<Call extends AnyCall = AnyCall> {
  /** The promise it holds, after the ids of the rules that say so. */
  readonly name: string;
  readonly steps: readonly Step<Call>[];
  /** The messages that are left in actors' mailboxes when all is over. Without this field there are none. */
  readonly left?: Readonly<Record<string, Outcome>>;
  /** Actors p, p2, ... are at one end and q, q2, ... at the other, so that the script can also be performed with a system at each. false: it is not worth its time. */
  readonly twoEnds?: boolean;
}

/** Functions to write scripts of a transport with. */
export function scripting<Call extends AnyCall>() {
  return {
    /** A step: 'ok' is what most calls give. */
    at: (actor: string, call: Call, gives: Outcome = 'ok'): Step<Call> => ({ actor, call, gives }),
    script: (
      name: string,
      steps: readonly (Step<Call> | readonly Step<Call>[])[],
      more: Partial<Script<Call>> = {},
    ): Script<Call> => ({ name, steps: steps.flat() as Step<Call>[], ...more }),
  };
}

/** An outcome that differs: what mailport gives, and what Erlang does. */
export function differs(rule: string, mailport: string, erlang: string): Outcome {
  return { rule, mailport, erlang };
}

/** The outcome on one of the systems. */
export function outcomeOn(system: 'mailport' | 'erlang', outcome: Outcome): string {
  return typeof outcome === 'string' ? outcome : outcome[system];
}

/** The outcomes of a script that differ. */
export function differencesOf({ steps, left = {} }: Script): Difference[] {
  return [...steps.map(({ gives }) => gives), ...Object.values(left)].filter((outcome) => typeof outcome !== 'string');
}
