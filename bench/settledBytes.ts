/** Memory, as the cases and their yardsticks measure it. Wants node to run with --expose-gc. */
import { setImmediate as turn } from 'node:timers/promises';

/** Bytes in use once all that was ready has run and the garbage is gone. */
export async function settledBytes(): Promise<number> {
  await turn();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
