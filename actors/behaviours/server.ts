/** A genServer at work: it calls the callbacks and does what their results say. Mirrors the loop of gen_server.erl. */
import { inspect } from 'node:util';
import { Caller, Countdown, hasMessages, Internal, isDead, isTimeout, tell } from '../../runtime/behaviour.js';
import { type From, type Pid, replyTo } from '../../runtime/index.js';
import type { Callbacks } from './callbacks.js';
import type { Engine } from './engine.js';
import type { LoopControl } from './loop.js';
import { NotStarted } from './start.js';

type Done = void | Promise<void>;

/** A message that the server sends to itself when the time of a timeout action is over. */
class Timeout extends Internal {
  [inspect.custom](): string {
    return 'timeout';
  }
}

export class Server implements Engine {
  private readonly control: LoopControl;
  private readonly callbacks: Callbacks;
  private readonly self: never;
  private state: unknown;
  /** The action of `init`. The start settles before it is taken. */
  private readonly firstAction: unknown;
  /** The timeout that the last callback asked for, in milliseconds; undefined for none. */
  private timeoutMs: number | undefined;
  private countdown: Countdown | undefined;
  /** The timeout message that counts. An earlier one, which another message has overtaken in the mailbox, is ignored. */
  private timeout: Timeout | undefined;

  private constructor(control: LoopControl, callbacks: Callbacks, state: unknown, firstAction: unknown) {
    this.control = control;
    this.callbacks = callbacks;
    this.self = control.self as never;
    this.state = state;
    this.firstAction = firstAction;
  }

  static async begin(control: LoopControl, callbacks: Callbacks, args: unknown): Promise<Server> {
    const result: unknown = await callbacks.init(control.self as never, args);
    if (result === 'ignore') throw new NotStarted(undefined, 'normal');
    if (Array.isArray(result)) {
      const [what, value, action] = result as unknown[];
      if (what === 'stop' && result.length === 2) throw new NotStarted({ reason: value }, value);
      if (what === 'error' && result.length === 2) throw new NotStarted({ reason: value }, 'normal');
      if (what === 'ok' && (result.length === 2 || (result.length === 3 && isAction(action)))) {
        return new Server(control, callbacks, value, action);
      }
    }
    const reason = ['bad_return_value', result];
    throw new NotStarted({ reason }, reason);
  }

  started(): Done {
    return this.act(this.firstAction);
  }

  handle(message: unknown): Done {
    const { timeout } = this;
    this.forgetTimeout();
    if (message instanceof Timeout) return message === timeout ? this.info('timeout') : undefined;
    if (Array.isArray(message)) {
      if (message[0] === '$gen_call' && message[1] instanceof Caller) return this.call(message[1], message[2]);
      if (message[0] === '$gen_cast') return this.cast(message[1]);
    }
    return this.info(message);
  }

  terminate(reason: unknown): Done {
    this.forgetTimeout();
    return this.callbacks.terminate?.(reason, this.state, this.self) as Done;
  }

  resumed(): void {
    if (this.timeoutMs !== undefined) this.await(this.timeoutMs);
  }

  getState(): unknown {
    return this.state;
  }

  replaceState(state: unknown): void {
    this.state = state;
  }

  private call(from: From, request: unknown): Done {
    const { callbacks } = this;
    if (callbacks.handleCall === undefined) throw new Undefined('handleCall');
    const result = callbacks.handleCall(request, from as From<unknown>, this.state, this.self);
    return isThenable(result) ? this.settle(result, from) : this.apply(result, from);
  }

  private cast(message: unknown): Done {
    const { callbacks } = this;
    if (callbacks.handleCast === undefined) throw new Undefined('handleCast');
    const result = callbacks.handleCast(message, this.state, this.self);
    return isThenable(result) ? this.settle(result) : this.apply(result);
  }

  private info(message: unknown): Done {
    const { callbacks } = this;
    if (callbacks.handleInfo === undefined) return undefined;
    const result = callbacks.handleInfo(message, this.state, this.self);
    return isThenable(result) ? this.settle(result) : this.apply(result);
  }

  /** Does what the result of a callback says. With `from` it has been the callback of a request. */
  private apply(result: unknown, from?: From): Done {
    if (!Array.isArray(result)) return this.bad(result);
    const [what, first, second, third] = result as unknown[];
    const { length } = result;
    if (what === 'noreply' && length >= 2 && length <= 3) return this.next(result, first, second);
    if (what === 'reply' && from !== undefined && length >= 3 && length <= 4) {
      this.answer(from, first);
      return this.next(result, second, third);
    }
    if (what === 'stop' && length === 3) {
      this.state = second;
      return this.control.stop(first);
    }
    if (what === 'stop' && from !== undefined && length === 4) {
      this.state = third;
      return this.control.stop(first, () => this.answer(from, second));
    }
    return this.bad(result);
  }

  private next(result: unknown, state: unknown, action: unknown): Done {
    if (action !== undefined && !isAction(action)) return this.bad(result);
    this.state = state;
    const { system } = this.control;
    if (system.trace !== null) system.note(this.self, { type: 'state', state });
    return action === undefined ? undefined : this.act(action);
  }

  private act(action: unknown): Done {
    if (typeof action === 'number') this.await(action);
    else if (Array.isArray(action)) return this.continue(action[1]);
    return undefined;
  }

  private continue(term: unknown): Done {
    const { callbacks } = this;
    if (callbacks.handleContinue === undefined) throw new Undefined('handleContinue');
    const result = callbacks.handleContinue(term as never, this.state, this.self);
    return isThenable(result) ? this.settle(result) : this.apply(result);
  }

  private answer(from: From, answer: unknown): void {
    const { system } = this.control;
    if (system.trace !== null) {
      const to = (from as unknown as Caller).process.pid as unknown as Pid;
      system.note(this.self, { type: 'out', message: answer, to });
    }
    replyTo(from as From<unknown>, answer);
  }

  private async settle(result: PromiseLike<unknown>, from?: From): Promise<void> {
    const settled = await result;
    // The actor may have ended while the callback waited. Then the result is ignored.
    if (!isDead(this.self)) await this.apply(settled, from);
  }

  private bad(result: unknown): Promise<void> {
    return this.control.stop(['bad_return_value', result]);
  }

  /** Begins a timeout for the next message. A message that waits already has come in time. */
  private await(timeoutMs: number): void {
    this.timeoutMs = timeoutMs;
    if (timeoutMs === Number.POSITIVE_INFINITY || hasMessages(this.self)) return;
    if (timeoutMs === 0) {
      this.expire();
      return;
    }
    this.countdown ??= new Countdown((this.self as { pid: Pid }).pid, () => {
      // A suspended server does not wait. `resumed` begins the timeout anew.
      if (!this.control.system.suspended && !hasMessages(this.self)) this.expire();
    });
    this.countdown.start(timeoutMs);
  }

  private expire(): void {
    this.timeout = new Timeout();
    tell((this.self as { pid: Pid }).pid, this.timeout);
  }

  private forgetTimeout(): void {
    if (this.timeoutMs === undefined) return;
    this.timeoutMs = undefined;
    this.timeout = undefined;
    this.countdown?.end();
  }
}

/** The server does not have a callback that is needed. OTP's undef. */
class Undefined extends Error {
  constructor(callback: string) {
    super(`${callback} is not defined`);
    this.name = 'Undefined';
  }
}

function isAction(action: unknown): boolean {
  if (typeof action === 'number') return isTimeout(action);
  return action === undefined || (Array.isArray(action) && action[0] === 'continue' && action.length === 2);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function';
}
