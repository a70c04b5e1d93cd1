/** Significant children, whose end may be the end of their supervisor. As in supervisor(3), automatic shutdown. */
import { type FixedSpec, isAlive, type Pid, type SupervisorMessage, supervisor } from 'mailport';
import { beforeEach, expect, test } from 'vitest';
import { flush, type TestSystem, testSystem } from '../runtime/testSystem.js';
import { type Nursery, nursery } from './children.js';

let the: TestSystem;
let kids: Nursery;
beforeEach(() => {
  the = testSystem();
  the.main.trapExit = true;
  kids = nursery(the);
});

function start(autoShutdown: FixedSpec['autoShutdown'], ...children: FixedSpec['children']): Promise<Pid<SupervisorMessage>> {
  return supervisor.startLink(the.main, { intensity: 5, ...(autoShutdown && { autoShutdown }), children });
}

const significant = { restart: 'transient', significant: true } as const;

test("'any_significant' ends it at the first end of a significant child, after the other children", async () => {
  const top = await start('any_significant', kids.child('a'), kids.child('b', significant), kids.child('c', significant));
  await kids.end('b', 'normal', top);
  expect(await the.main.receive()).toEqual(['EXIT', top, 'shutdown']);
  expect(kids.log.slice(3)).toEqual(['end b normal', 'end c shutdown', 'end a shutdown']);
  expect(the.crashes).toEqual([]);
});

test("'all_significant' ends it at the last", async () => {
  const top = await start('all_significant', kids.child('a'), kids.child('b', significant), kids.child('c', significant));
  await kids.end('c', 'normal', top);
  expect(isAlive(top)).toBe(true);
  await kids.end('b', 'shutdown', top);
  expect(await the.main.receive()).toEqual(['EXIT', top, 'shutdown']);
  expect(kids.log.at(-1)).toBe('end a shutdown');
});

test.each(['never', undefined] as const)('%s does not end it, whichever children end', async (autoShutdown) => {
  const top = await start(autoShutdown, kids.child('a', { restart: 'transient' }), kids.child('b', { restart: 'temporary' }));
  await kids.end('a', 'normal', top);
  await kids.end('b', 'boom', top);
  expect(isAlive(top)).toBe(true);
});

test('a temporary child counts whatever it ends with, a transient one only if it is not restarted', async () => {
  const top = await start(
    'any_significant',
    kids.child('a', significant),
    kids.child('b', { restart: 'temporary', significant: true }),
  );
  await kids.end('a', 'boom', top);
  expect(isAlive(top)).toBe(true);
  expect(kids.log.at(-1)).toBe('start a');
  await kids.end('b', 'boom', top);
  expect(await the.main.receive()).toMatchObject(['EXIT', top, 'shutdown']);
});

test('ends of children that are not significant do not count', async () => {
  const top = await start('any_significant', kids.child('a', { restart: 'temporary' }), kids.child('b', significant));
  await kids.end('a', 'normal', top);
  expect(isAlive(top)).toBe(true);
});

test('a child that was ended by terminateChild does not end it, and does not hold it up either', async () => {
  const { main } = the;
  const top = await start('all_significant', kids.child('a', significant), kids.child('b', significant));
  await supervisor.terminateChild(main, top, 'a');
  expect(isAlive(top)).toBe(true);
  await kids.end('b', 'normal', top);
  expect(await flush(main)).toEqual([['EXIT', top, 'shutdown']]);
});

test('significant children may be added', async () => {
  const top = await start('any_significant');
  await supervisor.startChild(the.main, top, kids.child('late', significant));
  await kids.end('late', 'normal', top);
  expect(await the.main.receive()).toEqual(['EXIT', top, 'shutdown']);
});

test("'never', which is the default, takes no significant child", async () => {
  const top = await start('never', kids.child('a'));
  expect(() => supervisor.start({ children: [kids.child('b', significant)] })).toThrow(
    expect.objectContaining({ argument: 'spec.children[0].significant' }),
  );
  await expect(supervisor.startChild(the.main, top, kids.child('b', significant))).rejects.toMatchObject({
    reason: 'bad_combination',
  });
});
