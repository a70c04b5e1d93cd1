/** Tells whoever fed an actor too much that its mailbox has drained. Costs nothing while nobody waits for that. */
import type { Receiver } from './receiver.js';

/** Somebody waits for the backlog of an actor to fall. */
export interface LowMark {
  readonly level: number;
  readonly callback: () => void;
}

/** Calls those whose level has been reached, each once, as a task of its own. */
export function checkLowMarks(process: Receiver): void {
  const waiting = process.lowMarks as LowMark[];
  const backlog = process.mailbox.length;
  const reached = waiting.filter((mark) => mark.level >= backlog);
  if (reached.length === 0) return;
  const left = waiting.filter((mark) => mark.level < backlog);
  process.lowMarks = left.length > 0 ? left : null;
  for (const mark of reached) queueMicrotask(mark.callback);
}
