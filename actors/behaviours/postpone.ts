/** The action that keeps an event for another state. xstate tells an action nothing of its actor, so this knows which machine takes an event just now. */

export interface Postponer {
  /** Keep the present event. */
  postponeEvent(): void;
}

let current: Postponer | undefined;

/** Runs a step in which `machine` takes an event that came as a message. */
export function takingEvent(machine: Postponer, step: () => void): void {
  const outer = current;
  current = machine;
  try {
    step();
  } finally {
    current = outer;
  }
}

/** See `stateMachine`. @throws Error if the machine does not run as an actor, or the event is its own: a delay, or the end of what it invoked */
export function postpone(): void {
  if (current === undefined) throw new Error('postpone: only events that came as messages can be postponed');
  current.postponeEvent();
}
