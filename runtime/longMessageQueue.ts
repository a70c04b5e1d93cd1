/**
 * Names actors for whom too many messages wait. A mailbox that grows asks to be looked at, which costs nothing per message, as it grows by doubling; from then on it is
 * looked at once in each turn of the event loop, while somebody observes 'long_message_queue', until it is half empty again.
 */
import type { Process } from './process.js';
import { keptCapacity } from './ring.js';
import { dead } from './states.js';

const { setImmediate } = globalThis;

/** Mailboxes that are looked at, and whether they have been told of. */
const watched = new Map<Process, boolean>();
let asked = false;
let isObserved: () => boolean = () => false;
let report: (process: Process, length: number) => void = () => undefined;

/** Who knows whether anybody observes, and tells them. */
export function tellQueuesBy(observed: typeof isObserved, tell: typeof report): void {
  isObserved = observed;
  report = tell;
}

/** A mailbox has grown, and holds that many now. */
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
      // As long as a mailbox keeps its room it does not grow again.
      if (process.state === dead || (length === 0 && limit > keptCapacity)) watched.delete(process);
      else watched.set(process, false);
    }
  }
  ask();
}
