/** Our side of the SCTP cases: the main actor of this process, with an association to an actor of another one. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { mainActor } from 'mailport';
import { type AssocId, type SctpSocket, type StackName, sctp } from 'mailport/sctp';
import { type Runner, runMs } from '../case.js';
import { runApart } from './cpus.js';
import { perSecond } from './measuring.js';
import { endBytes, type FromPeer, type Setting } from './sctpRun.js';

const connectTimeoutMs = 5_000;
const sendsPerClockRead = 64;
const stream = 0;

interface Connection {
  readonly peer: ChildProcess;
  readonly socket: SctpSocket;
  readonly assocId: AssocId;
}

/** Starts the other process and an association with it, owned by this process's main actor. */
async function connect(setting: Setting): Promise<Connection> {
  const peer = fork(fileURLToPath(new URL('./sctpPeer.js', import.meta.url)), [JSON.stringify(setting)]);
  // The other process has printed why, and there is nothing to measure.
  peer.once('exit', (code) => {
    if (code !== 0) process.exit(1);
  });
  const [{ port }] = (await once(peer, 'message')) as [{ port: number }];
  const socket = await sctp.open(mainActor(), 0, { ...setting.options, ip: '127.0.0.1', active: true });
  const { assocId } = await socket.connect('127.0.0.1', port, {}, connectTimeoutMs);
  return { peer, socket, assocId };
}

/** The reason why there is no such stack here; undefined if there is one. */
export async function missingStack(stack: StackName): Promise<string | undefined> {
  try {
    const socket = await sctp.open(mainActor(), { ip: '127.0.0.1', stack });
    socket.close();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function disconnect({ peer, socket }: Connection): Promise<void> {
  socket.close();
  peer.disconnect();
}

/** Sends for the length of a run without ever waiting for more than the stack's buffer; the receiver says how many came in a second. */
export async function floodOnce({ peer, socket, assocId }: Connection, data: Buffer, forMs = runMs): Promise<number> {
  const answered = once(peer, 'message') as Promise<[FromPeer]>;
  const endMs = performance.now() + forMs;
  while (performance.now() < endMs) {
    for (let sent = 0; sent < sendsPerClockRead; sent += 1) await socket.send(assocId, stream, data);
  }
  await socket.send(assocId, stream, Buffer.alloc(endBytes));
  return rateOf(await answered);
}

function rateOf([answer]: [FromPeer]): number {
  if (!('rate' in answer)) throw new Error('the peer did not say how many came');
  return answer.rate;
}

/** As `floodOnce`, but awaits its sends `sendsPerClockRead` at a time, as programs do that answer many peers. */
export async function burstOnce({ peer, socket, assocId }: Connection, data: Buffer, forMs = runMs): Promise<number> {
  const answered = once(peer, 'message') as Promise<[FromPeer]>;
  const endMs = performance.now() + forMs;
  const sends: Promise<void>[] = [];
  while (performance.now() < endMs) {
    for (let sent = 0; sent < sendsPerClockRead; sent += 1) sends[sent] = socket.send(assocId, stream, data);
    await Promise.all(sends);
  }
  await socket.send(assocId, stream, Buffer.alloc(endBytes));
  return rateOf(await answered);
}

/** Sends a message and waits until it comes back, again and again. */
export async function pingPongOnce({ socket, assocId }: Connection, data: Buffer): Promise<number> {
  const self = mainActor();
  const isData = (message: unknown) => Array.isArray(message) && message[0] === 'sctp' && Buffer.isBuffer(message[4][1]);
  const startedMs = performance.now();
  let trips = 0;
  while (performance.now() < startedMs + runMs) {
    await socket.send(assocId, stream, data);
    await self.receive(isData);
    trips += 1;
  }
  return perSecond(trips, startedMs);
}

/** Begins the other process, associates with it, and gives the runs. */
export async function start(
  setting: Setting,
  run: (connection: Connection, data: Buffer) => Promise<number>,
  lengthBytes: number,
): Promise<Runner> {
  const connection = await connect(setting);
  if (setting.role === 'echo') runApart(process.pid, connection.peer.pid);
  const data = Buffer.alloc(lengthBytes, 'm');
  return { measure: () => run(connection, data), stop: () => disconnect(connection) };
}
