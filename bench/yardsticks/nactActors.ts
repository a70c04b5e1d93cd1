/** The actor benchmarks with nact: `nactActors.js MEASUREMENT` prints one figure. */
import { dispatch, query, type Ref, spawn, spawnStateless, start, stop } from 'nact';
import { settledBytes } from '../settledBytes.js';
import { printMeasurement } from './printed.js';

const system = start();

const perSecond = (count: number, startedMs: number) => (count * 1000) / (performance.now() - startedMs);

interface Ping {
  readonly from: Ref<'pong'>;
}

function pingPong(count: number): Promise<number> {
  const startedMs = performance.now();
  return new Promise((resolve) => {
    const pong = spawnStateless(system, ({ from }: Ping) => dispatch(from, 'pong'));
    let left = count / 2;
    const ping: Ref<'pong'> = spawnStateless(system, (_message: 'pong') => {
      left -= 1;
      if (left > 0) dispatch(pong, { from: ping });
      else resolve(perSecond(count, startedMs));
    });
    dispatch(pong, { from: ping });
  });
}

function flood(count: number): Promise<number> {
  const startedMs = performance.now();
  return new Promise((resolve) => {
    let left = count;
    const sink = spawnStateless(system, (_message: number) => {
      left -= 1;
      if (left === 0) resolve(perSecond(count, startedMs));
    });
    for (let index = 0; index < count; index += 1) dispatch(sink, index);
  });
}

interface Add {
  readonly from: Ref<number>;
  readonly number: number;
}

async function calls(count: number): Promise<number> {
  const counter = spawn(
    system,
    (sum: number, { from, number }: Add) => {
      dispatch(from, sum);
      return sum + number;
    },
    undefined,
    { initialState: 0 },
  );
  const startedMs = performance.now();
  for (let index = 0; index < count; index += 1) {
    await query(counter, (from: Ref<number>): Add => ({ from, number: index }), 5_000);
  }
  return perSecond(count, startedMs);
}

/** It has no monitors; an actor has a function that is called after its end. */
async function spawnExit(count: number): Promise<number> {
  const startedMs = performance.now();
  for (let index = 0; index < count; index += 1) {
    await new Promise<void>((resolve) => {
      stop(spawn(system, () => undefined, undefined, { afterStop: () => resolve() }));
    });
  }
  return perSecond(count, startedMs);
}

async function idleMemory(count: number): Promise<number> {
  const idle: Ref<unknown>[] = new Array(count);
  const before = await settledBytes();
  for (let index = 0; index < count; index += 1) idle[index] = spawnStateless(system, () => undefined);
  const after = await settledBytes();
  for (const actor of idle) stop(actor);
  return (after - before) / count;
}

await printMeasurement({
  ping_pong: [pingPong, 200_000],
  flood: [flood, 200_000],
  query: [calls, 100_000],
  spawn_exit: [spawnExit, 100_000],
  idle_memory: [idleMemory, 10_000],
});
