/**
 * How much a socket may send its owner: the arithmetic of Erlang's `active` option, as pure functions from a state and an event to the next
 * state and its effects. Nothing here touches a socket. Mirrors inet_drv.c, inet_set_opts and the delivery macros (FC-1..FC-30).
 */
import { BadArg } from '../../runtime/index.js';

/** The values of the option: `false`, `true`, `'once'`, or an integer that is added to the count of messages still allowed. */
export type Active = boolean | 'once' | number;

/** The state of one socket. `count` is 0 unless the mode is 'multi', and above 0 if it is (FC-7, FC-9). */
export interface ActiveState {
  readonly mode: boolean | 'once' | 'multi';
  readonly count: number;
}

/** The next state, and how many passive messages the owner gets because of the step. */
export interface ActiveStep {
  readonly state: ActiveState;
  readonly passiveMessages: number;
}

/** The range of an integer given by the user and of the count: a signed 16-bit field in inet_drv (FC-2). */
export const activeMin = -32768;
export const activeMax = 32767;

export const passive: ActiveState = { mode: false, count: 0 };
const always: ActiveState = { mode: true, count: 0 };
const once: ActiveState = { mode: 'once', count: 0 };

const stepToPassive: ActiveStep = { state: passive, passiveMessages: 0 };
const stepToPassiveAndTell: ActiveStep = { state: passive, passiveMessages: 1 };
const stepToAlways: ActiveStep = { state: always, passiveMessages: 0 };
const stepToOnce: ActiveStep = { state: once, passiveMessages: 0 };

/** Whether `value` is of a kind that `active` takes; its range is another matter (FC-2). */
export function isActive(value: unknown): value is Active {
  return typeof value === 'boolean' || value === 'once' || (typeof value === 'number' && Number.isInteger(value));
}

/** Whether an integer is out of the range that the option bears (FC-2). */
function isOutOfRange(value: Active): boolean {
  return typeof value === 'number' && (value < activeMin || value > activeMax);
}

/** What `getopts` shows (FC-9). */
export function activeValue(state: ActiveState): Active {
  return state.mode === 'multi' ? state.count : state.mode;
}

/** How many items may be delivered before the socket turns passive. */
export function allowance(state: ActiveState): number {
  if (state.mode === true) return Number.POSITIVE_INFINITY;
  if (state.mode === 'once') return 1;
  return state.count;
}

/**
 * Sets one value (FC-3..FC-8). Integers add up; a sum of 0 or less means passive and one passive message, even if the socket was passive
 * before; `true`, `'once'` and `false` throw the count away in silence.
 *
 * @returns 'einval' if the integer or the sum is out of range; nothing has changed then (FC-2, FC-4)
 */
export function setActive(state: ActiveState, value: Active): ActiveStep | 'einval' {
  if (value === false) return stepToPassive;
  if (value === true) return stepToAlways;
  if (value === 'once') return stepToOnce;
  if (isOutOfRange(value)) return 'einval';
  const count = state.count + value;
  if (count > activeMax) return 'einval';
  if (count <= 0) return stepToPassiveAndTell;
  return { state: { mode: 'multi', count }, passiveMessages: 0 };
}

/**
 * Sets the values of one `setopts` list, given in the order written and applied from the last to the first as inet_drv does (FC-12).
 * All or nothing: unlike inet_drv, a value that fails undoes those before it (FC-13).
 */
export function setActiveList(state: ActiveState, values: readonly Active[]): ActiveStep | 'einval' {
  let step: ActiveStep = { state, passiveMessages: 0 };
  for (let index = values.length - 1; index >= 0; index -= 1) {
    const next = setActive(step.state, values[index]!);
    if (next === 'einval') return next;
    step = { state: next.state, passiveMessages: step.passiveMessages + next.passiveMessages };
  }
  return step;
}

/**
 * The first state of a socket from the `active` values given to `open`: the last one counts, nothing adds up (FC-11), none means the transport's default (FC-1).
 *
 * @throws BadArg if the value is out of range (FC-2)
 */
export function openActive(values: readonly Active[], byDefault: Active = false): ActiveStep {
  const value = values.at(-1) ?? byDefault;
  const step = setActive(passive, value);
  if (step === 'einval') throw new BadArg('options.active', `must be in ${activeMin}..${activeMax}`);
  return step;
}

/** One counted item has gone to the owner (FC-21..FC-23). Must not be called when the allowance is 0. */
export function countItem(state: ActiveState): ActiveStep {
  if (state.mode === true) return stepToAlways;
  if (state.mode === 'once') return stepToPassive;
  if (state.mode === false) throw new Error('an item was delivered while the socket was passive');
  if (state.count === 1) return stepToPassiveAndTell;
  return { state: { mode: 'multi', count: state.count - 1 }, passiveMessages: 0 };
}

/**
 * A blocking connect by way of this socket has its answer. Only a count is charged for it: `once` and `true` stay as they were (CN-10, CN-11,
 * CN-15).
 */
export function countConnect(state: ActiveState): ActiveStep {
  return state.mode === 'multi' ? countItem(state) : { state, passiveMessages: 0 };
}
