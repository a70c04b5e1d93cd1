/** Tells a port that fed an actor too much when the actor's mailbox has drained. Costs nothing while no port waits for that. */
import type { Ref } from './pid.js';
import type { Match, PendingCall } from './wanted.js';

/** What an actor has looked for in its mailbox in vain: a tag, a reference, a guard, or the answer to a call. Null if it looks for nothing. */
export type LookedFor = string | Ref | Match | PendingCall | null;

/** A port's wait for the backlog of an actor to fall. */
export interface LowMark {
  /** Whether the backlog has fallen enough. Called whenever the actor has taken messages, or has looked through them in vain. It must not do anything. */
  readonly isReached: (lookedFor: LookedFor) => boolean;
  readonly callback: () => void;
}

/** An actor for whose backlog ports may wait. */
interface Watched {
  lowMarks: LowMark[] | null;
}

/** Calls back for each mark that has been reached, once, in a microtask. */
export function checkLowMarks(process: Watched, lookedFor: LookedFor = null): void {
  const waiting = process.lowMarks as LowMark[];
  const reached = waiting.filter((mark) => mark.isReached(lookedFor));
  if (reached.length === 0) return;
  const left = waiting.filter((mark) => !reached.includes(mark));
  process.lowMarks = left.length > 0 ? left : null;
  for (const mark of reached) queueMicrotask(mark.callback);
}
