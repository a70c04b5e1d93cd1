/** Generic servers: state, requests, and whatever else is sent to them. Mirrors gen_server(3); the names of callbacks are OTP's in camelCase. */
import { checkCallbacks, checkKeys, notSelf } from '../../runtime/behaviour.js';
import {
  type AnySelf,
  BadArg,
  type Call,
  type Cast,
  type From,
  isSelf,
  type Message,
  type Pid,
  type Self,
} from '../../runtime/index.js';
import { Server } from './server.js';
import { type StartOptions, startBehaviour, startKeys } from './start.js';

/**
 * What comes after a callback: a number is a timeout in milliseconds, after which `handleInfo` gets 'timeout' unless a message has come; `['continue',
 * term]` calls `handleContinue` before any message is taken.
 */
export type Action = number | readonly ['continue', term: unknown];

export type InitResult<State> =
  | readonly ['ok', state: State, action?: Action]
  | readonly ['stop', reason: unknown]
  | readonly ['error', reason: unknown];

export type NoReply<State> =
  | readonly ['noreply', state: State, action?: Action]
  | readonly ['stop', reason: unknown, state: State];

export type CallResult<Answer, State> =
  | readonly ['reply', answer: Answer, state: State, action?: Action]
  | readonly ['stop', reason: unknown, answer: Answer, state: State]
  | NoReply<State>;

/** The messages that a server takes. */
export type ServerMessage<Request, Answer, CastMessage, Info> =
  | ([Request] extends [never] ? never : Call<Request, Answer>)
  | ([CastMessage] extends [never] ? never : Cast<CastMessage>)
  | Info;

/** Names of types that callbacks may give, or reject with after a while. */
type Eventually<T> = T | PromiseLike<T>;

/**
 * The callbacks of a server. Each may be async: the next message is taken when it has settled. What one throws ends the server, with that as its
 * reason; `self.exit(reason)` ends it with that reason. In both cases, and when a callback says 'stop', `terminate` is called first. A result of another
 * shape ends it with `['bad_return_value', result]`. Where callbacks differ from gen_server: the argument `self`, its own handle, comes last.
 *
 * `Ignore` is whether `init` may say 'ignore'. `Late` is what `replyTo` may answer. `start` makes it `unknown` where `from` has no type of its own, so that the type of answers is inferred from results.
 */
export interface GenServer<
  State,
  Request = never,
  Answer = never,
  CastMessage = never,
  Info = never,
  Args = undefined,
  Late = Answer,
  Ignore extends 'ignore' = never,
> {
  /**
   * Makes the state. `['stop', reason]`, or throwing, ends it with that reason, and the start fails with it; `['error', reason]` ends it 'normal', and the start
   * fails; 'ignore' ends it 'normal', and the start gives undefined.
   */
  init(self: Self<ServerMessage<Request, Answer, CastMessage, Info>>, args: Args): Eventually<InitResult<State> | Ignore>;
  /** A request by `call`. With 'noreply' it is answered by `replyTo(from, answer)`, from wherever, or never. Without it requests end the server. */
  handleCall?(
    request: Request,
    from: From<Late>,
    state: State,
    self: Self<ServerMessage<Request, Answer, CastMessage, Info>>,
  ): Eventually<CallResult<Answer, State>>;
  /** A message by `cast`. Without it casts end the server. */
  handleCast?(
    message: CastMessage,
    state: State,
    self: Self<ServerMessage<Request, Answer, CastMessage, Info>>,
  ): Eventually<NoReply<State>>;
  /** Any other message, and 'timeout'. Without it they are dropped. */
  handleInfo?(
    message: Info | Message | 'timeout',
    state: State,
    self: Self<ServerMessage<Request, Answer, CastMessage, Info>>,
  ): Eventually<NoReply<State>>;
  /** What an action `['continue', term]` asks for. */
  handleContinue?(
    term: never,
    state: State,
    self: Self<ServerMessage<Request, Answer, CastMessage, Info>>,
  ): Eventually<NoReply<State>>;
  /**
   * Tidies up before the end. It is not called when an exit signal ends the server, unless it traps exits (`trapExit` among the options) and
   * the signal comes from its parent. What it throws is the reason instead.
   */
  terminate?(reason: unknown, state: State, self: Self<ServerMessage<Request, Answer, CastMessage, Info>>): unknown;
}

