/** A server with many associations on which nothing happens: `scaleIdle.js COUNT` tells what each of them takes of the process. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { residentBytes } from './idle.js';
import { actor, openSockets } from './scaleClient.js';

const count = Number(process.argv[2]);
let up = 0;
let reached = () => {};
const all = new Promise<void>((resolve) => {
  reached = resolve;
});
const self = await actor((message) => {
  if (message[0] !== 'sctp') return;
  const [, data] = message[4];
  if (Buffer.isBuffer(data) || !('type' in data) || data.type !== 'sctp_assoc_change' || data.state !== 'comm_up') return;
  up += 1;
  if (up === count) reached();
});
const sockets = await openSockets(self, count);
await Promise.all(sockets.map((socket) => socket.listen(true)));
const before = await residentBytes();
const ports = sockets.map(({ port }) => port);
const client = fork(fileURLToPath(new URL('./scaleIdleClient.js', import.meta.url)), [JSON.stringify(ports)]);
await all;
const bytes = ((await residentBytes()) - before) / count;
client.kill('SIGKILL');
process.send?.({ bytes });
