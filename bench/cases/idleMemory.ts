/** Memory of an actor that waits for its first message, in both styles: heap and what hangs from it outside, after a collection. */
import { type Pid, send, spawn, spawnHandler } from 'mailport';
import { type Case, runner } from '../case.js';
import { settledBytes } from '../settledBytes.js';
import { erlang } from '../yardsticks/erlang.js';
import { nact, xstate } from '../yardsticks/otherActors.js';

const actors = 100_000;

type Stop = readonly ['stop'];

const waitingHandler = () =>
  spawnHandler<Stop>((_message, self) => {
    self.exit('normal');
  });
const waitingFunction = () =>
  spawn<Stop>(async (self) => {
    await self.receive();
  });

async function measure(start: () => Pid<Stop>): Promise<number> {
  const idle: Pid<Stop>[] = new Array(actors);
  const before = await settledBytes();
  for (let index = 0; index < actors; index += 1) idle[index] = start();
  const after = await settledBytes();
  for (const pid of idle) send(pid, ['stop']);
  return (after - before) / actors;
}

const idleMemory = (name: string, start: () => Pid<Stop>, others: Case['against']): Case => ({
  name,
  unit: 'bytes',
  moreIsBetter: false,
  start: async () => {
    if (globalThis.gc === undefined) throw new Error('node must run with --expose-gc');
    return runner(() => measure(start));
  },
  against: [{ yardstick: erlang('idle_memory'), budget: 1 }, ...others],
});

export const idleHandler = idleMemory('actor-memory', waitingHandler, [
  { yardstick: nact('idle_memory'), budget: 1 },
  { yardstick: xstate('idle_memory'), budget: 1 },
]);
export const idleFunction = idleMemory('actor-memory-async', waitingFunction, []);
