/**
 * The third program of gen_sctp's manual: one socket begins two associations at once with `connectInit`, and messages tell it of both. The program ends when
 * no message has come for a while.
 *
 *     node dist/examples/connectInit.js host1 port1 host2 port2 [patience in ms]
 */
import { mainActor } from 'mailport';
import { type AssocId, type SctpMessage, sctp } from 'mailport/sctp';
import { show } from './show.js';

const [host1 = 'localhost', port1 = '2006', host2 = 'localhost', port2 = '2007', patienceMs = '5000'] = process.argv.slice(2);

const self = mainActor<SctpMessage>();
const socket = await sctp.open(self);
const options = { sctpInitmsg: { numOstreams: 5 }, active: true } as const;
await socket.connectInit(host1, Number(port1), options);
await socket.connectInit(host2, Number(port2), options);
console.log('Connections initiated');

const peers = [Number(port1), Number(port2)];
const assocIds: (AssocId | undefined)[] = [undefined, undefined];
for (;;) {
  const message = await self.receive({ after: Number(patienceMs) });
  if (message === undefined) break;
  const number = message[0] === 'sctp' ? peers.indexOf(message[3]) : -1;
  if (message[0] !== 'sctp' || number < 0) {
    console.log(`Other ${show(message)}`);
    continue;
  }
  const [, content] = message[4];
  if ('type' in content && content.type === 'sctp_assoc_change' && assocIds[number] === undefined) {
    assocIds[number] = content.assocId;
    console.log(`Association ${number + 1} connect result: ${content.state}. AssocId: ${content.assocId}`);
  } else {
    console.log(`Association ${number + 1}: received ${show(content)}`);
  }
}
socket.close();
