/** A stack of the addon as a test drives it, without actors. Records become objects, and a test waits for the record it means. */
import { constants } from 'node:os';
import { beforeEach, describe, onTestFinished } from 'vitest';
import {
  embeddedSctp,
  type Handle,
  kernelSctp,
  kernelSctpStatus,
  kind,
  record,
  type SctpOpenParams,
  type SctpStack,
  unlimitedCredit,
} from '../../native/index.js';
import { nextTurn } from '../support/waiting.js';
import { Arrivals } from './arrivals.js';

export { nextTurn } from '../support/waiting.js';

/** A record with the words that tests look at, its payload copied. */
export interface Item {
  readonly socket: Handle;
  readonly kind: number;
  readonly assocId: number;
  readonly family: number;
  readonly port: number;
  readonly stream: number;
  readonly flags: number;
  readonly ppid: number;
  readonly context: number;
  readonly state: number;
  readonly error: number;
  readonly data: Buffer;
}

export class StackUnderTest extends Arrivals<Item> {
  readonly stack: SctpStack;
  private readonly open = new Set<Handle>();

  /** Uses the stack that the test runs over, unless told otherwise. The sockets are closed when the test ends. */
  constructor(name: StackName = stackOfTheTest) {
    super();
    this.stack = stackMakers[name]((count) => this.take(this.read(count)));
    onTestFinished(() => this.closeAll());
  }

  /** Opens a socket on loopback whose credit has no limit. */
  socket(params: Partial<SctpOpenParams> = {}): Handle {
    const handle = this.tryOpen(params);
    if (handle < 0) throw new Error(`open: ${errorName(handle)}`);
    this.stack.setCredit(handle, unlimitedCredit, unlimitedCredit);
    return handle;
  }

  /** A handle or a negative errno. */
  tryOpen(params: Partial<SctpOpenParams> = {}): Handle | number {
    const handle = this.stack.open({ ...loopback, ...params });
    if (handle > 0) this.open.add(handle);
    return handle;
  }

  listener(params: Partial<SctpOpenParams> = {}): Handle {
    const handle = this.socket(params);
    this.stack.listen(handle, 5);
    return handle;
  }

  port(socket: Handle): number {
    const name = this.stack.sockname(socket);
    if (typeof name === 'number') throw new Error(`sockname: ${errorName(name)}`);
    return name.port;
  }

  close(socket: Handle, abort = false): void {
    this.open.delete(socket);
    this.stack.close(socket, abort);
  }

  closeAll(): void {
    for (const handle of this.open) this.close(handle, true);
  }

  send(socket: Handle, assocId: number, data: Uint8Array, stream = 0, flags = 0): number {
    return this.stack.send(socket, assocId, stream, flags, 0, 0, 0, false, data);
  }

  /** Sends, waiting for the socket to take it. */
  async sendAll(socket: Handle, assocId: number, messages: Iterable<Uint8Array>): Promise<void> {
    for (const message of messages) {
      for (;;) {
        const status = this.send(socket, assocId, message);
        if (status === 0) break;
        if (status !== -constants.errno.EAGAIN) throw new Error(`send: ${errorName(status)}`);
        await this.next(socket, kind.writable);
      }
    }
  }

  /** An association between two sockets, of this stack and of `server`: ids on both sides. */
  async associate(
    client: Handle,
    listener: Handle,
    server: StackUnderTest = this,
    address = '127.0.0.1',
  ): Promise<{ local: number; remote: number }> {
    const local = this.stack.connect(client, [address], server.port(listener), true);
    if (local < 0) throw new Error(`connect: ${errorName(local)}`);
    const result = await this.next(client, kind.connectResult);
    if (result.state !== 0) throw new Error(`association change ${result.state}`);
    return { local, remote: (await server.next(listener, kind.assocChange)).assocId };
  }

  /** Takes the next `count` messages of a socket. */
  async messages(socket: Handle, count: number): Promise<Buffer[]> {
    const messages: Buffer[] = [];
    while (messages.length < count) messages.push((await this.next(socket, kind.data)).data);
    return messages;
  }

  /** The messages of a socket that have come and that the test has not taken. */
  waiting(socket: Handle): string[] {
    return this.items.filter((item) => item.socket === socket && item.kind === kind.data).map((item) => item.data.toString());
  }

  drain(socket: Handle): Item[] {
    return this.read(this.stack.drain(socket));
  }

  /** Waits until the peer's stack has everything that this socket has sent. */
  acknowledged(socket: Handle): Promise<void> {
    return until(() => this.stack.queuedBytes(socket)[1] === 0);
  }

  private read(count: number): Item[] {
    const { meta, slab, large } = this.stack;
    return Array.from({ length: count }, (_, index) => {
      const word = (offset: number) => meta[index * record.words + offset] as number;
      const payload =
        word(record.where) === 1
          ? (large[word(record.offset)] as Uint8Array)
          : slab.subarray(word(record.offset), word(record.offset) + word(record.length));
      return {
        socket: word(record.socket),
        kind: word(record.kind),
        assocId: word(record.assocId),
        family: word(record.family),
        port: word(record.port),
        stream: word(record.stream),
        flags: word(record.flags),
        ppid: word(record.ppid),
        context: word(record.context),
        state: word(record.state),
        error: word(record.error),
        data: Buffer.from(payload),
      };
    });
  }
}

const loopback: SctpOpenParams = {
  port: 0,
  addresses: ['127.0.0.1'],
  family: 4,
  oneToOne: false,
  ipv6Only: false,
  encapsPort: 0,
  remoteEncapsPort: 0,
  recbuf: 0,
};

type StackName = 'embedded' | 'kernel';

const stackMakers = { embedded: embeddedSctp, kernel: kernelSctp };
const stackNames: readonly StackName[] = ['embedded', 'kernel'];
let stackOfTheTest: StackName = 'embedded';

/**
 * Defines the same tests over both stacks, or over those that are named. If the kernel has no SCTP, its tests are skipped, with the reason shown.
 * Where time is dear, MAILPORT_TEST_STACK names the only stack that matters.
 */
export function overStacks(define: (name: StackName) => void, names = stackNames): void {
  const only = process.env.MAILPORT_TEST_STACK;
  for (const name of names) {
    if (only !== undefined && name !== only) continue;
    describe(name, () => {
      beforeEach((context) => {
        stackOfTheTest = name;
        const status = name === 'kernel' ? kernelSctpStatus() : 0;
        if (status !== 0) context.skip(`this kernel has no SCTP: ${errorName(status)}`);
      });
      define(name);
    });
  }
}

/** Lets the event loop run until the condition holds; the test's own timeout is the limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await nextTurn();
}

/** 'EADDRINUSE' for -98. */
export function errorName(status: number): string {
  return Object.entries(constants.errno).find(([, value]) => value === -status)?.[0] ?? String(status);
}
