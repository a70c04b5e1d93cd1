/** The children of a supervisor: how they are described and checked, started and ended. Mirrors the child specifications of supervisor.erl. */
import { Countdown, checkKeys, checkTimeout, forgetExits, tellSlowStart } from '../../runtime/behaviour.js';
import { ActorExit, type AnySelf, BadArg, type ExitMessage, exit, isPid, type Pid, reply } from '../../runtime/index.js';
import { checkRestartDelay, type DelayedRestart, type RestartDelay } from './restartDelay.js';
import { StartError } from './start.js';

/** Milliseconds that a child has to end by itself unless its description says otherwise. supervisor.erl: 5,000 for workers. */
const shutdownMs = 5000;

/** Milliseconds after which it is told which child the supervisor waits for. */
const slowStartMs = 5000;

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

export interface Child {
  readonly spec: ChildSpec;
  /** 'restarting': it could not be started again so far, or its restart is put off, and will be tried. */
  pid: Pid | 'restarting' | undefined;
  /** Its last actor, by which one of many without an id is known while it is restarting. */
  formerPid: Pid | undefined;
  /** The restart that it waits for. */
  delayed: DelayedRestart | undefined;
  /** When it was started, and how often it has been restarted since it last ran for long. */
  startedMs: number | undefined;
  restarts: number;
  /** What `start` gets besides the supervisor. A temporary child that has started has none: it is never started again. */
  args: readonly unknown[];
}

type StartChild = (self: AnySelf, ...args: unknown[]) => Pid | undefined | Promise<Pid | undefined>;

/** A child could not be started. Those before it are running. */
export class ChildFailed extends Error {
  readonly child: Child;
  readonly reason: unknown;

  constructor(child: Child, reason: unknown) {
    super(`child ${child.spec.id} could not be started`, { cause: reason });
    this.child = child;
    this.reason = reason;
  }
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

/** Starts a child. @throws ChildFailed */
export async function start(self: AnySelf, child: Child): Promise<void> {
  let pid: Pid | undefined;
  try {
    pid = await watched(self, child, (child.spec.start as StartChild)(self, ...child.args));
    if (pid !== undefined && !isPid(pid)) throw new BadArg(`start of child ${child.spec.id}`, 'must give a pid');
  } catch (error) {
    throw new ChildFailed(child, error instanceof StartError ? error.reason : error);
  }
  child.pid = pid;
  child.startedMs = self.system.clock.now();
  if (restartOf(child) === 'temporary') child.args = [];
  // Whoever forgot the link is supervised all the same; one that has ended meanwhile comes as an EXIT like any other.
  if (pid !== undefined) adopt(self, pid);
}

/** A start that never settles hangs the supervisor without a word: somebody has to say which child it is. */
async function watched(self: AnySelf, child: Child, started: ReturnType<StartChild>): Promise<Pid | undefined> {
  if (typeof (started as PromiseLike<Pid> | undefined)?.then !== 'function') return started;
  const countdown = new Countdown(self.pid, () => tellSlowStart(self, child.spec.id, slowStartMs));
  countdown.start(slowStartMs);
  try {
    return await started;
  } finally {
    countdown.end();
  }
}

function adopt(self: AnySelf, pid: Pid): void {
  try {
    self.link(pid);
  } catch (error) {
    // The supervisor has ended while this child was starting: there is nobody to end it but us.
    if (error instanceof ActorExit) exit(pid, error.reason);
    throw error;
  }
}

/** Starts those that do not run, in order. @throws ChildFailed at the first that cannot start */
export async function startAll(self: AnySelf, children: readonly Child[]): Promise<void> {
  for (const child of children) if (pidOf(child) === undefined) await start(self, child);
}

/** Ends those that run, one after the other, the last first. None of their exit messages is left in the mailbox. */
export async function stopAll(self: AnySelf, children: readonly Child[]): Promise<void> {
  const ended = new Set<Pid>();
  for (const child of children.toReversed()) {
    const pid = pidOf(child);
    child.pid = undefined;
    if (pid === undefined) continue;
    await stopOne(self, child, pid);
    ended.add(pid);
  }
  forgetExits(self, ended);
}

/** Ends those that run, all at the same time: children that came and went in no order. */
export async function stopTogether(self: AnySelf, children: readonly Child[]): Promise<void> {
  const endings = children.flatMap((child) => {
    const pid = pidOf(child);
    return pid === undefined ? [] : [{ child, pid, ref: self.monitor(pid) }];
  });
  for (const { child, pid } of endings) tellToEnd(self, child, pid);
  const startMs = self.system.clock.now();
  for (const { child, pid, ref } of endings) {
    const leftMs = isBrutal(child) ? Number.POSITIVE_INFINITY : timeOf(child) - (self.system.clock.now() - startMs);
    await awaitEnd(self, pid, ref, Math.max(0, leftMs));
    child.pid = undefined;
  }
  forgetExits(self, new Set(endings.map(({ pid }) => pid)));
}

async function stopOne(self: AnySelf, child: Child, pid: Pid): Promise<void> {
  const ref = self.monitor(pid);
  tellToEnd(self, child, pid);
  await awaitEnd(self, pid, ref, timeOf(child));
}

/** The monitor will tell of the end. The link stays until then: if the supervisor ends first, by 'kill', nobody else would end the child. */
function tellToEnd(self: AnySelf, child: Child, pid: Pid): void {
  exit(pid, isBrutal(child) ? 'kill' : 'shutdown', self);
}

/** Waits for the end of a child that has been told to end, and makes an end of it after `timeoutMs`. */
async function awaitEnd(self: AnySelf, pid: Pid, ref: ReturnType<AnySelf['monitor']>, timeoutMs: number): Promise<void> {
  const down = await self.receive(reply(ref), { after: timeoutMs });
  if (down === undefined) {
    exit(pid, 'kill', self);
    await self.receive(reply(ref));
  }
}

function isBrutal({ spec }: Child): boolean {
  return spec.shutdown === 'brutal_kill';
}

function timeOf({ spec }: Child): number {
  if (typeof spec.shutdown === 'number') return spec.shutdown;
  return spec.type === 'supervisor' ? Number.POSITIVE_INFINITY : shutdownMs;
}

export function isExit(message: unknown): message is ExitMessage {
  return Array.isArray(message) && message[0] === 'EXIT';
}
