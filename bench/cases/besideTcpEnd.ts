/**
 * The programs at both ends of a line that an association of ours and a connection of TCP CUBIC share: `besideTcpEnd.js receive SETTLE_MS MEASURED_MS` and `besideTcpEnd.js send PROGRAM CONTROL`.
 *
 * The receiver prints the bytes of both in the measured time, as `bytes SCTP TCP`, and closes the connection. The sender ends with that. CONTROL is that of the association, or 'tcp': a second connection
 * takes its place, so that there is something to compare with.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type SctpCongestionControlName, sctp } from 'mailport/sctp';
import { inActor } from './measuring.js';
import { bulkBytes, connectTimeoutMs, lineOptions, stream } from './wanLine.js';

const receiverIp = '10.213.0.2';
const senderIp = '10.213.0.1';
const ports = { sctp: 5_000, tcp: 5_001, inItsPlace: 5_002 };

const [role, first = '', second = ''] = process.argv.slice(2);
await (role === 'receive' ? receive(Number(first), Number(second)) : send(first, second));
process.exit(0);

async function receive(settleMs: number, measuredMs: number): Promise<void> {
  const arrived = { ours: 0, tcp: 0 };
  const count = (port: number, of: keyof typeof arrived) =>
    createServer((connection) => {
      connection.on('error', () => {});
      connection.on('data', (data) => {
        arrived[of] += data.length;
      });
    }).listen(port, receiverIp);
  let listens = () => {};
  const listening = new Promise<void>((resolve) => {
    listens = resolve;
  });
  void inActor<void, never>(async (self) => {
    const socket = await sctp.open(self, ports.sctp, { ...lineOptions, ip: receiverIp, active: false });
    await socket.listen(true);
    listens();
    for (;;) {
      const [, , , content] = await socket.recv();
      if (Buffer.isBuffer(content)) arrived.ours += content.length;
    }
  });
  await listening;
  count(ports.inItsPlace, 'ours');
  count(ports.tcp, 'tcp');
  while (arrived.ours === 0 || arrived.tcp === 0) await sleep(10);
  await sleep(settleMs);
  const before = { ...arrived };
  await sleep(measuredMs);
  console.log(`bytes ${arrived.ours - before.ours} ${arrived.tcp - before.tcp}`);
}

async function send(program: string, control: string): Promise<void> {
  const bulk = (port: number) => spawn(program, [receiverIp, String(port), 'cubic'], { stdio: ['ignore', 'ignore', 'inherit'] });
  while (!(await isListening(ports.tcp))) await sleep(50);
  const tcp = bulk(ports.tcp);
  const twin = control === 'tcp' ? bulk(ports.inItsPlace) : undefined;
  if (twin === undefined) void inActor<void, never>((self) => flood(self, control as SctpCongestionControlName));
  await once(tcp, 'exit');
  // Its line is about to vanish, so it would wait for long.
  twin?.kill('SIGKILL');
}

/** The receiver listens there last. */
async function isListening(port: number): Promise<boolean> {
  const connection = connect(port, receiverIp);
  try {
    await once(connection, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    connection.destroy();
  }
}

async function flood(self: Parameters<typeof sctp.open>[0], control: SctpCongestionControlName): Promise<void> {
  const socket = await sctp.open(self, 0, {
    ...lineOptions,
    ip: senderIp,
    active: false,
    sctpCongestionControl: { assocValue: control },
  });
  const { assocId } = await socket.connect(receiverIp, ports.sctp, {}, connectTimeoutMs);
  const data = Buffer.alloc(bulkBytes, 'b');
  for (;;) await socket.send(assocId, stream, data);
}
