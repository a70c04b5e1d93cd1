/**
 * Request and reply between actors: the protocol of OTP's gen module. A caller monitors the server by the reference of its request, so a dead
 * server fails the call at once; when the call is over its `From` is worth nothing, so a late answer goes nowhere (OTP has aliases for that).
 */
import { inspect } from 'node:util';
import { BadArg } from './errors.js';
import { Handle } from './handle.js';
import { matchesKey, reply } from './message.js';
import { type Pid, ProcessId, type Ref } from './pid.js';
import type { Process } from './process.js';
import { checkName, type Name } from './registry.js';
import type { AnySelf } from './self.js';
import { demonitor, monitor } from './signals.js';
import { checkSystem, defaultSystem, type System } from './system.js';
import { checkTimeout } from './timers.js';

declare const accepts: unique symbol;
declare const answers: unique symbol;

/** Who asked: what `replyTo` takes. */
export interface From<in Answer = never> {
  readonly [accepts]: (answer: Answer) => void;
}

/** A request that is answered by an `Answer`: gives each of several requests an answer type of its own. At run time it is the request. */
export type Asks<Request, Answer> = Request & { readonly [answers]?: Answer };

/** The message that `call` sends. An actor that takes it is a server. */
export type Call<Request, Answer = unknown> = readonly [tag: '$gen_call', from: From<Answer>, request: Request];

/** The message that `cast` sends. */
export type Cast<M> = readonly [tag: '$gen_cast', message: M];

/** The requests that an actor with messages `M` takes. */
export type RequestOf<M> = M extends Call<infer Request, never> ? Request : never;

/** What `cast` may send to an actor with messages `M`. */
export type CastOf<M> = M extends Cast<infer C> ? C : never;

/** The answer to a request `R` to an actor with messages `M`. */
export type AnswerOf<M, R> = M extends readonly [tag: '$gen_call', from: From<infer Answer>, request: infer Request]
  ? AnswerOfRequest<Request, R, Answer>
  : never;

type AnswerOfRequest<Request, R, Answer> = Request extends unknown
  ? R extends Request
    ? Request extends { readonly [answers]?: infer Own }
      ? unknown extends Own
        ? Answer
        : Own
      : Answer
    : never
  : never;

/**
 * A call has failed. `reason`: 'timeout', 'noproc' if there was no server, 'calling_self', or why the server ended. Not caught, it ends the caller, as the exit
 * of gen:call does.
 */
export class CallError extends Error {
  readonly reason: unknown;
  readonly server: Pid | string;

  constructor(server: Pid | string, reason: unknown) {
    super(`call to ${server} failed: ${reason instanceof Error ? reason.message : String(reason)}`, { cause: reason });
    this.name = 'CallError';
    this.reason = reason;
    this.server = server;
  }
}

/** What every `From` is at run time. */
export class Caller {
  declare readonly [accepts]: (answer: unknown) => void;
  readonly process: Process;
  readonly ref: Ref;
  /** It has no answer yet, and wants one. */
  waiting = true;

  constructor(process: Process, ref: Ref) {
    this.process = process;
    this.ref = ref;
  }

  toString(): string {
    return `#From<${this.process.pid} ${this.ref}>`;
  }

  toJSON(): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return this.toString();
  }
}

/**
 * Sends a request and waits for its answer. Other messages stay where they are.
 *
 * @param timeoutMs milliseconds, 0 to 4294967295 or Infinity
 * @throws CallError (rejects) if there is no answer in time, or the server ends, or there is none
 */
export function call<M, R extends RequestOf<M>>(
  self: AnySelf,
  server: Pid<M> | Name<M>,
  request: R,
  timeoutMs = 5000,
): Promise<AnswerOf<M, R>> {
  if (!(self instanceof Handle)) throw new BadArg('self', "must be an actor's self");
  checkTimeout('timeoutMs', timeoutMs);
  const target = find('server', server, self.system);
  if (target === undefined) return Promise.reject(new CallError(server as string, 'noproc'));
  return ask(self, target, '$gen_call', request, timeoutMs) as Promise<AnswerOf<M, R>>;
}

/** Sends `[tag, from, request]` and waits for the answer. */
export function ask(self: Handle, server: Process, tag: string, request: unknown, timeoutMs: number): Promise<unknown> {
  const process = self.own();
  process.checkRunning();
  if (process === server) return Promise.reject(new CallError(self.pid as unknown as Pid, 'calling_self'));
  return answerOf(self, process, server, tag, request, timeoutMs);
}

async function answerOf(
  self: Handle,
  process: Process,
  server: Process,
  tag: string,
  request: unknown,
  timeoutMs: number,
): Promise<unknown> {
  const ref = monitor(process, server);
  const from = new Caller(process, ref);
  server.admit([tag, from, request]);
  const answer = (await self.receive(reply(ref), { after: timeoutMs })) as readonly unknown[] | undefined;
  from.waiting = false;
  if (answer !== undefined && answer[0] === ref) return answer[1];
  demonitor(process, ref);
  // An answer, or the end of the server, may have come between the end of `receive` and this line.
  process.mailbox.extract((message) => matchesKey(message, ref));
  throw new CallError(server.name ?? (server.pid as unknown as Pid), answer === undefined ? 'timeout' : answer[4]);
}

/** Answers a request. Whoever asked and has given up meanwhile, or has an answer, gets nothing. */
export function replyTo<Answer>(from: From<Answer>, answer: Answer): void {
  if (!(from instanceof Caller)) throw new BadArg('from', 'must be what came with the request');
  if (!from.waiting) return;
  from.waiting = false;
  // What becomes of the server is no longer the caller's business: no 'DOWN' is to follow the answer.
  demonitor(from.process, from.ref);
  from.process.deliver([from.ref, answer]);
}

/** Sends a message to a server and does not wait. Never fails: if there is nobody, nobody gets it. */
export function cast<M, C extends CastOf<M>>(server: Pid<M> | Name<M>, message: C, system: System = defaultSystem): void {
  find('server', server, checkSystem('system', system))?.admit(['$gen_cast', message]);
}

/** The server that is meant, undefined if nobody has the name. */
export function find(argument: string, server: unknown, system: System): Process | undefined {
  if (server instanceof ProcessId) return server.process;
  if (typeof server === 'string') return system.names.get(checkName(argument, server));
  throw new BadArg(argument, 'must be a pid or a name');
}
