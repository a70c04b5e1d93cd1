/**
 * An actor that starts others, restarts those that fail, and ends them in order. Mirrors supervisor.erl; children are given when it starts.
 */
import {
  ActorExit,
  type AnySelf,
  BadArg,
  isAbnormal,
  isSelf,
  type Pid,
  type Ref,
  reply,
  reportFailure,
  type Self,
  type SpawnOptions,
  send,
  spawn,
} from '../../runtime/index.js';
import { type Child, type ChildSpec, childrenOf, isExit, StartFailed, startAll, stopAll } from './children.js';

export type { ChildSpec } from './children.js';

export interface SupervisorSpec {
  /**
   * What else is restarted when a child is: 'one_for_one' nothing, 'one_for_all' all others, 'rest_for_one' those that come after it. The
   * first unless given.
   */
  readonly strategy?: 'one_for_one' | 'one_for_all' | 'rest_for_one';
  /** So many restarts in `periodMs` are borne; one more, and the supervisor ends its children and itself, with 'shutdown'. 1 unless given. */
  readonly intensity?: number;
  /** Milliseconds. 5,000 unless given. */
  readonly periodMs?: number;
  /** Started in this order, each when the one before it has been; ended in the opposite order. */
  readonly children: readonly ChildSpec[];
}

/** A child as `whichChildren` tells of it. */
export interface ChildInfo {
  readonly id: string;
  /** Undefined if it has ended and is not to be restarted. */
  readonly pid: Pid | undefined;
}

type ChildrenReply = readonly [ref: Ref, children: readonly ChildInfo[]];

/** What a supervisor takes from others than its children and its parent. Sent by `whichChildren`. */
export type SupervisorMessage = readonly [tag: 'which_children', from: Pid<ChildrenReply>, ref: Ref];

/** What is described, with nothing left out. */
type Rules = Required<Omit<SupervisorSpec, 'children'>>;

/**
 * Starts a supervisor, and gives its pid at once: its children are starting. It ends them, in the opposite order, and then itself when its
 * parent (`options.link`) ends, or when it is sent an exit signal: `exit(pid, 'shutdown')` stops a whole tree.
 *
 * A child that ends is restarted as its description and the strategy say. A child that cannot start when the supervisor does ends the
 * supervisor with `['shutdown', ['failed_to_start_child', id, reason]]`; one that cannot be restarted is tried again, each try counting as a
 * restart. Too many restarts end it with 'shutdown'. Both are reported as crashes are.
 *
 * @example
 * const top = supervisor({
 *   children: [{ id: 'server', start: (self) => spawnLink(self, serve) }],
 * });
 */
export function supervisor(spec: SupervisorSpec, options?: SpawnOptions): Pid<SupervisorMessage> {
  if (typeof spec !== 'object' || spec === null) throw new BadArg('spec', 'must be an object');
  const { strategy = 'one_for_one', intensity = 1, periodMs = 5000 } = spec;
  if (!['one_for_one', 'one_for_all', 'rest_for_one'].includes(strategy)) {
    throw new BadArg('spec.strategy', "must be 'one_for_one', 'one_for_all' or 'rest_for_one'");
  }
  if (!Number.isInteger(intensity) || intensity < 0) throw new BadArg('spec.intensity', 'must be an integer of 0 or more');
  if (!Number.isFinite(periodMs) || periodMs <= 0) throw new BadArg('spec.periodMs', 'must be milliseconds above 0');
  const children = childrenOf(spec.children);
  const parent = options?.link?.pid;
  const rules = { strategy, intensity, periodMs };
  return spawn<SupervisorMessage>((self) => new Supervisor(self, rules, children, parent).run(), {
    label: 'supervisor',
    ...options,
    trapExit: true,
  });
}

/** The children of a supervisor in order. @throws ActorExit with the reason if the supervisor has ended, 'noproc' if long ago */
export async function whichChildren(self: AnySelf, pid: Pid<SupervisorMessage>): Promise<readonly ChildInfo[]> {
  if (!isSelf(self)) throw new BadArg('self', "must be an actor's self");
  const ref = self.monitor(pid);
  send(pid, ['which_children', self.pid as Pid<ChildrenReply>, ref]);
  const answer = await self.receive(reply(ref));
  if (answer[0] === 'DOWN') throw new ActorExit(pid, answer[4]);
  self.demonitor(ref, { flush: true });
  return (answer as ChildrenReply)[1];
}

