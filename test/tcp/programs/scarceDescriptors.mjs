/** Calls of TCP that need a descriptor, while there is none and then again. Prints what came of them, as JSON. To be run with a low `ulimit -n`. */
import { mainActor } from '../../../dist/actors/index.js';
import { tcp } from '../../../dist/actors/tcp/index.js';
import { udp } from '../../../dist/actors/udp/index.js';
import { starved } from '../../support/starved.mjs';

const self = mainActor();

(await udp.open(self)).close(); // The addon is loaded by that.
const first = await starved(() => tcp.listen(self, 0));
const listener = await tcp.listen(self, 0, { ip: '127.0.0.1', active: false });
const connect = () => tcp.connect(self, '127.0.0.1', listener.port, { active: false });
const client = await connect();
/** @type {Record<string, unknown>} */
const outcome = {
  first,
  listen: await starved(() => tcp.listen(self, 0)),
  connect: await starved(connect),
  accept: await starved(() => listener.accept(self)),
};
const accepted = await listener.accept(self);
await client.send('still queued');
outcome.data = String(await accepted.recv());
console.log(JSON.stringify(outcome));
process.exit();
