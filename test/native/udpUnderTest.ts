/** The UDP stack of the addon as a test drives it, without actors. Records become objects, and a test waits for the record it means. */
import { onTestFinished } from 'vitest';
import {
  type Handle,
  type InetOpenParams,
  inetFamily,
  kernelUdp,
  type UdpStack,
  udpFlag,
  udpKind,
  udpRecord,
  udpSend,
  unlimitedCredit,
  where,
} from '../../native/index.js';
import { Arrivals } from './arrivals.js';
import { errorName } from './stackUnderTest.js';

/** A record with the words that tests look at, its payload copied. */
export interface Datagram {
  readonly socket: Handle;
  readonly kind: number;
  readonly family: number;
  /** IPv4 as text, IPv6 as four words in hexadecimal, or the path of a local sender. */
  readonly address: string;
  readonly scopeId: number;
  readonly port: number;
  readonly flags: number;
  readonly error: number;
  readonly tos: number;
  readonly ttl: number;
  readonly tclass: number;
  readonly ifIndex: number;
  readonly destination: string;
  readonly data: Buffer;
}

/** Where to and how a datagram is sent. */
export interface To {
  readonly address?: string;
  readonly port?: number;
  readonly scopeId?: number;
  readonly path?: string;
  readonly tos?: number;
  readonly ttl?: number;
  readonly tclass?: number;
}

export class UdpUnderTest extends Arrivals<Datagram> {
  readonly stack: UdpStack;
  private readonly open = new Set<Handle>();

  /** The sockets are closed when the test ends. */
  constructor() {
    super();
    this.stack = kernelUdp((count) => this.take(this.read(count)));
    onTestFinished(() => {
      for (const handle of this.open) this.close(handle);
    });
  }

  /** A handle or a negative errno. */
  tryOpen(params: Partial<InetOpenParams> = {}): Handle | number {
    const handle = this.stack.open({ family: inetFamily.ipv4, ...params });
    if (handle > 0) this.open.add(handle);
    return handle;
  }

  /** Opens a socket that is not bound, and whose credit has no limit. */
  unbound(params: Partial<InetOpenParams> = {}): Handle {
    const handle = this.tryOpen(params);
    if (handle < 0) throw new Error(`open: ${errorName(handle)}`);
    this.stack.setCredit(handle, unlimitedCredit, unlimitedCredit);
    return handle;
  }

  /** Opens a socket on an address of loopback, or on a path. */
  socket(address = '127.0.0.1', port = 0): Handle {
    const isLocal = address.startsWith('/') || address.startsWith('\0');
    const ipFamily = address.includes(':') ? inetFamily.ipv6 : inetFamily.ipv4;
    const handle = this.unbound({ family: isLocal ? inetFamily.local : ipFamily });
    must('bind', this.stack.bind(handle, address, port));
    return handle;
  }

  port(socket: Handle): number {
    return this.name(socket).port;
  }

  name(socket: Handle) {
    const name = this.stack.sockname(socket);
    if (typeof name === 'number') throw new Error(`sockname: ${errorName(name)}`);
    return name;
  }

  close(socket: Handle): void {
    this.open.delete(socket);
    this.stack.close(socket);
  }

  set(socket: Handle, option: number, ...values: number[]): string {
    return outcome(this.stack.setOption(socket, option, values));
  }

  get(socket: Handle, option: number): number[] | string {
    const values = this.stack.getOption(socket, option);
    return typeof values === 'number' ? outcome(values) : values;
  }

  /** Sends to a port of loopback, to the connected peer, or as told: 'ok', or the name of the error. */
  send(socket: Handle, to: number | To | undefined, data: Uint8Array | string): string {
    return this.sendMany(socket, [[to, data]])[0]!;
  }

  /** Sends several at once: the outcome of each, up to the first that was refused. */
  sendMany(socket: Handle, sends: readonly (readonly [to: number | To | undefined, data: Uint8Array | string])[]): string[] {
    const words = new Uint32Array(sends.length * udpSend.words);
    const paths = sends.map(([to]) => (typeof to === 'object' ? (to.path ?? '') : ''));
    for (const [index, [to]] of sends.entries()) {
      write(words, index * udpSend.words, typeof to === 'number' ? { address: '127.0.0.1', port: to } : to);
    }
    const payloads = sends.map(([, data]) => Buffer.from(data));
    const hasPaths = paths.some((path) => path !== '');
    const taken = hasPaths ? this.stack.sendMany(socket, words, payloads, paths) : this.stack.sendMany(socket, words, payloads);
    if (taken < 0) return [outcome(taken)];
    const answers = Array<string>(taken).fill('ok');
    if (taken < sends.length) answers.push(outcome(-words[taken * udpSend.words + udpSend.error]!));
    return answers;
  }

