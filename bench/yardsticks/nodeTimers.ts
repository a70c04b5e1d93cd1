/** Node's own timers, one for each: their cost without a wheel and without actors. */
import type { Yardstick } from '../case.js';
import { printedBy } from './printed.js';

export function nodeTimers(measurement: 'cancel' | 'fire'): Yardstick {
  return { name: 'setTimeout', missing: () => undefined, measure: () => printedBy('setTimeouts', measurement) };
}
