/** The actor benchmarks with xstate's own actors: `xstateActors.js MEASUREMENT` prints one figure. An xstate actor runs inside the call of its sender. */
import { type AnyActorRef, createActor, fromPromise, fromTransition } from 'xstate';
import { settledBytes } from '../settledBytes.js';
import { printMeasurement } from './printed.js';

const perSecond = (count: number, startedMs: number) => (count * 1000) / (performance.now() - startedMs);

type Ping = { readonly type: 'ping'; readonly from: AnyActorRef };
type Pong = { readonly type: 'pong' };

function pingPong(count: number): number {
  const startedMs = performance.now();
  const pong = createActor(
    fromTransition((state: number, event: Ping) => {
      event.from.send({ type: 'pong' });
      return state;
    }, 0),
  ).start();
  const ping = createActor(
    fromTransition((left: number, _event: Pong, { self }) => {
      if (left > 0) pong.send({ type: 'ping', from: self });
      return left - 1;
    }, count / 2),
  ).start();
  ping.send({ type: 'pong' });
  return perSecond(count, startedMs);
}

function flood(count: number): number {
  const sink = createActor(fromTransition((taken: number, _event: { type: 'drop'; number: number }) => taken + 1, 0)).start();
  const startedMs = performance.now();
  for (let index = 0; index < count; index += 1) sink.send({ type: 'drop', number: index });
  if (sink.getSnapshot().context !== count) throw new Error('messages are missing');
  return perSecond(count, startedMs);
}

/** An actor of a promise ends when the promise settles, and tells its subscribers. */
async function spawnExit(count: number): Promise<number> {
  const startedMs = performance.now();
  for (let index = 0; index < count; index += 1) {
    await new Promise<void>((resolve) => {
      const actor = createActor(fromPromise(async () => undefined));
      actor.subscribe({ complete: resolve });
      actor.start();
    });
  }
  return perSecond(count, startedMs);
}

async function idleMemory(count: number): Promise<number> {
  const idle: AnyActorRef[] = new Array(count);
  const logic = fromTransition((state: number) => state, 0);
  const before = await settledBytes();
  for (let index = 0; index < count; index += 1) idle[index] = createActor(logic).start();
  const after = await settledBytes();
  return (after - before) / idle.length;
}

await printMeasurement({
  ping_pong: [pingPong, 1_000_000],
  flood: [flood, 1_000_000],
  spawn_exit: [spawnExit, 100_000],
  idle_memory: [idleMemory, 10_000],
});
