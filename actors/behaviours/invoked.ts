/**
 * What a machine of xstate has started besides itself: what it invokes, what it spawns, and what these start in turn. When a machine ends because its own code
 * throws, xstate stops none of them. So what each machine of a tree has at work is noted here, and is stopped when the machine has failed.
 */
import type { AnyActorRef } from 'xstate';

type Children = Readonly<Record<string, AnyActorRef>>;

/** What an actor of xstate is told when it is to stop. */
const stopEvent = { type: 'xstate.stop' };

export class Invoked {
  /** What each machine had at work when it was last looked at. */
  private readonly seen = new WeakMap<AnyActorRef, Children>();

  /** To be called after each step of a machine. Costs nothing if that has started and stopped nobody. */
  look(machine: AnyActorRef): void {
    const children = childrenOf(machine);
    const before = this.seen.get(machine);
    if (children === undefined || children === before) return;
    this.seen.set(machine, children);
    for (const [id, child] of Object.entries(children)) if (before?.[id] !== child) this.follow(child);
  }

  /**
   * Stops what a machine has at work, with all that hangs from it. Also what was at work before its last step: that step may have failed before xstate had
   * stopped what it was to stop.
   */
  stopChildrenOf(machine: AnyActorRef): void {
    const children = [...Object.values(this.seen.get(machine) ?? {}), ...Object.values(childrenOf(machine) ?? {})];
    for (const child of new Set(children)) if (child.getSnapshot()?.status === 'active') child.send(stopEvent);
  }

  /** A child that is a machine may fail while its parent goes on. */
  private follow(child: AnyActorRef): void {
    if (childrenOf(child) === undefined) return;
    this.look(child);
    child.subscribe({ next: () => this.look(child), error: () => this.stopChildrenOf(child) });
  }
}

/** Undefined for what is no machine: a promise, a callback. */
function childrenOf(actor: AnyActorRef): Children | undefined {
  return (actor.getSnapshot() as { readonly children?: Children } | undefined)?.children;
}
