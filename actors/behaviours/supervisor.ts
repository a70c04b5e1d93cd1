/** An actor that starts others, restarts those that fail, and ends them in order. Mirrors supervisor(3). */
import { causeOf, checkKeys, checkPeriod, notSelf, textOf } from '../../runtime/behaviour.js';
import { type AnySelf, type Asks, BadArg, type Call, call, isPid, isSelf, type Name, type Pid } from '../../runtime/index.js';
import { type Child, type ChildSpec, childOf, childrenOf } from './children.js';
import { Server } from './server.js';
import { type StartOptions, startBehaviour, startKeys } from './start.js';
import { type Rules, Supervision } from './supervision.js';

export type { ChildSpec } from './children.js';

interface CommonSpec {
  /** So many restarts in `periodMs` are borne; one more, and the supervisor ends its children and itself, with 'shutdown'. 1 unless given. */
  readonly intensity?: number;
  /** Milliseconds. 5,000 unless given. */
  readonly periodMs?: number;
}

export interface FixedSpec extends CommonSpec {
  /**
   * What else is restarted when a child is: 'one_for_one' nothing, 'one_for_all' all others, 'rest_for_one' those that come after it. The
   * first unless given.
   */
  readonly strategy?: 'one_for_one' | 'one_for_all' | 'rest_for_one';
  /** Started in this order, each when the one before it has been; ended in the opposite order. More may come by `startChild`. */
  readonly children: readonly ChildSpec[];
  /**
   * Whether it ends, with 'shutdown', when a child that is `significant` has ended by itself and is not restarted: 'never', at 'any_significant', or when
   * 'all_significant' have. The first unless given.
   */
  readonly autoShutdown?: 'never' | 'any_significant' | 'all_significant';
}

export interface DynamicSpec extends CommonSpec {
  /** Any number of children of one kind, which `startChild` starts with arguments of their own. Ended all at the same time. */
  readonly strategy: 'simple_one_for_one';
  readonly child: ChildSpec;
}

export type SupervisorSpec = FixedSpec | DynamicSpec;

/** A child as `whichChildren` tells of it. */
export interface ChildInfo {
  /** Undefined under 'simple_one_for_one', where children have none. */
  readonly id: string | undefined;
  /** Undefined if it has ended and is not to be restarted, or has nothing to start; 'restarting' if it could not be started again so far. */
  readonly pid: Pid | 'restarting' | undefined;
  readonly type: 'worker' | 'supervisor';
}

export interface ChildCounts {
  readonly specs: number;
  readonly active: number;
  readonly supervisors: number;
  readonly workers: number;
}

/** What a supervisor takes from others than its children and its parent. Sent by the functions of `supervisor`. */
export type SupervisorMessage = Call<SupervisorRequest, never>;

type Outcome = readonly ['ok', Pid | undefined] | readonly ['error', reason: unknown];

export type SupervisorRequest =
  | Asks<readonly ['start_child', child: Child | readonly unknown[]], Outcome>
  | Asks<readonly ['terminate_child', which: string | Pid], Outcome>
  | Asks<readonly ['restart_child', id: string], Outcome>
  | Asks<readonly ['delete_child', id: string], Outcome>
  | Asks<readonly ['which_children'], readonly ChildInfo[]>
  | Asks<readonly ['count_children'], ChildCounts>
  | Asks<readonly ['get_childspec', which: string | Pid], ChildSpec | undefined>;

/**
 * A supervisor has not done what it was asked to. `reason`: 'not_found', 'running', 'restarting', 'already_present', ['already_started', pid],
 * 'simple_one_for_one', 'bad_combination' (a significant child and no `autoShutdown`), or why the child could not be started.
 */
export class SupervisorError extends Error {
  // As in CallError: Node would print all that hangs from a pid in there.
  readonly #reason: unknown;

  constructor(what: string, reason: unknown) {
    super(`${what}: ${textOf(reason)}`, causeOf(reason));
    this.name = 'SupervisorError';
    this.#reason = reason;
  }

  get reason(): unknown {
    return this.#reason;
  }
}

type Supervisor = Pid<SupervisorMessage> | Name<SupervisorMessage>;

/**
 * Starts a supervisor; settles when all its children have started. A child that cannot start ends those before it, and the start is rejected with a
 * `StartError` whose reason is `['shutdown', ['failed_to_start_child', id, reason]]`.
 *
 * It ends its children, in the opposite order, and then itself, when its parent ends or an exit signal without a sender comes:
 * `exit(pid, 'shutdown')` stops a whole tree. A child that ends is restarted as its description and the strategy say; one that cannot be restarted is tried
 * again, each try counting as a restart. Too many restarts end it with 'shutdown', which is reported as crashes are.
 *
 * @example
 * const top = await supervisor.start({
 *   children: [{ id: 'server', start: (self) => spawnLink(self, serve) }],
 * });
 */
function start(spec: SupervisorSpec, options: StartOptions = {}): Promise<Pid<SupervisorMessage>> {
  if (typeof options !== 'object' || options === null) throw new BadArg('options', 'must be an object');
  checkKeys('options', options, optionKeys);
  const rules = rulesOf(spec);
  const children =
    rules.template === undefined ? childrenOf('spec.children', (spec as FixedSpec).children, rules.autoShutdown) : [];
  const callbacks = new Supervision(rules, children);
  const begin = (control: Parameters<typeof Server.begin>[0]) => Server.begin(control, callbacks as never, undefined);
  return startBehaviour('supervisor', begin, { label: 'supervisor', ...options, trapExit: true }) as unknown as Promise<
    Pid<SupervisorMessage>
  >;
}

