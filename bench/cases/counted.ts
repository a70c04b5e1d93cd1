/** How the other process of a case counts a run: from the first message to the one that ends it. */
import { tell } from './counterpart.js';
import { endBytes } from './inetRun.js';
import { perSecond } from './measuring.js';

/** Counts messages by their lengths, and tells the parent the rate whenever one ends a run. An end that is said twice is told once. */
export function countRuns(): (lengthBytes: number) => void {
  let count = 0;
  let startedMs = 0;
  return (lengthBytes) => {
    if (lengthBytes > endBytes) {
      if (count === 0) startedMs = performance.now();
      count += 1;
    } else if (count > 0) {
      tell({ rate: perSecond(count, startedMs) });
      count = 0;
    }
  };
}
