/** A wrong argument of a behaviour throws BadArg, which names the argument, before anything has happened. */
import { BadArg, type ChildSpec, genServer, isAlive, spawnHandler, stop, supervisor, sys } from 'mailport';
import { expect, test } from 'vitest';
import { flush, nextTurn, testSystem } from '../runtime/testSystem.js';

const { main, system } = testSystem();
const wrong = (value: unknown): never => value as never;
const init = () => ['ok', 0] as const;
const server = spawnHandler<unknown>(() => undefined, { system });
const child: ChildSpec = { id: 'a', start: () => server };

const cases: [argument: string, call: () => unknown][] = [
  ['callbacks', () => genServer.start(wrong(undefined))],
  ['callbacks', () => genServer.start(wrong(init))],
  ['callbacks', () => genServer.start(wrong({ handleInfo: init }))],
  ['callbacks.handleCall', () => genServer.start({ init, handleCall: wrong('reply') })],
  ['callbacks.terminate', () => genServer.start({ init, terminate: wrong({}) })],
  ['options', () => genServer.start({ init }, wrong(null))],
  ['options.timeoutMs', () => genServer.start({ init }, { system, timeoutMs: -1 })],
  ['options.name', () => genServer.start({ init }, { system, name: wrong(1) })],
  ['options.name', () => genServer.start({ init }, { system, name: '' })],
  ['options.label', () => genServer.start({ init }, { system, label: wrong(1) })],
  ['options.link', () => genServer.start({ init }, { link: wrong(main.pid) })],
  ['options.system', () => genServer.start({ init }, { system: wrong({}) })],
  ['options.mailbox', () => genServer.start({ init }, { system, mailbox: wrong(10) })],
  ['self', () => genServer.startLink(wrong(main.pid), { init })],
  ['callbacks', () => genServer.startLink(main, wrong({}))],
  ['self', () => supervisor.startLink(wrong(main.pid), { children: [] })],
  ['options.timeoutMs', () => supervisor.start({ children: [] }, { system, timeoutMs: wrong('5') })],
  ['spec.autoShutdown', () => supervisor.start({ children: [], autoShutdown: wrong('always') })],
  ['spec.intensity', () => supervisor.start({ children: [], intensity: 1.5 })],
  ['spec.periodMs', () => supervisor.start({ children: [], periodMs: Number.NaN })],
  ['spec.child', () => supervisor.start(wrong({ strategy: 'simple_one_for_one' }))],
  ['spec.child.start', () => supervisor.start({ strategy: 'simple_one_for_one', child: wrong({ id: 'a' }) })],
  ['spec.children[0].type', () => supervisor.start({ children: [{ ...child, type: wrong('server') }] })],
  ['spec.children[0].shutdown', () => supervisor.start({ children: [{ ...child, shutdown: wrong('soon') }] })],
  ['spec.children[0].significant', () => supervisor.start({ children: [{ ...child, significant: true }] })],
  ['spec.children[0].significant', () => supervisor.start({ children: [{ ...child, significant: wrong(1) }] })],
  ['self', () => supervisor.startChild(wrong(server), server, child)],
  ['server', () => supervisor.startChild(main, wrong({}), child)],
  ['child', () => supervisor.startChild(main, server, wrong(undefined))],
  ['child.id', () => supervisor.startChild(main, server, wrong({ start: child.start }))],
  ['child.restart', () => supervisor.startChild(main, server, { ...child, restart: wrong('never') })],
  ['which', () => supervisor.terminateChild(main, server, wrong(5))],
  ['id', () => supervisor.restartChild(main, server, wrong(server))],
  ['id', () => supervisor.deleteChild(main, server, wrong(undefined))],
  ['which', () => supervisor.getChildspec(main, server, wrong(undefined))],
  ['server', () => supervisor.whichChildren(main, wrong(undefined))],
  ['self', () => supervisor.countChildren(wrong(undefined), server)],
  ['self', () => sys.getState(wrong(undefined), server)],
  ['server', () => sys.getState(main, wrong(undefined))],
  ['server', () => sys.getStatus(main, '')],
  ['self', () => sys.suspend(wrong(server), server)],
  ['server', () => sys.resume(main, wrong({}))],
  ['replace', () => sys.replaceState(main, server, wrong('state'))],
  ['options', () => sys.trace(main, server, wrong(undefined))],
  ['options', () => sys.trace(main, server, wrong(true))],
  ['options.limit', () => sys.trace(main, server, wrong({}))],
  ['options.limit', () => sys.trace(main, server, { limit: 0 })],
  ['options.limit', () => sys.trace(main, server, { limit: Number.POSITIVE_INFINITY })],
  ['options.sink', () => sys.trace(main, server, { limit: 1, sink: wrong('stderr') })],
  ['self', () => stop(wrong(server), server)],
  ['server', () => stop(main, wrong(undefined))],
  ['timeoutMs', () => stop(main, server, 'normal', -1)],
  ['timeoutMs', () => stop(main, server, 'normal', wrong('5'))],
];

test.each(cases)('a wrong argument throws BadArg that names it: %s, case %#', async (argument, call) => {
  const before = system.actorCount;
  let thrown: unknown;
  try {
    call();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(BadArg);
  expect(thrown).toMatchObject({ argument, code: 'badarg' });
  await nextTurn();
  expect(system.actorCount).toBe(before);
  expect(isAlive(server)).toBe(true);
  expect(await flush(main)).toEqual([]);
});
