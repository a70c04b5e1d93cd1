/** The error of a failure deep in a tree says what has happened: once in its message, and by its cause. */
import { type AnySelf, CallError, genServer, type Pid, StartError, SupervisorError, supervisor, task } from 'mailport';
import { sctp } from 'mailport/sctp';
import { beforeEach, expect, test } from 'vitest';
import { type TestSystem, testSystem } from '../runtime/testSystem.js';

let the: TestSystem;
beforeEach(() => {
  the = testSystem();
  the.main.trapExit = true;
});

const boom = Object.assign(new Error('port 5000 is taken'), { name: 'SocketError' });
const failing = (self: AnySelf) => genServer.startLink(self, { init: () => Promise.reject(boom) });
const failureOf = (started: Promise<unknown>): Promise<Error & { reason: unknown }> =>
  started.then(
    () => Promise.reject(new Error('it has not failed')),
    (error) => error,
  );

/** A tree so many supervisors deep, whose last has a child that cannot start. */
function tree(self: AnySelf, levels: number, start: (own: AnySelf) => Promise<Pid | undefined> = failing): Promise<Pid> {
  const child = levels === 1 ? start : (own: AnySelf) => tree(own, levels - 1, start);
  return supervisor.startLink(self, { children: [{ id: `child${levels}`, start: child }] });
}

test.each([1, 2, 8])('of a child under %d supervisors', async (levels) => {
  const error = await failureOf(tree(the.main, levels));
  expect(error).toBeInstanceOf(StartError);
  expect(error.cause).toBe(boom);
  expect(error.message).toMatch(/^supervisor could not be started: /);
  expect(error.message.match(/port 5000 is taken/g)).toHaveLength(1);
  for (let level = 1; level <= levels; level += 1) expect(error.message).toContain(`'failed_to_start_child', 'child${level}'`);
  expect(error.message).toContain('SocketError: port 5000 is taken');
});

test('names address and port of a socket that cannot be opened', async () => {
  const taken = await sctp.open(the.main, 0, { ip: '127.0.0.1' });
  const listen = (self: AnySelf) =>
    genServer.startLink(self, { init: async (own) => ['ok', await sctp.open(own, taken.port, { ip: '127.0.0.1' })] });
  const error = await failureOf(tree(the.main, 2, listen));
  expect(error.message).toContain(`SocketError: open 127.0.0.1:${taken.port}: eaddrinuse`);
  expect(error.cause).toMatchObject({ name: 'SocketError', reason: 'eaddrinuse', port: taken.port });
  taken.close();
});

test('of a child that is added later, and of a child that throws a value that is no error', async () => {
  const top = await supervisor.startLink(the.main, { children: [] });
  const added = await failureOf(supervisor.startChild(the.main, top, { id: 'late', start: (self) => tree(self, 1) }));
  expect(added).toBeInstanceOf(SupervisorError);
  expect(added.cause).toBe(boom);
  expect(added.message).toContain("'failed_to_start_child', 'child1', SocketError: port 5000 is taken");
  const start = () => Promise.reject({ code: 7, why: [boom] });
  const odd = await failureOf(supervisor.startLink(the.main, { children: [{ id: 'odd', start }] }));
  expect(odd.message).toContain("'odd', { code: 7, why: [ SocketError: port 5000 is taken ] } ]");
  expect(odd.cause).toBe(boom);
});

test('of a call and of a task whose end has a tuple for its reason', async () => {
  const work = task.async(the.main, () => Promise.reject(['shutdown', ['lost', boom]]));
  const error = await failureOf(task.await(the.main, work));
  expect(error).toBeInstanceOf(CallError);
  expect(error.message).toContain("failed: [ 'shutdown', [ 'lost', SocketError: port 5000 is taken ] ]");
  expect(error.cause).toBe(boom);
});

test('a text is bounded, whatever the reason holds', () => {
  const ring: unknown[] = ['ring'];
  ring.push(ring);
  const huge = new Array(100_000).fill(['x']);
  let bush: unknown = 'leaf';
  for (let level = 0; level < 50; level += 1) bush = new Array(20).fill(bush);
  for (const reason of [ring, huge, { huge }, bush, [Buffer.alloc(100_000)], new Map([[1, huge]])]) {
    expect(new CallError('server', reason).message.length).toBeLessThan(5000);
  }
});
