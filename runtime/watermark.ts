/** Tells whoever fed an actor too much that its mailbox has drained. Costs nothing while nobody waits for that. */
import type { Receiver } from './receiver.js';

/** Somebody waits for the backlog of an actor to fall. */
export interface LowMark {
  /** Whether it has fallen enough. It is asked whenever messages have been taken, and must not do anything. */
  readonly isReached: () => boolean;
  readonly callback: () => void;
}

/** Calls those whose mark has been reached, each once, as a task of its own. */
export function checkLowMarks(process: Receiver): void {
  const waiting = process.lowMarks as LowMark[];
  const reached = waiting.filter((mark) => mark.isReached());
  if (reached.length === 0) return;
  const left = waiting.filter((mark) => !reached.includes(mark));
  process.lowMarks = left.length > 0 ? left : null;
  for (const mark of reached) queueMicrotask(mark.callback);
}
