/** A supervisor at work. It is a genServer whose state is its children. Mirrors supervisor.erl. */
import { Internal, isExit, reportFailure, tell } from '../../runtime/behaviour.js';
import { type AnySelf, BadArg, isAbnormal, isAlive, type Pid } from '../../runtime/index.js';
import type { CallResult, InitResult, NoReply } from './callbacks.js';
import { type Child, childOf, pidOf, restartOf } from './child.js';
import { ChildFailed, startAll, stopAll, stopTogether } from './children.js';
import { DelayedRestart, nextDelayMs } from './delayedRestart.js';
import { Roster } from './roster.js';
import type { ChildCounts, ChildInfo, Outcome, SupervisorRequest } from './supervisorRequest.js';
import type { Rules } from './supervisorSpec.js';

type Children = ReadonlySet<Child>;

/** A message that the supervisor sends to itself when a child could not be restarted: the child, and those that come after it, are tried again in turn. */
class TryAgain extends Internal {
  readonly children: readonly Child[];
  readonly reason: unknown;

  constructor(children: readonly Child[], reason: unknown) {
    super();
    this.children = children;
    this.reason = reason;
  }
}

/** The callbacks of the server. They keep the children themselves, so `sys.replaceState` cannot put others in their place. */
export class Supervision {
  private readonly rules: Rules;
  private readonly roster: Roster;
  private readonly children: Children;
  /** The times of the restarts in the present period. */
  private restartsMs: number[] = [];

  constructor(rules: Rules, children: Child[]) {
    this.rules = rules;
    this.roster = new Roster(children, rules.template !== undefined);
    this.children = this.roster.all;
  }

  async init(self: AnySelf): Promise<InitResult<Children>> {
    try {
      await this.startAll(self, this.roster.list());
      for (const child of this.roster.list())
        if (child.pid === undefined && restartOf(child) === 'temporary') this.roster.forget(child);
      return ['ok', this.children];
    } catch (error) {
      if (!(error instanceof ChildFailed)) throw error;
      // Whoever starts the supervisor is told by the failure of the start, so it is not reported as well. OTP prints a start_error.
      await stopAll(self, this.roster.list());
      return ['stop', ['shutdown', failedToStart(error)]];
    }
  }

  async handleCall(
    request: SupervisorRequest,
    _from: unknown,
    _state: Children,
    self: AnySelf,
  ): Promise<CallResult<unknown, Children>> {
    return ['reply', await this.answer(request, self), this.children];
  }

  async handleInfo(message: unknown, _state: Children, self: AnySelf): Promise<NoReply<Children>> {
    if (message instanceof TryAgain) return this.tryAgain(self, message);
    if (message instanceof DelayedRestart) return this.startAgain(self, message.release());
    const child = isExit(message) ? this.roster.find(message[1] as Pid) : undefined;
    if (child === undefined || !isExit(message) || child.pid !== message[1]) return ['noreply', this.children];
    this.roster.rest(child);
    return this.childEnded(self, child, message[2]);
  }

  async terminate(_reason: unknown, _state: Children, self: AnySelf): Promise<void> {
    for (const child of this.children) child.delayed?.leave(child);
    if (this.rules.template === undefined) await stopAll(self, this.roster.list());
    else await stopTogether(self, this.roster.list());
  }

  private answer(request: SupervisorRequest, self: AnySelf): unknown {
    switch (request[0]) {
      case 'start_child':
        return this.startChild(self, request[1]);
      case 'terminate_child':
        return this.terminateChild(self, request[1]);
      case 'restart_child':
        return this.restartChild(self, request[1]);
      case 'delete_child':
        return this.deleteChild(request[1]);
      case 'which_children':
        return this.roster.list().map((child): ChildInfo => this.infoOf(child));
      case 'count_children':
        return this.count();
      case 'get_childspec':
        return this.roster.find(request[1])?.spec;
      default:
        throw new BadArg('request', 'is none that a supervisor knows');
    }
  }

