/** Setting and reading the options of one socket: those in force, which its transport has, and `active`, which the flow control has. */
import { type Active, type ActiveStep, activeValue, setActiveList } from './activeMode.js';
import { type OptionReason, SocketError } from './errors.js';
import type { FlowControl } from './flowControl.js';
import type { Watermarks } from './mailboxRoom.js';
import type { KeptPlan } from './optionPairs.js';

/** The options of a socket as they are in force, without `active`. */
export interface InForce<Plan, Asked> {
  readonly marks: Watermarks;
  /** Sets everything of a plan but `active`, or nothing. @throws SocketError */
  apply(plan: Plan, syscall: string): void;
  /** Undefined if the stack refuses to tell. */
  read(asked: Asked): unknown;
}

/** What the flow control of a socket does with options. */
type Flow = Pick<FlowControl<never>, 'active' | 'setWatermarks' | 'apply'>;

export class SocketOptions<Plan extends KeptPlan, Asked extends { readonly name: string }> {
  readonly #inForce: InForce<Plan, Asked>;
  readonly #flow: Flow;

  constructor(inForce: InForce<Plan, Asked>, flow: Flow) {
    this.#inForce = inForce;
    this.#flow = flow;
  }

  /** Sets all options of a plan or, if one is refused, none. @throws SocketError 'einval', 'enotsup' */
  apply(plan: Plan, syscall: string): void {
    const step = this.#planActive(plan.active, syscall);
    this.#inForce.apply(plan, syscall);
    // A byte of payload weighs more as a number.
    const moved = this.#flow.setWatermarks(this.#inForce.marks) || plan.mode !== undefined;
    if (moved || plan.active.length > 0) this.#flow.apply(step);
  }

  /** Sets `active` alone: owners do so over and over. @throws SocketError 'einval' (FC-2, FC-4) */
  setActive(value: Active, syscall: string): void {
    this.#flow.apply(this.#planActive([value], syscall));
  }

  /** The values by name; those that the stack refuses to tell are left out. */
  read(asked: readonly Asked[]): { readonly [name: string]: unknown } {
    const values: { [name: string]: unknown } = {};
    for (const each of asked) {
      const value = each.name === 'active' ? activeValue(this.#flow.active) : this.#inForce.read(each);
      if (value !== undefined) values[each.name] = value;
    }
    return values;
  }

  /** @throws SocketError 'einval' (FC-2, FC-4) */
  #planActive(values: readonly Active[], syscall: string): ActiveStep {
    const step = setActiveList(this.#flow.active, values);
    if (step !== 'einval') return step;
    throw new SocketError<OptionReason>('einval', syscall, {
      detail: 'active: the count would be out of range, -32768..32767; messages still allowed add up',
    });
  }
}
