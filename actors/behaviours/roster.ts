/** The children of one supervisor: which there are, in order, and by what each is found. */
import type { Pid } from '../../runtime/index.js';
import { type Child, pidOf } from './child.js';

export class Roster {
  /** In order. A set, since of thousands of dynamic children any may end first. */
  readonly all: ReadonlySet<Child>;
  private readonly children = new Set<Child>();
  /** The child of each pid, so that thousands of dynamic children are found at once. */
  private readonly byPid = new Map<Pid, Child>();
  private readonly byId = new Map<string, Child>();
  /** Its children share a description, so they are known by their pids alone. */
  private readonly isDynamic: boolean;

  constructor(children: readonly Child[], isDynamic: boolean) {
    this.all = this.children;
    this.isDynamic = isDynamic;
    for (const child of children) this.keep(child);
  }

  /** In order; what changes later does not change this. */
  list(): Child[] {
    return [...this.children];
  }

  has(child: Child): boolean {
    return this.children.has(child);
  }

  find(which: string | Pid): Child | undefined {
    return typeof which === 'string' ? this.byId.get(which) : this.byPid.get(which);
  }

  keep(child: Child): void {
    this.children.add(child);
    if (!this.isDynamic) this.byId.set(child.spec.id, child);
  }

  forget(child: Child): void {
    this.children.delete(child);
    if (!this.isDynamic) this.byId.delete(child.spec.id);
  }

  /** It runs as this actor. */
  run(child: Child, pid: Pid): void {
    this.unlist(child);
    child.formerPid = undefined;
    this.byPid.set(pid, child);
  }

  /** It has ended. */
  rest(child: Child): void {
    this.unlist(child);
    if (this.isDynamic) child.formerPid = pidOf(child);
    child.pid = undefined;
  }

  /** It is to be started again. Until then one without an id is found by the pid that it had. */
  mark(child: Child): void {
    child.pid = 'restarting';
    if (child.formerPid !== undefined) this.byPid.set(child.formerPid, child);
  }

  /** It is not to be found by a pid, nor does it wait for a restart. */
  unlist(child: Child): void {
    child.delayed?.leave(child);
    for (const pid of [pidOf(child), child.formerPid]) if (pid !== undefined) this.byPid.delete(pid);
  }
}
