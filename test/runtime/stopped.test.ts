/** A system that is being stopped, or has been stopped, spawns no actor, and nothing of it is left. */
import { isAlive, mainActor, name, registered, send, sendAfter, spawn, spawnHandler, spawnLink, supervisor } from 'mailport';
import { beforeEach, expect, test } from 'vitest';
import { type TestSystem, testSystem } from './testSystem.js';

let the: TestSystem;
beforeEach(() => {
  the = testSystem();
});

test.each<[string, () => unknown]>([
  ['spawn', () => spawn(() => undefined, { system: the.system })],
  ['spawnHandler', () => spawnHandler(() => undefined, { system: the.system })],
  ['spawnLink', () => spawnLink(the.main, () => undefined)],
  ['supervisor.start', () => supervisor.start({ children: [] }, { system: the.system })],
])('%s throws BadArg, as while the system stops', async (_, call) => {
  const stopped = the.system.stop();
  expect(call).toThrowError(expect.objectContaining({ argument: 'options.system' }));
  await stopped;
  expect(call).toThrowError(expect.objectContaining({ argument: 'options.system' }));
  expect(the.system.actorCount).toBe(0);
});

test('there is no main actor', async () => {
  await the.system.stop();
  expect(isAlive(the.main.pid)).toBe(false);
  expect(() => mainActor(the.system)).toThrowError(expect.objectContaining({ argument: 'system' }));
});

test('no name and no timer is left, not even one for a name', async () => {
  const { system, clock } = the;
  spawnHandler(() => undefined, { system, name: 'a' });
  sendAfter(name<string>('nobody'), 'x', 1000, system);
  sendAfter(the.main.pid, 'x', 1000);
  await system.stop();
  expect(registered(system)).toEqual([]);
  expect(clock.pending).toBe(0);
});

test('a timer that is set afterwards, for a name, never fires', async () => {
  await the.system.stop();
  sendAfter(name<string>('nobody'), 'x', 1000, the.system);
  expect(the.clock.pending).toBe(0);
});

test('a main actor that traps exits, and waits for this, is not waited for', async () => {
  the.main.trapExit = true;
  await the.system.stop();
  expect(isAlive(the.main.pid)).toBe(false);
});

test('other systems go on when one has stopped', async () => {
  const other = testSystem();
  await the.system.stop();
  const echo = spawnHandler<string>((text) => send(other.main.pid, text), { system: other.system });
  send(echo, 'still here');
  expect(await other.main.receive()).toBe('still here');
});
