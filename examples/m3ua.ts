/**
 * M3UA (RFC 4666) over SCTP: a signalling gateway, and application server processes (ASPs) that talk to one another through it. ASP n serves application server n, whose
 * routing context and point code are n as well. An ASP that is given a text sends it to a point code, waits for the answer, and leaves. The other ASPs answer.
 *
 *     node dist/examples/m3ua.js sg [port] [host]
 *     node dist/examples/m3ua.js asp n [port] [host] [point code] [text]
 */
import { type DownMessage, exit, mainActor, type Pid, reply, type SupervisorMessage, send } from 'mailport';
import { type AspIndication, type Indication, startAsp } from './m3uaAsp.js';
import { startGateway } from './m3uaGateway.js';
import { show } from './show.js';

/** IANA's port for M3UA. */
const m3uaPort = '2905';
const applicationServers = [1, 2, 3].map((n) => ({ routingContext: n, pointCode: n, aspIdentifiers: [n] }));

const [role, ...rest] = process.argv.slice(2);
const self = mainActor<AspIndication | DownMessage>();

if (role === 'sg') await gateway(rest);
else if (role === 'asp' && Number(rest[0]) > 0) await asp(rest);
else {
  console.error('usage: m3ua.js sg [port] [host]\n       m3ua.js asp n [port] [host] [point code] [text]');
  process.exitCode = 2;
}

async function gateway([port = m3uaPort, host = '127.0.0.1']: readonly string[]): Promise<void> {
  const log = (line: string) => console.log(`gateway | ${line}`);
  const onListening = (bound: number) => log(`listens on ${host}:${bound}`);
  const top = await startGateway({ port: Number(port), options: { ip: host }, applicationServers, onListening, log });
  onInterrupt(() => exit(top, 'shutdown'));
  await ended(top);
}

async function asp([n, port = m3uaPort, host = '127.0.0.1', to, text = 'hello']: readonly string[]): Promise<void> {
  const number = Number(n);
  const log = (line: string) => console.log(`ASP ${n} | ${line}`);
  const config = { host, port: Number(port), options: {}, aspIdentifier: number, routingContext: number };
  const top = await startAsp({ ...config, user: self.pid });
  const down = self.monitor(top);
  let interrupt = () => {};
  onInterrupt(() => interrupt());
  for (;;) {
    const message = await self.receive((each) => each[0] === 'm3ua' || each[1] === down);
    if (message[0] !== 'm3ua') return log(`has ended: ${String(message[4])}`);
    const [, from, what] = message;
    interrupt = () => send(from, { type: 'leave' });
    log(describe(what));
    if (what.type === 'asp' && what.state === 'active' && to !== undefined) {
      send(from, { type: 'transfer', data: payload(number, Number(to), text) });
    }
    if (what.type !== 'transfer') continue;
    if (to !== undefined) send(from, { type: 'leave' });
    else send(from, { type: 'transfer', data: payload(number, what.data.originPointCode, `${what.data.userData} yourself`) });
  }
}

function payload(originPointCode: number, destinationPointCode: number, text: string) {
  const label = { originPointCode, destinationPointCode, signallingLinkSelection: 0 };
  // 3 is SCCP, 2 the national network (Q.704 §14.2).
  return { ...label, serviceIndicator: 3, networkIndicator: 2, messagePriority: 0, userData: Buffer.from(text) };
}

function describe(what: Indication): string {
  switch (what.type) {
    case 'asp':
      return `is ${what.state}`;
    case 'notify':
      return `its application server is ${what.status}`;
    case 'transfer':
      return `${what.data.originPointCode} sends ${show(what.data.userData)}`;
    case 'pause':
    case 'resume':
      return `${what.type}: point code ${what.pointCodes.join(', ')}`;
    case 'beat':
      return 'the gateway is alive';
    case 'error':
      return `error: ${what.error}`;
  }
}

async function ended(top: Pid<SupervisorMessage>): Promise<void> {
  await self.receive(reply(self.monitor(top)));
}

function onInterrupt(stop: () => void): void {
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}