  /** Ignores the message: there are no casts for supervisors. */
  async handleCast(): Promise<NoReply<Children>> {
    return ['noreply', this.children];
  }

  private async tryAgain(self: AnySelf, { children, reason }: TryAgain): Promise<NoReply<Children>> {
    // Some of the children may have been ended meanwhile, or wait for a restart that is put off.
    const child = children.find((one) => this.roster.has(one) && one.pid === 'restarting' && one.delayed === undefined);
    return child === undefined ? ['noreply', this.children] : this.restart(self, child, reason);
  }

  // Requests of users ---------------------------------------------------------------------------------------------------------------------

  private async startChild(self: AnySelf, what: Child | readonly unknown[]): Promise<Outcome> {
    const { template } = this.rules;
    const isArgs = Array.isArray(what);
    if (template === undefined ? isArgs : !isArgs) return ['error', template === undefined ? 'badarg' : 'simple_one_for_one'];
    const child = template === undefined ? (what as Child) : childOf('spec.child', template, what as readonly unknown[]);
    if (child.spec.significant === true && this.rules.autoShutdown === 'never') return ['error', 'bad_combination'];
    const other = template === undefined ? this.roster.find(child.spec.id) : undefined;
    if (other !== undefined) {
      const pid = pidOf(other);
      return ['error', pid === undefined ? 'already_present' : ['already_started', pid]];
    }
    const outcome = await this.tryStart(self, child);
    // A child with nothing to start is kept, unless it is temporary or shares its description with others.
    const isKept = pidOf(child) !== undefined || (template === undefined && restartOf(child) !== 'temporary');
    if (outcome[0] === 'ok' && isKept) this.roster.keep(child);
    return outcome;
  }

  private async terminateChild(self: AnySelf, which: string | Pid): Promise<Outcome> {
    if (this.rules.template !== undefined && typeof which === 'string') return ['error', 'simple_one_for_one'];
    const child = this.roster.find(which);
    if (child === undefined) return typeof which === 'string' || isAlive(which) ? ['error', 'not_found'] : ['ok', undefined];
    await this.stop(self, [child]);
    if (this.rules.template !== undefined || restartOf(child) === 'temporary') this.roster.forget(child);
    return ['ok', undefined];
  }

  private async restartChild(self: AnySelf, id: string): Promise<Outcome> {
    const child = this.resting(id);
    if (!('spec' in child)) return child;
    child.restarts = 0;
    return this.tryStart(self, child);
  }

  private deleteChild(id: string): Outcome {
    const child = this.resting(id);
    if (!('spec' in child)) return child;
    this.roster.forget(child);
    return ['ok', undefined];
  }

  /** The child with that id, if it does not run and is not going to be restarted; otherwise the reason. */
  private resting(id: string): Child | readonly ['error', string] {
    if (this.rules.template !== undefined) return ['error', 'simple_one_for_one'];
    const child = this.roster.find(id);
    if (child === undefined) return ['error', 'not_found'];
    if (child.pid === undefined) return child;
    return ['error', child.pid === 'restarting' ? 'restarting' : 'running'];
  }

  private async tryStart(self: AnySelf, child: Child): Promise<Outcome> {
    try {
      await this.startAll(self, [child]);
      return ['ok', pidOf(child)];
    } catch (error) {
      if (error instanceof ChildFailed) return ['error', error.reason];
      throw error;
    }
  }

  private infoOf({ spec, pid }: Child): ChildInfo {
    return { id: this.rules.template === undefined ? spec.id : undefined, pid, type: spec.type ?? 'worker' };
  }

  private count(): ChildCounts {
    const supervisors = this.roster.list().filter(({ spec }) => spec.type === 'supervisor').length;
    return {
      specs: this.rules.template === undefined ? this.children.size : 1,
      active: this.roster.list().filter((child) => pidOf(child) !== undefined).length,
      supervisors,
      workers: this.children.size - supervisors,
    };
  }

  // Children that end by themselves -------------------------------------------------------------------------------------------------------

