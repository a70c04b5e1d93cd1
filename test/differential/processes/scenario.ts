/**
 * Scenarios as data, to be performed by mailport (interpreter.ts) and by Erlang (otp/*.erl) alike. A scenario must come out the same however fast its
 * actors are and in whatever order they run: they wait for each other by messages, and for ends by `awaitEnd`, never for time to pass.
 */

/**
 * A value. Names stand for what only a run knows: '<b>' for the pid of actor b, '<b/2>' for the second one started of that name, '<self>' for the
 * actor's own, '#m' for a reference. In Erlang an array is a tuple, `{ list }` a list, and any other string an atom.
 */
export type Term = string | number | boolean | readonly Term[] | { readonly list: readonly Term[] };

/** Which messages a receive takes: '_' in a term stands for anything. The other two are mailport's `tag` and `reply`. */
export type Pattern = Term | { readonly tag: string } | { readonly ref: string };

/** A step of an actor. In brackets stands what the actor records. If the step fails, it records `['error', reason]`, and goes on. */
export type Step =
  | readonly ['spawn', actor: string]
  | readonly ['spawnLink', actor: string]
  | readonly ['spawnMonitor', actor: string, ref: string]
  | readonly ['send', to: string, message: Term]
  /** [the message] */
  | readonly ['receive', pattern?: Pattern]
  /** [the message, or 'timeout'] */
  | readonly ['receiveAfter', ms: number, pattern?: Pattern]
  /** [each message that waits] */
  | readonly ['flush']
  | readonly ['trapExit', trap: boolean]
  | readonly ['link', target: string]
  | readonly ['unlink', target: string]
  | readonly ['monitor', target: string, ref: string]
  | readonly ['demonitor', ref: string, flush?: 'flush']
  | readonly ['exit', reason: Term]
  /** Fails with this reason: what `throw` is in mailport, and exit/1 in Erlang, whose error/1 adds a stack trace. */
  | readonly ['raise', reason: Term]
  | readonly ['exitOther', target: string, reason: Term]
  /** [true or false] */
  | readonly ['isAlive', target: string]
  /** [the number] */
  | readonly ['mailboxLength']
  | readonly ['register', name: string, target: string]
  | readonly ['unregister', name: string]
  /** [the pid, or 'undefined'] */
  | readonly ['whereis', name: string]
  /** [true or false] */
  | readonly ['isRegistered', name: string]
  | readonly ['sendAfter', ms: number, to: string, message: Term, ref: string]
  | readonly ['startTimer', ms: number, to: string, message: Term, ref: string]
  /** ['left' for any number of milliseconds, or false] */
  | readonly ['cancelTimer', ref: string]
  | readonly ['readTimer', ref: string]
  | readonly ['makeRef', ref: string]
  /** [the answer, or ['failed', reason]] */
  | readonly ['call', to: string, request: Term, ms?: number]
  | readonly ['cast', to: string, message: Term]
  /** Takes a call without being a server. [the request] */
  | readonly ['receiveCall', from: string]
  /** In a server's callback: names who has called. */
  | readonly ['keepFrom', from: string]
  | readonly ['replyTo', from: string, answer: Term]
  /** A server. [['ok', pid], 'ignore' or ['error', reason]] */
  | readonly ['start', server: string, options?: StartData]
  | readonly ['startLink', server: string, options?: StartData]
  /** ['ok' or ['failed', reason]] */
  | readonly ['stop', to: string, reason?: Term]
  /** A supervisor, linked. [['ok', pid] or ['error', reason]] */
  | readonly ['startSupervisor', supervisor: string]
  /** Another child, or one of 'simple_one_for_one' with these arguments. [['ok', pid] or ['error', reason]; and so the next four, some with 'ok'] */
  | readonly ['startChild', supervisor: string, child: ChildData | readonly Term[]]
  | readonly ['terminateChild', supervisor: string, child: string]
  | readonly ['restartChild', supervisor: string, id: string]
  | readonly ['deleteChild', supervisor: string, id: string]
  /** [[[id, pid, type], ...], by id] */
  | readonly ['whichChildren', supervisor: string]
  | readonly ['countChildren', supervisor: string]
  /** [the term] */
  | readonly ['note', term: Term]
  /** Records the term in the trace 'log', which all actors share. It is for events that have an order between actors. */
  | readonly ['log', term: Term]
  | readonly ['repeat', count: number, steps: readonly Step[]]
  /** Lets the supervisor that starts this actor go on. */
  | readonly ['ready']
  /** Until the actor has ended, and its links have been told. Its own mailbox is not touched. */
  | readonly ['awaitEnd', target: string]
  /** Until an actor of that name has been started: `['awaitStart', 'b/2']`. */
  | readonly ['awaitStart', actor: string]
  /** Waits for ever. An actor that holds when main has ended is alive at the end. */
  | readonly ['hold'];

