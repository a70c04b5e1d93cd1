/** An actor that starts others, restarts those that fail, and ends them in order. Mirrors supervisor(3). */
import { causeOf, checkKeys, notSelf, textOf } from '../../runtime/behaviour.js';
import { type AnySelf, BadArg, call, isPid, isSelf, type Name, type Pid } from '../../runtime/index.js';
import { type ChildSpec, childOf, childrenOf } from './child.js';
import { Server } from './server.js';
import { type StartOptions, startBehaviour, startKeys } from './start.js';
import { Supervision } from './supervision.js';
import type { ChildCounts, ChildInfo, Outcome, SupervisorMessage, SupervisorRequest } from './supervisorRequest.js';
import { type FixedSpec, rulesOf, type SupervisorSpec } from './supervisorSpec.js';

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

const optionKeys = new Set(startKeys);
