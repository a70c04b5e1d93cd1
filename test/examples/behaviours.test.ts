/** The example of behaviours, as users run it. */
import { expect, it } from 'vitest';
import { Program } from './program.js';

it('behaviours: a server comes back under its name, a caller waits for a door, and the system ends by itself', async () => {
  const program = new Program('behaviours');
  expect(await program.status()).toBe(0);
  const lines = program.output.split('\n');
  expect(lines[0]).toBe('total 5');
  expect(lines).toContain('no answer: out of paper');
  expect(lines.filter((line) => /^(after|entered|welcome)/.test(line))).toEqual([
    'after the crash 0',
    'entered at once: false',
    'welcome',
  ]);
  expect(program.output).toMatch(/\[mailport\] genServer <0\.\d+> \(till\) crashed\n {2}reason: 'out of paper'/);
});
