/** The AbortSignal of an actor: `self.signal`. */
import { exit, reply, type Self, send, spawn, spawnHandler } from 'mailport';
import { beforeEach, expect, test } from 'vitest';
import { nextTurn, type TestSystem, testSystem } from './testSystem.js';

let the: TestSystem;
beforeEach(() => {
  the = testSystem();
});

test('any number of calls may wait for it: Node takes none of them for a leak', async () => {
  const warnings: string[] = [];
  const note = (warning: Error) => warnings.push(warning.name);
  process.on('warning', note);
  const listening = (self: Self) => {
    for (let listeners = 0; listeners < 20; listeners += 1) self.signal.addEventListener('abort', () => undefined);
  };
  const pid = spawn(listening, { system: the.system });
  const ref = the.main.monitor(pid);
  expect(await the.main.receive(reply(ref))).toEqual(['DOWN', ref, 'process', pid, 'normal']);
  // Node tells of a warning in the next turn.
  await nextTurn();
  process.off('warning', note);
  expect(warnings).toEqual([]);
});

test('aborts at its end with the reason, for what the body waits for besides its mailbox', async () => {
  const { main, system } = the;
  const pid = spawn(
    async (self) => {
      await new Promise((_, reject) => {
        self.signal.addEventListener('abort', () => {
          send(main.pid, self.signal.reason);
          reject(self.signal.reason);
        });
      });
    },
    { system },
  );
  await nextTurn();
  exit(pid, 'enough');
  expect(await main.receive()).toMatchObject({ name: 'ActorExit', pid, reason: 'enough' });
});

test('signals and messages sent while it aborts keep their order', async () => {
  const { main, system } = the;
  const trapping = spawnHandler<unknown>((message) => send(main.pid, message), { system, trapExit: true });
  const pid = spawn(
    async (self) => {
      self.signal.addEventListener('abort', () => {
        exit(trapping, 'first', main);
        send(trapping, 'second');
      });
      await self.receive();
    },
    { system },
  );
  await nextTurn();
  exit(pid, 'boom');
  expect([await main.receive(), await main.receive()]).toEqual([['EXIT', main.pid, 'first'], 'second']);
});
