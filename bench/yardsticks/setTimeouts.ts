/** The benchmarks of timers with Node's own: `setTimeouts.js MEASUREMENT` prints one figure. */
import { printMeasurement } from './printed.js';

const timers = 100_000;

const perSecond = (count: number, startedMs: number) => (count * 1000) / (performance.now() - startedMs);

function cancel(count: number): number {
  const startedMs = performance.now();
  for (let round = 0; round < count / timers; round += 1) {
    const set: NodeJS.Timeout[] = [];
    for (let index = 0; index < timers; index += 1) set.push(setTimeout(() => index, 5_000 + (index % 100)));
    for (const timer of set) clearTimeout(timer);
  }
  return perSecond(count, startedMs);
}

async function fire(count: number): Promise<number> {
  const startedMs = performance.now();
  for (let round = 0; round < count / timers; round += 1) {
    await new Promise<void>((resolve) => {
      let left = timers;
      for (let index = 0; index < timers; index += 1) {
        setTimeout(
          () => {
            left -= 1;
            if (left === 0) resolve();
          },
          1 + (index % 8),
        );
      }
    });
  }
  return perSecond(count, startedMs);
}

await printMeasurement({ cancel: [cancel, 10 * timers], fire: [fire, 10 * timers] });
