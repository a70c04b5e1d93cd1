/** UDP of one simulated host: the calls of `UdpStack` over sockets in memory. */
import { constants } from 'node:os';
import type { BatchCallback, Handle } from '../../../native/contract/batch.js';
import { type InetName, type InetOpenParams, inetFamily, inetOption } from '../../../native/contract/inet.js';
import { type UdpStack, udpSend } from '../../../native/contract/udp.js';
import { formatV4 } from '../../socket/index.js';
import { addressFor, isAny, isMulticast, isPath, plainAddress } from './addresses.js';
import { Channel } from './channel.js';
import { concrete, type Host, type Hosts } from './host.js';
import { InetSource, type Name, nameOf } from './inetSource.js';
import { protocolUdp } from './packetTrace.js';
import { type Datagram, UdpEnd } from './udpEnd.js';
import { ancillaryOf, destinationOf, groupOf, refusesAncillary, sourceOf } from './udpWords.js';
import type { Wire } from './wire.js';

const {
  EACCES,
  EADDRINUSE,
  EADDRNOTAVAIL,
  EAFNOSUPPORT,
  EAGAIN,
  EBADF,
  ECONNREFUSED,
  EDESTADDRREQ,
  EINVAL,
  EMSGSIZE,
  ENETUNREACH,
  ENODEV,
  ENOENT,
  ENOTCONN,
} = constants.errno;
const broadcastAddress = '255.255.255.255';
/** 65535, less the headers of UDP and of IPv4 (US-5). The length of IPv6 does not count its own header. */
const mostPayload = { 4: 65507, 6: 65527 } as const;

export class SimulatedUdpStack extends InetSource<UdpEnd> implements UdpStack {
  readonly name = 'simulated';
  readonly #host: Host;
  readonly #hosts: Hosts;
  /** The ways by which datagrams leave, by their two addresses. */
  readonly #channels = new Map<string, Channel>();

  constructor(wire: Wire, hosts: Hosts, host: Host, onBatch: BatchCallback) {
    super(wire, onBatch);
    this.#hosts = hosts;
    this.#host = host;
  }

  open({ family, netns, fd }: InetOpenParams): Handle | number {
    if (netns !== undefined) return -ENOENT;
    if (fd !== undefined) return -EBADF;
    return this.add(new UdpEnd(family, (end) => this.ready(end)));
  }

  bind(handle: Handle, address: string, port: number): number {
    const end = this.sockets.get(handle);
    if (end === undefined) return -EBADF;
    if (end.local !== undefined) return -EINVAL;
    if (end.family === inetFamily.local) {
      if (!isPath(address)) return -EINVAL;
      const result = address === '' ? 0 : this.#host.udp.bindPath(end, address);
      if (result === 0 && address !== '') end.local = { address, port: 0 };
      return result;
    }
    return this.#host.mayBind(address) || isMulticast(address) ? this.#bindPort(end, address, port) : -EADDRNOTAVAIL;
  }

  connect(handle: Handle, address: string, port: number): number {
    const end = this.sockets.get(handle);
    if (end === undefined) return -EBADF;
    if (end.family === inetFamily.local) return this.#connectLocal(end, address);
    if (address === '') {
      end.remote = undefined;
      return 0;
    }
    if (port === 0) return -EINVAL;
    const to = concrete(address);
    if (end.family === inetFamily.ipv4 && to.includes(':')) return -EAFNOSUPPORT;
    if (to === broadcastAddress && end.options.word(inetOption.broadcast) === 0) return -EACCES;
    const source = this.#sourceOf(end, to);
    if (source === undefined) return -ENETUNREACH;
    const bound = this.#bindIfNeeded(end);
    if (bound !== 0) return bound;
    if (isAny(end.local!.address)) end.local = { address: addressFor(end.family, source), port: end.local!.port };
    end.remote = { address: to, port };
    end.dropOthers((from) => from.address === to && from.port === port);
    return 0;
  }

  sendMany(handle: Handle, words: Uint32Array, payloads: readonly Uint8Array[], paths?: readonly string[]): number {
    const end = this.sockets.get(handle);
    for (const [index, payload] of payloads.entries()) {
      const base = index * udpSend.words;
      const error = end === undefined ? EBADF : this.#send(end, words, base, payload, paths?.[index]);
      if (error === 0) continue;
      words[base + udpSend.error] = error;
      return index;
    }
    return payloads.length;
  }

  close(handle: Handle): number {
    const end = this.sockets.get(handle);
    if (end === undefined) return -EBADF;
    end.tellWaiting();
    this.#host.udp.release(end, end.local?.port ?? 0, end.local?.address ?? '');
    this.forget(handle);
    return 0;
  }

