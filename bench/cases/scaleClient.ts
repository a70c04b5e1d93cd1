/** Our side of the cases with many associations: an actor with all sockets of this process, and the associations that it calls for. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Self, spawnHandler } from 'mailport';
import { type AssocId, type SctpMessage, type SctpSocket, sctp } from 'mailport/sctp';
import { type Runner, runMs } from '../case.js';
import { runApart } from './cpus.js';
import { creditEvery, type FromScalePeer, messageBytes, type ScaleRole, scaleOptions, socketsFor } from './scaleRun.js';

const connectTimeoutMs = 60_000;
/** One way, so many messages are on their way, in all: as many as two reads of the other process, and whatever the number of associations is. */
const mostInFlight = 5 * creditEvery;
const stream = 0;
/** As many as 100 associations take in all. */
const socketsInBlock = 10;

type Take = (socket: SctpSocket, assocId: AssocId) => void;
type Associations = readonly (readonly [SctpSocket, AssocId])[];

/** What is counted: messages that have come back, or that the peer has said it has; or packets of all associations, in both directions. */
export type ScaleCount = 'messages' | 'packets';

interface Peer {
  readonly child: ChildProcess;
  readonly ports: readonly number[];
}

/** An actor that takes its messages so. */
export const actor = (take: (message: SctpMessage) => void): Promise<Self<SctpMessage>> =>
  new Promise((resolve) => {
    spawnHandler<SctpMessage>({
      init: (self) => {
        resolve(self);
        return take;
      },
    });
  });

export async function startPeer(role: ScaleRole, count: number): Promise<Peer> {
  const child = fork(fileURLToPath(new URL('./scalePeer.js', import.meta.url)), [role, String(socketsFor(count))]);
  child.once('exit', (code) => {
    if (code !== 0) process.exit(1);
  });
  const [{ ports }] = (await once(child, 'message')) as [{ ports: number[] }];
  return { child, ports };
}

/** Waits until so many associations are up at the other process. */
export async function upAtPeer({ child }: Peer, count: number): Promise<void> {
  const told = once(child, 'message') as Promise<[FromScalePeer]>;
  child.send(count);
  await told;
}

/** As many sockets as `count` associations take, owned by `self`. */
export const openSockets = (self: Self<SctpMessage>, count: number): Promise<SctpSocket[]> =>
  Promise.all(Array.from({ length: socketsFor(count) }, () => sctp.open(self, 0, scaleOptions)));

/** Calls all ports from all sockets, the associations of one socket at a time. */
export async function connectAll(
  sockets: readonly SctpSocket[],
  { ports }: Pick<Peer, 'ports'>,
): Promise<[SctpSocket, AssocId][]> {
  const all: [SctpSocket, AssocId][] = [];
  for (const socket of sockets) {
    const calls = ports.map((port) => socket.connect('127.0.0.1', port, {}, connectTimeoutMs));
    for (const { assocId } of await Promise.all(calls)) all.push([socket, assocId]);
  }
  return all;
}

/**
 * The associations in an order in which those that follow each other share few sockets of either end, whatever their number is: else the system calls for each
 * packet would grow with the number of sockets, and would be all that is measured.
 */
function inBlocks<T>(all: readonly T[], sockets: number): T[] {
  const rows = Math.ceil(sockets / socketsInBlock);
  const blocks = Array.from({ length: rows * rows }, (): T[] => []);
  for (const [index, one] of all.entries()) {
    const [from, to] = [Math.floor(index / sockets), index % sockets];
    blocks[Math.floor(from / socketsInBlock) * rows + Math.floor(to / socketsInBlock)]?.push(one);
  }
  return blocks.flat();
}

function packetsOf(associations: Associations): number {
  let packets = 0;
  for (const [socket, assocId] of associations) {
    const { sctpGetAssocStats } = socket.getopts([['sctpGetAssocStats', { assocId }]]);
    if (sctpGetAssocStats !== undefined) packets += sctpGetAssocStats.ipackets + sctpGetAssocStats.opackets;
  }
  return packets;
}

/** So many a second of what is counted. */
export async function start(role: ScaleRole, count: number, counted: ScaleCount): Promise<Runner> {
  const peer = await startPeer(role, count);
  runApart(process.pid, peer.child.pid);
  const data = Buffer.alloc(messageBytes, 'm');
  let take: Take = () => {};
  const self = await actor((message) => {
    if (message[0] !== 'sctp') return;
    const [anc, payload] = message[4];
    if (Buffer.isBuffer(payload) && anc[0] !== undefined) take(message[1], anc[0].assocId);
  });
  const sockets = await openSockets(self, count);
  const associations = inBlocks(await connectAll(sockets, peer), sockets.length);
  let next = 0;
  const sendNext = (): void => {
    const [socket, assocId] = associations[next] as [SctpSocket, AssocId];
    next = (next + 1) % associations.length;
    void socket.send(assocId, stream, data).catch(() => {});
  };
  let done = 0;
  let inFlight = 0;
  const pump = (): void => {
    for (; inFlight + creditEvery <= mostInFlight; inFlight += creditEvery)
      for (let sent = 0; sent < creditEvery; sent += 1) sendNext();
  };
  const takes: Record<ScaleRole, Take> = {
    count: () => {
      done += creditEvery;
      inFlight -= creditEvery;
      pump();
    },
    echo: (socket, assocId) => {
      done += 1;
      void socket.send(assocId, stream, data).catch(() => {});
    },
  };
  take = takes[role];
  const soFar = () => (counted === 'messages' ? done : packetsOf(associations));
  if (role === 'count') pump();
  else for (const _ of associations) sendNext();
  return {
    measure: async () => {
      const before = soFar();
      const startedMs = performance.now();
      await new Promise((resolve) => setTimeout(resolve, runMs));
      const endedMs = performance.now();
      return ((soFar() - before) * 1000) / (endedMs - startedMs);
    },
    stop: async () => {
      for (const socket of sockets) socket.close();
      peer.child.disconnect();
    },
  };
}

/** How many milliseconds it takes until `count` associations are up at both ends, and then until they are shut down at both ends. */
export async function startSetup(count: number): Promise<Runner> {
  const peer = await startPeer('count', count);
  runApart(process.pid, peer.child.pid);
  const self = await actor(() => {});
  return {
    measure: async () => {
      const sockets = await openSockets(self, count);
      const startedMs = performance.now();
      await connectAll(sockets, peer);
      await upAtPeer(peer, count);
      for (const socket of sockets) socket.close();
      await upAtPeer(peer, 0);
      return performance.now() - startedMs;
    },
    stop: async () => peer.child.disconnect(),
  };
}
