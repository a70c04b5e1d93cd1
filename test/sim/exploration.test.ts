/**
 * Random programs of actors, each under several schedules, against a reference model. Every result of every operation, every end and the final state have to be
 * those of Erlang's rules. A run that fails is shown, and MAILPORT_SEED replays it.
 */
import { createHash } from 'node:crypto';
import { type ExitReport, observer, tag } from 'mailport';
import { type Simulation, simulate } from 'mailport/testing';
import { expect, test } from 'vitest';
import { type Entry, Run } from './history.js';
import { judge } from './judge.js';
import { startAll } from './player.js';
import { randomProgram } from './randomProgram.js';

/** `npm run mutate` runs this with mistakes and counters in the sources. That is slow, so it asks for fewer runs. */
const runs = Number(process.env.MAILPORT_EXPLORED_RUNS ?? 20_000);
/** Schedules of one program: those of its runs have seeds that follow on each other. */
const schedules = 5;
/** Longer than all that a program may wait for together: this timer is the last. */
const afterAllMs = 1_000_000;

const isReplay = process.env.MAILPORT_SEED !== undefined;
/** A hash of each interleaving. */
const histories = new Set<string>();
/** How often each kind of result and of end has occurred. */
const happened = new Map<string, number>();

test('interleavings of random programs, more than half as many as runs, go as the reference model says', async () => {
  await simulate(explore, { runs });
  if (!isReplay) expect(histories.size).toBeGreaterThan(runs / 2);
}, 60_000);

test
  .skipIf(isReplay)
  .each([
    'EXIT',
    'DOWN',
    'noproc',
    'killed',
    'shutdown',
    'badarg',
    'undefined',
    'timeout',
    'threw',
    'answered',
    'failed',
    'calling_self',
    '$gen_call',
  ])('%s is among what happened in them, often', (what) => {
  expect(happened.get(what)).toBeGreaterThan(runs / 200);
});

async function explore(simulation: Simulation): Promise<void> {
  const number = Math.floor(simulation.seed / schedules);
  const run = new Run(simulation, randomProgram(number));
  const ended = ({ pid, reason }: ExitReport) => run.ended(pid, reason);
  observer.on('exit', ended);
  try {
    startAll(run);
    await simulation.main.receive(tag('never'), { after: afterAllMs });
  } finally {
    observer.off('exit', ended);
  }
  judge(run);
  histories.add(
    createHash('md5')
      .update(`${number} ${JSON.stringify(run.history)}`)
      .digest('base64'),
  );
  for (const entry of run.history) count(entry);
}

/** Notes the words in the result of an operation, or in the exit reason of an actor. */
function count(entry: Entry): void {
  if (entry.type === 'start') return;
  const term = entry.type === 'end' ? entry.reason : entry.result;
  for (const word of [term].flat(3)) happened.set(String(word), (happened.get(String(word)) ?? 0) + 1);
}
