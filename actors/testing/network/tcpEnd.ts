/** A simulated socket of TCP: a listener, or one end of a connection. */
import { constants } from 'node:os';
import { inetFamily, inetOption } from '../../../native/contract/inet.js';
import { tcpKind, tcpRecord } from '../../../native/contract/tcp.js';
import type { Timer } from '../../../runtime/index.js';
import { type BatchWriter, noPacket, packetTooLong } from '../../socket/index.js';
import type { Channel } from './channel.js';
import type { InetEnd, Name } from './inetSource.js';
import { SimulatedOptions } from './options.js';
import { Credit } from './source.js';
import { TcpInput } from './tcpInput.js';
import { TcpOutput } from './tcpOutput.js';
import type { Wire } from './wire.js';

const { ECONNRESET, EMSGSIZE, EPIPE, ETIMEDOUT } = constants.errno;
/** Linux gives a connection up when data has gone unacknowledged for so long (net.ipv4.tcp_retries2 = 15). */
const silenceMs = 924_600;

/** Connections that wait to be accepted. */
export interface Backlog {
  limit: number;
  readonly waiting: TcpEnd[];
  /** `accept` has found nobody. */
  isAsked: boolean;
}

/** What a socket tells its stack. */
export interface EndHost {
  /** It may have something to deliver. */
  ready(end: TcpEnd): void;
}

export class TcpEnd implements InetEnd {
  readonly credit = new Credit();
  readonly family: number;
  readonly options: SimulatedOptions;
  readonly input: TcpInput;
  readonly output: TcpOutput;
  /** The address and port of a socket of IP; the path of a local one, with port 0. */
  local: Name | undefined;
  remote: Name | undefined;
  state: 'fresh' | 'connecting' | 'connected' = 'fresh';
  backlog: Backlog | undefined;
  /** Its user has closed it. */
  isClosed = false;
  /** The way to its connection, while it is in state 'connecting'. */
  handshake: { end(): void } | undefined;
  /** Called once, when what a closed socket has queued has left, or is given up: 0 or an errno. */
  onFlushed: ((error: number) => void) | undefined;
  /** Called when its stack has told of that. */
  onGone: (() => void) | undefined;
  readonly #wire: Wire;
  readonly #host: EndHost;
  readonly #urgent: { readonly kind: number; readonly error: number }[] = [];
  #channel: Channel | undefined;
  #peer: TcpEnd | undefined;
  #silence: Timer | undefined;
  #isWoken = false;
  #peerEnded = false;
  readonly #transmission = { run: (): void => this.#transmit() };

  constructor(wire: Wire, host: EndHost, family: number) {
    this.#wire = wire;
    this.#host = host;
    this.family = family;
    this.options = new SimulatedOptions('tcp', family);
    this.input = new TcpInput(this.options);
    this.output = new TcpOutput(this.options);
    this.input.onRead = () => this.#peer?.wake();
  }

