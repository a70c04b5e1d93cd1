/** The children of one supervisor, in order. Each is found by its id or its pid. */
import type { Pid } from '../../runtime/index.js';
import { type Child, pidOf } from './child.js';

export class Roster {
  /** All children, in order. It is a set, so that any of thousands of dynamic children can be removed at once. */
  readonly all: ReadonlySet<Child>;
  private readonly children = new Set<Child>();
  /** The child of each pid. */
  private readonly byPid = new Map<Pid, Child>();
  private readonly byId = new Map<string, Child>();
  /** The children share one description ('simple_one_for_one'), so they are found by their pids alone. */
  private readonly isDynamic: boolean;

  constructor(children: readonly Child[], isDynamic: boolean) {
    this.all = this.children;
    this.isDynamic = isDynamic;
    for (const child of children) this.keep(child);
  }

  /** The children in order, in a new array. */
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

  /** The child runs as this actor. */
  run(child: Child, pid: Pid): void {
    this.unlist(child);
    child.formerPid = undefined;
    this.byPid.set(pid, child);
  }

  /** The child has ended. */
  rest(child: Child): void {
    this.unlist(child);
    if (this.isDynamic) child.formerPid = pidOf(child);
    child.pid = undefined;
  }

  /** The child is going to be started again. Until then a child without an id is found by the pid that it had. */
  mark(child: Child): void {
    child.pid = 'restarting';
    if (child.formerPid !== undefined) this.byPid.set(child.formerPid, child);
  }

  /** From now on the child is not found by a pid, and does not wait for a restart. */
  unlist(child: Child): void {
    child.delayed?.leave(child);
    for (const pid of [pidOf(child), child.formerPid]) if (pid !== undefined) this.byPid.delete(pid);
  }
}
