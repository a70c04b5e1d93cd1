/**
 * The transports over which the contract suite runs: TCP, UDP and SCTP, each over every stack that there is. A transport opens a pair of sockets, of which one sends
 * messages to the other. A message of TCP is a packet with a header of four bytes. The suite knows nothing else of transports, but by the questions of `Transport`.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe } from 'vitest';
import type { SctpCarrier } from '../../actors/sctp/carrier.js';
import { createSctp, type Sctp } from '../../actors/sctp/open.js';
import type { SctpOpenOptions } from '../../actors/sctp/openOptions.js';
import type { SctpSocket } from '../../actors/sctp/socket.js';
import { kernelProblem, openEmbedded, openKernel as openKernelSctp } from '../../actors/sctp/stacks.js';
import type { Active, HandoffOptions, WaitOptions } from '../../actors/socket/index.js';
import { createTcp, type Tcp } from '../../actors/tcp/open.js';
import type { TcpSocket } from '../../actors/tcp/socket.js';
import { openKernel as openKernelTcp } from '../../actors/tcp/stacks.js';
import { SimulatedNetwork } from '../../actors/testing/index.js';
import { createUdp, type Udp } from '../../actors/udp/open.js';
import type { UdpSocket } from '../../actors/udp/socket.js';
import { openKernel as openKernelUdp } from '../../actors/udp/stacks.js';
import { type AnySelf, mainActor, type Pid, type Port, processInfo } from '../../runtime/index.js';
import { noRawIp } from '../sctp/ipHosts.js';
import { SimStack } from '../sim/simStack.js';
import { failOnLeftovers } from '../support/setup.js';
import { nextTurn } from '../support/waiting.js';

export { nextTurn } from '../support/waiting.js';

/** What sockets of every transport have. */
export interface AnySocket extends Port {
  readonly owner: Pid;
  readonly isOpen: boolean;
  setopts(options: object): void;
  getopts(names: readonly 'active'[]): { readonly active?: Active };
  info(): { readonly owner: Pid; readonly queuedBytes: readonly [number, number]; readonly waitingSends: number };
  close(self?: AnySelf): unknown;
  controllingProcess(self: AnySelf, newOwner: Pid<never>, options?: HandoffOptions<never, never>): void;
}

/** Two sockets. What the one sends the other receives. */
export interface Pair {
  /** Passive, unless the options say otherwise, and with nothing waiting. */
  readonly receiver: AnySocket;
  readonly sender: AnySocket;
  send(data: string | Uint8Array, options?: WaitOptions): Promise<void>;
}

/** A listening socket, and the way to it. */
export interface Listening {
  readonly listener: AnySocket;
  accept(self: AnySelf, timeoutMs?: number, options?: WaitOptions): Promise<AnySocket>;
  acceptUntil(self: AnySelf, wait: AbortSignal | WaitOptions): Promise<AnySocket>;
  connect(): Promise<AnySocket>;
  /** Sends by a socket that `connect` gave. */
  sendBy(socket: AnySocket, data: string): Promise<void>;
}

export interface PairOptions {
  /** Options of the receiver. */
  readonly receiver?: object;
  readonly sender?: object;
  /** Who is to own the receiver; the main actor, unless given. */
  readonly owner?: AnySelf;
}

export interface Transport {
  readonly name: string;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  /** The reason for which its tests are skipped; undefined if they are not. */
  readonly skipped: string | undefined;
  /** What is sent beyond the room of the receiver is lost: a sender must wait by himself. */
  readonly isLossy: boolean;
  /** The sockets are in this process, with all that they hold. */
  readonly isKernel: boolean;
  pair(options?: PairOptions): Promise<Pair>;
  /** A socket that accepts connections, owned by the main actor unless another is given; undefined where there are none. */
  readonly listen: ((owner?: AnySelf) => Promise<Listening>) | undefined;
  /** The next message of a passive socket, as a word. */
  recv(socket: AnySocket, timeoutMs?: number, options?: WaitOptions): Promise<string>;
  /** A message of an active socket as a word: `data:text`, `list:1,2`, 'passive', 'closed'; of other messages their tag. */
  word(message: unknown): string;
  openSockets(): readonly AnySocket[];
}

type Options = Record<string, unknown>;

const passively = { active: false };

/** `data:text`, or `list:1,2`. */
function wordOf(data: unknown): string {
  if (Buffer.isBuffer(data)) return `data:${data}`;
  return Array.isArray(data)
    ? `list:${data.join(',')}`
    : String((data as { state?: string; type: string }).state ?? (data as { type: string }).type);
}

/** The word of a message, given which element of a message of data is the data. */
function wording(protocol: string, dataOf: (message: readonly unknown[]) => unknown): (message: unknown) => string {
  return (message) => {
    if (message === undefined) return 'nothing';
    if (!Array.isArray(message)) return String(message);
    const tag = String(message[0]);
    return tag === protocol ? wordOf(dataOf(message)) : tag.replace(`${protocol}_`, '');
  };
}

