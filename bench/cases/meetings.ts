/** What connectors and the sandbox repy cost beside the sockets below them: both sides of both jobs, by either and by plain sockets, in one process. */
import { type AnySelf, mainActor } from 'mailport';
import { accept, close, connect, getEndPoint, newConnector, nullAddress, nullPort, type TransportName } from 'mailport/connector';
import { createRepy, type RepySocket } from 'mailport/repy';
import type { SctpSocket } from 'mailport/sctp';
import type { TcpSocket } from 'mailport/tcp';
import type { Runner } from '../case.js';
import { sendsTogether } from './inetRun.js';
import { perSecond } from './measuring.js';
import { connectRate, type Meeting, meetBySctp, meetByTcp, payloadFrom } from './meeting.js';

/** connect: connections that are made and accepted. oneway: messages of 1 KiB from one end to the other. */
export type Job = 'connect' | 'oneway';
/**
 * By which calls the job is done. 'connector': a client is connected when a server has accepted. 'plain': by a connector without a rendezvous, whose client is connected
 * when the kernel has it; 'repy' and 'socket', the sockets below, do the same. 'as connector': by the sockets below, with the options that a connector gives them.
 * 'word': the same, and the client waits for a word of the server's, as by 'connector'.
 */
export type Means = 'connector' | 'plain' | 'repy' | 'socket' | 'as connector' | 'word';

/** One end of a connection. */
interface End {
  write(data: Uint8Array): Promise<void>;
  /** Bytes that have come. */
  read(): Promise<Uint8Array>;
  close(): unknown;
}

const messageBytes = 1024;
const readBytes = 65_536;
const word = Buffer.alloc(4, 'w');

async function byConnector(self: AnySelf, transport: TransportName, rendezvous: boolean): Promise<Meeting<End>> {
  const options = { transport, rendezvous };
  const connector = await newConnector(self, { addr: nullAddress, port: nullPort }, options);
  const { port } = getEndPoint(connector);
  const end = (connection: Awaited<ReturnType<typeof accept>>): End => ({
    write: (data) => connection.write(data),
    read: () => connection.read(),
    close: () => close(connection),
  });
  return {
    accept: async () => end(await accept(self, connector)),
    connect: async (addr) => end(await connect(self, { addr, port }, options)),
  };
}

async function byRepy(self: AnySelf): Promise<Meeting<End>> {
  const repy = createRepy(self, { events: 100, sockets: 1000 });
  const end = (socket: RepySocket): End => ({
    write: async (data) => {
      for (let sent = 0; sent < data.length; ) sent += await socket.send(sent === 0 ? data : data.subarray(sent));
    },
    read: () => socket.recv(readBytes),
    close: () => socket.close(),
  });
  const accepted: RepySocket[] = [];
  const accepting: ((end: End) => void)[] = [];
  const { port } = await repy.waitforconn('any', 0, (_self, _ip, _port, socket) => {
    const next = accepting.shift();
    if (next === undefined) accepted.push(socket);
    else next(end(socket));
  });
  return {
    accept: () => {
      const socket = accepted.shift();
      return socket === undefined ? new Promise((resolve) => accepting.push(resolve)) : Promise.resolve(end(socket));
    },
    connect: async (addr) => end(await repy.openconn(addr, port)),
  };
}

const plainTcp = { active: false, nodelay: true, buffer: readBytes } as const;
/** As connectors have it. */
const connectorTcp = {
  ...plainTcp,
  keepalive: true,
  keepIdle: 60,
  keepCount: 3,
  exitOnClose: false,
  showEconnreset: true,
} as const;

const tcpEnd = (socket: TcpSocket): End => ({
  write: (data) => socket.send(data),
  read: () => socket.recv() as Promise<Buffer>,
  close: () => socket.close(),
});

/** As connectors have it. */
const sctpEvents = { dataIoEvent: false, sendFailureEvent: false, peerErrorEvent: false, partialDeliveryEvent: false };
const connectorSctp = { type: 'stream', active: false, sctpNodelay: true, sctpEvents } as const;

const sctpEnd = (socket: SctpSocket, assocId: number): End => ({
  write: (data) => socket.send(assocId, 0, data),
  read: () => payloadFrom(socket),
  close: () => socket.close(),
});

/** The same, but the server says a word when it has accepted, and the client waits for it. */
function withWord(meeting: Meeting<End>): Meeting<End> {
  return {
    accept: async () => {
      const end = await meeting.accept();
      await end.write(word);
      return end;
    },
    connect: async (addr) => {
      const end = await meeting.connect(addr);
      await end.read();
      return end;
    },
  };
}

/** Messages a second. */
async function oneWayRate(server: End, client: End, together: number, runMs: number): Promise<number> {
  const data = Buffer.alloc(messageBytes, 'm');
  const startedMs = performance.now();
  let sent = 0;
  const sending = (async () => {
    while (performance.now() < startedMs + runMs) {
      for (let count = 1; count < together; count += 1) void client.write(data);
      await client.write(data);
      sent += together;
    }
    // One byte ends the run: no other run begins before it has come.
    await client.write(data.subarray(0, 1));
  })();
  let bytes = 0;
  do bytes += (await server.read()).length;
  while (bytes % messageBytes !== 1 || bytes < 2);
  await sending;
  return perSecond(sent, startedMs);
}

function meetingBy(means: Means, transport: TransportName): Promise<Meeting<End>> {
  const self = mainActor();
  if (means === 'repy') return byRepy(self);
  if (means === 'connector' || means === 'plain') return byConnector(self, transport, means === 'connector');
  if (means === 'socket') return meetByTcp(self, plainTcp, tcpEnd);
  const sockets = transport === 'tcp' ? meetByTcp(self, connectorTcp, tcpEnd) : meetBySctp(self, connectorSctp, sctpEnd);
  return means === 'word' ? sockets.then(withWord) : sockets;
}

/**
 * Begins a job, whose runs share what is made here.
 *
 * @param together how many messages are sent before one is awaited
 */
export async function start(
  job: Job,
  means: Means,
  transport: TransportName,
  runMs: number,
  together: number = sendsTogether,
): Promise<Runner> {
  const meeting = await meetingBy(means, transport);
  const stop = async (): Promise<void> => {};
  if (job === 'connect') return { measure: () => connectRate(meeting, runMs), stop };
  const [server, client] = await Promise.all([meeting.accept(), meeting.connect('127.0.0.1')]);
  return { measure: () => oneWayRate(server, client, together, runMs), stop };
}
