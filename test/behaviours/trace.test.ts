/** Traces of behaviours: what they tell, and that they end. The promises are those of sys(3). */
import { call, cast, sys, type TraceEvent } from 'mailport';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type TestSystem, testSystem } from '../runtime/testSystem.js';
import { counter } from './counter.js';

let the: TestSystem;
beforeEach(() => {
  the = testSystem();
});

describe('trace', () => {
  test('tells of messages, answers and states, and ends by itself at its limit', async () => {
    const { main } = the;
    const pid = await counter(the);
    const events: TraceEvent[] = [];
    const from: unknown[] = [];
    await sys.trace(main, pid, {
      limit: 5,
      sink: (event, traced) => {
        events.push(event);
        from.push(traced);
      },
    });
    cast(pid, 5);
    await call(main, pid, 'get');
    cast(pid, 6);
    expect(await call(main, pid, 'get')).toBe(11);
    expect(events).toEqual([
      { type: 'in', message: ['$gen_cast', 5] },
      { type: 'state', state: 5 },
      { type: 'in', message: ['$gen_call', expect.anything(), 'get'] },
      { type: 'out', message: 5, to: main.pid },
      { type: 'state', state: 5 },
      { type: 'limit' },
    ]);
    expect(new Set(from)).toEqual(new Set([pid]));
  });

  test('counts down, is replaced by another, and is ended by false', async () => {
    const { main } = the;
    const pid = await counter(the);
    const traced: string[] = [];
    const sink = (mark: string) => (event: TraceEvent) => traced.push(`${mark} ${event.type}`);
    await sys.trace(main, pid, { limit: 10, sink: sink('first') });
    cast(pid, 1);
    expect((await sys.getStatus(main, pid)).traced).toBe(8);
    await sys.trace(main, pid, { limit: 100, sink: sink('second') });
    cast(pid, 1);
    expect((await sys.getStatus(main, pid)).traced).toBe(98);
    await sys.trace(main, pid, false);
    cast(pid, 1);
    expect((await sys.getStatus(main, pid)).traced).toBe(0);
    expect(traced).toEqual(['first in', 'first state', 'second in', 'second state']);
  });

  test('tells of a state that was replaced', async () => {
    const pid = await counter(the);
    const events: TraceEvent[] = [];
    await sys.trace(the.main, pid, { limit: 1, sink: (event) => events.push(event) });
    await sys.replaceState(the.main, pid, () => 7);
    expect(events).toEqual([{ type: 'state', state: 7 }, { type: 'limit' }]);
  });

  test('a sink that throws is reported and gets no more, and nothing else is disturbed', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const pid = await counter(the);
    let events = 0;
    await sys.trace(the.main, pid, {
      limit: 10,
      sink: () => {
        events += 1;
        throw new Error('bad sink');
      },
    });
    cast(pid, 1);
    cast(pid, 1);
    expect(await call(the.main, pid, 'get')).toBe(2);
    expect(events).toBe(1);
    expect(printed.mock.calls).toEqual([
      [expect.stringMatching(/^\[mailport\] <[\d.]+> is not traced any longer, since its sink threw: Error: bad sink/)],
    ]);
    printed.mockRestore();
  });

  test('prints readably unless told otherwise', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const pid = await counter(the);
    await sys.trace(the.main, pid, { limit: 3 });
    await call(the.main, pid, 'get');
    expect(printed.mock.calls.map(([line]) => line)).toEqual([
      expect.stringMatching(new RegExp(`^\\*DBG\\* ${pid} got \\[`)),
      `*DBG* ${pid} sent 0 to ${the.main.pid}`,
      `*DBG* ${pid} new state 0`,
      `*DBG* ${pid} is not traced any longer: the limit is reached`,
    ]);
    printed.mockRestore();
  });
});