export interface GenServerOptions<Args = unknown> extends StartOptions {
  /** The second argument of `init`. */
  readonly args?: Args;
}

const optional = ['handleCall', 'handleCast', 'handleInfo', 'handleContinue', 'terminate'] as const;
const callbackNames = new Set<string>(['init', ...optional]);
const keys = new Set([...startKeys, 'args']);

/** Any callbacks, once their types have done their work. */
type Callbacks = GenServer<unknown, unknown, unknown, unknown, unknown, unknown>;

function start<State, Request = never, Answer = never, CastMessage = never, Info = never, Args = undefined>(
  callbacks: GenServer<State, Request, Answer, CastMessage, Info, Args, unknown>,
  options?: GenServerOptions<Args>,
): Promise<Pid<ServerMessage<Request, Answer, CastMessage, Info>>>;
function start<State, Request = never, Answer = never, CastMessage = never, Info = never, Args = undefined>(
  callbacks: GenServer<State, Request, Answer, CastMessage, Info, Args, unknown, 'ignore'>,
  options?: GenServerOptions<Args>,
): Promise<Pid<ServerMessage<Request, Answer, CastMessage, Info>> | undefined>;
function start(callbacks: unknown, options: GenServerOptions = {}): Promise<Pid | undefined> {
  if (typeof options !== 'object' || options === null) throw new BadArg('options', 'must be an object');
  checkKeys('options', options, keys);
  const { args, ...startOptions } = options;
  const server = callbacks as Callbacks;
  if (typeof server !== 'object' || server === null || typeof server.init !== 'function')
    throw new BadArg('callbacks', 'must be an object with a function init');
  checkCallbacks('callbacks', server, callbackNames);
  for (const name of optional) {
    const callback = server[name];
    if (callback !== undefined && typeof callback !== 'function') throw new BadArg(`callbacks.${name}`, 'must be a function');
  }
  return startBehaviour('genServer', (control) => Server.begin(control, server, args), startOptions);
}

function startLink<State, Request = never, Answer = never, CastMessage = never, Info = never, Args = undefined>(
  self: AnySelf,
  callbacks: GenServer<State, Request, Answer, CastMessage, Info, Args, unknown>,
  options?: GenServerOptions<Args>,
): Promise<Pid<ServerMessage<Request, Answer, CastMessage, Info>>>;
function startLink<State, Request = never, Answer = never, CastMessage = never, Info = never, Args = undefined>(
  self: AnySelf,
  callbacks: GenServer<State, Request, Answer, CastMessage, Info, Args, unknown, 'ignore'>,
  options?: GenServerOptions<Args>,
): Promise<Pid<ServerMessage<Request, Answer, CastMessage, Info>> | undefined>;
function startLink(self: AnySelf, callbacks: unknown, options: GenServerOptions = {}): Promise<Pid | undefined> {
  if (!isSelf(self)) throw new BadArg('self', notSelf);
  return start(callbacks as Callbacks, { ...options, link: self });
}

/**
 * `start(callbacks, options)` and `startLink(self, callbacks, options)` start a server, and settle when its `init` has: with its pid, with undefined
 * if `init` said 'ignore', or by rejecting with a `StartError`. It takes `call` and `cast`, and is stopped by `stop`.
 *
 * @example
 * const counter = await genServer.start({
 *   init: () => ['ok', 0],
 *   handleCall: (request: readonly ['add', number], _from, count) => ['reply', count + request[1], count + request[1]],
 * });
 * await call(self, counter, ['add', 2]); // 2
 */
export const genServer = { start, startLink } as const;
