/**
 * A sink for measurements that come as datagrams: lines of `name:value`, as many as fit. Once a second it prints what has come of each name. The socket is active for
 * 1,000 datagrams at a time. When so many have come, the sink says that it wants more. So datagrams never pile up in the mailbox, whatever the senders do; those that
 * find the kernel's buffer full are lost, as datagrams are.
 *
 *     node dist/examples/telemetry.js [port] [interval in ms]
 *     echo 'load:0.7' | nc -u -w0 127.0.0.1 8125
 */
import { type Self, sendAfter, spawn } from 'mailport';
import { type UdpMessage, udp } from 'mailport/udp';

const [port = 8125, intervalMs = 1000] = process.argv.slice(2).map(Number);

const credit = 1000;
/** Asked of the kernel, for bursts. */
const receiveBytes = 4 * 1024 * 1024;
/** Names that are kept at a time. Senders choose names, so there is a limit. */
const mostNames = 1000;
const line = /^([\w.-]{1,64}):(-?\d{1,15}(?:\.\d{1,15})?)$/;

interface Aggregate {
  count: number;
  sum: number;
  least: number;
  greatest: number;
}

type SinkMessage = UdpMessage | readonly ['print'];

async function sink(self: Self<SinkMessage>): Promise<void> {
  const socket = await udp.open(self, port, { ip: '127.0.0.1', active: credit, recbuf: receiveBytes });
  console.log(`telemetry listens on 127.0.0.1:${socket.port}`);
  let aggregates = new Map<string, Aggregate>();
  let unread = 0;
  sendAfter(self.pid, ['print'], intervalMs);
  for (;;) {
    const message = self.receiveNow() ?? (await self.receive());
    if (message[0] === 'udp') {
      unread += note(aggregates, String(message.at(-1)));
    } else if (message[0] === 'udp_passive') {
      socket.setopts({ active: credit });
    } else if (message[0] === 'print') {
      print(aggregates, unread);
      aggregates = new Map();
      unread = 0;
      sendAfter(self.pid, ['print'], intervalMs);
    }
  }
}

/** Adds the measurements of a datagram. Returns how many of its lines could not be used. */
function note(aggregates: Map<string, Aggregate>, datagram: string): number {
  let unread = 0;
  for (const text of datagram.split('\n')) {
    if (text === '') continue;
    const [, name = '', digits] = line.exec(text) ?? [];
    const value = Number(digits);
    const aggregate = aggregates.get(name);
    if (aggregate !== undefined) {
      aggregate.count += 1;
      aggregate.sum += value;
      aggregate.least = Math.min(aggregate.least, value);
      aggregate.greatest = Math.max(aggregate.greatest, value);
    } else if (digits !== undefined && aggregates.size < mostNames) {
      aggregates.set(name, { count: 1, sum: value, least: value, greatest: value });
    } else {
      unread += 1;
    }
  }
  return unread;
}

function print(aggregates: ReadonlyMap<string, Aggregate>, unread: number): void {
  for (const [name, { count, sum, least, greatest }] of aggregates) {
    console.log(`${name}: ${count} values, ${least} to ${greatest}, mean ${sum / count}`);
  }
  if (unread > 0) console.log(`${unread} lines were not used`);
}

spawn(sink, { label: 'telemetry' });
