/** Setting and reading the options of one socket: those in force (optionsInForce.ts), and `active`, which the flow control has. */
import {
  type Active,
  type ActiveStep,
  activeValue,
  type FlowControl,
  type OptionReason,
  SocketError,
  setActiveList,
} from '../socket/index.js';
import type { AskedOption, OptionPlan } from './options.js';
import type { OptionsInForce } from './optionsInForce.js';
import type { SctpReceived } from './received.js';

export class SocketOptions {
  readonly #inForce: OptionsInForce;
  readonly #flow: FlowControl<SctpReceived>;

  constructor(inForce: OptionsInForce, flow: FlowControl<SctpReceived>) {
    this.#inForce = inForce;
    this.#flow = flow;
  }

  /** Sets all options of a plan or, if one is refused, none. @throws SocketError 'einval', 'enotsup' */
  apply(plan: OptionPlan, syscall: string): void {
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

  /** The values by name; those that the stack refuses to tell are left out (SO-2). */
  read(asked: readonly AskedOption[]): { readonly [name: string]: unknown } {
    const values: { [name: string]: unknown } = {};
    for (const { name, key } of asked) {
      const value = name === 'active' ? activeValue(this.#flow.active) : this.#inForce.read(name, key);
      if (value !== undefined) values[name] = value;
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
