/** A program that stops its system ends by itself, whatever its actors were waiting for. */
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { built } from '../support/built.js';
import { patienceMs } from '../support/patience.js';

/**
 * Runs a program, and gives what it printed. Throws if it does not end by itself, or fails. The timers of the programs are far longer than the patience: a program
 * that waits for one is over time.
 */
function run(code: string): string {
  const program = `import * as m from ${JSON.stringify(built('actors/index.js'))};\n${code}`;
  return execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8', timeout: patienceMs });
}

const world = `
  const { defaultSystem: system, mainActor, spawn, spawnHandler, sendAfter, startTimer, name, genServer, supervisor } = m;
  const main = mainActor();
  spawn((self) => self.receive({ after: 1_000_000 }));
  const idle = spawnHandler(() => undefined);
  sendAfter(idle, 'x', 2_000_000);
  startTimer(name('nobody'), 'x', 4_000_000);
  await genServer.start({ init: () => ['ok', 0, 3_000_000] }, { trapExit: true });
  await supervisor.start({ children: [{ id: 'a', start: (self) => genServer.startLink(self, { init: () => ['ok', 0] }) }] });
`;

test('a program with actors, timers and behaviours ends after system.stop()', () => {
  expect(run(`${world} await system.stop({ timeoutMs: 6_000_000 }); console.log(system.actorCount, system.isStopped);`)).toBe(
    '0 true\n',
  );
});

test('an actor that does not stop is killed, and then the program ends', () => {
  const code = `
    m.spawn(async (self) => { for (;;) await self.receive(); }, { trapExit: true });
    ${world} await system.stop({ timeoutMs: 20 }); console.log(system.actorCount);`;
  expect(run(code)).toBe('0\n');
});

test('a program whose actors wait without a time ends by itself without system.stop()', () => {
  expect(run(`m.spawn((self) => self.receive()); m.spawnHandler(() => undefined); console.log('end');`)).toBe('end\n');
});

test('a call that was answered keeps no program from ending', () => {
  const code = `
    const server = m.spawnHandler(([, from, request]) => m.replyTo(from, request + 1));
    console.log(await m.call(m.mainActor(), server, 1, 1_000_000));`;
  expect(run(code)).toBe('2\n');
});
