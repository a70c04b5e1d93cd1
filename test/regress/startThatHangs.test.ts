/** A printed line and the observer name a child whose start never settles, each time that its supervisor waits for it. */
import { type AnySelf, type ChildSpec, exit, genServer, observer, type SlowStartReport, spawnLink, supervisor } from 'mailport';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { nextTurn, type TestSystem, testSystem } from '../runtime/testSystem.js';

let the: TestSystem;
let reports: SlowStartReport[];
let printed: string[];
const note = (report: SlowStartReport) => reports.push(report);
beforeEach(() => {
  the = testSystem();
  the.main.trapExit = true;
  reports = [];
  printed = [];
  vi.spyOn(console, 'error').mockImplementation((text: string) => void printed.push(text));
  observer.on('slow_start', note);
});
afterEach(() => {
  observer.off('slow_start', note);
  vi.restoreAllMocks();
});

const forever = () => new Promise<never>(() => undefined);
const hanging = (self: AnySelf) => genServer.startLink(self, { init: forever });
const prompt = (id: string): ChildSpec => ({ id, start: async (self) => spawnLink(self, (own) => own.receive()) });

async function pass(ms: number): Promise<void> {
  await nextTurn();
  the.clock.advance(ms);
  await nextTurn();
}

test('at the first start: once, after 5 seconds, by its id and with the supervisor that waits for it', async () => {
  const children = [prompt('first'), { id: 'listener', start: hanging }, prompt('last')];
  supervisor.start({ children }, { system: the.system, label: 'amf' }).catch(() => undefined);
  await pass(4999);
  expect(reports).toEqual([]);
  await pass(1);
  expect(reports).toMatchObject([{ label: 'amf', child: 'listener', ms: 5000 }]);
  expect(printed).toEqual([expect.stringContaining("(amf) has waited 5000 ms for its child 'listener' to start")]);
  await pass(100_000);
  expect(reports).toHaveLength(1);
  const [{ pid } = { pid: the.main.pid }] = reports;
  exit(pid, 'kill');
  await nextTurn();
  expect(the.system.wheel.size).toBe(0);
});

test('in a tree: by each supervisor that waits', async () => {
  const inner = (self: AnySelf) => supervisor.startLink(self, { children: [{ id: 'deep', start: hanging }] }, { label: 'inner' });
  supervisor.start({ children: [{ id: 'inner', start: inner }] }, { system: the.system, label: 'outer' }).catch(() => undefined);
  await pass(5000);
  expect(new Set(reports.map(({ label, child }) => `${label} ${child}`))).toEqual(new Set(['outer inner', 'inner deep']));
});

test('at a restart, and when a child is added', async () => {
  let isAway = false;
  const start = (self: AnySelf) => (isAway ? hanging(self) : prompt('x').start(self));
  const top = await supervisor.start({ children: [{ id: 'a', start }] }, { system: the.system });
  const [child] = await supervisor.whichChildren(the.main, top);
  isAway = true;
  exit(child?.pid as never, 'kill');
  await pass(5000);
  expect(reports).toMatchObject([{ pid: top, child: 'a' }]);

  const other = await supervisor.start({ children: [] }, { system: the.system });
  spawnLink(the.main, (self) => supervisor.startChild(self, other, { id: 'late', start }));
  await pass(5000);
  expect(reports).toMatchObject([{ child: 'a' }, { pid: other, child: 'late' }]);
});

test('not of a start that settles in time, as a success or a failure, and no timer is left', async () => {
  const slow = (self: AnySelf) =>
    genServer.startLink(self, {
      init: async (own) => {
        await own.receive({ after: 4000 });
        return ['ok', null];
      },
    });
  const children = [prompt('first'), { id: 'slow', start: slow }, { id: 'slow too', start: slow }];
  const started = supervisor.start({ children }, { system: the.system });
  await pass(4000);
  await pass(4000);
  const top = await started;
  const failing = { id: 'failing', start: () => Promise.reject(new Error('no')) };
  await expect(supervisor.startChild(the.main, top, failing)).rejects.toThrow('no');
  expect(the.system.wheel.size).toBe(0);
  expect(reports).toEqual([]);
  expect(printed).toEqual([]);
});
