/**
 * What a stack of streams offers to sockets of TCP beyond the batch (batch.ts): its calls, the words of its records, its kinds. The addon has one over the kernel.
 * Others are written in TypeScript: over a Duplex of Node, and in memory for tests.
 *
 * A stream becomes packets beside its bytes, as the socket's options `packet`, `packetSize`, `lineDelimiter` and `buffer` say: one record of kind data is one
 * packet without its header (a line with its delimiter), or in mode raw what one read gave, at most `buffer` bytes (TM-3, TM-5, TM-12, TM-13).
 */
import type { BatchSource, batchKind, batchRecord, Handle } from './batch.js';
import type { InetStack } from './inet.js';

export { type BatchCallback, type Handle, unlimitedCredit } from './batch.js';

export interface TcpStack extends BatchSource, InetStack {
  /** Whether the stack's sockets are of the kernel, or of something in this process. */
  readonly name: 'kernel' | 'simulated' | 'duplex';

  /** 0 or a negative errno, as of all calls below that say nothing else. */
  listen(socket: Handle, backlog: number): number;
  /** 0: kind.connected will come, also if the outcome is known at once. `address` and `port` as in InetName of inet.ts. */
  connect(socket: Handle, address: string, port: number): number;
  /**
   * The connection that has waited longest, as a new handle with credit 0, and with the listener's `packet`, `packetSize`, `lineDelimiter`, `buffer`, watermarks,
   * `linger` and `flushTimeout`. After -EAGAIN kind.acceptable will come. -EMFILE and the like leave the connection where it is; it can be accepted later.
   */
  accept(socket: Handle): Handle | number;
  /**
   * Takes the whole of `data`, with the header of the packet mode, or nothing. An empty queue takes any number of bytes (TS-4). The bytes are the caller's again
   * when the call returns. What a turn sends leaves together, at the turn's end at the latest.
   *
   * -EAGAIN: the queue would reach the high watermark, and kind.writable will come when it is down to the low one. -EMSGSIZE: longer than the header can say (TM-7).
   * -EPIPE: the direction is shut, or the connection has ended; -ECONNRESET once, if the peer has reset it. -ENOTCONN: it was never connected.
   */
  send(socket: Handle, data: Uint8Array): number;
  /** Several sends in order: how many were taken. If fewer than all, `send` of the next one says why. */
  sendMany(socket: Handle, data: readonly Uint8Array[]): number;
  /** The next item is of exactly so many bytes, whatever the `buffer`; 0: as usual. For mode raw (TR-2). Bytes that have come stay held when the wish changes (TR-3). */
  expect(socket: Handle, bytes: number): number;
  /** Puts bytes in front of what is held (TR-12). */
  unrecv(socket: Handle, data: Uint8Array): number;
  /** 0 read, 1 write, 2 both. The end of writing goes out behind what is queued (TH-3). */
  shutdown(socket: Handle, how: number): number;
  /**
   * Ends a socket. 0: it is gone. 1: it goes on sending what is queued, until that has left or nothing has left for `flushTimeout`. Then the rest is dropped, and the
   * peer gets a reset. kind.flushed will come, for whoever waits. `abort`, or `linger` of 0 seconds: what is queued is dropped, and the peer gets a reset.
   */
  close(socket: Handle, abort: boolean): number;
  /** A closed socket that is still sending drops the rest now. The peer gets what had left, and then the end (TS-13). */
  drop(socket: Handle): void;
  /**
   * What calls would find now. `receivable`: something is there to be received, bytes or the end. In a packet mode the bytes may not be a whole packet yet. `room`: how
   * many bytes a `send` may have to be taken at once, 0xffffffff for any number, also where `send` would fail at once. `unread`: bytes wait that were not read into this
   * process, so `close` would reset the connection (TC-18). -ENOTCONN: it is no connection.
   */
  readiness(socket: Handle): readonly [receivable: boolean, room: number, unread: boolean] | number;
  /** Counters: sockets, flushing, flushingBytes, queuedInBytes, queuedOutBytes, readCalls, sendCalls, copiedBytes; gathered: how often the kernel was asked to tell of a connection only when a lot has come. */
  stats(): Record<string, number>;
}

/** Word offsets in a record: those of every batch, and the word of an outcome. */
export const tcpRecord = {
  words: 24,
  socket: 0,
  kind: 1,
  offset: 10,
  length: 11,
  where: 12,
  /** connected, end, flushed: 0, or an errno. */
  error: 14,
} as const satisfies Pick<typeof batchRecord, 'words' | 'socket' | 'kind' | 'offset' | 'length' | 'where'> & {
  readonly [word: string]: number;
};

export const tcpKind = {
  data: 0,
  /** There is room again, or sends will fail: those that were refused are to be tried again. Urgent. */
  writable: 9,
  /** Urgent. */
  acceptable: 13,
  /** The outcome of `connect`. Urgent. */
  connected: 20,
  /**
   * Nothing more will be received: `error` is 0 for the peer's end, ECONNRESET, EMSGSIZE for a packet that is too long or a header that is wrong (TM-9), or another
   * errno. It comes after all data, once, and only while the socket has credit, of which it uses none (FC-32, FC-33). A packet that was not complete is dropped
   * (TM-17). The socket can still send, if the error does not forbid it.
   */
  end: 21,
  /**
   * A closed socket is to be waited for no longer: `error` is 0 if all has left, EAGAIN if the rest goes on leaving (nothing has left for 5 s, or `linger`'s time is
   * over: TC-13, TC-14, TC-16), ETIMEDOUT if `flushTimeout` is over, or the errno of the connection. Urgent, and once.
   */
  flushed: 22,
} as const satisfies typeof batchKind & { readonly [kind: string]: number };