class Supervisor {
  private readonly self: Self<SupervisorMessage>;
  private readonly rules: Rules;
  private children: Child[];
  private readonly parent: Pid | undefined;
  /** When the restarts of the present period were. */
  private restartsMs: number[] = [];

  constructor(self: Self<SupervisorMessage>, rules: Rules, children: Child[], parent: Pid | undefined) {
    this.self = self;
    this.rules = rules;
    this.children = children;
    this.parent = parent;
  }

  async run(): Promise<never> {
    try {
      await startAll(this.self, this.children);
    } catch (error) {
      if (!(error instanceof StartFailed)) throw error;
      return this.giveUp('failed_to_start_child', error.child, error.reason);
    }
    for (;;) {
      const message: unknown = await this.self.receive();
      if (isExit(message)) await this.handleExit(message[1] as Pid, message[2]);
      else if (isRequest(message)) send(message[1], [message[2], this.children.map(({ spec, pid }) => ({ id: spec.id, pid }))]);
    }
  }

  private async handleExit(from: Pid, reason: unknown): Promise<void> {
    const child = this.children.find(({ pid }) => pid === from);
    if (child !== undefined) {
      child.pid = undefined;
      await this.childEnded(child, reason);
    } else if (this.mayStop(from, reason)) {
      await stopAll(this.self, this.children);
      this.self.exit(reason);
    }
  }

  /** Its parent may end it, and whoever sends an exit signal without a name; 'shutdown' from anybody if it has no parent. */
  private mayStop(from: Pid, reason: unknown): boolean {
    return from === this.parent || from === this.self.pid || (this.parent === undefined && reason === 'shutdown');
  }

  private async childEnded(child: Child, reason: unknown): Promise<void> {
    const restart = child.spec.restart ?? 'permanent';
    if (restart === 'temporary') this.children = this.children.filter((other) => other !== child);
    if (restart === 'temporary' || (restart === 'transient' && !isAbnormal(reason))) return;
    let failed = child;
    let failure = reason;
    for (;;) {
      if (!this.mayRestart()) return this.giveUp('reached_max_restart_intensity', failed, failure);
      try {
        await this.restart(failed);
        return;
      } catch (error) {
        if (!(error instanceof StartFailed)) throw error;
        failed = error.child;
        failure = error.reason;
      }
    }
  }

  /** Restarts a child, and with it those that the strategy says; of these, what is temporary is gone for good. */
  private async restart(child: Child): Promise<void> {
    const { strategy } = this.rules;
    const first = strategy === 'one_for_all' ? 0 : this.children.indexOf(child);
    const group = strategy === 'one_for_one' ? [child] : this.children.slice(first);
    await stopAll(this.self, group);
    const again = group.filter((member) => member.spec.restart !== 'temporary');
    this.children = this.children.filter((member) => !group.includes(member) || again.includes(member));
    await startAll(this.self, again);
  }

  /** Counts a restart: false if it is one too many for the period that ends now. */
  private mayRestart(): boolean {
    const nowMs = this.self.system.clock.now();
    this.restartsMs = this.restartsMs.filter((atMs) => nowMs - atMs <= this.rules.periodMs);
    this.restartsMs.push(nowMs);
    return this.restartsMs.length <= this.rules.intensity;
  }

  private async giveUp(
    why: 'failed_to_start_child' | 'reached_max_restart_intensity',
    child: Child,
    reason: unknown,
  ): Promise<never> {
    reportFailure(this.self, [why, child.spec.id, reason]);
    await stopAll(this.self, this.children);
    this.self.exit(why === 'failed_to_start_child' ? ['shutdown', [why, child.spec.id, reason]] : 'shutdown');
  }
}

function isRequest(message: unknown): message is SupervisorMessage {
  return Array.isArray(message) && message[0] === 'which_children';
}
