/** A wrong argument throws BadArg, which names the argument, before anything has happened. */
import {
  BadArg,
  call,
  cancelTimer,
  cast,
  createSystem,
  exit,
  isAlive,
  mainActor,
  makeRef,
  name,
  processes,
  processInfo,
  readTimer,
  register,
  registered,
  reply,
  replyTo,
  type Self,
  send,
  sendAfter,
  spawn,
  spawnHandler,
  spawnLink,
  spawnMonitor,
  startTimer,
  supervisor,
  tag,
  unregister,
  whereis,
} from 'mailport';
import { describe, expect, test } from 'vitest';
import { nextTurn, testSystem } from './testSystem.js';

const { main, system } = testSystem();
const wrong = (value: unknown): never => value as never;
const body = () => undefined;

const cases: [argument: string, call: () => unknown][] = [
  ['body', () => spawn(wrong(undefined))],
  ['body', () => spawn(wrong({}))],
  ['body', () => spawnLink(main, wrong('x'))],
  ['body', () => spawnMonitor(main, wrong('x'))],
  ['self', () => spawnMonitor(wrong(main.pid), body)],
  ['options.link', () => spawnLink(wrong(main.pid), body)],
  ['handler', () => spawnHandler(wrong(undefined))],
  ['handler', () => spawnHandler(wrong({ init: 1 }))],
  ['options.label', () => spawn(body, { label: wrong(5) })],
  ['options.label', () => spawnHandler(body, { label: wrong(5) })],
  ['options.trapExit', () => spawn(body, { trapExit: wrong('yes') })],
  ['options.link', () => spawn(body, { link: wrong({}) })],
  ['options.system', () => spawn(body, { system: wrong({}) })],
  ['system', () => mainActor(wrong({}))],
  ['options.clock', () => createSystem({ clock: wrong({}) })],
  ['options.seed', () => createSystem({ seed: 1.5 })],
  ['options.onCrash', () => createSystem({ onCrash: wrong('print') })],
  ['to', () => send(wrong(undefined), 1)],
  ['to', () => send(wrong('<0.1>'), 1)],
  ['to', () => send(wrong(''), 1)],
  ['system', () => send(name<number>('x'), 1, wrong({}))],
  ['key', () => tag(wrong(Number.NaN))],
  ['key', () => tag(wrong(undefined))],
  ['key', () => tag(wrong(makeRef()))],
  ['ref', () => reply(wrong('tag'))],
  ['ref', () => reply(wrong(undefined))],
  ['to', () => sendAfter(wrong(undefined), 1, 1)],
  ['to', () => sendAfter(wrong('undefined'), 1, 1)],
  ['afterMs', () => sendAfter(main.pid, 1, -1)],
  ['afterMs', () => startTimer(main.pid, 1, 2 ** 49)],
  ['afterMs', () => startTimer(main.pid, 1, Number.POSITIVE_INFINITY)],
  ['system', () => sendAfter(name<number>('x'), 1, 1, wrong(1))],
  ['ref', () => cancelTimer(wrong(makeRef()))],
  ['ref', () => readTimer(wrong(undefined))],
  ['text', () => name(wrong(1))],
  ['text', () => name('undefined')],
  ['name', () => register(wrong(''), main.pid)],
  ['pid', () => register('x', wrong('main'))],
  ['name', () => unregister('nobody', system)],
  ['name', () => whereis(wrong(main.pid))],
  ['system', () => registered(wrong('x'))],
  ['system', () => processes(wrong('x'))],
  ['from', () => replyTo(wrong([main.pid, makeRef()]), 1)],
  ['server', () => cast(wrong(undefined), wrong(1))],
  ['options.name', () => spawn(() => undefined, { system, name: wrong(1) })],
  ['options.mailbox', () => spawn(() => undefined, { system, mailbox: wrong(1) })],
  ['options.mailbox.limit', () => spawn(() => undefined, { system, mailbox: { limit: 0 } })],
  ['options.mailbox.limitBytes', () => spawn(() => undefined, { system, mailbox: { limit: 1, limitBytes: 0 } })],
  ['options.mailbox.policy', () => spawn(() => undefined, { system, mailbox: { limit: 1, policy: wrong('drop') } })],
  ['options.timeoutMs', () => createSystem().stop({ timeoutMs: -1 })],
  ['options.timeoutMs', () => createSystem().stop({ timeoutMs: wrong('1') })],
  ['options', () => createSystem().stop(wrong(null))],
  ['options', () => createSystem(wrong(null))],
  ['options.clock', () => createSystem({ clock: wrong({ now: () => 0 }) })],
  ['options', () => spawn(body, wrong(null))],
  ['options', () => spawn(body, wrong('label'))],
  ['options', () => spawnHandler(body, wrong(null))],
  ['options.name', () => spawn(body, { system, name: 'undefined' })],
  ['options.name', () => spawnHandler(body, { system, name: '' })],
  ['options.mailbox.limit', () => spawnHandler(body, { system, mailbox: { limit: 1.5 } })],
  ['options.mailbox.limit', () => spawnMonitor(main, body, { mailbox: wrong({}) })],
  ['self', () => call(wrong(main.pid), main.pid, wrong(1))],
  ['server', () => call(main, wrong({}), wrong(1))],
  ['server', () => call(main, wrong('undefined'), wrong(1))],
  ['timeoutMs', () => call(main, main.pid, wrong(1), -1)],
  ['timeoutMs', () => call(main, main.pid, wrong(1), wrong('5'))],
  ['timeoutMs', () => call(main, main.pid, wrong(1), Number.NaN)],
  ['server', () => cast(wrong(''), wrong(1))],
  ['system', () => cast(wrong('x'), wrong(1), wrong(main))],
  ['from', () => replyTo(wrong(undefined), 1)],
  ['afterMs', () => sendAfter(main.pid, 1, Number.NaN)],
  ['afterMs', () => sendAfter(main.pid, 1, wrong('5'))],
  ['to', () => startTimer(wrong(main), 1, 1)],
  ['ref', () => cancelTimer(wrong(1))],
  ['name', () => register('undefined', main.pid)],
  ['name', () => unregister(wrong(undefined))],
  ['system', () => unregister('x', wrong({}))],
  ['name', () => whereis('')],
  ['system', () => whereis('x', wrong({}))],
  ['options.after', () => main.receive(tag('x'), { after: Number.NaN })],
  ['options.after', () => main.receive(() => true, { after: 2 ** 32 })],
  ['guard', () => main.receiveNow(wrong('x'))],
  ['guard', () => main.receiveNow(wrong({ after: 0 }))],
  ['self', () => supervisor.whichChildren(wrong({}), wrong(main.pid))],
  ['pid', () => isAlive(wrong({}))],
  ['pid', () => processInfo(wrong(null))],
  ['target', () => exit(wrong(5), 'boom')],
  ['from', () => exit(main.pid, 'boom', wrong(main.pid))],
  ['target', () => main.link(wrong({}))],
  ['target', () => main.unlink(wrong(undefined))],
  ['target', () => main.monitor(wrong({}))],
  ['target', () => main.monitor('')],
  ['ref', () => main.demonitor(wrong(7))],
  [
    'trapExit',
    () => {
      main.trapExit = wrong(1);
    },
  ],
  [
    'label',
    () => {
      main.label = wrong(1);
    },
  ],
  ['guard', () => main.receive(wrong('x'))],
  ['guard', () => main.receive(wrong({}), { after: 1 })],
  ['guard', () => main.receive(wrong(null))],
  ['options.after', () => main.receive({ after: -1 })],
  ['spec', () => supervisor.start(wrong(undefined))],
  ['spec.strategy', () => supervisor.start({ strategy: wrong('one'), children: [] })],
  ['spec.intensity', () => supervisor.start({ intensity: -1, children: [] })],
  ['spec.periodMs', () => supervisor.start({ periodMs: 0, children: [] })],
  ['spec.children', () => supervisor.start(wrong({}))],
  ['spec.children[0]', () => supervisor.start({ children: [wrong(null)] })],
  ['spec.children[0].id', () => supervisor.start({ children: [{ id: wrong(1), start: () => main.pid }] })],
  ['spec.children[0].start', () => supervisor.start({ children: [{ id: 'a', start: wrong(main.pid) }] })],
  [
    'spec.children[1].id',
    () =>
      supervisor.start({
        children: [
          { id: 'a', start: () => main.pid },
          { id: 'a', start: () => main.pid },
        ],
      }),
  ],
  [
    'spec.children[0].restart',
    () => supervisor.start({ children: [{ id: 'a', start: () => main.pid, restart: wrong('always') }] }),
  ],
  ['spec.children[0].shutdown', () => supervisor.start({ children: [{ id: 'a', start: () => main.pid, shutdown: -1 }] })],
];