  /** Takes the first item of that socket and kind, waiting for it. */
  override next(socket: Handle, wanted: number = udpKind.data): Promise<Datagram> {
    return super.next(socket, wanted);
  }

  /** Takes the next `count` payloads of a socket, as text. */
  async texts(socket: Handle, count: number): Promise<string[]> {
    const texts: string[] = [];
    while (texts.length < count) texts.push((await this.next(socket)).data.toString());
    return texts;
  }

  /** The payloads of a socket that have come and that the test has not taken. */
  waiting(socket: Handle): string[] {
    return this.items.filter((item) => item.socket === socket && item.kind === udpKind.data).map((item) => item.data.toString());
  }

  drain(socket: Handle): Datagram[] {
    return this.read(this.stack.drain(socket));
  }

  private read(count: number): Datagram[] {
    const { meta, slab, large } = this.stack;
    return Array.from({ length: count }, (_, index) => {
      const word = (offset: number) => meta[index * udpRecord.words + offset]!;
      const flags = word(udpRecord.flags);
      const told = (flag: number, value: number) => ((flags & flag) === 0 ? 0 : value);
      const payload =
        word(udpRecord.where) === where.large
          ? large[word(udpRecord.offset)]!
          : slab.subarray(word(udpRecord.offset), word(udpRecord.offset) + word(udpRecord.length));
      const family = word(udpRecord.family);
      const isLocal = family === inetFamily.local;
      const pathLength = isLocal ? word(udpRecord.pathLength) : 0;
      return {
        socket: word(udpRecord.socket),
        kind: word(udpRecord.kind),
        family,
        address: isLocal
          ? Buffer.from(payload.subarray(0, pathLength)).toString('latin1')
          : textOf(family, word, udpRecord.address),
        scopeId: family === inetFamily.ipv6 ? word(udpRecord.scopeId) : 0,
        port: word(udpRecord.port),
        flags,
        error: word(udpRecord.kind) === udpKind.error ? word(udpRecord.error) : 0,
        tos: told(udpFlag.tos, word(udpRecord.tos)),
        ttl: told(udpFlag.ttl, word(udpRecord.ttl)),
        tclass: told(udpFlag.tclass, word(udpRecord.tclass)),
        ifIndex: told(udpFlag.pktinfo, word(udpRecord.ifIndex)),
        destination: (flags & udpFlag.pktinfo) === 0 ? '' : textOf(family, word, udpRecord.destination),
        data: Buffer.from(payload.subarray(pathLength)),
      };
    });
  }
}

function textOf(family: number, word: (offset: number) => number, at: number): string {
  if (family === inetFamily.ipv6) return [0, 1, 2, 3].map((index) => word(at + index).toString(16)).join(' ');
  const value = word(at);
  return family === inetFamily.ipv4 ? [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.') : '';
}

function write(words: Uint32Array, base: number, to: To | undefined): void {
  if (to === undefined) return;
  const { address, path } = to;
  if (path !== undefined) words[base + udpSend.family] = inetFamily.local;
  if (address !== undefined) {
    const isIpv6 = address.includes(' ');
    words[base + udpSend.family] = isIpv6 ? inetFamily.ipv6 : inetFamily.ipv4;
    const parts = isIpv6
      ? address.split(' ').map((part) => Number.parseInt(part, 16))
      : [address.split('.').reduce((word, part) => word * 256 + Number(part), 0)];
    words.set(parts, base + udpSend.address);
  }
  words[base + udpSend.scopeId] = to.scopeId ?? 0;
  words[base + udpSend.port] = to.port ?? 0;
  for (const name of ['tos', 'ttl', 'tclass'] as const) {
    if (to[name] === undefined) continue;
    words[base + udpSend.flags] = words[base + udpSend.flags]! | udpFlag[name];
    words[base + udpSend[name]] = to[name];
  }
}

/** 'ok', or 'EINVAL' for -22. */
export function outcome(status: number): string {
  return status === 0 ? 'ok' : errorName(status);
}

function must(what: string, status: number): void {
  if (status !== 0) throw new Error(`${what}: ${errorName(status)}`);
}
