/**
 * The actors of xstate that a machine has started: by invoking or spawning them, and those that they have started in turn. When a machine ends because its own
 * code throws, xstate does not stop them. So they are noted here, and stopped when the machine has failed.
 */
import type { AnyActorRef } from 'xstate';

type Children = Readonly<Record<string, AnyActorRef>>;

/** The event that tells an actor of xstate to stop. */
const stopEvent = { type: 'xstate.stop' };

export class Invoked {
  /** The children of each machine when it was last looked at. */
  private readonly seen = new WeakMap<AnyActorRef, Children>();

  /** Looks for new children. To be called after each step of a machine; costs nothing if the step has started and stopped none. */
  look(machine: AnyActorRef): void {
    const children = childrenOf(machine);
    const before = this.seen.get(machine);
    if (children === undefined || children === before) return;
    this.seen.set(machine, children);
    for (const [id, child] of Object.entries(children)) if (before?.[id] !== child) this.follow(child);
  }

  /**
   * Stops the children of a machine, with theirs. That includes children from before its last step: the step may have failed before xstate had stopped the ones
   * that it was to stop.
   */
  stopChildrenOf(machine: AnyActorRef): void {
    const children = [...Object.values(this.seen.get(machine) ?? {}), ...Object.values(childrenOf(machine) ?? {})];
    for (const child of new Set(children)) if (child.getSnapshot()?.status === 'active') child.send(stopEvent);
  }

  /** Follows a child that is a machine: it may fail while its parent goes on. */
  private follow(child: AnyActorRef): void {
    if (childrenOf(child) === undefined) return;
    this.look(child);
    child.subscribe({ next: () => this.look(child), error: () => this.stopChildrenOf(child) });
  }
}

/** The children of a machine. Undefined if the actor is no machine, but a promise or a callback. */
function childrenOf(actor: AnyActorRef): Children | undefined {
  return (actor.getSnapshot() as { readonly children?: Children } | undefined)?.children;
}
