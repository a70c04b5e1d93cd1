/** Servers over streams (TCP, TLS) for the tests of this folder, and clients by node:net, whose ends are exactly those that a test wants. */
import { connect, type Socket } from 'node:net';
import { afterEach } from 'vitest';
import { type ServerSpec, type SessionMessage, server } from '../../actors/server/index.js';
import { type TcpArrival, type TcpSocket, tcp } from '../../actors/tcp/index.js';
import { type AnySelf, type CrashReport, createSystem, exit, type Pid, type System } from '../../runtime/index.js';
import { nextTurn } from './../sctp/subjects.js';
import { failOnLeftovers } from '../support/setup.js';

type Spec = ServerSpec<TcpSocket, TcpArrival, SessionMessage>;

/** However a test ends, its servers end with it, because they would open their sockets again. */
const started: Pid[] = [];
const clients = new Set<Socket>();

/** To be called once in a file. */
export function endServers(): void {
  afterEach(() => {
    for (const pid of started.splice(0)) exit(pid, 'kill');
    for (const client of clients) client.destroy();
    clients.clear();
  });
  failOnLeftovers(async () => {
    for (let turn = 0; turn < 20 && tcp.openSockets().length > 0; turn += 1) await nextTurn();
    const left = tcp.openSockets();
    for (const socket of left) void socket.close();
    return left.map(String);
  });
}

/** A system whose crashes are collected, and not printed. */
export function quietSystem(): { readonly system: System; readonly crashes: CrashReport[] } {
  const crashes: CrashReport[] = [];
  return { system: createSystem({ onCrash: (report) => crashes.push(report) }), crashes };
}

export function listen(own: AnySelf, port: number): Promise<TcpSocket> {
  return tcp.listen(own, port, { ip: '127.0.0.1', active: false });
}

export async function start(
  spec: Partial<Spec> & Pick<Spec, 'session'>,
  options: { readonly system?: System } = {},
): Promise<Pid> {
  const pid = await server.start({ listen, drainMs: 0, ...spec } as Spec, options);
  started.push(pid);
  return pid;
}

/** A session that sends back all that comes. */
export async function echo(_self: AnySelf, socket: TcpSocket): Promise<void> {
  for await (const data of socket) await socket.send(data);
}

export const infoOf = (pid: Pid) => server.info(pid)!;

/** A connection of node:net, once the kernel has made it: whether the server has accepted it or not. */
export function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    clients.add(client);
    client.once('connect', () => resolve(client));
    client.once('error', reject);
    client.on('close', () => clients.delete(client));
  });
}

/** The next bytes, as text; undefined at the end. */
export async function read(client: Socket): Promise<string | undefined> {
  for (;;) {
    const chunk = client.read() as Buffer | null;
    if (chunk !== null) return chunk.toString('latin1');
    if (client.readableEnded || client.destroyed) return undefined;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        for (const event of ['readable', 'end', 'close', 'error']) client.off(event, go);
        resolve();
      };
      for (const event of ['readable', 'end', 'close', 'error']) client.once(event, go);
    });
  }
}

/** Sends a line and reads its echo. */
export async function ask(client: Socket, text: string): Promise<string> {
  client.write(text);
  let answer = '';
  while (answer.length < text.length) {
    const more = await read(client);
    if (more === undefined) return `${answer}(end)`;
    answer += more;
  }
  return answer;
}

export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await nextTurn();
}
