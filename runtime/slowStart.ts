/** Tells of a start that does not settle. Nothing fails in that case, so otherwise nobody would notice. */
import type { Handle } from './handle.js';
import { hasObservers, reportSlowStart } from './observer.js';
import type { AnySelf } from './self.js';
import { dead } from './states.js';

/** Tells in print, and tells observers, that a supervisor has waited for `ms` milliseconds for a child to start. */
export function tellSlowStart(self: AnySelf, child: string, ms: number): void {
  const { process } = self as unknown as Handle;
  if (process.state === dead) return;
  const { pid, name, label, behaviour, system } = process;
  const known = [...new Set([name, label])].filter((text) => text !== null && text !== undefined).join(', ');
  system.reports.print(
    `[mailport] ${behaviour ?? 'actor'} ${pid} (${known}) has waited ${ms} ms for its child '${child}' to start, and waits on\n` +
      '  until then it starts no other child and answers nobody; the option timeoutMs of genServer and the others limits the time of a start',
  );
  if (hasObservers('slow_start')) reportSlowStart(process, child, ms);
}
