/** What messages cost beside the sockets below them: both jobs by `Client` and `Server` and by plain sockets, both ends in one process. A message is 64 bytes. */
import { type AnySelf, mainActor } from 'mailport';
import { bytes, Client, Server } from 'mailport/messaging';
import { type SctpSocket, sctp } from 'mailport/sctp';
import { type TcpSocket, tcp } from 'mailport/tcp';
import type { Runner } from '../case.js';
import { endBytes, sendsTogether } from './inetRun.js';
import { perSecond } from './measuring.js';
import { connectRate, type Meeting, meetBySctp, meetByTcp, payloadFrom } from './meeting.js';

/** connect: connections that are made and accepted. oneway: requests from one end to the other. */
export type Job = 'connect' | 'oneway';
/** By what: messages, plain sockets, or plain sockets with what messages do, too: a message each way, and an end that both agree on. */
export type Means = 'messaging' | 'socket' | 'greeting';

/** One end of a connection. */
interface End {
  send(data: Uint8Array): Promise<void>;
  receive(): Promise<Uint8Array>;
  close(): unknown;
  /** Of a plain socket: tells the peer that this end leaves, and waits until the peer has ended the connection. */
  leave?(): Promise<unknown>;
}

const messageBytes = 64;
const greeting = Buffer.from('hello');

async function byMessaging(self: AnySelf, transport: 'tcp' | 'sctp'): Promise<Meeting<End>> {
  const settings = { transport: transport === 'tcp' ? tcp : sctp, requests: bytes, responses: bytes };
  const server = await Server.start(self, { ...settings, options: transport === 'tcp' ? { backlog: 4096 } : {} });
  const unused: (() => void)[] = [];
  const accepted: End[] = [];
  const serve = async (): Promise<void> => {
    for (;;) {
      const connection = await Server.accept(self, server);
      accepted.push({
        send: (data) => Server.send(connection, data),
        receive: () => Server.receive(connection),
        close: () => undefined,
      });
      unused.shift()?.();
    }
  };
  void serve();
  return {
    accept: async () => {
      while (accepted.length === 0) await new Promise<void>((resolve) => unused.push(resolve));
      return accepted.shift()!;
    },
    connect: async (address) => {
      const connection = await Client.connect(self, { ...settings, address, port: server.port });
      return {
        send: (data) => Client.send(connection, data),
        receive: () => Client.receive(connection),
        close: () => Client.disconnect(connection),
      };
    },
  };
}

function tcpEnd(socket: TcpSocket): End {
  return {
    send: (data) => socket.send(data),
    receive: () => socket.recv() as Promise<Buffer>,
    close: () => socket.close(),
    leave: () => {
      socket.shutdown('write');
      return socket.recv().catch(() => socket.close());
    },
  };
}

function sctpEnd(socket: SctpSocket, assocId: number): End {
  return {
    send: (data) => socket.send(assocId, 0, data),
    receive: () => payloadFrom(socket),
    close: () => socket.close(),
    leave: async () => {
      await socket.send(assocId, 0, greeting);
      for (let isUp = true; isUp; ) {
        const [, , , content] = await socket.recv();
        isUp = !('type' in content);
      }
      socket.close();
    },
  };
}

function bySockets(self: AnySelf, transport: 'tcp' | 'sctp'): Promise<Meeting<End>> {
  if (transport === 'tcp') return meetByTcp(self, { active: false, nodelay: true, packet: 4 }, tcpEnd);
  return meetBySctp(self, { type: 'stream', active: false, sctpNodelay: true }, sctpEnd);
}

/** A message each way, so that the client knows that it was accepted; and the client leaves first, so that it knows that the server has let go. */
async function greeted(meeting: Meeting<End>): Promise<Meeting<End>> {
  return {
    accept: async () => {
      const end = await meeting.accept();
      await end.receive();
      await end.send(greeting);
      return {
        ...end,
        close: () =>
          end
            .receive()
            .catch(() => undefined)
            .then(() => end.close()),
      };
    },
    connect: async (address) => {
      const end = await meeting.connect(address);
      await end.send(greeting);
      await end.receive();
      return { ...end, close: () => end.leave?.() };
    },
  };
}

/** Messages a second. */
async function oneWayRate(server: End, client: End, runMs: number): Promise<number> {
  const data = Buffer.alloc(messageBytes, 'm');
  const startedMs = performance.now();
  const sending = (async () => {
    while (performance.now() < startedMs + runMs) {
      for (let count = 1; count < sendsTogether; count += 1) void client.send(data);
      await client.send(data);
    }
    await client.send(data.subarray(0, endBytes));
  })();
  let received = 0;
  while ((await server.receive()).length > endBytes) received += 1;
  await sending;
  return perSecond(received, startedMs);
}

/** Begins a job, whose runs share what is made here. */
export async function start(job: Job, means: Means, transport: 'tcp' | 'sctp', runMs: number): Promise<Runner> {
  const self = mainActor();
  const below = means === 'messaging' ? byMessaging(self, transport) : bySockets(self, transport);
  const meeting = means === 'greeting' ? await greeted(await below) : await below;
  const stop = async (): Promise<void> => {};
  if (job === 'connect') return { measure: () => connectRate(meeting, runMs), stop };
  const [server, client] = await Promise.all([meeting.accept(), meeting.connect('127.0.0.1')]);
  return { measure: () => oneWayRate(server, client, runMs), stop };
}
