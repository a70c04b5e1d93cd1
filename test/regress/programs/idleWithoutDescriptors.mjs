/**
 * A listener with connections that wait while every descriptor is taken, and for some time nobody calls. Prints, as JSON, how often the loop has turned meanwhile, what
 * accept says, and what a connection says when there are descriptors again. To be run with a low `ulimit -n`.
 */
import { closeSync, openSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { mainActor } from '../../../dist/actors/index.js';
import { SocketError, tcp } from '../../../dist/actors/tcp/index.js';

const idleMs = 200;

const self = mainActor();
const listener = await tcp.listen(self, 0, { ip: '127.0.0.1', active: false });
const clients = [];
for (let number = 0; number < 3; number += 1)
  clients.push(await tcp.connect(self, '127.0.0.1', listener.port, { active: false }));
for (const client of clients) await client.send('still queued');

const taken = [];
try {
  for (;;) taken.push(openSync('/dev/null', 'r'));
} catch {}

const reasonOf = async () => {
  try {
    await listener.accept(self);
    return 'no failure';
  } catch (error) {
    return error instanceof SocketError ? error.reason : String(error);
  }
};
const reasons = [await reasonOf(), await reasonOf()];

const turns = () => performance.nodeTiming.uvMetricsInfo.loopCount;
const before = turns();
await new Promise((resolve) => setTimeout(resolve, idleMs));
const idleTurns = turns() - before;

for (const descriptor of taken) closeSync(descriptor);
const accepted = await listener.accept(self);
const data = String(await accepted.recv());
console.log(JSON.stringify({ reasons, idleTurns, data }));
process.exit();
