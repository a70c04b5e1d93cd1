/**
 * State machines as actors: any xstate v5 machine, with a mailbox, links, calls and a supervisor. Mirrors gen_statem(3) in spirit: events may be postponed,
 * and `after` is a state timeout, on the clock of the actor's system. The types of xstate stay out of here, so users without it need none.
 */
import { checkKeys, notSelf } from '../../runtime/behaviour.js';
import { type AnySelf, type Asks, BadArg, type Call, type Cast, type From, isSelf, type Pid } from '../../runtime/index.js';
import { Machine } from './machine.js';
import { postpone } from './postpone.js';
import { type StartOptions, startBehaviour, startKeys } from './start.js';

/** What is asked of a machine's type: what `createMachine` and `setup(...).createMachine` give, with events `Event`. */
export interface MachineOf<Event> {
  transition(snapshot: never, event: Event, scope: never): unknown;
  getInitialSnapshot(scope: never, input?: never): unknown;
}

/** The messages that a machine with events `Event` takes. An event with `from` may be called: with all of it but that. */
export type MachineMessage<Event> =
  | Event
  | Cast<Event>
  | (Event extends { readonly from: From<infer Answer> } ? Call<Asks<Omit<Event, 'from'>, Answer>, Answer> : never);

export interface StateMachineOptions extends StartOptions {
  /** The machine's input. */
  readonly input?: unknown;
  /** Gets xstate's inspection events. */
  readonly inspect?: (event: unknown) => void;
  /** Makes an event of a message that is none. Unless given: see `stateMachine`. */
  readonly toEvent?: (message: unknown) => { readonly type: string };
}

const keys = new Set([...startKeys, 'input', 'inspect', 'toEvent']);

/** A machine, or what makes one for its actor. */
type Source<Event> = MachineOf<Event> | ((self: AnySelf) => MachineOf<Event>);

function start<Event>(machine: Source<Event>, options: StateMachineOptions = {}): Promise<Pid<MachineMessage<Event>>> {
  if (typeof options !== 'object' || options === null) throw new BadArg('options', 'must be an object');
  checkKeys('options', options, keys);
  const { input, inspect, toEvent, ...startOptions } = options;
  if (typeof machine !== 'function' && typeof machine?.transition !== 'function')
    throw new BadArg('machine', 'must be a machine of xstate, or a function that makes one');
  if (inspect !== undefined && typeof inspect !== 'function') throw new BadArg('options.inspect', 'must be a function');
  if (toEvent !== undefined && typeof toEvent !== 'function') throw new BadArg('options.toEvent', 'must be a function');
  const source = machine as Parameters<typeof Machine.begin>[1];
  const begin = (control: Parameters<typeof Machine.begin>[0]) => Machine.begin(control, source, { input, inspect, toEvent });
  return startBehaviour('stateMachine', begin, startOptions) as unknown as Promise<Pid<MachineMessage<Event>>>;
}

function startLink<Event>(
  self: AnySelf,
  machine: Source<Event>,
  options: StateMachineOptions = {},
): Promise<Pid<MachineMessage<Event>>> {
  if (!isSelf(self)) throw new BadArg('self', notSelf);
  return start(machine, { ...options, link: self });
}

/**
 * `start(machine, options)` and `startLink(self, machine, options)` start a machine, and settle when its initial state has been entered. `machine` may be a
 * function of the new actor's `self`, for machines whose actions receive, own sockets, link or monitor.
 *
 * Messages are its events: an object with a `type` as it is; `['tag', ...]` as `{ type: 'tag', message }`; a string as `{ type }`; a request of `call` as
 * its event with a `from`, which an action answers by `replyTo(event.from, answer)`; what `cast` sends as its event; anything else as
 * `{ type: 'message', message }`. The machine ends 'normal' in its final state, and with the error when one of its actions throws or a child of it fails
 * and nobody handles that. `sys.getState` gives its snapshot; `sys.replaceState` takes `{ value, context }`, and delays of the state it was in are
 * not started again.
 *
 * `postpone` is an action: the event is kept, and taken again, before any newer one, when the machine has come to another state.
 *
 * @example
 * const door = createMachine({
 *   initial: 'closed',
 *   states: {
 *     closed: { on: { open: 'opened', knock: { actions: stateMachine.postpone } } },
 *     opened: { after: { 5000: 'closed' }, on: { knock: { actions: answer } } },
 *   },
 * });
 * const pid = await stateMachine.start(door);
 * send(pid, { type: 'open' });
 */
export const stateMachine = { start, startLink, postpone } as const;
