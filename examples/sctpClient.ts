/**
 * The client of gen_sctp's manual, for `sctpServer`. It makes an association with 5 outbound streams, so sending on stream 0 succeeds and sending on stream
 * 5 fails. Then it aborts the association, and the server sees that.
 *
 *     node dist/examples/sctpClient.js [host] [port] [pause in ms]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { mainActor } from 'mailport';
import { SocketError, sctp } from 'mailport/sctp';
import { show } from './show.js';

const [host = 'localhost', port = '2006', pauseMs = '1000'] = process.argv.slice(2);

const self = mainActor();
const socket = await sctp.open(self);
const assoc = await socket.connect(host, Number(port), { sctpInitmsg: { numOstreams: 5 } });
console.log(`Connection successful, assoc = ${show(assoc)}`);

console.log(`stream 0: ${await outcome(() => socket.send(assoc, 0, 'Test 0'))}`);
await sleep(Number(pauseMs));
console.log(`stream 5: ${await outcome(() => socket.send(assoc, 5, 'Test 5'))}`);
await sleep(Number(pauseMs));
console.log(`abort: ${await outcome(() => socket.abort(assoc))}`);
socket.close();

/** What Erlang's functions return, `ok` or `{error, Reason}`. */
async function outcome(call: () => Promise<void> | void): Promise<string> {
  try {
    await call();
    return 'ok';
  } catch (error) {
    if (error instanceof SocketError) return `{error, ${error.reason}}`;
    throw error;
  }
}
