/** How a supervisor starts and ends its children. Mirrors supervisor.erl. */
import { Countdown, forgetExits, tellSlowStart } from '../../runtime/behaviour.js';
import { ActorExit, type AnySelf, BadArg, exit, isPid, type Pid, reply } from '../../runtime/index.js';
import { type Child, pidOf, restartOf } from './child.js';
import { StartError } from './start.js';

/** How many milliseconds a child has to end by itself unless its description says otherwise. supervisor.erl has 5,000 for workers. */
const shutdownMs = 5000;

/** If a start takes longer than so many milliseconds, a report says which child the supervisor waits for. */
const slowStartMs = 5000;

type StartChild = (self: AnySelf, ...args: unknown[]) => Pid | undefined | Promise<Pid | undefined>;

/** A child could not be started. The children before it are running. */
export class ChildFailed extends Error {
  readonly child: Child;
  readonly reason: unknown;

  constructor(child: Child, reason: unknown) {
    super(`child ${child.spec.id} could not be started`, { cause: reason });
    this.child = child;
    this.reason = reason;
  }
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
  // A `start` may have forgotten the link; its child is supervised all the same. If the child has ended already, an EXIT message tells.
  if (pid !== undefined) adopt(self, pid);
}

/** Waits for a start, and reports it if it is slow: a start that never settles would hang the supervisor in silence. */
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
    // The supervisor has ended while this child was starting, so the child has to be ended here.
    if (error instanceof ActorExit) exit(pid, error.reason);
    throw error;
  }
}

/** Starts the children that do not run, in order. @throws ChildFailed at the first that cannot start */
export async function startAll(self: AnySelf, children: readonly Child[]): Promise<void> {
  for (const child of children) if (pidOf(child) === undefined) await start(self, child);
}

/** Ends the children that run, one after the other, the last first. None of their 'EXIT' messages is left in the mailbox. */
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

/** Ends the children that run, all at the same time, for children that were started in no particular order. */
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

/** Sends the child its exit signal. The link stays until the child has ended: if the supervisor is killed meanwhile, only the link ends the child. */
function tellToEnd(self: AnySelf, child: Child, pid: Pid): void {
  exit(pid, isBrutal(child) ? 'kill' : 'shutdown', self);
}

/** Waits for the end of a child that has been sent its exit signal, and kills it after `timeoutMs`. */
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
