/**
 * The part that all behaviours share: the first act and the report that it is over, system messages, the end that the parent asks for, and tidying up before
 * the end. An `Engine` handles the other messages. Mirrors OTP's gen, proc_lib and sys.
 */
import { Caller, catchExits, end, isDead, isExit, parentOf, reasonOf } from '../../runtime/behaviour.js';
import type { AnySelf, Pid } from '../../runtime/index.js';
import type { Engine } from './engine.js';
import { SystemState } from './systemState.js';

/** What an engine may do with its loop. */
export interface LoopControl {
  readonly self: AnySelf;
  /** Ends the behaviour: `terminate`, then `andThen`, then the end. */
  stop(reason: unknown, andThen?: () => void): Promise<void>;
  readonly system: SystemState;
}

/** The first act of a behaviour: makes its engine. */
export type Begin = (control: LoopControl) => Engine | undefined | Promise<Engine | undefined>;

export class Loop implements LoopControl {
  readonly self: AnySelf;
  readonly system = new SystemState();
  private readonly parent: Pid;
  private engine: Engine | undefined;
  /** The message that is being handled, for the report of a crash. An idle behaviour keeps none. */
  private message: unknown;

  constructor(self: AnySelf) {
    this.self = self;
    // An exit signal without a sender comes from the actor itself, and counts as the parent's. In gen.erl, too, a process without a parent is its own.
    this.parent = parentOf(self) ?? self.pid;
  }

  /** Runs the first act. Rejects if it throws. */
  async begin(begin: Begin): Promise<void> {
    catchExits(this.self, true);
    try {
      const engine = await begin(this);
      if (!isDead(this.self)) this.engine = engine;
    } finally {
      catchExits(this.self, false);
    }
  }

  /** Called when the first act is over and the start has settled. */
  async started(): Promise<void> {
    await this.settle(async () => this.engine?.started?.());
  }

  /** Handles a message. Never throws. */
  handle(message: unknown): void | Promise<void> {
    const { engine } = this;
    if (engine === undefined) return undefined;
    this.message = message;
    catchExits(this.self, true);
    let result: void | Promise<void>;
    try {
      result = this.dispatch(engine, message);
    } catch (error) {
      result = Promise.reject(error);
    }
    if (result !== undefined) return this.settle(() => result);
    this.message = undefined;
    catchExits(this.self, false);
    return undefined;
  }

  /** Waits for a callback. If it throws, or calls `self.exit`, the behaviour ends. */
  private async settle(work: () => void | Promise<void>): Promise<void> {
    catchExits(this.self, true);
    try {
      await work();
    } catch (error) {
      await this.stop(reasonOf(this.self, error));
    }
    this.message = undefined;
    catchExits(this.self, false);
  }

  async stop(reason: unknown, andThen?: () => void): Promise<void> {
    if (isDead(this.self)) return;
    const { engine, message } = this;
    this.engine = undefined;
    let why = reason;
    try {
      await engine?.terminate(reason);
    } catch (error) {
      why = reasonOf(this.self, error);
    }
    andThen?.();
    end(this.self, why, message);
  }

  private dispatch(engine: Engine, message: unknown): void | Promise<void> {
    if (Array.isArray(message)) {
      if (isExit(message) && this.isFromParent(message[1])) return this.stop(message[2]);
      if (message[0] === 'system' && message[1] instanceof Caller) return this.handleSystem(engine, message[1], message[2]);
    }
    if (this.system.trace !== null) this.system.note(this.self, { type: 'in', message });
    return engine.handle(message);
  }

  private async handleSystem(engine: Engine, from: Caller, request: unknown): Promise<void> {
    await this.obey(engine, from, request);
    while (this.system.suspended && this.engine !== undefined) {
      const message = (await this.self.receive((waiting) => this.isUrgent(waiting))) as readonly unknown[];
      if (isExit(message)) return this.stop(message[2]);
      await this.obey(engine, message[1] as Caller, message[2]);
    }
    if (this.engine !== undefined) engine.resumed?.();
  }

  /** Whether a suspended behaviour takes the message all the same. */
  private isUrgent(message: unknown): boolean {
    if (!Array.isArray(message)) return false;
    return isExit(message) ? this.isFromParent(message[1]) : message[0] === 'system' && message[1] instanceof Caller;
  }

  private async obey(engine: Engine, from: Caller, request: unknown): Promise<void> {
    const reason = this.system.obey(this.self, engine, from, request);
    if (reason !== undefined) await this.stop(reason.reason);
  }

  private isFromParent(from: unknown): boolean {
    return from === this.parent || from === this.self.pid;
  }
}
