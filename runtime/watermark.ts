/** Tells whoever fed an actor too much that its mailbox has drained. Costs nothing while nobody waits for that. */
import type { Ref } from './pid.js';
import type { Match, PendingCall } from './wanted.js';

/** What an actor looks for and has not found in its mailbox: a tag, a reference, a guard, or the answer to a call. Null: it does not look for anything. */
export type LookedFor = string | Ref | Match | PendingCall | null;

/** Somebody waits for the backlog of an actor to fall. */
export interface LowMark {
  /** Whether it has fallen enough. It is asked whenever messages have been taken or looked through in vain, and must not do anything. */
  readonly isReached: (lookedFor: LookedFor) => boolean;
  readonly callback: () => void;
}

/** An actor for whose backlog somebody may wait. */
interface Watched {
  lowMarks: LowMark[] | null;
}

/** Calls those whose mark has been reached, each once, as a task of its own. */
export function checkLowMarks(process: Watched, lookedFor: LookedFor = null): void {
  const waiting = process.lowMarks as LowMark[];
  const reached = waiting.filter((mark) => mark.isReached(lookedFor));
  if (reached.length === 0) return;
  const left = waiting.filter((mark) => !reached.includes(mark));
  process.lowMarks = left.length > 0 ? left : null;
  for (const mark of reached) queueMicrotask(mark.callback);
}