test.each(cases)('a wrong argument throws BadArg that names it: %s, case %#', (argument, call) => {
  const before = system.actorCount;
  let thrown: unknown;
  try {
    call();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(BadArg);
  expect(thrown).toMatchObject({ argument, code: 'badarg' });
  expect((thrown as BadArg).message).toContain(`${argument}: `);
  expect(system.actorCount).toBe(before);
  expect(isAlive(main.pid)).toBe(true);
});

describe('a self used by another actor', () => {
  test.each<[string, (stolen: Self<unknown>) => unknown]>([
    ['receive', (stolen) => stolen.receive()],
    ['link', (stolen) => stolen.link(main.pid)],
    ['monitor', (stolen) => stolen.monitor(main.pid)],
    ['demonitor', (stolen) => stolen.demonitor(makeRef())],
    ['exit', (stolen) => stolen.exit('boom')],
    [
      'trapExit',
      (stolen) => {
        stolen.trapExit = true;
      },
    ],
  ])('is refused for %s', async (_, call) => {
    const the = testSystem();
    let thrown: unknown;
    const thief = spawnHandler<Self<unknown>>(
      (stolen) => {
        try {
          call(stolen);
        } catch (error) {
          thrown = error;
        }
      },
      { system: the.system },
    );
    send(thief, the.main);
    await nextTurn();
    expect(thrown).toMatchObject({ argument: 'self' });
    expect(isAlive(the.main.pid)).toBe(true);
  });
});

test('a handler made by init must be a function', async () => {
  const the = testSystem();
  spawnHandler(wrong({ init: () => 'nothing' }), { system: the.system });
  await nextTurn();
  expect(the.crashes).toMatchObject([{ reason: { argument: 'handler.init' } }]);
});

test('an undefined option is an option not given', () => {
  const options = wrong({ label: undefined, link: undefined, trapExit: undefined, system: undefined });
  const pid = spawnHandler(() => undefined, options);
  expect(isAlive(pid)).toBe(true);
  exit(pid, 'kill');
});
