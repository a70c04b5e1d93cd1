/** Compares a run with the reference model, which says how it had to be. */
import { isDeepStrictEqual } from 'node:util';
import { isAlive, processInfo, registered, whereis } from 'mailport';
import { extract } from '../../runtime/ports.js';
import type { Entry, Run } from './history.js';
import { ReferenceModel } from './referenceModel.js';

/** How many entries of a history are shown before the wrong one. */
const shownEntries = 30;

/** To be called when no actor has anything to do any more. @throws Error that shows the program, and the history up to the wrong entry */
export function judge(run: Run): void {
  const model = new ReferenceModel(run.program);
  for (const [index, entry] of run.history.entries()) {
    attempt(run, index, () => model.follow(entry));
  }
  attempt(run, run.history.length - 1, () => {
    const [problem] = run.problems;
    if (problem !== undefined) throw new Error(problem);
    const expected = model.finish();
    const seen = stateOf(run);
    if (!isDeepStrictEqual(seen, expected))
      throw new Error(`all has come to\n  ${JSON.stringify(seen)}\nwhich should be\n  ${JSON.stringify(expected)}`);
  });
}

function attempt(run: Run, index: number, check: () => void): void {
  try {
    check();
  } catch (error) {
    const lines = run.history.slice(Math.max(0, index + 1 - shownEntries), index + 1).map(show);
    const roles = run.program.map((role, who) => `<${who}> ${JSON.stringify(role)}`);
    const what = error instanceof Error ? error.message : String(error);
    throw new Error(`${what}\n\nafter\n${lines.join('\n')}\n\nof the program\n${roles.join('\n')}\n`);
  }
}

function show(entry: Entry): string {
  const { atMs, who, type } = entry;
  const what = entry.type === 'did' ? `${JSON.stringify(entry.op)} -> ` : '';
  const result = entry.type === 'end' ? entry.reason : entry.type === 'start' ? '' : entry.result;
  return `  ${atMs} ms <${who}> ${type} ${what}${JSON.stringify(result)}`;
}

/** The same as `ReferenceModel.finish` gives. Empties the mailboxes. */
function stateOf(run: Run): ReturnType<ReferenceModel['finish']> {
  const { system, crashes } = run.simulation;
  const named = (value: unknown) => run.describe(value) as string;
  return {
    actors: run.program.map((_, who) => {
      const pid = run.pids.get(who);
      if (pid === undefined) return undefined;
      if (!isAlive(pid)) return { reason: run.reasons.get(who) ?? 'none' };
      const info = processInfo(pid);
      return {
        mailbox: extract(pid, () => true).map((message) => run.describe(message)),
        trapExit: info?.trapExit === true,
        links: info?.links.map(named) ?? [],
        monitors: info?.monitors.map(named) ?? [],
        monitoredBy: info?.monitoredBy.map(named) ?? [],
      };
    }),
    names: registered(system).map((name) => [name, named(whereis(name, system))]),
    crashes: crashes.map(({ pid, reason }) => [named(pid), run.describe(reason)]),
  };
}