  /** A new socket of the same host, with the same options (TA-10). */
  sibling(): TcpEnd {
    const sibling = new TcpEnd(this.#wire, this.#host, this.family);
    sibling.options.inherit(this.options);
    return sibling;
  }

  /** It was reset, or both directions have ended: Linux forgets a connection of IP then, and has no peer to name. */
  get isOver(): boolean {
    const isEnded = this.#peerEnded && this.output.endHasArrived && this.family !== inetFamily.local;
    return this.state === 'connected' && (this.#peer === undefined || isEnded);
  }

  /** The connection is made: from now on this end sends to the other one by the channel. */
  join(peer: TcpEnd, channel: Channel): void {
    this.state = 'connected';
    this.#peer = peer;
    this.#channel = channel;
    this.output.connect(channel, {
      get room(): number {
        return peer.input.room;
      },
      receive: (bytes) => peer.receive(bytes),
      receiveEnd: () => peer.receiveEnd(),
    });
    this.wake();
  }

  /** An urgent record, which needs no credit. */
  tell(kind: number, error = 0): void {
    this.#urgent.push({ kind, error });
    this.#host.ready(this);
  }

  /** There may be something to send: it leaves when the network has its turn. */
  wake(): void {
    if (this.#isWoken) return;
    this.#isWoken = true;
    this.#wire.soon(this.#transmission);
  }

  receive(bytes: Uint8Array): void {
    // A segment for a socket that is closed is answered with a reset.
    if (this.isClosed) this.abort();
    else this.input.arrive(bytes);
    this.#host.ready(this);
  }

  receiveEnd(): void {
    this.#peerEnded = true;
    this.input.finish(0);
    this.#host.ready(this);
  }

  /** The peer gets a reset behind what is on its way, and nothing else. */
  abort(error: number = ECONNRESET): void {
    const peer = this.#peer;
    if (peer === undefined) return;
    this.#leave(error);
    this.#channel?.send(0, () => peer.fail(ECONNRESET));
    this.#afterSending(error);
  }

  /** The connection has broken. What has arrived can still be read (TC-10). */
  fail(error: number): void {
    if (this.#peer === undefined) return;
    // Linux does not call it a reset when the peer had ended already (net/ipv4/tcp_input.c, tcp_reset).
    this.#leave(this.#peerEnded && error === ECONNRESET ? EPIPE : error);
    this.input.finish(error);
    this.#afterSending(error);
    this.#host.ready(this);
  }

  /** Both ends get a reset at once. */
  reset(): void {
    const peer = this.#peer;
    this.fail(ECONNRESET);
    peer?.fail(ECONNRESET);
  }

  /** A way was cut, or is whole again: who hears nothing for long enough gives up. */
  watchSilence(): void {
    // Nobody waits for what a closed socket has sent.
    const isAwaited = this.#peer !== undefined && (!this.isClosed || this.onFlushed !== undefined);
    const isSilent = isAwaited && this.#channel?.isCut === true;
    const limitMs = isSilent ? this.#patienceMs() : Number.POSITIVE_INFINITY;
    if (limitMs === Number.POSITIVE_INFINITY) {
      if (this.#silence !== undefined) this.#wire.cancel(this.#silence);
      this.#silence = undefined;
    } else this.#silence ??= this.#wire.after(limitMs, () => this.fail(ETIMEDOUT));
  }

  fill(handle: number, batch: BatchWriter): boolean {
    for (let next = this.#urgent[0]; next !== undefined; next = this.#urgent[0]) {
      if (!record(batch, handle, next.kind, next.error)) return false;
      this.#urgent.shift();
      if (next.kind === tcpKind.flushed) this.onGone?.();
    }
    if (this.isClosed || this.state !== 'connected') return true;
    while (this.credit.isOpen) {
      const length = this.input.next();
      if (length === packetTooLong) this.input.breakOff(EMSGSIZE);
      else if (length === noPacket) return this.#fillEnd(handle, batch);
      else {
        if (batch.add(handle, tcpKind.data, length) < 0) return false;
        this.input.take(batch.target, batch.at);
        this.credit.use(length);
      }
    }
    return true;
  }

  #fillEnd(handle: number, batch: BatchWriter): boolean {
    if (batch.isFull) return false;
    const error = this.input.takeEnd();
    if (error !== undefined && error !== 0) this.output.errorIsTold();
    return error === undefined || record(batch, handle, tcpKind.end, error);
  }

  #transmit(): void {
    this.#isWoken = false;
    this.output.transmit();
    this.#afterSending(0);
    this.watchSilence();
  }

  #afterSending(error: number): void {
    if (this.output.takeRoom()) this.tell(tcpKind.writable);
    if (this.onFlushed === undefined || this.output.queuedBytes > 0) return;
    this.onFlushed(error);
    this.onFlushed = undefined;
  }

  #patienceMs(): number {
    const ofData = this.output.unacknowledgedBytes > 0 ? silenceMs : Number.POSITIVE_INFINITY;
    if (this.options.word(inetOption.keepalive) === 0) return ofData;
    const { keepIdle, keepInterval, keepCount } = inetOption;
    const probesMs = this.options.word(keepInterval) * this.options.word(keepCount);
    return Math.min(ofData, (this.options.word(keepIdle) + probesMs) * 1000);
  }

  /** This end is no part of a connection any more. */
  #leave(error: number): void {
    this.#peer = undefined;
    this.output.breakOff(error);
    this.watchSilence();
  }
}

function record(batch: BatchWriter, handle: number, kind: number, error: number): boolean {
  const base = batch.add(handle, kind, 0);
  if (base >= 0) batch.meta[base + tcpRecord.error] = error;
  return base >= 0;
}
