/**
 * What all behaviours share: how one is started and says so, system messages, the end that its parent wants, and tidying up before any end of
 * its own. What it does with its own messages is the business of an `Engine`. Mirrors OTP's gen, proc_lib and sys.
 */

import { Caller, catchExits, end, isDead, isExit, parentOf, reasonOf } from '../../runtime/behaviour.js';
import type { AnySelf, Pid } from '../../runtime/index.js';
import type { Engine } from './engine.js';
import { SystemState } from './systemState.js';

/** What an engine may ask of its loop. */
export interface LoopControl {
  readonly self: AnySelf;
  /** Ends the behaviour: `terminate`, then `andThen`, then the end. */
  stop(reason: unknown, andThen?: () => void): Promise<void>;
  readonly system: SystemState;
}

/** The first act of a behaviour: gives its engine once it is ready. */
export type Begin = (control: LoopControl) => Engine | undefined | Promise<Engine | undefined>;

export class Loop implements LoopControl {
  readonly self: AnySelf;
  readonly system = new SystemState();
  private readonly parent: Pid;
  private engine: Engine | undefined;
  /** The message that is being taken: what a crash is reported with, and nothing that an idle behaviour keeps. */
  private message: unknown;

  constructor(self: AnySelf) {
    this.self = self;
    // A signal without a sender comes from the actor itself, and whoever sends one speaks for the parent. gen.erl, too, takes itself for its
    // parent when it has none.
    this.parent = parentOf(self) ?? self.pid;
  }

  /** Runs the first act; rejects with what it throws. */
  async begin(begin: Begin): Promise<void> {
    catchExits(this.self, true);
    try {
      const engine = await begin(this);
      if (!isDead(this.self)) this.engine = engine;
    } finally {
      catchExits(this.self, false);
    }
  }

  /** The first act is over, and whoever started it knows. */
  async started(): Promise<void> {
    await this.settle(async () => this.engine?.started?.());
  }

  /** Takes a message. Never throws. */
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

  /** Waits for callbacks; what they throw, and `self.exit` in them, ends the behaviour. */
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

  /** What a suspended behaviour still takes. */
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
