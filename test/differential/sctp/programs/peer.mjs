/**
 * A mailport process to be killed: connects from a port of its own, says so, sends what it was told, and stays.
 * Arguments: options of `open` as JSON, address and port of the peer, text.
 */
import { mainActor } from '../../../../dist/actors/index.js';
import { sctp } from '../../../../dist/actors/sctp/index.js';

const [options = '', address = '', port = '', text = ''] = process.argv.slice(2);
const socket = await sctp.open(mainActor(), JSON.parse(options));
const { assocId } = await socket.connect(address, Number(port));
await socket.send(assocId, 0, text);
console.log('connected');
await socket.recv();
