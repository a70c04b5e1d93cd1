/** A child of a supervisor: how it is described and checked, and what the supervisor knows of it. Mirrors the child specifications of supervisor.erl. */
import { checkKeys, checkTimeout } from '../../runtime/behaviour.js';
import { type AnySelf, BadArg, type Pid } from '../../runtime/index.js';
import { checkRestartDelay, type RestartDelay } from './restartDelay.js';

export interface ChildSpec {
  /** Its name among the children of one supervisor. */
  readonly id: string;
  /**
   * Starts the actor, in most cases with `spawnLink(self, ...)` or a `startLink(self, ...)`; `self` is the supervisor's own. If it gives a promise the
   * next child is started when that has settled. What it throws means that the child cannot start; undefined, that there is nothing to start
   * now. Under 'simple_one_for_one' it gets what `startChild` was given.
   */
  start(self: AnySelf, ...args: never[]): Pid | undefined | Promise<Pid | undefined>;
  /** Restart it when it ends: 'permanent' always, 'transient' after a failure, 'temporary' never. The first unless given. */
  readonly restart?: 'permanent' | 'transient' | 'temporary';
  /**
   * How long its restart is put off, for a child whose resource comes back: milliseconds, or `{ firstMs, maxMs, factor? }` for a pause that grows. What else the
   * strategy restarts with it ends at once and waits too. 0 unless given: at once, as in OTP. Not for a temporary child.
   */
  readonly restartDelay?: RestartDelay;
  /**
   * How it is ended: by an exit signal 'shutdown' and, after so many milliseconds (Infinity: never), by 'kill'; or by 'kill' at once. 5,000
   * unless given, and Infinity for a supervisor.
   */
  readonly shutdown?: number | 'brutal_kill';
  /** What it is. 'worker' unless given. */
  readonly type?: 'worker' | 'supervisor';
  /** Its end by itself may be the end of the supervisor: see `autoShutdown`. Not for a permanent child. False unless given. */
  readonly significant?: boolean;
}

/** A pause in which children wait for their restart. */
export interface RestartPause {
  /** That child does not wait any longer: it has been started or ended meanwhile. */
  leave(child: Child): void;
}

export interface Child {
  readonly spec: ChildSpec;
  /** 'restarting': it could not be started again so far, or its restart is put off, and will be tried. */
  pid: Pid | 'restarting' | undefined;
  /** Its last actor, by which one of many without an id is known while it is restarting. */
  formerPid: Pid | undefined;
  /** The pause before its restart, while that is put off. */
  delayed: RestartPause | undefined;
  /** When it was started, and how often it has been restarted since it last ran for long. */
  startedMs: number | undefined;
  restarts: number;
  /** What `start` gets besides the supervisor. A temporary child that has started has none: it is never started again. */
  args: readonly unknown[];
}

/** Checks the descriptions, naming the first that is wrong. */
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