/** How a server is started. */
export interface StartData {
  readonly name?: string;
  readonly timeoutMs?: number;
}

/** The steps of a server's callback, and its result, in which '$state' stands for the present state. */
export interface Callback {
  readonly do?: readonly Step[];
  readonly answer?: Term;
}

/** The callbacks of a server, those for messages by the tag of the message. Each records its name, what it was given, and the state. */
export interface ServerSpec {
  readonly trapExit?: boolean;
  readonly init?: Callback;
  readonly call?: Readonly<Record<string, Callback>>;
  readonly cast?: Readonly<Record<string, Callback>>;
  readonly info?: Readonly<Record<string, Callback>>;
  readonly continue?: Readonly<Record<string, Callback>>;
  readonly terminate?: Callback;
}

/** A child specification. */
export interface ChildData {
  readonly id: string;
  /** The actor, server or supervisor that is started. */
  readonly start: string;
  /** The outcomes of the first tries, if they fail: nothing to start, or an error of the start function. */
  readonly outcomes?: readonly ('ok' | 'ignore' | readonly ['error', reason: string])[];
  readonly restart?: 'permanent' | 'transient' | 'temporary';
  readonly shutdown?: number | 'brutal_kill';
  readonly type?: 'worker' | 'supervisor';
  readonly significant?: boolean;
}

export interface SupervisorData {
  readonly strategy?: 'one_for_one' | 'one_for_all' | 'rest_for_one' | 'simple_one_for_one';
  readonly intensity?: number;
  /** Whole seconds, which is what OTP counts in. */
  readonly periodMs?: number;
  readonly autoShutdown?: 'never' | 'any_significant' | 'all_significant';
  /** The only child specification of a 'simple_one_for_one'. */
  readonly children: readonly ChildData[];
}

/** What was observed: for each actor its records, and last `['end', reason]`, with 'still_alive' for an actor that lives. */
export type Traces = Readonly<Record<string, readonly Term[]>>;

/** Traces as text, to be read beside the steps: `[EXIT <b> boom] | timeout | [end normal]`. A long one is an array, to be joined. */
export type TraceTexts = Readonly<Record<string, string | readonly string[]>>;

export interface Scenario {
  /** The promise it holds. */
  readonly name: string;
  /** The scripts of actors. The harness starts `main`, and steps start all others. The scenario ends when main has ended, and all others have but servers and actors that hold. */
  readonly actors: Readonly<Record<string, readonly Step[]>>;
  readonly servers?: Readonly<Record<string, ServerSpec>>;
  readonly supervisors?: Readonly<Record<string, SupervisorData>>;
  /** The traces that Erlang/OTP 25 gives. */
  readonly expected: TraceTexts;
  /** The last release of OTP that does so, if a later one does not. */
  readonly untilRelease?: number;
  /** Where mailport differs on purpose: the reason, and its traces in place of `expected`. */
  readonly differs?: { readonly because: string; readonly traces: TraceTexts };
}
