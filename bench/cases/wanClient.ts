/** Our side of the cases over a line: the main actor of this process, with new associations for each run, through a relay to an actor of another process. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Self } from 'mailport';
import { type AssocId, type SctpCongestionControlName, type SctpOpenOptions, type SctpSocket, sctp } from 'mailport/sctp';
import { type Runner, runner } from '../case.js';
import { type Direction, Relay } from '../yardsticks/relay.js';
import { inActor } from './measuring.js';
import { floodOnce } from './sctpClient.js';
import { type Role, requestBytes, type Setting } from './sctpRun.js';
import { bulkBytes, connectTimeoutMs, lineOptions, stream } from './wanLine.js';

interface Stage {
  readonly peer: ChildProcess;
  readonly port: number;
  readonly relay: Relay;
}

/** The other process, and a line to it with the next seed. */
async function setUp(role: Role, way: Direction, seed: number, more: SctpOpenOptions): Promise<Stage> {
  const setting: Setting = { role, active: true, options: { ...lineOptions, ...more } };
  const peer = fork(fileURLToPath(new URL('./sctpPeer.js', import.meta.url)), [JSON.stringify(setting)]);
  const [{ port }] = (await once(peer, 'message')) as [{ port: number }];
  return { peer, port, relay: await Relay.start(port, seed, way, way) };
}

/** Runs with seeds from 1 on. The other process ends with each run, as its associations do not end in time over such a line. */
function overLine(role: Role, way: Direction, run: (stage: Stage) => Promise<number>, more: SctpOpenOptions = {}): Runner {
  let seed = 0;
  return runner(async () => {
    seed += 1;
    const stage = await setUp(role, way, seed, more);
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
  sctp.open(self, 0, { ...lineOptions, ip: '127.0.0.1', active, remoteEncapsPort: relay.port, ...more });

/** A request and its answer: how many milliseconds they took. */
async function request(socket: SctpSocket, assocId: AssocId, onStream: number): Promise<number> {
  const startedMs = performance.now();
  await socket.send(assocId, onStream, Buffer.alloc(requestBytes, 'r'));
  for (;;) {
    const [, , , content] = await socket.recv();
    if (Buffer.isBuffer(content)) return performance.now() - startedMs;
  }
}

/** One association: requests one after the other. Gives what each took. */
async function requestOnce(self: Self<never>, stage: Stage, count: number): Promise<number[]> {
  const socket = await openThrough(self, stage, false);
  const { assocId } = await socket.connect('127.0.0.1', stage.port, {}, connectTimeoutMs);
  const took: number[] = [];
  // The first one measures the round trip, and does not count.
  await request(socket, assocId, stream);
  for (let sent = 0; sent < count; sent += 1) took.push(await request(socket, assocId, stream));
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

/** Requests one after the other on one stream of an association, while another stream of it is never empty. `passes`: the requests pass what waits and what has begun to leave. */
export async function startBeside(
  way: Direction,
  seconds: number,
  passes: boolean,
  judge: (took: number[]) => number,
): Promise<Runner> {
  const bulkStream = stream + 1;
  const more: SctpOpenOptions = {
    sctpInterleavingSupported: { assocValue: passes },
    sctpStreamScheduler: { assocValue: passes ? 'prio' : 'fcfs' },
  };
  const run = (stage: Stage) =>
    inActor<number, never>(async (self) => {
      const socket = await openThrough(self, stage, false, more);
      const { assocId } = await socket.connect('127.0.0.1', stage.port, {}, connectTimeoutMs);
      if (passes) socket.setopts({ sctpStreamSchedulerValue: { assocId, streamId: bulkStream, streamValue: 1 } });
      const endMs = performance.now() + seconds * 1000;
      const data = Buffer.alloc(bulkBytes, 'b');
      const flood = async (): Promise<void> => {
        while (performance.now() < endMs) await socket.send(assocId, bulkStream, data);
      };
      const ask = async (): Promise<number[]> => {
        const took: number[] = [];
        while (performance.now() < endMs) took.push(await request(socket, assocId, stream));
        return took;
      };
      const [took] = await Promise.all([ask(), flood()]);
      socket.setopts({ linger: [true, 0] });
      socket.close();
      return judge(took);
    });
  return overLine('answer', way, run, more);
}
