/**
 * A machine of xstate at work as the engine of a behaviour. The machine takes the steps that messages and delays cause in the turn of its actor. Something that
 * it invokes, such as a promise, moves the machine whenever that settles.
 */
import { inspect } from 'node:util';
import { type Actor, type AnyStateMachine, createActor } from 'xstate';
import { Caller, Countdown, checkDelay, Internal, onEnd, tell } from '../../runtime/behaviour.js';
import { type AnySelf, BadArg } from '../../runtime/index.js';
import type { Engine } from './engine.js';
import { Invoked } from './invoked.js';
import type { LoopControl } from './loop.js';
import { type Postponer, takingEvent } from './postpone.js';

type Event = { readonly type: string };

export interface MachineSettings {
  readonly input: unknown;
  readonly inspect: ((event: unknown) => void) | undefined;
  readonly toEvent: ((message: unknown) => Event) | undefined;
}

/** A delayed step. When its time has come it waits for its turn in the mailbox, where it may still be cancelled. */
class DelayedStep extends Internal {
  countdown: Countdown | undefined;
  isCancelled = false;
  readonly run: () => void;

  constructor(run: () => void) {
    super();
    this.run = run;
  }

  [inspect.custom](): string {
    return 'delayed step';
  }
}

export class Machine implements Engine, Postponer {
  private readonly control: LoopControl;
  private readonly logic: AnyStateMachine;
  private readonly settings: MachineSettings;
  private readonly invoked = new Invoked();
  private actor: Actor<AnyStateMachine>;
  /** A step is under way that this engine has begun. The engine itself looks at the outcome. */
  private isStepping = false;
  private isDone = false;
  /** The machine has been stopped. Whatever xstate still announces is ignored. */
  private isOver = false;
  private failure: { readonly error: unknown } | undefined;
  private postponing = false;
  private postponed: Event[] = [];
  /** The state in which those events wait. */
  private postponedIn = '';

  static begin(
    control: LoopControl,
    source: AnyStateMachine | ((self: AnySelf) => AnyStateMachine),
    settings: MachineSettings,
  ): Machine {
    const logic = typeof source === 'function' ? source(control.self) : source;
    if (typeof logic?.transition !== 'function') throw new BadArg('machine', 'must make a machine of xstate');
    const machine = new Machine(control, logic, settings);
    // However the actor ends, the actors and delays that the machine has started end too.
    onEnd(control.self.pid, () => machine.terminate());
    machine.step(() => machine.actor.start());
    // Until `started` the start has not settled, and an actor that the machine invokes must not end it.
    machine.isStepping = true;
    return machine;
  }

  private constructor(control: LoopControl, logic: AnyStateMachine, settings: MachineSettings) {
    this.control = control;
    this.logic = logic;
    this.settings = settings;
    this.actor = this.create(undefined);
  }

  started(): void | Promise<void> {
    this.isStepping = false;
    if (this.failure !== undefined) return this.control.stop(this.failure.error);
    return this.isDone ? this.control.stop('normal') : undefined;
  }

  handle(message: unknown): void | Promise<void> {
    if (message instanceof DelayedStep) {
      if (!message.isCancelled) this.step(message.run);
      this.take([]);
    } else {
      this.take([this.eventOf(message)]);
    }
    const { system } = this.control;
    if (system.trace !== null) system.note(this.control.self, { type: 'state', state: this.getState() });
    return this.isDone ? this.control.stop('normal') : undefined;
  }

  terminate(): void {
    this.isOver = true;
    this.end(this.actor);
  }

  getState(): unknown {
    return this.actor.getSnapshot();
  }

  replaceState(state: unknown): void {
    const { value, context } = state as { value: string; context: unknown };
    const before = this.actor;
    this.actor = this.create(this.logic.resolveState({ value, context }));
    this.end(before);
    this.step(() => this.actor.start());
    if (this.postponed.length > 0) tell(this.control.self.pid, new DelayedStep(() => undefined));
  }

  postponeEvent(): void {
    this.postponing = true;
  }