  setOption(handle: Handle, option: number, values: readonly number[]): number {
    const end = this.sockets.get(handle);
    if (end === undefined) return -EBADF;
    switch (option) {
      case inetOption.addMembership:
      case inetOption.addSourceMembership:
        return this.#hasInterface(values) ? join(end, groupOf(values), sourceOf(values)) : -ENODEV;
      case inetOption.dropMembership:
      case inetOption.dropSourceMembership:
        return this.#hasInterface(values) ? leave(end, groupOf(values), sourceOf(values)) : -ENODEV;
      case inetOption.multicastIf:
        if (end.family === inetFamily.ipv4 && !this.#hasInterface([0, ...values])) return -EADDRNOTAVAIL;
        return end.options.set(option, values);
      default:
        return end.options.set(option, values);
    }
  }

  peername(handle: Handle): InetName | number {
    const end = this.sockets.get(handle);
    if (end === undefined) return -EBADF;
    if (end.remote === undefined) return -ENOTCONN;
    const { address, port } = end.remote;
    return nameOf(end, { address: addressFor(end.family, address), port });
  }

  queuedBytes(handle: Handle): [number, number] {
    return [this.sockets.get(handle)?.waitingBytes ?? 0, 0];
  }

  stats(): Record<string, number> {
    const ends = [...this.sockets.values()];
    return { sockets: ends.length, queuedInBytes: ends.reduce((sum, end) => sum + end.waitingBytes, 0) };
  }

  #bindPort(end: UdpEnd, address: string, port: number): number {
    const isV6Only = end.options.word(inetOption.ipv6Only) === 1;
    const bound = this.#host.udp.bind(end, { family: end.family, address, port, isV6Only }, (other) => mayShare(end, other));
    if (bound < 0) return bound;
    end.local = { address, port: bound };
    return 0;
  }

  #bindIfNeeded(end: UdpEnd): number {
    return end.local === undefined ? this.#bindPort(end, end.family === inetFamily.ipv6 ? '::' : '0.0.0.0', 0) : 0;
  }

  #connectLocal(end: UdpEnd, path: string): number {
    if (path === '') end.remote = undefined;
    else if (!isPath(path)) return -EINVAL;
    else if (this.#host.udp.findPath(path) === undefined) return -ENOENT;
    else end.remote = { address: path, port: 0 };
    return 0;
  }

  #sourceOf(end: UdpEnd, to: string): string | undefined {
    const bound = end.local === undefined ? undefined : plainAddress(end.local.address);
    if (bound !== undefined && !isAny(bound) && !isMulticast(bound)) return bound;
    if (to !== broadcastAddress && !isMulticast(to)) return this.#host.sourceFor(to);
    return [...this.#host.addresses].find((address) => address.includes(':') === to.includes(':'));
  }

  /** 0, or an errno. */
  #send(end: UdpEnd, words: Uint32Array, base: number, payload: Uint8Array, path: string | undefined): number {
    const earlier = end.takeError();
    if (earlier !== 0) return earlier;
    if (end.family === inetFamily.local) return this.#sendLocal(end, path || end.remote?.address, payload);
    const isConnected = words[base + udpSend.family] === 0;
    const to = isConnected ? end.remote : destinationOf(words, base);
    if (to === undefined) return EDESTADDRREQ;
    if (to.port === 0 || refusesAncillary(to, words, base)) return EINVAL;
    if (end.family === inetFamily.ipv4 && to.address.includes(':')) return EAFNOSUPPORT;
    const family = to.address.includes(':') ? 6 : 4;
    if (payload.length > mostPayload[family]) return EMSGSIZE;
    if (to.address === broadcastAddress && end.options.word(inetOption.broadcast) === 0) return EACCES;
    const source = this.#sourceOf(end, to.address);
    if (source === undefined) return ENETUNREACH;
    const bound = this.#bindIfNeeded(end);
    if (bound !== 0) return -bound;
    const { wire } = this;
    const isHere = this.#hosts.find(this.#host, to.address) === this.#host;
    const from = { address: source, port: isHere ? end.local!.port : wire.nats.outsideOf(source, end.local!.port) };
    wire.note(protocolUdp, from, to, payload);
    this.#transmit(end, from, to, {
      from,
      to: to.address,
      payload: new Uint8Array(payload),
      ...ancillaryOf(end, to, words, base),
    });
    return 0;
  }

  #sendLocal(end: UdpEnd, path: string | undefined, payload: Uint8Array): number {
    if (path === undefined) return ENOTCONN;
    if (!isPath(path)) return EINVAL;
    const receiver = this.#host.udp.findPath(path);
    if (receiver === undefined) return ENOENT;
    if (payload.length > end.options.word(inetOption.sndbuf)) return EMSGSIZE;
    if (!receiver.hasRoomFor(payload.length, end)) return EAGAIN;
    const from = { address: end.local?.address ?? '', port: 0 };
    if (receiver.remote !== undefined && receiver.remote.address !== from.address) return EACCES;
    // It crosses no network: it is in the queue at once.
    receiver.receive({ from, to: path, payload: new Uint8Array(payload), ttl: 0, tos: 0 });
    return 0;
  }

  #transmit(end: UdpEnd, from: Name, to: Name, datagram: Datagram): void {
    const bytes = datagram.payload.length;
    if (to.address === broadcastAddress || isMulticast(to.address)) {
      for (const host of this.#hosts.all) this.#multicast(end, host, from, to, datagram);
      return;
    }
    const host = this.#hosts.find(this.#host, to.address);
    if (host === undefined) return;
    this.#channel(from.address, to.address).sendLoose(bytes, (isChanged) => {
      const port = host === this.#host ? to.port : this.wire.nats.insideOf(to.address, to.port);
      if (isChanged || port === undefined) return;
      const receiver = chosen(host.udp.find(to.address, port), from);
      if (receiver !== undefined) receiver.receive(datagram);
      else this.#channel(to.address, from.address).sendLoose(0, () => this.#refused(end, to));
    });
  }

  /** A port that nobody has says so to those who are connected to it (UE-1, UE-2). */
  #refused(end: UdpEnd, by: Name): void {
    if (end.remote !== undefined && isSame(end.remote, by)) end.fail(ECONNREFUSED);
  }

  #multicast(end: UdpEnd, host: Host, from: Name, to: Name, datagram: Datagram): void {
    const isGroup = isMulticast(to.address);
    if (isGroup && host === this.#host && end.options.word(inetOption.multicastLoop) === 0) return;
    const [at = from.address] = host === this.#host ? [from.address] : host.addresses;
    this.#channel(from.address, at).sendLoose(datagram.payload.length, (isChanged) => {
      if (isChanged) return;
      for (const receiver of host.udp.findAll(to.port)) {
        const isMember = !isGroup || receiver.isIn(to.address, from.address);
        const isHeard = receiver.remote === undefined || isSame(receiver.remote, from);
        if (isMember && isHeard && receiver.family === (to.address.includes(':') ? 6 : 4)) receiver.receive(datagram);
      }
    });
  }

  /** A host has one interface, with all its addresses and any index. */
  #hasInterface([, address = 0]: readonly number[]): boolean {
    return address === 0 || this.#host.has(formatV4(address));
  }

  #channel(from: string, to: string): Channel {
    const key = `${from} ${to}`;
    const channel = this.#channels.get(key) ?? new Channel(this.wire, from, to);
    this.#channels.set(key, channel);
    return channel;
  }
}

