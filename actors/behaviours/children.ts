/** The children of a supervisor: how they are described, started and ended, and what becomes of one that ends by itself. */
import { type AnySelf, BadArg, type ExitMessage, exit, isPid, type Pid, reply } from '../../runtime/index.js';

/** Milliseconds that a child has to end by itself unless its description says otherwise. supervisor.erl: 5,000 for workers. */
const shutdownMs = 5000;

export interface ChildSpec {
  /** Its name among the children of one supervisor. */
  readonly id: string;
  /**
   * Starts the actor, in most cases with `spawnLink(self, ...)` or the option `link: self`; `self` is the supervisor's own. If it gives a promise
   * the next child is started when that has settled. What it throws means that the child cannot start.
   */
  start(self: AnySelf): Pid | Promise<Pid>;
  /** Restart it when it ends: 'permanent' always, 'transient' after a failure, 'temporary' never. The first unless given. */
  readonly restart?: 'permanent' | 'transient' | 'temporary';
  /**
   * How it is ended: by an exit signal 'shutdown' and, after so many milliseconds (Infinity: never), by 'kill'; or by 'kill' at once. 5,000
   * unless given; give Infinity to a child that is a supervisor.
   */
  readonly shutdown?: number | 'brutal_kill';
}

export interface Child {
  readonly spec: ChildSpec;
  pid: Pid | undefined;
}

/** A child could not be started. Those before it are running. */
export class StartFailed extends Error {
  readonly child: Child;
  readonly reason: unknown;

  constructor(child: Child, reason: unknown) {
    super(`child ${child.spec.id} could not be started`, { cause: reason });
    this.child = child;
    this.reason = reason;
  }
}

/** Checks the descriptions, naming the first that is wrong. */
export function childrenOf(specs: readonly ChildSpec[]): Child[] {
  if (!Array.isArray(specs)) throw new BadArg('spec.children', 'must be an array');
  const ids = new Set<string>();
  return specs.map((spec: ChildSpec, index) => {
    const argument = `spec.children[${index}]`;
    if (typeof spec !== 'object' || spec === null) throw new BadArg(argument, 'must be an object');
    const { id, start, restart = 'permanent', shutdown = shutdownMs } = spec;
    if (typeof id !== 'string') throw new BadArg(`${argument}.id`, 'must be a string');
    if (ids.has(id)) throw new BadArg(`${argument}.id`, `is the id of another child: ${id}`);
    ids.add(id);
    if (typeof start !== 'function') throw new BadArg(`${argument}.start`, 'must be a function');
    if (!['permanent', 'transient', 'temporary'].includes(restart)) {
      throw new BadArg(`${argument}.restart`, "must be 'permanent', 'transient' or 'temporary'");
    }
    if (shutdown !== 'brutal_kill' && !(typeof shutdown === 'number' && shutdown >= 0)) {
      throw new BadArg(`${argument}.shutdown`, "must be milliseconds or 'brutal_kill'");
    }
    return { spec, pid: undefined };
  });
}

/** Starts those that do not run, in order. @throws StartFailed at the first that cannot start */
export async function startAll(self: AnySelf, children: readonly Child[]): Promise<void> {
  for (const child of children) {
    if (child.pid !== undefined) continue;
    let pid: Pid;
    try {
      pid = await child.spec.start(self);
      if (!isPid(pid)) throw new BadArg(`start of child ${child.spec.id}`, 'must return a pid');
    } catch (error) {
      throw new StartFailed(child, error);
    }
    // Whoever forgot the link is supervised all the same; one that has ended meanwhile comes as an EXIT like any other.
    self.link(pid);
    child.pid = pid;
  }
}

/** Ends those that run, one after the other, the last first. None of their exit messages is left in the mailbox. */
export async function stopAll(self: AnySelf, children: readonly Child[]): Promise<void> {
  for (const child of children.toReversed()) {
    if (child.pid === undefined) continue;
    await stop(self, child.pid, child.spec.shutdown ?? shutdownMs);
    child.pid = undefined;
  }
}

async function stop(self: AnySelf, pid: Pid, shutdown: number | 'brutal_kill'): Promise<void> {
  const ref = self.monitor(pid);
  if (shutdown !== 'brutal_kill') {
    exit(pid, 'shutdown', self);
    if ((await self.receive(reply(ref), { after: shutdown })) !== undefined) {
      await forgetExit(self, pid);
      return;
    }
  }
  exit(pid, 'kill', self);
  await self.receive(reply(ref));
  await forgetExit(self, pid);
}

/** The link has told of the end as well, before the monitor did. */
async function forgetExit(self: AnySelf, pid: Pid): Promise<void> {
  self.unlink(pid);
  await self.receive((message) => isExit(message) && message[1] === pid, { after: 0 });
}

export function isExit(message: unknown): message is ExitMessage {
  return Array.isArray(message) && message[0] === 'EXIT';
}
