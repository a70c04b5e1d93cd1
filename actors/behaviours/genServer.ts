/** Generic servers: actors with a state that answer requests and handle messages. Mirrors gen_server(3); callbacks have OTP's names in camelCase. */
import { checkCallbacks, checkKeys, notSelf } from '../../runtime/behaviour.js';
import { type AnySelf, BadArg, isSelf, type Pid } from '../../runtime/index.js';
import type { Callbacks, GenServer, ServerMessage } from './callbacks.js';
import { Server } from './server.js';
import { type StartOptions, startBehaviour, startKeys } from './start.js';

/** Options for the start of a server. */
export interface GenServerOptions<Args = unknown> extends StartOptions {
  /** The second argument of `init`. */
  readonly args?: Args;
}

const optional = ['handleCall', 'handleCast', 'handleInfo', 'handleContinue', 'terminate'] as const;
const callbackNames = new Set<string>(['init', ...optional]);
const keys = new Set([...startKeys, 'args']);

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
 * Servers: an actor with a state that answers requests. `start(callbacks, options)` starts one; `startLink(self, callbacks, options)` also links it to its
 * parent. Both settle when `init` has: with the pid, or with undefined if `init` returned 'ignore'; or they reject with a `StartError`. `call` and `cast` send
 * to a server, and `stop` ends it.
 *
 * @example
 * const counter = await genServer.start({
 *   init: () => ['ok', 0],
 *   handleCall: (request: readonly ['add', number], _from, count) => ['reply', count + request[1], count + request[1]],
 * });
 * await call(self, counter, ['add', 2]); // 2
 */
export const genServer = { start, startLink } as const;
