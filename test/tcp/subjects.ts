/** What tests of TCP sockets have in common: sockets over the kernel, owned by the main actor, and a check that each test ends with none open and an empty mailbox. */
import { createTcp } from '../../actors/tcp/open.js';
import type { TcpConnectOptions, TcpListenOptions } from '../../actors/tcp/options.js';
import type { TcpSocket } from '../../actors/tcp/socket.js';
import { openKernel } from '../../actors/tcp/stacks.js';
import { mainActor, type Self } from '../../runtime/index.js';
import { failOnLeftovers } from '../support/setup.js';
import { resultOfActor } from '../support/waiting.js';

export { deferred, nextTurn } from '../support/waiting.js';

export const self: Self<unknown> = mainActor<unknown>();

/** gen_tcp over the kernel, apart from that of other files. */
export const tcp = createTcp(openKernel);

failOnLeftovers(async () => {
  const left: string[] = [];
  const sockets = tcp.openSockets();
  if (sockets.length > 0) left.push(`${sockets.length} sockets`);
  // A test that failed must not take the next ones with it.
  for (const socket of sockets) void socket.close();
  const words = await mailbox();
  if (words.length > 0) left.push(`messages of the main actor: ${words.slice(0, 5).join(' ').slice(0, 200)}`);
  return left;
});

/** A listening socket on loopback, passive unless the options say otherwise. */
export function listening(options: TcpListenOptions = {}): Promise<TcpSocket> {
  return tcp.listen(self, 0, { ip: '127.0.0.1', active: false, ...options });
}

export interface Pair {
  /** The accepted socket. */
  readonly server: TcpSocket;
  readonly client: TcpSocket;
}

/** The two ends of a connection over loopback, passive unless the options say otherwise. `server` gets what the listener has. */
export async function pair(serverOptions: TcpListenOptions = {}, clientOptions: TcpConnectOptions = {}): Promise<Pair> {
  await using listener = await listening(serverOptions);
  const [server, client] = await Promise.all([
    listener.accept(self),
    tcp.connect(self, '127.0.0.1', listener.port, { active: false, ...clientOptions }),
  ]);
  return { server, client };
}

export async function closeAll(...sockets: readonly TcpSocket[]): Promise<void> {
  await Promise.all(sockets.map((socket) => socket.close()));
}

/** `data:text`, `list:1,2`, `tcp_closed`, `tcp_error:econnreset`, …: a message in a word. */
export function word(message: unknown): string {
  if (!Array.isArray(message)) return String(message);
  const [tag, , third] = message as readonly unknown[];
  if (tag === 'tcp') return Buffer.isBuffer(third) ? `data:${third}` : `list:${String(third)}`;
  if (tag === 'tcp_error') return `tcp_error:${String(third)}`;
  return tag === 'EXIT' ? `EXIT:${String(third)}` : String(tag);
}

/** The next `count` messages of an actor, as words. */
export async function nextWords(count: number, of: Self<unknown> = self): Promise<string[]> {
  const words: string[] = [];
  while (words.length < count) words.push(word(await of.receive()));
  return words;
}

/** The messages in the mailbox of an actor now, as words. */
export async function mailbox(of: Self<unknown> = self): Promise<string[]> {
  const words: string[] = [];
  for (let message = await of.receive({ after: 0 }); message !== undefined; message = await of.receive({ after: 0 })) {
    words.push(word(message));
  }
  return words;
}

/** What comes until the peer's end, as text. */
export async function readAll(socket: TcpSocket): Promise<string> {
  const parts: Buffer[] = [];
  for await (const data of socket) parts.push(data as Buffer);
  return Buffer.concat(parts).toString();
}

/** Runs `body` as an actor of its own and gives its result. An error that it throws rejects. */
export const asActor = <Result>(body: (self: Self<unknown>) => Promise<Result> | Result): Promise<Result> => resultOfActor(body);
