/**
 * Calls that need a descriptor, while there is none and then again, by the stack in MAILPORT_SCTP. Prints what came of them, as JSON. To be run with a low
 * `ulimit -n`.
 */
import { mainActor } from '../../../dist/actors/index.js';
import { sctp } from '../../../dist/actors/sctp/index.js';
import { starved } from '../../support/starved.mjs';

const self = mainActor();
/** @param {'seqpacket' | 'stream'} type */
const open = (type = 'seqpacket') => sctp.open(self, 0, { ip: '127.0.0.1', type });

// What is loaded once is loaded now.
(await open()).close();
/** @type {Record<string, unknown>} */
const outcome = { open: await starved(() => open()) };

if (process.argv[2] === 'all') {
  const listener = await open('stream');
  const server = await open();
  for (const socket of [listener, server]) await socket.listen(true);
  const [toAccepted, toPeeled] = [await open(), await open()];
  const atFirst = await toAccepted.connect('127.0.0.1', listener.port);
  const atSecond = await toPeeled.connect('127.0.0.1', server.port);
  const [, , , up] = await server.recv();
  if (!('assocId' in up)) throw new Error('expected comm_up');
  const { assocId } = up;
  outcome.accept = await starved(() => listener.accept(self));
  outcome.peeloff = await starved(async () => server.peeloff(self, assocId));
  outcome.still = server.getopts([['sctpStatus', { assocId }]]).sctpStatus?.state;
  const accepted = await listener.accept(self);
  await accepted.recv();
  const peeled = server.peeloff(self, assocId);
  await toAccepted.send(atFirst, 0, 'to accepted');
  await toPeeled.send(atSecond, 0, 'to peeled off');
  outcome.data = [String((await accepted.recv())[3]), String((await peeled.recv())[3])];
}

console.log(JSON.stringify(outcome));
process.exit();
