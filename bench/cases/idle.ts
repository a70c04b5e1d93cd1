/** The memory of a process with many connections on which nothing happens. The process is a fresh one for each run: it does not give back all memory. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { getHeapSpaceStatistics } from 'node:v8';
import { held } from '../yardsticks/tcpClients.js';

/** V8's space for young objects, of a process that rests. */
const restingBytes = 2 * 1024 * 1024;
/** A collection of ours counts as activity, so there are few. */
const lookAgainMs = 2000;
const mostLooks = 12;

/** Runs such a program, and gives the bytes that each connection takes. */
export async function idleBytes(program: URL, ...args: readonly string[]): Promise<number> {
  const child = fork(fileURLToPath(program), args, { execArgv: ['--expose-gc'] });
  try {
    const [told] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => {
        throw new Error(`${program} ended`);
      }),
    ])) as [{ readonly bytes: number }];
    return told.bytes;
  } finally {
    child.kill('SIGKILL');
  }
}

/** For such a program: opens the connections, waits until `accepted` resolves, and tells its parent. */
export async function tellIdleBytes(port: number, count: number, accepted: () => Promise<unknown>): Promise<void> {
  const before = await residentBytes();
  const done = accepted();
  const clients = await held(port, count);
  await done;
  const bytes = ((await residentBytes()) - before) / count;
  clients.kill('SIGKILL');
  process.send?.({ bytes });
}

/** Memory that belongs to this process alone, once V8 has given back what it had taken for the objects of a busy moment. It does so when a process has rested for a while. */
export async function residentBytes(): Promise<number> {
  for (let looks = 0; looks < mostLooks; looks += 1) {
    globalThis.gc?.();
    const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
    if (young === undefined || young.space_size <= restingBytes) break;
    await sleep(lookAgainMs);
  }
  // Another thread gives the memory back.
  await sleep(lookAgainMs);
  const kilobytes = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}
