/** The errors that newcomers to mailport meet first say what to do. */
import { call, defaultSystem, exit, genServer, mainActor, spawn, stop } from 'mailport';
import { sctp } from 'mailport/sctp';
import { expect, test } from 'vitest';

const main = mainActor();

/** The error that a call throws or rejects with. */
async function messageOf(attempt: () => unknown): Promise<string> {
  try {
    await attempt();
  } catch (error) {
    return (error as Error).message;
  }
  return 'no error';
}

test.each<[string, () => unknown]>([
  ['left out, of a socket', () => sctp.open(2006 as never)],
  ['a pid, of a socket', () => sctp.open(main.pid as never)],
  ['left out, of a call', () => call('till' as never, 'x' as never, 1 as never)],
  ['a pid, of stop', () => stop(main.pid as never, main.pid)],
])('a value that is no self says where to get one: %s', async (_case, attempt) => {
  expect(await messageOf(attempt)).toMatch(/^self: must be an actor's self: .*mainActor\(\)/);
});

test('a port as text asks for a number', async () => {
  expect(await messageOf(() => sctp.open(main, '2006'))).toContain('give the number 2006');
  expect(await messageOf(() => sctp.open(main, 'no-such-service'))).toContain('has no service no-such-service for sctp');
});

test('a call says why there is no answer', async () => {
  const ended = spawn(() => undefined);
  const silent = spawn((self) => self.receive(() => false));
  await main.receive({ after: 0 });
  expect(await messageOf(() => call(main, ended, 'x' as never))).toMatch(/ failed: noproc \(there is no such actor: /);
  expect(await messageOf(() => call(main, silent, 'x' as never, 1))).toMatch(
    / failed: timeout \(no answer came in the time given/,
  );
  exit(silent, 'kill');
});

test('a start that fails says which results init may give', async () => {
  defaultSystem.configure({ onCrash: () => undefined });
  expect(await messageOf(() => genServer.start({ init: () => 0 as never }))).toMatch(
    /'bad_return_value', 0 \] \(`init` gives \['ok', state\]/,
  );
  expect(await messageOf(() => genServer.start({ init: () => new Promise(() => {}) as never }, { timeoutMs: 1 }))).toContain(
    'timeoutMs',
  );
});
