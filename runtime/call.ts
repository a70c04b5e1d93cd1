/**
 * Request and reply between actors: the protocol of OTP's gen module. An answer does not pass the caller's mailbox. If the server ends, all calls that wait for
 * it fail at once. When a call is over, its `From` is spent, so a late answer goes nowhere. OTP uses monitors and aliases for the same ends.
 */
import { CallError, Caller, type From } from './caller.js';
import { BadArg, notSelf } from './errors.js';
import { Handle } from './handle.js';
import { checkName } from './names.js';
import { type Pid, ProcessId } from './pid.js';
import type { Process } from './process.js';
import type { Name } from './registry.js';
import type { AnySelf } from './self.js';
import { dead } from './states.js';
import { checkSystem, defaultSystem, type System } from './system.js';
import { checkTimeout } from './time.js';
import { charge, passOn } from './unawaited.js';

declare const answers: unique symbol;

/**
 * A request with the type of its answer, for a server whose requests have answers of different types. At run time it is just the request.
 *
 * @example
 * type Request = Asks<readonly ['get', key: string], string | undefined> | Asks<readonly ['size'], number>;
 */
export type Asks<Request, Answer> = Request & { readonly [answers]?: Answer };

/** The message that `call` sends. An actor that takes such messages can be called. */
export type Call<Request, Answer = unknown> = readonly [tag: '$gen_call', from: From<Answer>, request: Request];

/** The message that `cast` sends. */
export type Cast<M> = readonly [tag: '$gen_cast', message: M];

/** The requests that `call` may send to an actor with messages `M`. */
export type RequestOf<M> = M extends Call<infer Request, never> ? Request : never;

/** The messages that `cast` may send to an actor with messages `M`. */
export type CastOf<M> = M extends Cast<infer C> ? C : never;

/** The answer that an actor with messages `M` gives to a request `R`. */
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
 * Sends a request to an actor and waits for the answer. Other messages stay in the caller's mailbox meanwhile.
 *
 * @param timeoutMs how long to wait, in milliseconds: 0 to 4294967295, or Infinity; 5,000 unless given
 * @throws CallError (rejects) if no answer comes in time, the server ends first, or there is no server
 */
export function call<M, const R extends RequestOf<M>>(
  self: AnySelf,
  server: Pid<M> | Name<M>,
  request: R,
  timeoutMs = 5000,
): Promise<AnswerOf<M, R>> {
  if (!(self instanceof Handle)) throw new BadArg('self', notSelf);
  checkTimeout('timeoutMs', timeoutMs);
  const target = find('server', server, self.system);
  if (target === undefined) return refuse(self, new CallError(server as string, 'noproc', request));
  return ask(self, target, '$gen_call', request, timeoutMs) as Promise<AnswerOf<M, R>>;
}

/** Sends `[tag, from, request]` to a server and waits for the answer. */
export function ask(self: Handle, server: Process, tag: string, request: unknown, timeoutMs: number): Promise<unknown> {
  const process = self.own();
  process.checkRunning();
  const pid = server.pid as unknown as Pid;
  if (process === server) return refuse(self, new CallError(pid, 'calling_self', request));
  if (server.state === dead) return refuse(self, new CallError(pid, 'noproc', request));
  const caller = new Caller(process, server, request);
  const answer = process.awaitAnswer(caller, timeoutMs);
  const message = [tag, caller, request];
  // `sys` looks into actors in trouble, so its requests get in even if the mailbox is full.
  if (tag === 'system') server.deliver(message);
  else if (!server.admit(message)) caller.fail('mailbox_limit');
  return answer;
}

/** Rejects a call that cannot begin. */
export function refuse(self: Handle, error: CallError): Promise<never> {
  const process = self.own();
  process.checkRunning();
  return process.failCall(charge(error, process));
}

/** Answers a request. Nothing happens if the caller has given up meanwhile, or has an answer already. */
export function replyTo<Answer>(from: From<Answer>, answer: Answer): void {
  if (!(from instanceof Caller)) throw new BadArg('from', 'must be what came with the request');
  passOn(answer);
  from.succeed(answer);
}

/** Sends a message to a server, and returns at once. If there is no such server, the message is dropped. */
export function cast<M, C extends CastOf<M>>(server: Pid<M> | Name<M>, message: C, system: System = defaultSystem): void {
  find('server', server, checkSystem('system', system))?.admit(['$gen_cast', message]);
}

/** The process of a pid, or of a name; undefined if no actor has the name. */
export function find(argument: string, server: unknown, system: System): Process | undefined {
  if (server instanceof ProcessId) return server.process;
  if (typeof server === 'string') return system.names.get(checkName(argument, server));
  throw new BadArg(argument, 'must be a pid or a name');
}
