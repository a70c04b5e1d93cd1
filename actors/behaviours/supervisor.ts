/** Supervisors: actors that start other actors, restart those that fail, and end them in order. Mirrors supervisor(3). */
import { causeOf, checkKeys, notSelf, textOf } from '../../runtime/behaviour.js';
import { type AnySelf, BadArg, call, isPid, isSelf, type Name, type Pid } from '../../runtime/index.js';
import { type ChildSpec, childOf, childrenOf } from './child.js';
import { Server } from './server.js';
import { type StartOptions, startBehaviour, startKeys } from './start.js';
import { Supervision } from './supervision.js';
import type { ChildCounts, ChildInfo, Outcome, SupervisorMessage, SupervisorRequest } from './supervisorRequest.js';
import { type FixedSpec, rulesOf, type SupervisorSpec } from './supervisorSpec.js';

/**
 * A supervisor has refused a request. The `reason` is 'not_found', 'running', 'restarting', 'already_present', `['already_started', pid]`,
 * 'simple_one_for_one', 'bad_combination' (the child is significant, and `autoShutdown` is 'never'), or the reason for which the child could not be started.
 */
export class SupervisorError extends Error {
  // Private, since Node prints the public fields of an uncaught error, and everything that hangs from a pid with them.
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
 * Starts a supervisor. The start settles when all children have started. If a child cannot start, the children before it are ended, and the start rejects with
 * a `StartError` whose reason is `['shutdown', ['failed_to_start_child', id, reason]]`.
 *
 * When a child ends, its description and the strategy decide which children are restarted. A restart that fails is tried again, and each try counts as a
 * restart. After too many restarts the supervisor ends its children and itself with 'shutdown'; that is reported like a crash.
 *
 * A supervisor also ends its children, in the opposite order of their start, and then itself, when its parent ends or when it gets an exit signal without a
 * sender. So `exit(pid, 'shutdown')` stops a whole tree.
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

/** Like `start`, and links the supervisor to its parent, so that it ends when the parent does. */
function startLink(self: AnySelf, spec: SupervisorSpec, options: StartOptions = {}): Promise<Pid<SupervisorMessage>> {
  if (!isSelf(self)) throw new BadArg('self', notSelf);
  return start(spec, { ...options, link: self });
}

/**
 * Adds a child as the last one, and starts it. Under 'simple_one_for_one', `child` is the list of further arguments for its `start`. Resolves to the pid of the
 * child, or to undefined if its `start` returned that.
 *
 * @throws SupervisorError (rejects) 'already_present', `['already_started', pid]`, or the reason for which it could not be started; nothing has been added then
 */
function startChild(self: AnySelf, sup: Supervisor, child: ChildSpec | readonly unknown[]): Promise<Pid | undefined> {
  const what = Array.isArray(child) ? child : childOf('child', child as ChildSpec);
  return outcome('start_child', request(self, sup, ['start_child', what]));
}

/** Ends a child. Its description is kept unless the child is temporary. Under 'simple_one_for_one' the child is named by its pid. @throws SupervisorError */
function terminateChild(self: AnySelf, sup: Supervisor, which: string | Pid): Promise<void> {
  return outcome('terminate_child', request(self, sup, ['terminate_child', checkWhich(which)])) as Promise<void>;
}

/** Starts a child again that has ended for good. @throws SupervisorError 'not_found', 'running', 'restarting', or the reason for which it could not be started */
function restartChild(self: AnySelf, sup: Supervisor, id: string): Promise<Pid | undefined> {
  return outcome('restart_child', request(self, sup, ['restart_child', checkId(id)]));
}

/** Removes the description of a child that does not run. @throws SupervisorError 'not_found', 'running' or 'restarting' */
function deleteChild(self: AnySelf, sup: Supervisor, id: string): Promise<void> {
  return outcome('delete_child', request(self, sup, ['delete_child', checkId(id)])) as Promise<void>;
}

/** The children, in order. */
function whichChildren(self: AnySelf, sup: Supervisor): Promise<readonly ChildInfo[]> {
  return request(self, sup, ['which_children']);
}

/** How many descriptions and children there are, and how many of the children run, are supervisors, and are workers. */
function countChildren(self: AnySelf, sup: Supervisor): Promise<ChildCounts> {
  return request(self, sup, ['count_children']);
}

/** The description of a child; undefined if there is none. */
function getChildspec(self: AnySelf, sup: Supervisor, which: string | Pid): Promise<ChildSpec | undefined> {
  return request(self, sup, ['get_childspec', checkWhich(which)]);
}

/**
 * Supervisors. `start` and `startLink` start one. The other functions send a request to one, and reject with a `CallError` if there is no such supervisor. While
 * a supervisor starts or ends children it answers no requests, as in OTP.
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

/** Sends a request, and waits without limit: the answer takes as long as the children take to start or end. */
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
