/** The action that keeps an event for a later state. An action of xstate does not know its actor, so the machine that is taking an event is noted here. */
export interface Postponer {
  /** Keeps the event that is being taken. */
  postponeEvent(): void;
}

let current: Postponer | undefined;

/** Runs a step in which `machine` takes an event that has come as a message. */
export function takingEvent(machine: Postponer, step: () => void): void {
  const outer = current;
  current = machine;
  try {
    step();
  } finally {
    current = outer;
  }
}

/**
 * See `stateMachine`.
 *
 * @throws Error if the event has not come as a message: the machine does not run as an actor, or the event is a delay or comes from an invoked actor
 */
export function postpone(): void {
  if (current === undefined) throw new Error('postpone: only events that came as messages can be postponed');
  current.postponeEvent();
}
