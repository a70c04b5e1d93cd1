/** The example that `npm start` runs. */
import { expect, it } from 'vitest';
import { Program } from './program.js';

/** Several processes with a lot to do, on a machine that may be busy. */
const patienceMs = 90_000;

it('sessions: handoff in the middle of a stream, back-pressure, a crash that hurts nobody else, and an orderly end', {
  timeout: patienceMs,
}, async () => {
  const program = new Program('sessions');
  expect(await program.status()).toBe(0);
  for (const wanted of [
    /server \| SCTP stack: embedded/,
    /client \| answer: hello yourself/,
    /server \| <0\.\d+> handed #Port<\d+> over to <0\.\d+>, and [1-9]\d* messages that waited for it/,
    /client \| the session got 1000 messages complete and in order, 2 owners/,
    /client \| send waits after \d+ messages: \d+ KiB are held here/,
    /client \| the session reads again: send goes on/,
    /client \| the session got 50000 messages complete and in order/,
    /client \| the session got 500000 messages complete and in order, 2 owners, [\d,]+ messages\/s/,
    /actor <0\.\d+> \(session of association \d+\) crashed/,
    /client \| answer: hello again yourself/,
    /server \| the client ended with status 0/,
    /server \| the server has ended: shutdown/,
  ]) {
    expect(program.output).toMatch(wanted);
  }
});

it('sessions --serve: serves any number of clients until Ctrl-C, and then closes gracefully', {
  timeout: patienceMs,
}, async () => {
  const program = new Program('sessions', '--serve', 0);
  const [, port = ''] = await program.prints(/listens on 127\.0\.0\.1:(\d+)/);
  const clients = [new Program('sessionClient', port, 20_000), new Program('sessionClient', port, 20_000)];
  expect(await Promise.all(clients.map((client) => client.status()))).toEqual([0, 0]);
  const last = new Program('connectInit', 'localhost', port, 'localhost', 1, 1000);
  await last.prints(/Association 1 connect result: comm_up/);
  program.signal('SIGINT');
  expect(await program.status()).toBe(0);
  expect(program.output).toContain('the server has ended: shutdown');
  await last.prints(/Association 1: received #sctp_shutdown_event/);
  await last.prints(/Association 1: received #sctp_assoc_change\{state = shutdown_comp/);
  expect(await last.status()).toBe(0);
});