function overTcp(name: string, tcp: Tcp, skipped: string | undefined): Transport {
  const packets = { packet: 4, ...passively } as const;
  return {
    name,
    protocol: 'tcp',
    skipped,
    isLossy: false,
    isKernel: !name.startsWith('simulated'),
    pair: async ({ receiver = {}, sender: options = {}, owner = mainActor() } = {}) => {
      const self = mainActor();
      const listener = await tcp.listen(owner, 0, { ip: '127.0.0.1', ...packets, ...(receiver as Options) });
      const accepting = listener.accept(owner);
      const sender = await tcp.connect(self, '127.0.0.1', listener.port, { ...packets, ...(options as Options) });
      const accepted = await accepting;
      await listener.close(owner);
      return { receiver: accepted, sender, send: (data, wait) => sender.send(data, wait) };
    },
    listen: async (owner = mainActor()) => {
      const listener = await tcp.listen(owner, 0, { ip: '127.0.0.1', ...packets });
      return {
        listener,
        accept: (self, timeoutMs, options) => listener.accept(self, timeoutMs, options),
        acceptUntil: (self, wait) => listener.accept(self, wait),
        connect: () => tcp.connect(mainActor(), '127.0.0.1', listener.port, packets),
        sendBy: (socket, data) => (socket as TcpSocket).send(data),
      };
    },
    recv: async (socket, timeoutMs, options) => wordOf(await (socket as TcpSocket).recv(0, timeoutMs, options)),
    word: wording('tcp', (message) => message[2]),
    openSockets: () => tcp.openSockets(),
  };
}

function overUdp(name: string, udp: Udp, skipped: string | undefined): Transport {
  return {
    name,
    protocol: 'udp',
    skipped,
    isLossy: true,
    isKernel: !name.startsWith('simulated'),
    pair: async ({ receiver: options = {}, sender: senderOptions = {}, owner = mainActor() } = {}) => {
      const own = { ip: '127.0.0.1', recbuf: 400_000, sndbuf: 400_000, ...passively };
      const receiver = await udp.open(owner, 0, { ...own, ...(options as Options) });
      const sender = await udp.open(mainActor(), 0, { ...own, ...(senderOptions as Options) });
      return {
        receiver,
        sender,
        send: (data, wait) => sender.send('127.0.0.1', receiver.port, data, undefined, wait),
      };
    },
    listen: undefined,
    recv: async (socket, timeoutMs, options) => wordOf((await (socket as UdpSocket).recv(timeoutMs, options)).at(-1)),
    word: wording('udp', (message) => message.at(-1)),
    openSockets: () => udp.openSockets(),
  };
}

/** @param where the options of `open` that say where a socket is */
function overSctp(
  name: string,
  sctp: Sctp,
  skipped: string | undefined,
  where: () => SctpOpenOptions = () => ({ ip: '127.0.0.1' }),
): Transport {
  const item = ([, , , data]: readonly unknown[]): string => wordOf(data);
  return {
    name,
    protocol: 'sctp',
    skipped,
    isLossy: false,
    isKernel: name.startsWith('kernel'),
    pair: async ({ receiver: options = {}, sender: senderOptions = {}, owner = mainActor() } = {}) => {
      // What the options say of `active` holds for data, so the sockets take them when the association is up.
      const { active = false, ...rest } = options as Options;
      const receiver = await sctp.open(owner, 0, { ...where(), ...rest });
      await receiver.listen(true);
      const sender = await sctp.open(mainActor(), 0, { ...where(), ...senderOptions });
      const { assocId } = await sender.connect('127.0.0.1', receiver.port);
      await receiver.recv();
      if (active !== false) receiver.setopts({ active: active as Active });
      return { receiver, sender, send: (data, wait) => sender.send(assocId, 0, data, wait) };
    },
    listen: async (owner = mainActor()) => {
      const stream = { ...where(), type: 'stream', sctpEvents: { associationEvent: false } } as const;
      const listener = await sctp.open(owner, 0, stream);
      await listener.listen(true);
      return {
        listener,
        accept: (self, timeoutMs, options) => listener.accept(self, timeoutMs, options),
        acceptUntil: (self, wait) => listener.accept(self, wait),
        connect: async () => {
          const socket = await sctp.open(mainActor(), 0, stream);
          await socket.connect('127.0.0.1', listener.port);
          return socket;
        },
        sendBy: (socket, data) => (socket as SctpSocket).send(0, 0, data),
      };
    },
    recv: async (socket, timeoutMs, options) => item(await (socket as SctpSocket).recv(timeoutMs, options)),
    word: wording('sctp', (message) => (message[4] as readonly unknown[])[1]),
    openSockets: () => sctp.openSockets(),
  };
}

