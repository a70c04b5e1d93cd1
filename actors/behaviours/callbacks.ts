/** The callbacks of a genServer, and what they may say. */
import type { Call, Cast, From, Message, Self } from '../../runtime/index.js';

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

/** Any callbacks, once their types have done their work. */
export type Callbacks = GenServer<unknown, unknown, unknown, unknown, unknown, unknown>;
