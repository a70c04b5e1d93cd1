/**
 * The life of a port, as a machine: which state it is in, and what it may do there. It takes a step when a socket opens, changes hands or closes, and never for a
 * message.
 */
import { createMachine, transition } from 'xstate';

export type LifecycleState = 'opening' | 'open' | 'closing' | 'closed';

/**
 * 'opened': the transport is ready and the owner is alive. 'failed': the owner has ended meanwhile. 'handOver': the owner gives the port to another actor.
 * 'close': someone closes the port, or the owner has ended. 'released': the transport has let go.
 */
export type LifecycleEvent = 'opened' | 'failed' | 'handOver' | 'close' | 'released';

const machine = createMachine({
  id: 'port',
  initial: 'opening',
  states: {
    // Nobody but the code that opens the port knows it. The owner is not linked yet.
    opening: { on: { opened: 'open', failed: 'closed', close: 'closing' } },
    // The owner is linked, and calls go to the transport. A port that is handed over stays open: what changes is its owner.
    open: { on: { handOver: 'open', close: 'closing' } },
    // The transport lets go, and calls that wait fail with 'closed'. New calls fail, too.
    closing: { on: { released: 'closed' } },
    // Links and monitors are told. No event leads out of here.
    closed: { type: 'final' },
  },
});

/** The state after each event that may happen in a state: the machine is asked once, as all ports live by the same one. */
const steps = new Map(Object.keys(machine.states).map((state) => [state as LifecycleState, stepsFrom(state)]));

function stepsFrom(state: string): Map<string, LifecycleState> {
  const before = machine.resolveState({ value: state, context: {} });
  const events = machine.events.filter((type) => before.can({ type }));
  return new Map(events.map((type) => [type, transition(machine, before, { type })[0].value as LifecycleState]));
}

export class Lifecycle {
  #state: LifecycleState;

  constructor(state: LifecycleState = 'opening') {
    this.#state = state;
  }

  get state(): LifecycleState {
    return this.#state;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Whether the event may happen in the present state. */
  allows(event: LifecycleEvent): boolean {
    return steps.get(this.#state)!.has(event);
  }

  /** Takes a step. False, and nothing has changed, if the event may not happen in the present state. */
  take(event: LifecycleEvent): boolean {
    const next = steps.get(this.#state)!.get(event);
    if (next === undefined) return false;
    this.#state = next;
    return true;
  }
}
