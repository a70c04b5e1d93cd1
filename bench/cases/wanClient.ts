/** Our side of the cases over a line: the main actor of this process, with new associations for each run, through a relay to an actor of another process. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Self } from 'mailport';
import { type SctpCongestionControlName, type SctpOpenOptions, type SctpSocket, sctp } from 'mailport/sctp';
import { type Runner, runner } from '../case.js';
import { type Direction, Relay } from '../yardsticks/relay.js';
import { inActor } from './measuring.js';
import { floodOnce } from './sctpClient.js';
import type { Role, Setting } from './sctpRun.js';

const requestBytes = 100;
const bulkBytes = 16_384;
const connectTimeoutMs = 30_000;
const stream = 0;

/** Windows larger than what is on its way, and packets as Ethernet has them: the relay is on loopback, where packets could be 64 KiB. */
const options: SctpOpenOptions = {
  stack: 'embedded',
  recbuf: 4 << 20,
  sndbuf: 4 << 20,
  sctpNodelay: true,
  sctpPeerAddrParams: { pathmtu: 1500, flags: ['pmtud_disable'] },
};

interface Stage {
  readonly peer: ChildProcess;
  readonly port: number;
  readonly relay: Relay;
}

/** The other process, and a line to it with the next seed. */
async function setUp(role: Role, way: Direction, seed: number): Promise<Stage> {
  const setting: Setting = { role, active: true, options };
  const peer = fork(fileURLToPath(new URL('./sctpPeer.js', import.meta.url)), [JSON.stringify(setting)]);
  const [{ port }] = (await once(peer, 'message')) as [{ port: number }];
  return { peer, port, relay: await Relay.start(port, seed, way, way) };
}

/** Runs with seeds from 1 on. The other process ends with each run, as its associations do not end in time over such a line. */
function overLine(role: Role, way: Direction, run: (stage: Stage) => Promise<number>): Runner {
  let seed = 0;
  return runner(async () => {
    seed += 1;
    const stage = await setUp(role, way, seed);
    try {
      return await run(stage);
    } finally {
      stage.peer.disconnect();
      await once(stage.peer, 'exit');
      await stage.relay.stop();
    }
  });
}

const openThrough = (self: Self<never>, { relay }: Stage, active: boolean, more: SctpOpenOptions = {}): Promise<SctpSocket> =>
  sctp.open(self, 0, { ...options, ip: '127.0.0.1', active, remoteEncapsPort: relay.port, ...more });

/** One association: requests one after the other. Gives what each took, in milliseconds. */
async function requestOnce(self: Self<never>, stage: Stage, count: number): Promise<number[]> {
  const socket = await openThrough(self, stage, false);
  const { assocId } = await socket.connect('127.0.0.1', stage.port, {}, connectTimeoutMs);
  const data = Buffer.alloc(requestBytes, 'r');
  const took: number[] = [];
  // The first one measures the round trip, and does not count.
  for (let request = -1; request < count; request += 1) {
    const startedMs = performance.now();
    await socket.send(assocId, stream, data);
    for (;;) {
      const [, , , content] = await socket.recv();
      if (Buffer.isBuffer(content)) break;
    }
    if (request >= 0) took.push(performance.now() - startedMs);
  }
  socket.setopts({ linger: [true, 0] });
  socket.close();
  return took;
}

export async function startRequests(
  way: Direction,
  associations: number,
  requestsEach: number,
  judge: (took: number[]) => number,
): Promise<Runner> {
  return overLine('echo', way, async (stage) => {
    const one = () => inActor<number[], never>((self) => requestOnce(self, stage, requestsEach));
    return judge((await Promise.all(Array.from({ length: associations }, one))).flat());
  });
}

/** Bytes a second. */
export async function startBulk(
  way: Direction,
  seconds: number,
  control: SctpCongestionControlName = 'rfc9260',
): Promise<Runner> {
  return overLine('count', way, (stage) =>
    inActor<number, never>(async (self) => {
      const socket = await openThrough(self, stage, false, { sctpCongestionControl: { assocValue: control } });
      const { assocId } = await socket.connect('127.0.0.1', stage.port, {}, connectTimeoutMs);
      const rate = await floodOnce({ peer: stage.peer, socket, assocId }, Buffer.alloc(bulkBytes, 'b'), seconds * 1000);
      socket.setopts({ linger: [true, 0] });
      socket.close();
      return rate * bulkBytes;
    }),
  );
}
