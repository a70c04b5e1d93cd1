/** Listens at descriptor 3, which is a socket that listens already. Prints its port and why it cannot be had twice, and answers one connection. */
import { mainActor } from '../../../dist/actors/index.js';
import { tcp } from '../../../dist/actors/tcp/index.js';

const self = mainActor();
const listener = await tcp.listen(self, 0, { fd: 3, active: false });
const again = await tcp.listen(self, 0, { fd: 3 }).catch((error) => error);
console.log(listener.port, again.reason);
const accepted = await listener.accept(self);
await accepted.send(await accepted.recv());
await accepted.close();
await listener.close();
