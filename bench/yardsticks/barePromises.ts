/** Two async functions that wake each other by promises, without actors: the most that V8 allows code that awaits one message at a time. */
import type { Yardstick } from '../case.js';
import { printedBy } from './printed.js';

export const barePromises: Yardstick = {
  name: 'promises',
  missing: () => undefined,
  measure: () => printedBy('promisePingPong', 'ping_pong'),
};
