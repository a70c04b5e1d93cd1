/** TCP of one simulated host: the calls of `TcpStack` over sockets in memory. */
import { constants } from 'node:os';
import { type BatchCallback, type Handle, unlimitedCredit } from '../../../native/contract/batch.js';
import { type InetName, type InetOpenParams, inetFamily, inetOption } from '../../../native/contract/inet.js';
import type { TcpStack } from '../../../native/contract/tcp.js';
import type { SockName } from '../../socket/index.js';
import { addressFor, isPath, plainAddress } from './addresses.js';
import { concrete, type Host, type Hosts } from './host.js';
import { InetSource, type Name, nameOf } from './inetSource.js';
import { TcpEnd } from './tcpEnd.js';
import { flush } from './tcpFlush.js';
import { Handshake } from './tcpHandshake.js';
import type { Wire } from './wire.js';

const {
  EADDRINUSE,
  EADDRNOTAVAIL,
  EAFNOSUPPORT,
  EAGAIN,
  EALREADY,
  EBADF,
  ECONNREFUSED,
  EINVAL,
  EISCONN,
  ENETUNREACH,
  ENOENT,
  ENOTCONN,
} = constants.errno;
/** As Linux's net.core.somaxconn. */
const mostBacklog = 4096;

/** What an accepted socket takes over from its listener when it is accepted; the other options it has from the handshake (TA-9, TA-10). */
const inherited = [
  inetOption.packet,
  inetOption.packetSize,
  inetOption.lineDelimiter,
  inetOption.buffer,
  inetOption.highWatermark,
  inetOption.lowWatermark,
  inetOption.linger,
  inetOption.flushTimeout,
];
const ofPackets: ReadonlySet<number> = new Set([
  inetOption.packet,
  inetOption.packetSize,
  inetOption.lineDelimiter,
  inetOption.buffer,
]);

export class SimulatedTcpStack extends InetSource<TcpEnd> implements TcpStack {
  readonly name = 'simulated';
  readonly #host: Host;
  readonly #hosts: Hosts;
  readonly #endHost = { ready: (end: TcpEnd): void => this.ready(end) };

  constructor(wire: Wire, hosts: Hosts, host: Host, onBatch: BatchCallback) {
    super(wire, onBatch);
    this.#hosts = hosts;
    this.#host = host;
  }

  /** Every socket that is open, and every closed one that still sends. */
  get ends(): Iterable<TcpEnd> {
    return this.sockets.values();
  }

  /** Both ends of the connection that this host has between the two names, if it has one, get a reset. */
  reset(local: SockName, remote: SockName): void {
    const isIt = (name: Name | undefined, wanted: SockName): boolean =>
      name !== undefined && 'port' in wanted && name.address === wanted.address && name.port === wanted.port;
    for (const end of this.ends) if (isIt(end.local, local) && isIt(end.remote, remote)) end.reset();
  }

