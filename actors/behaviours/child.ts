/** A child of a supervisor: its description, the check of that, and what the supervisor knows of it. Mirrors the child specifications of supervisor.erl. */
import { checkKeys, checkTimeout } from '../../runtime/behaviour.js';
import { type AnySelf, BadArg, type Pid } from '../../runtime/index.js';
import { checkRestartDelay, type RestartDelay } from './restartDelay.js';

/** The description of a child: how it is started, when it is restarted, and how it is ended. */
export interface ChildSpec {
  /** The name of the child, unique among the children of one supervisor. */
  readonly id: string;
  /**
   * Starts the actor, usually by `spawnLink(self, ...)` or some `startLink(self, ...)`, where `self` is the supervisor's handle, and returns its pid. The next
   * child waits for a promise that it returns. If it throws, the child could not be started. If it returns undefined, there is nothing to start now. Under
   * 'simple_one_for_one' it also gets the arguments of `startChild`.
   */
  start(self: AnySelf, ...args: never[]): Pid | undefined | Promise<Pid | undefined>;
  /** When the child is restarted: 'permanent' (the default) whenever it ends, 'transient' after a failure, 'temporary' never. */
  readonly restart?: 'permanent' | 'transient' | 'temporary';
  /**
   * The pause before a restart, for a child whose resource (a port, a peer) may be away for a while: milliseconds, or `{ firstMs, maxMs, factor? }` for a pause
   * that grows. Other children that the strategy restarts too are ended at once, and wait as well. 0 unless given, as in OTP. Not for a temporary child.
   */
  readonly restartDelay?: RestartDelay;
  /**
   * How the child is ended. A number: it gets the exit signal 'shutdown', and 'kill' if it still lives after so many milliseconds; Infinity: never 'kill'.
   * 'brutal_kill': it gets 'kill' at once. 5,000 unless given, Infinity for a supervisor.
   */
  readonly shutdown?: number | 'brutal_kill';
  /** What the child is. 'worker' unless given. */
  readonly type?: 'worker' | 'supervisor';
  /** Whether the supervisor may end when this child ends by itself: see `autoShutdown`. Not for a permanent child. False unless given. */
  readonly significant?: boolean;
}

/** A pause in which children wait for their restart. */
export interface RestartPause {
  /** Takes a child out of the pause: it has been started or ended meanwhile. */
  leave(child: Child): void;
}

/** A child as its supervisor knows it. */
export interface Child {
  readonly spec: ChildSpec;
  /** Its actor. 'restarting': a restart has failed or is put off, and will be tried. Undefined: it has ended for good, or has nothing to start. */
  pid: Pid | 'restarting' | undefined;
  /** Its last actor, under 'simple_one_for_one', where children have no id: while it is restarting, the child is found by this pid. */
  formerPid: Pid | undefined;
  /** The pause before its restart, while that is put off. */
  delayed: RestartPause | undefined;
  /** When the child was started, and how often it has been restarted since it last ran for long. */
  startedMs: number | undefined;
  restarts: number;
  /** The further arguments of `start`. Emptied when a temporary child has started, since it is never started again. */
  args: readonly unknown[];
}

/** Makes children of their descriptions. @throws BadArg naming the first description that is wrong */
export function childrenOf(argument: string, specs: readonly ChildSpec[], autoShutdown: string): Child[] {
  if (!Array.isArray(specs)) throw new BadArg(argument, 'must be an array');
  const ids = new Set<string>();
  return specs.map((spec: ChildSpec, index) => {
    const child = childOf(`${argument}[${index}]`, spec);
    if (ids.has(spec.id)) throw new BadArg(`${argument}[${index}].id`, `is the id of another child: ${spec.id}`);
    if (spec.significant === true && autoShutdown === 'never')
      throw new BadArg(`${argument}[${index}].significant`, "needs an autoShutdown other than 'never'");
    ids.add(spec.id);
    return child;
  });
}

const keys = new Set(['id', 'start', 'restart', 'restartDelay', 'shutdown', 'type', 'significant'] satisfies (keyof ChildSpec)[]);

/** Makes a child of its description. @throws BadArg */
export function childOf(argument: string, spec: ChildSpec, args: readonly unknown[] = []): Child {
  if (typeof spec !== 'object' || spec === null) throw new BadArg(argument, 'must be an object');
  checkKeys(argument, spec, keys);
  const { id, start, restart = 'permanent', restartDelay, shutdown, type = 'worker', significant = false } = spec;
  if (typeof id !== 'string') throw new BadArg(`${argument}.id`, 'must be a string');
  if (typeof start !== 'function') throw new BadArg(`${argument}.start`, 'must be a function');
  if (!['permanent', 'transient', 'temporary'].includes(restart))
    throw new BadArg(`${argument}.restart`, "must be 'permanent', 'transient' or 'temporary'");
  if (restartDelay !== undefined) checkRestartDelay(`${argument}.restartDelay`, restartDelay, restart);
  if (shutdown !== undefined && shutdown !== 'brutal_kill') checkTimeout(`${argument}.shutdown`, shutdown);
  if (type !== 'worker' && type !== 'supervisor') throw new BadArg(`${argument}.type`, "must be 'worker' or 'supervisor'");
  if (typeof significant !== 'boolean' || (significant && restart === 'permanent'))
    throw new BadArg(`${argument}.significant`, 'must be a boolean, and not true for a permanent child');
  return { spec, pid: undefined, formerPid: undefined, delayed: undefined, startedMs: undefined, restarts: 0, args };
}

export function restartOf({ spec }: Child): NonNullable<ChildSpec['restart']> {
  return spec.restart ?? 'permanent';
}

/** The actor of a child that has one. */
export function pidOf({ pid }: Child): Pid | undefined {
  return pid === 'restarting' ? undefined : pid;
}
