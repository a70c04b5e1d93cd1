/**
 * Finds actors with too many waiting messages. A mailbox that grows announces itself here. Mailboxes grow by doubling, so this costs nothing per message. From
 * then on the mailbox is looked at once in each turn of the event loop, while somebody observes 'long_message_queue', until it is half empty again.
 */
import type { Process } from './process.js';
import { keptCapacity } from './ring.js';
import { dead } from './states.js';

const { setImmediate } = globalThis;

/** The actors whose mailboxes are looked at, and whether observers have been told. */
const watched = new Map<Process, boolean>();
let asked = false;
let isObserved: () => boolean = () => false;
let report: (process: Process, length: number) => void = () => undefined;

/** Sets the functions that say whether anybody observes, and tell observers. */
export function tellQueuesBy(observed: typeof isObserved, tell: typeof report): void {
  isObserved = observed;
  report = tell;
}

/** A mailbox has grown, and holds `length` messages now. */
export function mailboxGrew(process: Process, length: number): void {
  if (2 * length < process.system.reports.longMessageQueue || watched.has(process) || !isObserved()) return;
  watched.set(process, false);
  ask();
}

function ask(): void {
  if (asked || watched.size === 0) return;
  asked = true;
  setImmediate(look).unref();
}

function look(): void {
  asked = false;
  if (!isObserved()) watched.clear();
  for (const [process, told] of watched) {
    const { length } = process.mailbox;
    const limit = process.system.reports.longMessageQueue;
    if (length > limit && !told) {
      watched.set(process, true);
      report(process, length);
    } else if (2 * length < limit) {
      // A mailbox that keeps its room does not grow again, and so would not announce itself: it stays among the watched.
      if (process.state === dead || (length === 0 && limit > keptCapacity)) watched.delete(process);
      else watched.set(process, false);
    }
  }
  ask();
}
