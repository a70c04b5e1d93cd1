/** examples/overUdp.ts: associations over datagrams that a program carries itself. */
import { expect, test } from 'vitest';
import { Program } from './program.js';

test('both associations get their answers, and the program ends', async () => {
  const program = new Program('overUdp');
  expect(await program.status()).toBe(0);
  expect(program.output).toBe('HELLO from 127.0.0.1:5000\nHELLO from 127.0.0.1:5001\n');
});
