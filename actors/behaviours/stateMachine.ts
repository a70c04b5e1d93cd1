/**
 * State machines as actors: any machine of xstate v5, with a mailbox, links, calls and a supervisor. Mirrors gen_statem(3) in spirit: events may be postponed,
 * and `after` is a state timeout, on the clock of the actor's system. The types of xstate are not used here, so users without xstate do not need them.
 */
import { checkKeys, notSelf } from '../../runtime/behaviour.js';
import { type AnySelf, type Asks, BadArg, type Call, type Cast, type From, isSelf, type Pid } from '../../runtime/index.js';
import { Machine } from './machine.js';
import { postpone } from './postpone.js';
import { type StartOptions, startBehaviour, startKeys } from './start.js';

/** A machine with events `Event`, as `createMachine` and `setup(...).createMachine` make it. */
export interface MachineOf<Event> {
  transition(snapshot: never, event: Event, scope: never): unknown;
  getInitialSnapshot(scope: never, input?: never): unknown;
}

/** The messages that a machine with events `Event` takes. An event with a field `from` can be sent by `call`, without that field. */
export type MachineMessage<Event> =
  | Event
  | Cast<Event>
  | (Event extends { readonly from: From<infer Answer> } ? Call<Asks<Omit<Event, 'from'>, Answer>, Answer> : never);

/** Options for the start of a state machine. */
export interface StateMachineOptions extends StartOptions {
  /** The input of the machine. */
  readonly input?: unknown;
  /** Called with the inspection events of xstate. */
  readonly inspect?: (event: unknown) => void;
  /** Makes an event of a message that is no event. `stateMachine` says what happens without it. */
  readonly toEvent?: (message: unknown) => { readonly type: string };
}

const keys = new Set([...startKeys, 'input', 'inspect', 'toEvent']);

/** A machine, or a function that makes one for its actor. */
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
 * State machines of xstate as actors. `start(machine, options)` starts one; `startLink(self, machine, options)` also links it to its parent. Both settle when
 * the initial state has been entered. Instead of a machine, give a function that makes one of the new actor's `self`, if its actions own sockets, link or
 * monitor.
 *
 * Each message becomes an event of the machine:
 *
 * - an object with a `type` is the event;
 * - `['tag', ...]` becomes `{ type: 'tag', message }`;
 * - a string becomes `{ type }`;
 * - a request of `call` becomes its event with a field `from`; an action answers it by `replyTo(event.from, answer)`;
 * - a message of `cast` becomes its event;
 * - anything else becomes `{ type: 'message', message }`, unless the option `toEvent` says otherwise.
 *
 * The actor ends 'normal' when the machine reaches its final state. It ends with the error when an action throws, or when an invoked actor fails and the machine
 * does not handle that. `sys.getState` gives the snapshot. `sys.replaceState` takes `{ value, context }`; delays of the former state are not started again.
 *
 * `stateMachine.postpone` is an action. It keeps the event until the machine has come to another state, and then the event is taken before any newer one.
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
