/**
 * What a machine of xstate has started besides itself: what it invokes, what it spawns, and what these start in turn. When a machine ends because its own code
 * throws, xstate stops none of them. So whatever is at work is noted here, and ends with the machine that started it.
 */
import type { AnyActorRef, InspectionEvent } from 'xstate';

/** What an actor of xstate is told when it is to stop. */
const stopEvent = { type: 'xstate.stop' };

export class Invoked {
  private readonly childrenOf = new Map<AnyActorRef, Set<AnyActorRef>>();

  /** Looks at what the machine's inspection tells: each actor that starts is noted until it ends. */
  note(event: InspectionEvent): void {
    if (event.type !== '@xstate.event' || event.event.type !== 'xstate.init') return;
    const actor = event.actorRef as AnyActorRef;
    const parent = actor._parent;
    if (parent === undefined) return;
    const siblings = this.childrenOf.get(parent) ?? new Set();
    this.childrenOf.set(parent, siblings.add(actor));
    const end = () => this.ended(actor, parent);
    actor.subscribe({ complete: end, error: end });
  }

  /** Stops what an actor has started, with all that hangs from it. What has ended already is not there. */
  stopChildrenOf(parent: AnyActorRef): void {
    for (const child of [...(this.childrenOf.get(parent) ?? [])]) child.send(stopEvent);
  }

  /** How many are at work. */
  get count(): number {
    let count = 0;
    for (const children of this.childrenOf.values()) count += children.size;
    return count;
  }

  private ended(actor: AnyActorRef, parent: AnyActorRef): void {
    const siblings = this.childrenOf.get(parent);
    siblings?.delete(actor);
    if (siblings?.size === 0) this.childrenOf.delete(parent);
    this.stopChildrenOf(actor);
  }
}
