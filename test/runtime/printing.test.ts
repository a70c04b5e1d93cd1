/** Objects of the runtime print as a word, wherever they are printed. They do not leave their thread, and an error says so in words. */
import { once } from 'node:events';
import { inspect } from 'node:util';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import {
  cancelTimer,
  createSystem,
  defaultSystem,
  mainActor,
  makeRef,
  reply,
  type Self,
  sendAfter,
  spawn,
  spawnHandler,
  supervisor,
  tag,
  task,
} from '../../actors/index.js';
import { createSctp } from '../../actors/sctp/open.js';
import { SimStack } from '../sim/simStack.js';

const main = mainActor<unknown>();
const sctp = createSctp({ embedded: (onBatch) => new SimStack(onBatch) });

/** Every object that users get, and how it is printed. */
async function objects(): Promise<[name: string, value: unknown, printed: RegExp][]> {
  const timer = sendAfter(main.pid, 'x', 100_000);
  cancelTimer(timer);
  let from: unknown;
  const server = spawnHandler<readonly unknown[]>((message) => {
    from = message[1];
  });
  const { call } = await import('../../actors/index.js');
  await call(main, server as never, 'x' as never, 1).catch(() => undefined);
  const work = task.async(main, () => 1);
  await task.await(main, work);
  const socket = await sctp.open(main);
  socket.close();
  const monitor = main.monitor(server);
  main.demonitor(monitor);
  return [
    ['a self', main, /^#Self<0\.\d+>$/],
    ['a pid', main.pid, /^<0\.\d+>$/],
    ['a pid of a supervisor', await supervisor.start({ children: [] }), /^<0\.\d+>$/],
    ['a reference', makeRef(), /^#Ref<\d+>$/],
    ['a monitor', monitor, /^#Ref<\d+>$/],
    ['a timer', timer, /^#Ref<\d+>$/],
    ['who asked', from, /^#From<<0\.\d+>>$/],
    ['a socket', socket, /^#Port<\d+>$/],
    ['the default system', defaultSystem, /^#System<0>$/],
    ['a system', createSystem(), /^#System<\d+>$/],
    ['a guard', tag('sctp'), /^tag\('sctp'\)$/],
    ['a guard of a reference', reply(makeRef()), /^reply\(#Ref<\d+>\)$/],
    ['a task', work, /^\{\s+pid: <0\.\d+>,\s+owner: <0\.\d+>,\s+ref: #Ref<\d+>,/],
  ];
}

test('every public object is printed as a word, and is text in JSON and in templates', async () => {
  for (const [name, value, printed] of await objects()) {
    expect(inspect(value), name).toMatch(printed);
    expect(inspect({ value }, { depth: 0 }).length, name).toBeLessThan(120);
    if (name.includes('guard') || name === 'a task') continue;
    expect([String(value), JSON.stringify(value)], name).toEqual([inspect(value), JSON.stringify(inspect(value))]);
  }
});

describe('a structured clone is refused in words', () => {
  test.each<[what: string, value: () => unknown, message: RegExp]>([
    [
      'a pid',
      () => main.pid,
      /^Symbol\(a Pid, which belongs to the thread of its actor: post data instead\) could not be cloned/,
    ],
    ['a self', () => main, /^Symbol\(an actor's self, which belongs to its actor alone: post data instead\) could not be cloned/],
    [
      'a reference',
      () => makeRef(),
      /^Symbol\(a Ref, which is unique in its own thread only: post data instead\) could not be cloned/,
    ],
    [
      'a system',
      () => defaultSystem,
      /^Symbol\(a System or a part of it, which belongs to its thread: post data instead\) could not be cloned/,
    ],
    ['a message with a pid', () => ({ to: ['x', { pid: main.pid }] }), /^Symbol\(a Pid, /],
    ['a message with a reference', () => ['timeout', makeRef(), 1], /^Symbol\(a Ref, /],
  ])('%s', (_what, value, message) => {
    expect(() => structuredClone(value())).toThrow(
      expect.objectContaining({ name: 'DataCloneError', message: expect.stringMatching(message) }),
    );
  });

  test('a socket, and one that is posted to a worker', async () => {
    const socket = await sctp.open(main);
    const worker = new Worker('require("node:worker_threads").parentPort.once("message", () => process.exit(0))', { eval: true });
    expect(() => worker.postMessage({ socket })).toThrow(
      expect.objectContaining({
        name: 'DataCloneError',
        message: expect.stringMatching(
          /^Symbol\(a socket, which belongs to the thread that opened it: post data instead\) could not be cloned/,
        ),
      }),
    );
    worker.postMessage('end');
    await once(worker, 'exit');
    socket.close();
  });

  test('an error of ours is cloned, as a thread that fails with one wants it', async () => {
    const { ActorExit, CallError } = await import('../../actors/index.js');
    const pid = spawn((self: Self<unknown>) => self.receive());
    for (const error of [new CallError(pid, 'noproc', 'x'), new ActorExit(pid, 'normal')])
      expect(structuredClone(error)).toMatchObject({ message: error.message });
  });
});
