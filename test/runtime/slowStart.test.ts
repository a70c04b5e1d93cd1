/** The line about a start that does not settle names the actor that waits. */
import { createSystem, exit, observer, type Self, spawn } from 'mailport';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { setBehaviour, tellSlowStart } from '../../runtime/behaviour.js';

let printed: string[];
let seen: unknown[];
const note = (report: unknown) => void seen.push(report);
beforeEach(() => {
  printed = [];
  seen = [];
  observer.on('slow_start', note);
});
afterEach(() => void observer.off('slow_start', note));

/** An actor that waits, by its handle. */
async function waits(options: { label?: string; name?: string }) {
  const system = createSystem({ logger: { error: (text) => void printed.push(text) } });
  let self: Self<unknown> | undefined;
  const pid = spawn<unknown>(
    (own) => {
      self = own;
      return own.receive();
    },
    { ...options, system },
  );
  await vi.waitFor(() => expect(self).toBeDefined());
  return { pid, self: self as Self<unknown> };
}

test.each<[options: { label?: string; name?: string }, known: string]>([
  [{ label: 'amf', name: 'core' }, ' (core, amf)'],
  [{ label: 'amf', name: 'amf' }, ' (amf)'],
  [{ label: 'amf' }, ' (amf)'],
  [{ name: 'core' }, ' (core)'],
])('an actor with %j is known by that', async (options, known) => {
  const { pid, self } = await waits(options);
  tellSlowStart(self, 'db', 5000);
  expect(printed).toEqual([
    expect.stringContaining(`[mailport] actor ${pid}${known} has waited 5000 ms for its child 'db' to start`),
  ]);
  expect(seen).toEqual([{ pid, label: options.label, child: 'db', ms: 5000 }]);
});

test('an actor of a behaviour is called by its kind', async () => {
  const { pid, self } = await waits({ label: 'amf' });
  setBehaviour(pid, 'supervisor');
  tellSlowStart(self, 'db', 5000);
  expect(printed).toEqual([expect.stringContaining(`[mailport] supervisor ${pid} (amf) has waited`)]);
});

test('of an actor that has ended nothing is said', async () => {
  const { pid, self } = await waits({ label: 'amf' });
  exit(pid, 'kill');
  tellSlowStart(self, 'db', 5000);
  expect([printed, seen]).toEqual([[], []]);
});