/** As `start`, linked to its parent, which it ends with. */
function startLink(self: AnySelf, spec: SupervisorSpec, options: StartOptions = {}): Promise<Pid<SupervisorMessage>> {
  if (!isSelf(self)) throw new BadArg('self', notSelf);
  return start(spec, { ...options, link: self });
}

/**
 * Adds a child, as the last one, and starts it; under 'simple_one_for_one' `child` is the list of arguments for its `start`. Gives its pid, or undefined
 * if its `start` did.
 *
 * @throws SupervisorError (rejects) 'already_present', ['already_started', pid], or why it could not be started; nothing has been added then
 */
function startChild(self: AnySelf, sup: Supervisor, child: ChildSpec | readonly unknown[]): Promise<Pid | undefined> {
  const what = Array.isArray(child) ? child : childOf('child', child as ChildSpec);
  return outcome('start_child', request(self, sup, ['start_child', what]));
}

/** Ends a child, and keeps its description unless it is temporary. Under 'simple_one_for_one' it is named by its pid. @throws SupervisorError */
function terminateChild(self: AnySelf, sup: Supervisor, which: string | Pid): Promise<void> {
  return outcome('terminate_child', request(self, sup, ['terminate_child', checkWhich(which)])) as Promise<void>;
}

/** Starts a child again that has ended for good. @throws SupervisorError 'not_found', 'running', 'restarting', or why it could not be started */
function restartChild(self: AnySelf, sup: Supervisor, id: string): Promise<Pid | undefined> {
  return outcome('restart_child', request(self, sup, ['restart_child', checkId(id)]));
}

/** Forgets a child that does not run. @throws SupervisorError 'not_found', 'running' or 'restarting' */
function deleteChild(self: AnySelf, sup: Supervisor, id: string): Promise<void> {
  return outcome('delete_child', request(self, sup, ['delete_child', checkId(id)])) as Promise<void>;
}

/** The children in order. */
function whichChildren(self: AnySelf, sup: Supervisor): Promise<readonly ChildInfo[]> {
  return request(self, sup, ['which_children']);
}

/** How many descriptions, running children, supervisors and workers among them there are. */
function countChildren(self: AnySelf, sup: Supervisor): Promise<ChildCounts> {
  return request(self, sup, ['count_children']);
}

/** The description of a child; undefined if there is none. */
function getChildspec(self: AnySelf, sup: Supervisor, which: string | Pid): Promise<ChildSpec | undefined> {
  return request(self, sup, ['get_childspec', checkWhich(which)]);
}

/**
 * `start` and `startLink` start a supervisor; the others ask one, and reject with a `CallError` if there is none. They wait while it starts or ends children,
 * as in OTP.
 */
export const supervisor = {
  start,
  startLink,
  startChild,
  terminateChild,
  restartChild,
  deleteChild,
  whichChildren,
  countChildren,
  getChildspec,
} as const;

/** What is asked of a supervisor takes as long as its children do. */
function request<R extends SupervisorRequest>(self: AnySelf, sup: Supervisor, what: R) {
  return call(self, sup, what, Number.POSITIVE_INFINITY);
}

async function outcome(what: string, asked: Promise<Outcome>): Promise<Pid | undefined> {
  const result = await asked;
  if (result[0] === 'error') throw new SupervisorError(what, result[1]);
  return result[1];
}

function checkWhich(which: string | Pid): string | Pid {
  if (typeof which === 'string' || isPid(which)) return which;
  throw new BadArg('which', 'must be the id or the pid of a child');
}

function checkId(id: unknown): string {
  if (typeof id !== 'string') throw new BadArg('id', 'must be a string');
  return id;
}

const commonKeys = ['strategy', 'intensity', 'periodMs', 'autoShutdown'] satisfies (keyof FixedSpec)[];
const fixedKeys = new Set([...commonKeys, 'children']);
const dynamicKeys = new Set([...commonKeys, 'child']);
const optionKeys = new Set(startKeys);

function rulesOf(spec: SupervisorSpec): Rules {
  if (typeof spec !== 'object' || spec === null) throw new BadArg('spec', 'must be an object');
  checkKeys('spec', spec, spec.strategy === 'simple_one_for_one' ? dynamicKeys : fixedKeys);
  const { strategy = 'one_for_one', intensity = 1, periodMs = 5000 } = spec;
  if (!['one_for_one', 'one_for_all', 'rest_for_one', 'simple_one_for_one'].includes(strategy)) {
    throw new BadArg('spec.strategy', "must be 'one_for_one', 'one_for_all', 'rest_for_one' or 'simple_one_for_one'");
  }
  if (!Number.isInteger(intensity) || intensity < 0) throw new BadArg('spec.intensity', 'must be an integer of 0 or more');
  checkPeriod('spec.periodMs', periodMs);
  const { autoShutdown = 'never' } = spec as FixedSpec;
  if (!['never', 'any_significant', 'all_significant'].includes(autoShutdown))
    throw new BadArg('spec.autoShutdown', "must be 'never', 'any_significant' or 'all_significant'");
  const template = strategy === 'simple_one_for_one' ? (spec as DynamicSpec).child : undefined;
  if (strategy === 'simple_one_for_one') childOf('spec.child', template as ChildSpec);
  return { strategy, intensity, periodMs, autoShutdown, template };
}
