/** A process that associates with the port of its argument, aborts the association at the first message, and exits. Its peer may be at work meanwhile. */
import { mainActor } from '../../../dist/actors/index.js';
import { sctp } from '../../../dist/actors/sctp/index.js';

const socket = await sctp.open(mainActor(), { stack: 'embedded' });
const { assocId } = await socket.connect('127.0.0.1', Number(process.argv[2]));
while (!Buffer.isBuffer((await socket.recv())[3]));
socket.abort(assocId);
socket.close();
