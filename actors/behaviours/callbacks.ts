/** The callbacks of a genServer, and what they may return. */
import type { Call, Cast, From, Message, Self } from '../../runtime/index.js';

/**
 * What the server does after a callback. A number is a timeout in milliseconds: if no message comes in that time, `handleInfo` is called with 'timeout'.
 * `['continue', term]` calls `handleContinue` with the term before any message is taken.
 */
export type Action = number | readonly ['continue', term: unknown];

/** What `init` returns: the state, or why there is no server. */
export type InitResult<State> =
  | readonly ['ok', state: State, action?: Action]
  | readonly ['stop', reason: unknown]
  | readonly ['error', reason: unknown];

/** What callbacks return that answer no request, or not yet. */
export type NoReply<State> =
  | readonly ['noreply', state: State, action?: Action]
  | readonly ['stop', reason: unknown, state: State];

/** What `handleCall` returns. */
export type CallResult<Answer, State> =
  | readonly ['reply', answer: Answer, state: State, action?: Action]
  | readonly ['stop', reason: unknown, answer: Answer, state: State]
  | NoReply<State>;

/** The messages that a server with these types takes. */
export type ServerMessage<Request, Answer, CastMessage, Info> =
  | ([Request] extends [never] ? never : Call<Request, Answer>)
  | ([CastMessage] extends [never] ? never : Cast<CastMessage>)
  | Info;

/** A result, now or by a promise. */
type Eventually<T> = T | PromiseLike<T>;

/**
 * The callbacks of a server. Each may be async; the next message is taken when its promise has settled. A callback that throws ends the server with that error
 * as the reason. `self.exit(reason)` ends it with that reason. In both cases, and when a callback returns 'stop', `terminate` is called first. A result of any
 * other shape ends the server with `['bad_return_value', result]`. Unlike in gen_server, each callback gets `self`, the server's handle, as its last argument.
 *
 * The type `Late` is what `replyTo` may answer; `start` makes it `unknown` if `from` has no type of its own, so that the type of answers is inferred from
 * results. The type `Ignore` says whether `init` may return 'ignore'.
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
   * Makes the state. With `['stop', reason]`, or if it throws, the actor ends with that reason and the start fails with it. With `['error', reason]` the start
   * fails with the reason, but the actor ends 'normal'. With 'ignore' the actor ends 'normal' and the start gives undefined.
   */
  init(self: Self<ServerMessage<Request, Answer, CastMessage, Info>>, args: Args): Eventually<InitResult<State> | Ignore>;
  /** Handles a request of `call`. After 'noreply', any code can answer later by `replyTo(from, answer)`. Without this callback a request ends the server. */
  handleCall?(
    request: Request,
    from: From<Late>,
    state: State,
    self: Self<ServerMessage<Request, Answer, CastMessage, Info>>,
  ): Eventually<CallResult<Answer, State>>;
  /** Handles a message of `cast`. Without this callback such a message ends the server. */
  handleCast?(
    message: CastMessage,
    state: State,
    self: Self<ServerMessage<Request, Answer, CastMessage, Info>>,
  ): Eventually<NoReply<State>>;
  /** Handles any other message, and 'timeout'. Without this callback they are dropped. */
  handleInfo?(
    message: Info | Message | 'timeout',
    state: State,
    self: Self<ServerMessage<Request, Answer, CastMessage, Info>>,
  ): Eventually<NoReply<State>>;
  /** Handles the term of an action `['continue', term]`. */
  handleContinue?(
    term: never,
    state: State,
    self: Self<ServerMessage<Request, Answer, CastMessage, Info>>,
  ): Eventually<NoReply<State>>;
  /**
   * Tidies up before the server ends. If an exit signal ends the server, `terminate` is called only if the server traps exits (the option `trapExit`) and the
   * signal comes from its parent. If `terminate` throws, that error is the reason instead.
   */
  terminate?(reason: unknown, state: State, self: Self<ServerMessage<Request, Answer, CastMessage, Info>>): unknown;
}

/** Callbacks of any types. */
export type Callbacks = GenServer<unknown, unknown, unknown, unknown, unknown, unknown>;
