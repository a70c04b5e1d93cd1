/** A call under way: the caller waits for it, and the server keeps it in a list, so that all calls fail at once if the server ends. */
import { inspect } from 'node:util';
import { causeOf, textOf } from './errors.js';
import type { Pid } from './pid.js';
import type { Process } from './process.js';
import { charge } from './unawaited.js';
import type { PendingCall } from './wanted.js';

declare const accepts: unique symbol;

/** Stands for the caller of a request. `replyTo` sends the answer to it. */
export interface From<in Answer = never> {
  readonly [accepts]: (answer: Answer) => void;
}

/** What the reasons that calls themselves give mean, in the text of the error. */
const remedies = new Map<unknown, string>([
  ['timeout', 'no answer came in the time given; one that comes later is dropped'],
  ['noproc', 'there is no such actor: it has ended, or nobody has registered this name'],
  ['calling_self', 'an actor cannot wait for an answer of its own'],
  ['mailbox_limit', 'its mailbox is full: call again later, or raise the limit of its mailbox'],
]);

function remedyOf(reason: unknown): string {
  const remedy = remedies.get(reason);
  return remedy === undefined ? '' : ` (${remedy})`;
}

/**
 * A call has failed. The `reason` is 'timeout', 'noproc' (there is no such server), 'calling_self', 'mailbox_limit' (the mailbox of the server is full), or
 * the reason with which the server ended. A caller that does not catch the error ends with it, as with the exit of gen:call.
 */
export class CallError extends Error {
  // Private, since Node prints the public fields of an uncaught error, and everything that hangs from a pid with them.
  readonly #reason: unknown;
  readonly #server: Pid | string;
  readonly #request: unknown;

  constructor(server: Pid | string, reason: unknown, request?: unknown) {
    super(`call to ${server} failed: ${textOf(reason)}${remedyOf(reason)}`, causeOf(reason));
    this.name = 'CallError';
    this.#reason = reason;
    this.#server = server;
    this.#request = request;
  }

  get reason(): unknown {
    return this.#reason;
  }

  /** The server that was called, by pid or by name. */
  get server(): Pid | string {
    return this.#server;
  }

  /** The request. */
  get request(): unknown {
    return this.#request;
  }
}

/** What every `From` is at run time: a call that waits for its answer, in the list of its server. */
export class Caller implements PendingCall {
  declare readonly [accepts]: (answer: unknown) => void;
  readonly process: Process;
  readonly server: Process;
  readonly request: unknown;
  isSettled = false;
  error: CallError | null = null;
  answer: unknown = undefined;
  /** Neighbours in the list of its server. */
  private previous: Caller | null = null;
  private next: Caller | null = null;
  /** It has no answer yet, and the caller has not given up. */
  private isOpen = true;

  constructor(process: Process, server: Process, request: unknown) {
    this.process = process;
    this.server = server;
    this.request = request;
    this.next = server.callers;
    if (this.next !== null) this.next.previous = this;
    server.callers = this;
  }

  /** Only the first answer counts. */
  succeed(answer: unknown): void {
    if (!this.close()) return;
    this.answer = answer;
    this.settle();
  }

  fail(reason: unknown): void {
    if (!this.close()) return;
    this.error = this.failure(reason);
    this.settle();
  }

  giveUp(): CallError {
    this.close();
    return this.failure('timeout');
  }

  toString(): string {
    return `#From<${this.process.pid}>`;
  }

  toJSON(): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return this.toString();
  }

  get following(): Caller | null {
    return this.next;
  }

  private settle(): void {
    this.isSettled = true;
    this.process.callSettled(this);
  }

  private close(): boolean {
    if (!this.isOpen) return false;
    this.isOpen = false;
    if (this.previous === null) this.server.callers = this.next;
    else this.previous.next = this.next;
    if (this.next !== null) this.next.previous = this.previous;
    return true;
  }

  private failure(reason: unknown): CallError {
    return charge(new CallError(this.server.name ?? (this.server.pid as unknown as Pid), reason, this.request), this.process);
  }
}

/** Visits each call that still waits for a server, when the server has ended. */
export function failCallers(server: Process, tell: (caller: Caller) => void): void {
  for (let caller = server.callers; caller !== null; caller = caller.following) tell(caller);
}
