/**
 * The way of a record from a batch to the owner: payload becomes a message, which goes by the flow control of the socket, and the end of the stream follows it.
 * While a batch is consumed the stack is not called; what it has told meanwhile (room for sends, somebody to accept) is acted upon afterwards.
 */
import { constants } from 'node:os';
import { batchRecord } from '../../native/contract/batch.js';
import { tcpKind, tcpRecord, unlimitedCredit } from '../../native/contract/tcp.js';
import { type BatchTaker, type FlowControl, listOfBytes, type Source, Traffic } from '../socket/index.js';
import { type EndedSocket, TcpEnd } from './ending.js';
import type { TcpEnvironment } from './environment.js';
import type { Listening } from './listening.js';
import type { TcpData } from './received.js';
import type { SendPath } from './sendPath.js';
import type { StreamHandle } from './streamHandle.js';

/** What V8 takes for a small number in an array, in bytes. */
const listWeight = 8;

/** The socket, as what is received concerns it. */
export interface ReceivingSocket extends EndedSocket {
  readonly environment: TcpEnvironment;
  readonly at: StreamHandle;
  readonly flow: FlowControl<TcpData>;
  /** Payload is given as bytes: mode 'list' (MS-6). */
  readonly asList: boolean;
  readonly sends: SendPath | undefined;
  readonly listening: Listening | undefined;
}

export class ReceivePath implements Source, BatchTaker {
  readonly #parts: ReceivingSocket;
  /** Made by the first item: many connections idle. */
  #traffic: Traffic | undefined;
  /** How many bytes the next item is to have, if a `recv` says so. */
  #expected = 0;
  /** The stack has said in this batch that a refused send may be tried again, or an accept. */
  #roomCame = false;
  #somebodyCame = false;

  constructor(parts: ReceivingSocket) {
    this.#parts = parts;
  }

  get traffic(): Traffic {
    this.#traffic ??= new Traffic();
    return this.#traffic;
  }

  get socket(): object {
    return this.#parts.socket;
  }

  takeRecord(base: number): void {
    const { meta } = this.#parts.at.stack;
    switch (meta[base + batchRecord.kind]) {
      case tcpKind.data:
        this.#takeData(meta, base);
        break;
      case tcpKind.end:
        this.#takeEnd(meta[base + tcpRecord.error]!);
        break;
      case tcpKind.writable:
        this.#roomCame = true;
        break;
      case tcpKind.acceptable:
        this.#somebodyCame = true;
        break;
    }
  }

  settleBatch(): void {
    if (this.#roomCame) {
      this.#roomCame = false;
      this.#parts.sends?.retry();
    }
    if (this.#somebodyCame) {
      this.#somebodyCame = false;
      this.#parts.listening?.accepts.retry();
    }
    this.#parts.flow.settle();
  }

  setCredit(items: number, bytes: number): void {
    const { stack, handle, listens, isAttached } = this.#parts.at;
    if (isAttached && !listens) stack.setCredit(handle, Math.min(items, unlimitedCredit), Math.min(bytes, unlimitedCredit));
  }

  drain(): void {
    const { handle, listens, isAttached } = this.#parts.at;
    if (isAttached && !listens) this.#parts.environment.takers.drain(handle);
  }

  get goesOn(): boolean {
    return this.#parts.at.stack.name === 'kernel';
  }

  expect(bytes: number): void {
    if (bytes === this.#expected) return;
    this.#expected = bytes;
    if (this.#parts.at.isAttached) this.#parts.at.stack.expect(this.#parts.at.handle, bytes);
  }

  get payloadWeight(): number {
    return this.#parts.asList ? listWeight : 1;
  }

  weigh(message: readonly unknown[]): number {
    // Anybody may have sent a message that looks like one of this socket, and such messages move with the socket.
    const content = message[2];
    if (Buffer.isBuffer(content)) return content.length;
    return Array.isArray(content) ? content.length * listWeight : 0;
  }

  /** The hot path. Nothing is made of a packet but its Buffer and the message. */
  #takeData(meta: Uint32Array, base: number): void {
    const bytes = meta[base + batchRecord.length]!;
    const { at, environment, flow, socket, asList } = this.#parts;
    this.traffic.add(bytes + at.headerBytes);
    const payload = environment.reader.read(meta, base);
    const data = asList ? listOfBytes(payload) : payload;
    const message = [environment.tags.data, socket, data];
    if (flow.takesMessages) flow.deliver(message, bytes);
    else {
      // The stack has given what was expected.
      this.#expected = 0;
      flow.offer(message, data, bytes);
    }
  }

  #takeEnd(errno: number): void {
    const error = errno === 0 ? undefined : this.#parts.environment.tags.reasonOf(errno);
    this.#parts.flow.finish(new TcpEnd(this.#parts, error, errno === constants.errno.EMSGSIZE));
  }
}