  /** Takes events. Each time that the state has changed, events that were postponed come next. */
  private take(events: Event[]): void {
    // A delay or `replaceState` may have changed the state since.
    if (this.postponed.length > 0 && this.stateValue() !== this.postponedIn) events.unshift(...this.postponed.splice(0));
    for (let event = events.shift(); event !== undefined && !this.isDone; event = events.shift()) {
      const before = this.stateValue();
      this.postponing = false;
      takingEvent(this, () => this.step(() => this.actor.send(event)));
      if (this.postponing) this.postponed.push(event);
      this.postponedIn = this.stateValue();
      if (this.postponed.length > 0 && this.stateValue() !== before) events.unshift(...this.postponed.splice(0));
    }
  }

  /** Runs a step of the machine. @throws the error of an action, if one failed */
  private step(run: () => void): void {
    this.isStepping = true;
    run();
    this.isStepping = false;
    const { failure } = this;
    if (failure !== undefined) throw failure.error;
  }

  /** Stops a machine and all that it has started. A machine that has failed has stopped by itself, but has left its children behind. */
  private end(actor: Actor<AnyStateMachine>): void {
    actor.stop();
    this.invoked.stopChildrenOf(actor);
  }

  private create(snapshot: unknown): Actor<AnyStateMachine> {
    const { input, inspect } = this.settings;
    const actor = createActor(this.logic, {
      clock: {
        setTimeout: (run: () => void, afterMs: number) => this.delay(run, afterMs),
        clearTimeout: (step: DelayedStep) => cancel(step),
      },
      ...(input === undefined ? {} : { input }),
      ...(inspect === undefined ? {} : { inspect }),
      ...(snapshot === undefined ? {} : { snapshot: snapshot as never }),
    } as never) as Actor<AnyStateMachine>;
    const isAtWork = () => !this.isOver && actor === this.actor;
    actor.subscribe({
      next: () => isAtWork() && this.moved(actor),
      error: (error: unknown) => isAtWork() && this.failed(error),
      complete: () => isAtWork() && this.completed(),
    });
    return actor;
  }

  /** The machine has taken a step. If an invoked actor and no message has caused it, postponed events may be due now. */
  private moved(actor: Actor<AnyStateMachine>): void {
    this.invoked.look(actor);
    if (this.isStepping || this.postponed.length === 0 || this.stateValue() === this.postponedIn) return;
    tell(this.control.self.pid, new DelayedStep(() => undefined));
  }

  private failed(error: unknown): void {
    this.failure = { error };
    if (!this.isStepping) void this.control.stop(error);
  }

  private completed(): void {
    this.isDone = true;
    if (!this.isStepping) void this.control.stop('normal');
  }

  private delay(run: () => void, afterMs: number): DelayedStep {
    const { pid } = this.control.self;
    const step = new DelayedStep(run);
    if (afterMs === Number.POSITIVE_INFINITY) return step;
    checkDelay('delay', afterMs);
    step.countdown = new Countdown(pid, () => tell(pid, step));
    step.countdown.start(afterMs);
    return step;
  }

  private eventOf(message: unknown): Event {
    if (Array.isArray(message)) {
      const [tag, first, second] = message as unknown[];
      if (tag === '$gen_call' && first instanceof Caller) return { ...this.eventOf(second), from: first } as Event;
      if (tag === '$gen_cast') return this.eventOf(first);
    } else if (typeof message === 'object' && message !== null && typeof (message as Event).type === 'string') {
      return message as Event;
    }
    const { toEvent } = this.settings;
    if (toEvent !== undefined) return toEvent(message);
    if (typeof message === 'string') return { type: message };
    const type = Array.isArray(message) && typeof message[0] === 'string' ? message[0] : 'message';
    return { type, message } as Event;
  }

  /** The value of the state as text. Two states are the same if their values are. */
  private stateValue(): string {
    return JSON.stringify(this.actor.getSnapshot().value);
  }
}

function cancel(step: DelayedStep): void {
  step.isCancelled = true;
  step.countdown?.end();
}
