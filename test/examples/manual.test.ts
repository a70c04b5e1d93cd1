/** The three programs at the end of gen_sctp's manual, as users run them. */
import { expect, it } from 'vitest';
import { Program } from './program.js';

async function server(): Promise<[Program, string]> {
  const program = new Program('sctpServer', '127.0.0.1', 0);
  const [, port = ''] = await program.prints(/Listening on 127\.0\.0\.1:(\d+)\. #Port<\d+>/);
  return [program, port];
}

it('server and client: stream 0 of 5 takes the message, stream 5 does not, and the server sees the abort [SD-10, EV-12]', async () => {
  const [listener, port] = await server();
  const client = new Program('sctpClient', 'localhost', port, 0);
  expect(await client.status()).toBe(0);
  expect(client.output.split('\n')).toMatchObject([
    expect.stringMatching(/^Connection successful, assoc = #sctp_assoc_change\{state = comm_up, outboundStreams = 5, /),
    'stream 0: ok',
    'stream 5: {error, einval}',
    'abort: ok',
    '',
  ]);
  await listener.prints(/Received: \[127\.0\.0\.1, \d+, \[\], #sctp_assoc_change\{state = comm_up, .*inboundStreams = 5/);
  await listener.prints(/Received: \[127\.0\.0\.1, \d+, \[#sctp_sndrcvinfo\{stream = 0, .*\}\], <<"Test 0">>\]/);
  await listener.prints(/#sctp_assoc_change\{state = comm_lost, error = 12/);
  expect(listener.output).not.toContain('Test 5');
  listener.signal('SIGTERM');
  expect(await listener.status()).toBe(0);
  expect(listener.output).toContain('SCTP RECV ERROR: closed');
});

it('connectInit: one socket, two associations at once, each with its own events', async () => {
  const [[one, port1], [two, port2]] = await Promise.all([server(), server()]);
  const client = new Program('connectInit', 'localhost', port1, 'localhost', port2, 1000);
  const [, assoc1] = await client.prints(/Association 1 connect result: comm_up\. AssocId: (\d+)/);
  const [, assoc2] = await client.prints(/Association 2 connect result: comm_up\. AssocId: (\d+)/);
  expect(assoc1).not.toBe(assoc2);
  one.signal('SIGTERM');
  await client.prints(/Association 1: received #sctp_assoc_change\{state = shutdown_comp/);
  two.signal('SIGTERM');
  await client.prints(/Association 2: received #sctp_assoc_change\{state = shutdown_comp/);
  expect(await client.status()).toBe(0);
});