/** SCTP over a carrier that brings each packet back to itself, where it is for another port. */
function overDatagrams(skipped: string | undefined): Transport {
  const sctp = createSctp({ embedded: openEmbedded });
  let carrier: SctpCarrier | undefined;
  const where = () => {
    carrier ??= sctp.overDatagrams({ send: (packet) => carrier?.receive(packet) });
    return { carrier };
  };
  return overSctp('embedded sctp over datagrams', sctp, skipped, where);
}

function addonProblem(): string | undefined {
  const built = fileURLToPath(new URL('../../native/build/Release/mailport.node', import.meta.url));
  return existsSync(built) || process.env.MAILPORT_ADDON !== undefined ? undefined : 'the addon is not built';
}

function kernelSctpProblem(): string | undefined {
  const problem = kernelProblem();
  return problem === undefined ? undefined : `this kernel has no SCTP: ${problem}`;
}

/** Where time is dear, MAILPORT_TEST_STACK names the only stack of SCTP that matters. */
function transports(): Transport[] {
  const noAddon = addonProblem();
  const only = process.env.MAILPORT_TEST_STACK;
  const network = new SimulatedNetwork();
  const all = [
    overTcp('tcp', createTcp(openKernelTcp), noAddon),
    overTcp('simulated tcp', network.tcp, undefined),
    overUdp('udp', createUdp(openKernelUdp), noAddon),
    overUdp('simulated udp', network.udp, undefined),
    overSctp('kernel sctp', createSctp({ kernel: openKernelSctp }), noAddon ?? kernelSctpProblem()),
    overSctp('embedded sctp', createSctp({ embedded: openEmbedded }), noAddon),
    overDatagrams(noAddon),
    overSctp('embedded sctp over ip', createSctp({ embedded: openEmbedded }), noAddon ?? noRawIp, () => ({
      ip: '127.0.0.1',
      over: 'ip',
    })),
    overSctp('simulated network of sctp', network.sctp, noAddon),
    overSctp('simulated sctp', createSctp({ embedded: (onBatch) => new SimStack(onBatch) }), undefined),
  ];
  return only === undefined ? all : all.filter(({ name }) => name.startsWith(only));
}

/** Defines the same tests over every transport. Those of a transport that is not there are skipped, with the reason shown. Each test ends with nothing open. */
export function overTransports(define: (transport: Transport) => void): void {
  const all = transports();
  failOnLeftovers(() => leftovers(all));
  for (const transport of all) {
    describe(transport.name, () => {
      beforeEach((context) => {
        if (transport.skipped !== undefined) context.skip(transport.skipped);
      });
      define(transport);
    });
  }
}

async function leftovers(all: readonly Transport[]): Promise<string[]> {
  const left: string[] = [];
  for (const { name, openSockets } of all) {
    const sockets = openSockets();
    if (sockets.length > 0) left.push(`${sockets.length} sockets of ${name}`);
    // A test that failed must not take the next ones with it.
    for (const socket of sockets) socket.close();
  }
  const words = await mailbox(all[0]!);
  if (words.length > 0) left.push(`messages of the main actor: ${words.slice(0, 5).join(' ').slice(0, 200)}`);
  return left;
}

/** The messages in the main actor's mailbox now, as words. */
export async function mailbox({ word }: Transport): Promise<string[]> {
  const words: string[] = [];
  const self = mainActor<unknown>();
  for (let message = await self.receive({ after: 0 }); message !== undefined; message = await self.receive({ after: 0 })) {
    words.push(word(message));
  }
  return words;
}

/** The next `count` messages of the main actor, as words. */
export async function nextWords({ word }: Transport, count: number): Promise<string[]> {
  const words: string[] = [];
  while (words.length < count) words.push(word(await mainActor<unknown>().receive()));
  return words;
}

/** Messages that wait in the mailbox of an actor; the main one, unless given. */
export function backlog(pid: Pid<never> = mainActor().pid): number {
  return processInfo(pid as Pid)?.mailboxLength ?? 0;
}

/** Waits until everything that has been sent is where the receiver's stack can take it. */
export async function untilArrived({ sender }: Pair): Promise<void> {
  while (sender.info().queuedBytes[1] > 0) await nextTurn();
  // What a turn sends leaves at its end, and crosses a simulated network in some more.
  for (let turn = 0; turn < 8; turn += 1) await nextTurn();
}

/** Closes both, the receiver first, so that it hears nothing of the sender's end. */
export async function closePair({ receiver, sender }: Pair): Promise<void> {
  await receiver.close();
  await sender.close();
}

/** The value of the option `active`. */
export function activeOf(socket: AnySocket): Active | undefined {
  return socket.getopts(['active']).active;
}