  open({ family, netns, fd }: InetOpenParams): Handle | number {
    if (netns !== undefined) return -ENOENT;
    if (fd !== undefined) return -EBADF;
    return this.add(new TcpEnd(this.wire, this.#endHost, family));
  }

  bind(handle: Handle, address: string, port: number): number {
    const end = this.sockets.get(handle);
    if (end === undefined) return -EBADF;
    if (end.local !== undefined) return -EINVAL;
    if (end.family === inetFamily.local) {
      if (address === '' || !isPath(address)) return -EINVAL;
      const result = this.#host.tcp.bindPath(end, address);
      if (result === 0) end.local = { address, port: 0 };
      return result;
    }
    if (!this.#host.mayBind(address)) return -EADDRNOTAVAIL;
    return this.#bindPort(end, address, port);
  }

  listen(handle: Handle, backlog: number): number {
    const end = this.sockets.get(handle);
    if (end === undefined) return -EBADF;
    if (end.state !== 'fresh') return -EINVAL;
    const limit = Math.min(backlog >>> 0, mostBacklog);
    if (end.backlog !== undefined) end.backlog.limit = limit;
    else {
      const bound = end.local === undefined ? this.#bindPort(end, end.family === inetFamily.ipv6 ? '::' : '0.0.0.0', 0) : 0;
      if (bound !== 0) return bound;
      const { address, port } = end.local!;
      const others = this.#host.tcp.find(plainAddress(address), port);
      if (others.some((other) => other !== end && other.backlog !== undefined && !mayShare(end, other))) return -EADDRINUSE;
      end.backlog = { limit, waiting: [], isAsked: false };
    }
    return 0;
  }

  connect(handle: Handle, address: string, port: number): number {
    const end = this.sockets.get(handle);
    if (end === undefined) return -EBADF;
    if (end.state === 'connecting') return -EALREADY;
    if (end.state === 'connected' || end.backlog !== undefined) return -EISCONN;
    if (end.family === inetFamily.local) return this.#connectLocal(end, address);
    const destination = concrete(address);
    if (end.family === inetFamily.ipv4 && destination.includes(':')) return -EAFNOSUPPORT;
    const bound = end.local === undefined ? undefined : plainAddress(end.local.address);
    const source = bound === undefined || !this.#host.has(bound) ? this.#host.sourceFor(destination) : bound;
    if (source === undefined) return -ENETUNREACH;
    const chosen = this.#choosePort(end, addressFor(end.family, source));
    if (chosen !== 0) return chosen;
    end.remote = { address: addressFor(end.family, destination), port };
    const host = this.#hosts.find(this.#host, destination);
    const find = (): TcpEnd[] | undefined => host?.tcp.find(destination, port).filter(({ backlog }) => backlog !== undefined);
    this.#begin(end, find, { address: source, port: end.local!.port }, { address: destination, port });
    return 0;
  }

  accept(handle: Handle): Handle | number {
    const listener = this.sockets.get(handle);
    if (listener === undefined) return -EBADF;
    const { backlog } = listener;
    if (backlog === undefined) return -EINVAL;
    const end = backlog.waiting.shift();
    backlog.isAsked = end === undefined;
    if (end === undefined) return -EAGAIN;
    end.options.inherit(listener.options, inherited);
    end.input.reframe();
    return this.add(end);
  }

  send(handle: Handle, data: Uint8Array): number {
    const end = this.sockets.get(handle);
    if (end === undefined) return -EBADF;
    if (end.state !== 'connected') return -ENOTCONN;
    const result = end.output.send(data);
    if (result === 0) end.wake();
    return result;
  }

  sendMany(handle: Handle, data: readonly Uint8Array[]): number {
    const refused = data.findIndex((each) => this.send(handle, each) !== 0);
    return refused < 0 ? data.length : refused;
  }

  expect(handle: Handle, bytes: number): number {
    return this.#withInput(handle, (end) => end.input.expect(bytes));
  }

  unrecv(handle: Handle, data: Uint8Array): number {
    return this.#withInput(handle, (end) => end.input.unrecv(data));
  }

  shutdown(handle: Handle, how: number): number {
    const end = this.sockets.get(handle);
    if (end === undefined) return -EBADF;
    if (end.state !== 'connected' || end.isOver) return -ENOTCONN;
    if (how !== 1) end.input.shut();
    if (how !== 0) end.output.shut();
    end.wake();
    this.ready(end);
    return 0;
  }

  close(handle: Handle, abort: boolean): number {
    const end = this.sockets.get(handle);
    if (end === undefined || end.isClosed) return -EBADF;
    end.isClosed = true;
    end.handshake?.end();
    this.#host.tcp.release(end, end.local?.port ?? 0, end.local?.address ?? '');
    for (const waiting of end.backlog?.waiting ?? []) {
      waiting.isClosed = true;
      waiting.abort();
    }
    const [lingers = 0, seconds = 0] = end.options.words(inetOption.linger);
    // Data that nobody has read makes a reset of the close (TC-18).
    if (abort || (lingers === 1 && seconds === 0) || end.input.unreadBytes > 0) end.abort();
    end.output.shut();
    end.wake();
    const flushes = end.state === 'connected' && !end.isOver && end.output.queuedBytes > 0;
    if (flushes) flush(this.wire, end, lingers === 1 ? seconds * 1000 : Number.POSITIVE_INFINITY, () => this.forget(handle));
    else this.forget(handle);
    return flushes ? 1 : 0;
  }

  drop(handle: Handle): void {
    const end = this.sockets.get(handle);
    if (end === undefined || !end.isClosed) return;
    end.onFlushed = undefined;
    end.abort();
    this.forget(handle);
  }

  setOption(handle: Handle, option: number, values: readonly number[]): number {
    const end = this.sockets.get(handle);
    if (end === undefined) return -EBADF;
    const result = end.options.set(option, values);
    if (result !== 0) return result;
    if (ofPackets.has(option)) end.input.reframe();
    end.watchSilence();
    this.ready(end);
    return 0;
  }

  peername(handle: Handle): InetName | number {
    const end = this.sockets.get(handle);
    if (end === undefined) return -EBADF;
    if (end.state !== 'connected' || end.isOver || end.remote === undefined) return -ENOTCONN;
    return nameOf(end, end.remote);
  }

  readiness(handle: Handle): [boolean, number, boolean] | number {
    const end = this.sockets.get(handle);
    if (end === undefined) return -EBADF;
    if (end.state !== 'connected') return -ENOTCONN;
    return [end.input.isReceivable, Math.min(end.output.room, unlimitedCredit), end.input.unreadBytes > 0];
  }

  queuedBytes(handle: Handle): [number, number] {
    const end = this.sockets.get(handle);
    return end === undefined ? [0, 0] : [end.input.heldBytes, end.output.queuedBytes];
  }

  stats(): Record<string, number> {
    const ends = [...this.sockets.values()];
    const sum = (measure: (end: TcpEnd) => number): number => ends.reduce((total, end) => total + measure(end), 0);
    const flushing = ends.filter(({ isClosed }) => isClosed);
    return {
      sockets: ends.length,
      flushing: flushing.length,
      flushingBytes: flushing.reduce((total, { output }) => total + output.queuedBytes, 0),
      queuedInBytes: sum(({ input }) => input.unreadBytes + input.heldBytes),
      queuedOutBytes: sum(({ output }) => output.unacknowledgedBytes),
    };
  }

  #bindPort(end: TcpEnd, address: string, port: number): number {
    const isV6Only = end.options.word(inetOption.ipv6Only) === 1;
    const place = { family: end.family, address, port, isV6Only };
    const bound = this.#host.tcp.bind(end, place, (other) => mayShare(end, other));
    if (bound < 0) return bound;
    end.local = { address, port: bound };
    return 0;
  }

  /** A socket that connects has an address of its own from now on. */
  #choosePort(end: TcpEnd, source: string): number {
    if (end.local === undefined) return this.#bindPort(end, source, 0);
    end.local = { ...end.local, address: source };
    return 0;
  }

  #connectLocal(end: TcpEnd, path: string): number {
    if (path === '' || !isPath(path)) return -EINVAL;
    const listener = this.#host.tcp.findPath(path);
    if (listener === undefined) return -ENOENT;
    if (listener.backlog === undefined) return -ECONNREFUSED;
    end.remote = { address: path, port: 0 };
    end.local ??= { address: '', port: 0 };
    const find = (): TcpEnd[] => [this.#host.tcp.findPath(path)].filter((found) => found?.backlog !== undefined) as TcpEnd[];
    this.#begin(end, find, end.local, end.remote);
    return 0;
  }

  #begin(end: TcpEnd, find: () => TcpEnd[] | undefined, source: Name, destination: Name): void {
    end.state = 'connecting';
    const handshake = new Handshake(this.wire, end, find, source, destination);
    end.handshake = handshake;
    handshake.begin();
  }

  #withInput(handle: Handle, act: (end: TcpEnd) => void): number {
    const end = this.sockets.get(handle);
    if (end === undefined) return -EBADF;
    if (end.state !== 'connected') return -ENOTCONN;
    act(end);
    this.ready(end);
    return 0;
  }
}

function mayShare(end: TcpEnd, other: TcpEnd): boolean {
  const both = (option: number): boolean => end.options.word(option) === 1 && other.options.word(option) === 1;
  // As on Linux, reuseaddr helps only where nobody listens (TL-9, TL-10).
  return both(inetOption.reusePort) || (both(inetOption.reuseAddr) && other.backlog === undefined);
}
