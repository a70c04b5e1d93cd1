/** An exit reason that throws when it is looked at is a failure like others. It must not stop the end of its actor half-way, so that monitors never hear of it. */
import { exit, isAbnormal, isAlive, processInfo, spawn, spawnLink, supervisor } from 'mailport';
import { beforeEach, expect, test } from 'vitest';
import { flush, nextTurn, type TestSystem, testSystem } from '../runtime/testSystem.js';

let the: TestSystem;
beforeEach(() => {
  the = testSystem();
});

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable([], {});
  revoke();
  return proxy;
}

test('a reason that throws when it is looked at is a failure', () => {
  expect(isAbnormal(revoked())).toBe(true);
});

test('reaches links and monitors, is reported, and the others of the system go on', async () => {
  const { main, system, crashes } = the;
  const reason = revoked();
  const linked = spawn(
    async (self) => {
      spawnLink(self, () => Promise.reject(reason), { system });
      await self.receive();
    },
    { system, label: 'linked' },
  );
  const ref = main.monitor(linked);
  await nextTurn();
  const [down, ...rest] = (await flush(main)) as unknown[][];
  expect([down!.slice(0, 3), down![4] === reason, rest.length]).toEqual([['DOWN', ref, 'process'], true, 0]);
  expect([isAlive(linked), system.actorCount, crashes.length]).toEqual([false, 1, 1]);
  const next = spawn((self) => self.receive(), { system });
  await nextTurn();
  expect(processInfo(next)?.status).toBe('waiting');
  exit(next, 'kill');
});

test('has a supervisor restart its child', async () => {
  const { system } = the;
  let starts = 0;
  const start = async (self: Parameters<typeof spawnLink>[0]) => {
    starts += 1;
    const reason = revoked();
    return spawnLink(self, starts === 1 ? () => Promise.reject(reason) : (own) => own.receive(), { system });
  };
  const pid = await supervisor.start({ children: [{ id: 'child', start }] }, { system });
  while (starts < 2) await nextTurn();
  expect(isAlive(pid)).toBe(true);
  exit(pid, 'kill');
});