function isSame(a: Name, b: Name): boolean {
  return a.address === b.address && a.port === b.port;
}

/** Of sockets that share a port by `reuseport` each sender has its own; otherwise the newest gets all (UO-6). */
function chosen(candidates: readonly UdpEnd[], from: Name): UdpEnd | undefined {
  const hearing = candidates.filter(({ remote }) => remote === undefined || isSame(remote, from));
  const connected = hearing.find(({ remote }) => remote !== undefined);
  const sharing = hearing.filter(({ options }) => options.word(inetOption.reusePort) === 1);
  if (connected !== undefined || sharing.length < 2) return connected ?? hearing[0];
  const hash = [...`${from.address} ${from.port}`].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 0);
  return sharing[hash % sharing.length];
}

function join(end: UdpEnd, group: string, source: string | undefined): number {
  if (!isMulticast(group)) return -EINVAL;
  const sources = end.groups.get(group);
  if (!end.groups.has(group)) end.groups.set(group, source === undefined ? undefined : new Set([source]));
  else if (source === undefined) return -EADDRINUSE;
  else if (sources === undefined) return -EINVAL;
  else if (sources.has(source)) return -EADDRNOTAVAIL;
  else sources.add(source);
  return 0;
}

function leave(end: UdpEnd, group: string, source: string | undefined): number {
  const sources = end.groups.get(group);
  if (source === undefined) return end.groups.delete(group) ? 0 : -EADDRNOTAVAIL;
  if (sources?.delete(source) !== true) return -EADDRNOTAVAIL;
  if (sources.size === 0) end.groups.delete(group);
  return 0;
}

function mayShare(end: UdpEnd, other: UdpEnd): boolean {
  return [inetOption.reuseAddr, inetOption.reusePort].some(
    (option) => end.options.word(option) === 1 && other.options.word(option) === 1,
  );
}
