/** Which CPUs the processes of a case run on. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Keeps each process on a CPU of its own, if there are enough. Otherwise the scheduler puts two processes that wake each other on one CPU or on two, as it likes,
 * and a wake-up across CPUs costs ten times as much.
 */
export function runApart(...pids: readonly (number | undefined)[]): void {
  const cpus = cpuList(/^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '');
  if (cpus.length < pids.length) return;
  for (const [index, pid] of pids.entries()) {
    execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', String(cpus[index]), String(pid)], { stdio: 'ignore' });
  }
}

/** The kernel's way to write a set of CPUs: '0-2,5' is 0, 1, 2, 5. */
export function cpuList(text: string): number[] {
  return text.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    if (range === '' || first === undefined || last === undefined) return [];
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
