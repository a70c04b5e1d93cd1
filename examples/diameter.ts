/**
 * Diameter (RFC 6733) over SCTP: a server that counts accounting records, and a client that reports a session to it, a record at a time, and leaves.
 *
 *     node dist/examples/diameter.js server [port] [host]
 *     node dist/examples/diameter.js client [port] [host] [interim records]
 */
import { call, type DownMessage, exit, mainActor, reply, send } from 'mailport';
import { accountingRequest, type RecordName, serveAccounting } from './diameterAccounting.js';
import { application, type Identity, resultOf } from './diameterMessages.js';
import { startDiameterClient, startDiameterServer } from './diameterNode.js';
import type { Peer, PeerIndication, PeerNews } from './diameterPeer.js';

/** IANA's port for Diameter. */
const diameterPort = '3868';

const [role = '', port = diameterPort, host = '127.0.0.1', interim = '2'] = process.argv.slice(2);
const self = mainActor<PeerIndication | DownMessage>();
const identity: Identity = {
  host: `${role}.example.net`,
  realm: 'example.net',
  product: 'mailport',
  applications: [application.accounting],
};
const log = (line: string) => console.log(`${role} | ${line}`);
const serve = serveAccounting(({ sessionId, type, number }) => log(`${sessionId}: record ${number}, ${type}`));

if (role === 'server') await server();
else if (role === 'client') await client();
else {
  console.error('usage: diameter.js server [port] [host]\n       diameter.js client [port] [host] [interim records]');
  process.exitCode = 2;
}

async function server(): Promise<void> {
  const onListening = (bound: number) => log(`listens on ${host}:${bound}`);
  const config = { identity, user: self.pid, serve, port: Number(port), options: { ip: host }, onListening, log };
  const top = await startDiameterServer(config);
  onInterrupt(() => exit(top, 'shutdown'));
  const down = self.monitor(top);
  for (;;) {
    const message = await self.receive();
    if (message[0] === 'diameter') log(describe(message[2]));
    else if (message[1] === down) return;
  }
}

async function client(): Promise<void> {
  const top = await startDiameterClient({ identity, user: self.pid, serve, host, port: Number(port), options: {} });
  const down = self.monitor(top);
  onInterrupt(() => exit(top, 'shutdown'));
  for (;;) {
    const message = await self.receive();
    if (message[0] !== 'diameter') return log(`has ended: ${String(message[4])}`);
    const [, peer, what] = message;
    log(describe(what));
    if (what.type !== 'open') continue;
    await report(peer, what.peer.realm);
    send(peer, { type: 'leave' });
    await self.receive(reply(down));
    return log('has left');
  }
}

/** RFC 6733 §8.8: the id of a session begins with the host that has made it. */
async function report(peer: Peer, realm: string): Promise<void> {
  const sessionId = `${identity.host};${Date.now()};1`;
  const records: RecordName[] = ['start', ...Array<RecordName>(Number(interim)).fill('interim'), 'stop'];
  for (const [number, type] of records.entries()) {
    const message = accountingRequest(identity, realm, { sessionId, type, number });
    const answer = await call(self, peer, { type: 'request', message });
    log(`record ${number}, ${type}: result ${resultOf(answer)}`);
  }
}

function describe(what: PeerNews): string {
  switch (what.type) {
    case 'open':
      return `talks to ${what.peer.host} of ${what.peer.realm}`;
    case 'closed':
      return `association closed: ${what.why}`;
    case 'watchdog':
      return 'the peer is there';
  }
}

function onInterrupt(stop: () => void): void {
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}
