/**
 * The life of a port: opening, open, closing, closed. A pure xstate machine, stepped on the few events of a socket's life and never per message;
 * a port holds its present state and asks here for the next.
 */
import { createMachine, initialTransition, transition } from 'xstate';

export type LifecycleState = 'opening' | 'open' | 'closing' | 'closed';

/** `opened`: the transport is bound and the owner linked; `close`: somebody closes or the owner is gone; `released`: the transport let go. */
export type LifecycleEvent = 'opened' | 'failed' | 'close' | 'released';

const machine = createMachine({
  id: 'port',
  initial: 'opening',
  states: {
    opening: { on: { opened: 'open', failed: 'closed', close: 'closing' } },
    open: { on: { close: 'closing' } },
    closing: { on: { released: 'closed' } },
    closed: { type: 'final' },
  },
});

const [initial] = initialTransition(machine);
const snapshots = new Map<LifecycleState, typeof initial>([['opening', initial]]);

/** The state after `event`; the same state if the event means nothing in it. */
export function nextLifecycle(state: LifecycleState, event: LifecycleEvent): LifecycleState {
  const snapshot = snapshots.get(state) ?? machine.resolveState({ value: state, context: {} });
  snapshots.set(state, snapshot);
  return transition(machine, snapshot, { type: event })[0].value as LifecycleState;
}