  private async childEnded(self: AnySelf, child: Child, reason: unknown): Promise<NoReply<Children>> {
    const restart = restartOf(child);
    if (restart === 'permanent' || (restart === 'transient' && isAbnormal(reason))) return this.restart(self, child, reason);
    const isLast = child.spec.significant === true && this.endsWith(child);
    if (restart === 'temporary' || this.rules.template !== undefined) this.roster.forget(child);
    return isLast ? ['stop', 'shutdown', this.children] : ['noreply', this.children];
  }

  /** Whether the supervisor ends because this significant child has ended. */
  private endsWith(child: Child): boolean {
    const { autoShutdown } = this.rules;
    if (autoShutdown !== 'all_significant') return autoShutdown === 'any_significant';
    return this.roster.list().every((other) => other === child || !other.spec.significant || other.pid === undefined);
  }

  /** Restarts a child, and the other children that the strategy restarts with it. Temporary ones among these are ended and forgotten. */
  private async restart(self: AnySelf, child: Child, reason: unknown): Promise<NoReply<Children>> {
    if (!this.mayRestart(self)) {
      reportFailure(self, ['reached_max_restart_intensity', child.spec.id, reason]);
      return ['stop', 'shutdown', this.children];
    }
    const delayMs = nextDelayMs(child, self.system.clock.now());
    const group = this.groupOf(child);
    await this.stop(self, group);
    for (const member of group) if (restartOf(member) === 'temporary') this.roster.forget(member);
    const again = group.filter((member) => restartOf(member) !== 'temporary');
    if (delayMs === 0) return this.startAgain(self, again);
    for (const member of again) this.roster.mark(member);
    new DelayedRestart(self, again, delayMs);
    return ['noreply', this.children];
  }

  private async startAgain(self: AnySelf, children: readonly Child[]): Promise<NoReply<Children>> {
    try {
      await this.startAll(self, children);
    } catch (error) {
      if (!(error instanceof ChildFailed)) throw error;
      // Nobody awaits a restart. An actor that has crashed in its start was reported; a supervisor that could not start its own children was not.
      if (!isAbnormal(error.reason)) reportFailure(self, failedToStart(error));
      this.roster.mark(error.child);
      tell(self.pid, new TryAgain(children.slice(children.indexOf(error.child)), error.reason));
    }
    return ['noreply', this.children];
  }

  private groupOf(child: Child): Child[] {
    if (this.rules.strategy === 'one_for_all') return this.roster.list();
    return this.rules.strategy === 'rest_for_one' ? this.roster.list().slice(this.roster.list().indexOf(child)) : [child];
  }

  /** Counts a restart. False if it is one too many in the period that ends now. */
  private mayRestart(self: AnySelf): boolean {
    const nowMs = self.system.clock.now();
    this.restartsMs = this.restartsMs.filter((atMs) => nowMs - atMs <= this.rules.periodMs);
    this.restartsMs.push(nowMs);
    return this.restartsMs.length <= this.rules.intensity;
  }

  // Keeping the books ---------------------------------------------------------------------------------------------------------------------

  private async startAll(self: AnySelf, children: readonly Child[]): Promise<void> {
    try {
      await startAll(self, children);
    } finally {
      for (const child of children) {
        const pid = pidOf(child);
        if (pid !== undefined) this.roster.run(child, pid);
      }
    }
    if (this.rules.template === undefined) return;
    // A dynamic child with nothing to start has no id and no pid. It could not be found, so it is forgotten.
    for (const child of children) if (child.pid === undefined) this.roster.forget(child);
  }

  private async stop(self: AnySelf, children: readonly Child[]): Promise<void> {
    // First, since `stopAll` takes the pids away from the children.
    for (const child of children) this.roster.unlist(child);
    await stopAll(self, children);
  }
}

function failedToStart({ child, reason }: ChildFailed): readonly unknown[] {
  return ['failed_to_start_child', child.spec.id, reason];
}
