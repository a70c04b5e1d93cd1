/** The addon's TCP as a test drives it, without actors. Records become objects, and a test waits for the record it means. */
import { constants } from 'node:os';
import { expect, onTestFinished } from 'vitest';
import {
  type Handle,
  type InetFamily,
  type InetName,
  inetFamily,
  inetOption,
  kernelTcp,
  packetMode,
  type TcpStack,
  tcpKind,
  tcpRecord,
  unlimitedCredit,
  where,
} from '../../native/index.js';
import { Arrivals } from './arrivals.js';
import { errorName, nextTurn, until } from './stackUnderTest.js';

/** A record with the words that tests look at, its payload copied. */
export interface TcpItem {
  readonly socket: Handle;
  readonly kind: number;
  /** 'ECONNRESET', or '' for 0. */
  readonly error: string;
  readonly isLarge: boolean;
  readonly data: Buffer;
}

export interface Pair {
  readonly client: Handle;
  readonly server: Handle;
}

export type Mode = keyof typeof packetMode;

export class TcpUnderTest extends Arrivals<TcpItem> {
  readonly stack: TcpStack;
  readonly #open = new Set<Handle>();
  readonly #listeners = new Map<string, Handle>();

  /** The sockets are closed when the test ends. */
  constructor() {
    super();
    this.stack = kernelTcp((count) => this.take(this.#read(count)));
    onTestFinished(() => this.closeAll());
  }

  socket(family: InetFamily = inetFamily.ipv4): Handle {
    return this.#opened(this.stack.open({ family }));
  }

  /** A listener on loopback, or of a local path. */
  listener(name: Partial<InetName> = {}, backlog = 128): Handle {
    const family = name.family ?? inetFamily.ipv4;
    const handle = this.socket(family);
    const address = name.address ?? (family === inetFamily.ipv6 ? '::1' : '127.0.0.1');
    this.#succeed('bind', this.stack.bind(handle, address, name.port ?? 0));
    this.#succeed('listen', this.stack.listen(handle, backlog));
    return handle;
  }

  name(socket: Handle): InetName {
    const name = this.stack.sockname(socket);
    if (typeof name === 'number') throw new Error(`sockname: ${errorName(name)}`);
    return name;
  }

  /** Begins to connect to a listener. */
  connecting(listener: Handle): Handle {
    const { family, address, port } = this.name(listener);
    const client = this.socket(family);
    this.#succeed('connect', this.stack.connect(client, address, port));
    return client;
  }

  async accept(listener: Handle): Promise<Handle> {
    for (;;) {
      const accepted = this.stack.accept(listener);
      if (accepted !== -constants.errno.EAGAIN) return this.#opened(accepted);
      await this.next(listener, tcpKind.acceptable);
    }
  }

  /** Two ends of a connection, both with unlimited credit and the same packets. */
  async pair(mode: Mode = 'raw', options: Partial<Record<keyof typeof inetOption, number>> = {}): Promise<Pair> {
    const listener = this.#listeners.get(mode) ?? this.listener();
    this.#listeners.set(mode, listener);
    this.set(listener, { ...options, packet: packetMode[mode] });
    const client = this.connecting(listener);
    expect((await this.next(client, tcpKind.connected)).error).toBe('');
    this.set(client, { ...options, packet: packetMode[mode] });
    const server = await this.accept(listener);
    for (const socket of [client, server]) this.stack.setCredit(socket, unlimitedCredit, unlimitedCredit);
    return { client, server };
  }

  set(socket: Handle, options: Partial<Record<keyof typeof inetOption, number>>): void {
    for (const [name, value] of Object.entries(options)) {
      this.#succeed(name, this.stack.setOption(socket, inetOption[name as keyof typeof inetOption], [value]));
    }
  }

  /** 'EAGAIN', or '' if the stack has taken it. */
  send(socket: Handle, data: string | Uint8Array): string {
    return outcome(this.stack.send(socket, typeof data === 'string' ? Buffer.from(data) : data));
  }

  /** Sends, waiting for the socket to take it. */
  async sendAll(socket: Handle, messages: Iterable<string | Uint8Array>): Promise<void> {
    for (const message of messages) {
      for (let status = this.send(socket, message); status !== ''; status = this.send(socket, message)) {
        if (status !== 'EAGAIN') throw new Error(`send: ${status}`);
        await this.next(socket, tcpKind.writable);
      }
    }
  }

  /** Sends pieces until the socket takes no more, turn after turn of the loop. How many bytes it has taken. */
  async fill(socket: Handle, piece = Buffer.alloc(10_000, 'f')): Promise<number> {
    let bytes = 0;
    for (let refused = 0; refused < 10; ) {
      if (this.send(socket, piece) === '') {
        bytes += piece.length;
        refused = 0;
      } else {
        refused += 1;
        await nextTurn();
      }
    }
    return bytes;
  }

  /** '', 'goes on', or an error. */
  close(socket: Handle, abort = false): string {
    this.#open.delete(socket);
    const status = this.stack.close(socket, abort);
    return status === 1 ? 'goes on' : outcome(status);
  }

  closeAll(): void {
    for (const handle of this.#open) this.close(handle, true);
  }

  credit(socket: Handle, items: number, bytes: number = unlimitedCredit): void {
    this.stack.setCredit(socket, items, bytes);
  }

  /** Takes the next `count` messages of a socket. */
  async messages(socket: Handle, count: number): Promise<Buffer[]> {
    const messages: Buffer[] = [];
    while (messages.length < count) messages.push((await this.next(socket, tcpKind.data)).data);
    return messages;
  }

  /** Takes data of a socket until there are so many bytes. */
  async bytes(socket: Handle, count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let got = 0; got < count; got += parts.at(-1)?.length ?? 0) parts.push((await this.next(socket, tcpKind.data)).data);
    return Buffer.concat(parts);
  }

  /** The messages of a socket that have come and that the test has not taken. */
  waiting(socket: Handle): string[] {
    return this.items
      .filter((item) => item.socket === socket && item.kind === tcpKind.data)
      .map(({ data }) => data.toString('latin1'));
  }

  /** What the socket's credit lets through at once. */
  drain(socket: Handle): TcpItem[] {
    const items: TcpItem[] = [];
    for (let count = this.stack.drain(socket); count > 0; count = this.stack.drain(socket)) items.push(...this.#read(count));
    return items;
  }

  /** What so much credit lets through at once, as text. */
  drained(socket: Handle, items: number): string[] {
    this.credit(socket, items);
    const taken = this.drain(socket).map(({ kind, data, error }) =>
      kind === tcpKind.data ? data.toString('latin1') : `end ${error}`,
    );
    this.credit(socket, 0);
    return taken;
  }

  /** Waits until so many bytes have come at the socket's kernel since the connection began, read or not. The peer's end counts as one. */
  async arrived(socket: Handle, bytes: number): Promise<void> {
    await until(() => received(this.stack, socket) >= bytes);
  }

  #opened(handle: Handle | number): Handle {
    if (handle < 0) throw new Error(errorName(handle));
    this.#open.add(handle);
    return handle;
  }

  #succeed(what: string, status: number): void {
    if (status !== 0) throw new Error(`${what}: ${errorName(status)}`);
  }

  #read(count: number): TcpItem[] {
    const { meta, large } = this.stack;
    return Array.from({ length: count }, (_, index) => {
      const word = (offset: number) => meta[index * tcpRecord.words + offset] as number;
      const isLarge = word(tcpRecord.kind) === tcpKind.data && word(tcpRecord.where) === where.large;
      const payload = isLarge
        ? (large[word(tcpRecord.offset)] as Uint8Array)
        : inPages(this.stack.pages ?? [], word(tcpRecord.offset), word(tcpRecord.length));
      const kind = word(tcpRecord.kind);
      const error = kind === tcpKind.data ? '' : outcome(-word(tcpRecord.error));
      return { socket: word(tcpRecord.socket), kind, error, isLarge, data: Buffer.from(kind === tcpKind.data ? payload : '') };
    });
  }
}

/** A payload where it lies. */
export function inPages(pages: readonly Uint8Array[], offset: number, length: number): Uint8Array {
  const pageBytes = pages[0]?.length ?? 0;
  const page = pages[Math.floor(offset / pageBytes)];
  if (page === undefined || (offset % pageBytes) + length > pageBytes)
    throw new Error(`no page has ${length} bytes at ${offset}`);
  return page.subarray(offset % pageBytes, (offset % pageBytes) + length);
}

export function outcome(status: number): string {
  return status === 0 ? '' : errorName(status);
}

/** tcpi_bytes_received of Linux's TCP_INFO. */
function received(stack: TcpStack, socket: Handle): number {
  const [ipProtoTcp, tcpInfo, offset] = [6, 11, 128];
  const info = stack.getRawOption(socket, ipProtoTcp, tcpInfo, offset + 8);
  if (typeof info === 'number') throw new Error(`TCP_INFO: ${errorName(info)}`);
  return Number(Buffer.from(info).readBigUInt64LE(offset));
}
