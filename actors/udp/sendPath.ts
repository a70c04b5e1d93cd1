/**
 * The way of a datagram from the call to the stack. The first one that an actor sends goes down at once. Those that follow before the actor lets others run are
 * gathered, and go down together; each still has its own outcome. When the system has no room (EAGAIN), datagrams wait, in order, until it has. Those to another
 * Unix-domain socket than the one that does not read pass.
 *
 * Calls that must find earlier datagrams with the stack call `flush` first.
 */
import { constants } from 'node:os';
import { inetFamily } from '../../native/contract/inet.js';
import type { Handle } from '../../native/contract/udp.js';
import type { Pid } from '../../runtime/index.js';
import { charge } from '../../runtime/ports.js';
import { again, type RunOutcome, SendQueue, SocketError, sent, Traffic } from '../socket/index.js';
import { type Destination, placeOf } from './destinations.js';
import { udpErrnoError } from './explanations.js';
import type { UdpSendReason } from './reasons.js';
import type { AncWords } from './sendAnc.js';
import type { Datagram, SendBatch } from './sendBatch.js';

const invalid = -constants.errno.EINVAL;

export class SendPath {
  /** Datagrams that the stack has taken. */
  readonly traffic: Traffic = new Traffic();
  readonly #batch: SendBatch;
  readonly #handle: Handle;
  /** The owner is taken for the caller of a send. */
  readonly #port: { readonly owner: Pid };
  readonly #queue: SendQueue<Datagram>;
  /** A datagram that is sent now is gathered. */
  #isGathering = false;
  /** How many datagrams wait for those that follow, not for room. */
  #gathered = 0;
  readonly #endGathering = (): void => {
    this.#isGathering = false;
    this.flush();
  };

  constructor(batch: SendBatch, handle: Handle, port: { readonly owner: Pid }) {
    this.#batch = batch;
    this.#handle = handle;
    this.#port = port;
    this.#queue = new SendQueue({ attempt: (datagrams) => this.#attempt(datagrams), laneOf });
  }

  /** How many datagrams wait. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Bytes of the datagrams that wait. */
  get waitingBytes(): number {
    return this.#queue.sum(({ data }) => data.length);
  }

  /** Resolves when the system has taken the datagram. @param to undefined: the connected peer */
  send(
    to: Destination | undefined,
    port: number,
    data: Uint8Array,
    anc: AncWords | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (signal?.aborted) return this.#refuse(new SocketError<UdpSendReason>('aborted', 'send'));
    if (this.#isGathering) return this.#gather({ to, port, data, anc }, signal);
    if (!this.#queue.isEmpty && this.#queue.hasWaiting(to?.path ?? '')) return this.#wait({ to, port, data, anc }, signal);
    const result = this.#batch.sendOne(this.#handle, to, port, data, anc);
    if (result === again) return this.#wait({ to, port, data, anc }, signal);
    if (result !== 0) return this.#refuse(sendError(result, { to, port, data, anc }));
    this.traffic.add(data.length);
    this.#isGathering = true;
    void sent.then(this.#endGathering);
    return sent;
  }

  /** There is room again: datagrams that wait are tried, in order, until one must wait on. */
  retry(): void {
    this.#queue.retry();
  }

  /** What has been gathered goes down now. */
  flush(): void {
    if (this.#gathered === 0) return;
    this.#gathered = 0;
    this.#queue.flush();
  }

  /** The socket has ended: datagrams that wait fail. */
  failAll(error: Error): void {
    this.#queue.failAll(error);
  }

  #gather(datagram: Datagram, signal: AbortSignal | undefined): Promise<void> {
    const taken = this.#queue.wait(datagram, signal === undefined ? undefined : { signal }, this.#port.owner, false);
    this.#gathered += 1;
    if (this.#gathered >= SendQueue.longestRun) this.flush();
    return taken;
  }

  #wait(datagram: Datagram, signal: AbortSignal | undefined): Promise<void> {
    return this.#queue.wait(datagram, signal === undefined ? undefined : { signal }, this.#port.owner);
  }

  /** Has the stack take datagrams that waited, until one has to wait on. */
  #attempt(datagrams: readonly Datagram[]): RunOutcome {
    const { taken, result } = this.#batch.send(this.#handle, datagrams);
    for (let index = 0; index < taken; index += 1) this.traffic.add(datagrams[index]!.data.length);
    if (result === 0) return { taken, next: undefined };
    return { taken, next: result === again ? 'full' : sendError(result, datagrams[taken]!) };
  }

  #refuse(error: Error): Promise<never> {
    return Promise.reject(charge(error, this.#port.owner));
  }
}

/** Datagrams of IP wait for the same room, those to paths for that of their receiver. */
function laneOf({ to }: Datagram): string {
  return to?.path ?? '';
}

/** The error of a datagram that the stack has refused, with the fault of this datagram. */
function sendError(result: number, { to, port, anc }: Datagram): SocketError<UdpSendReason> {
  const place = to === undefined ? {} : placeOf(to, port);
  return udpErrnoError(result, 'send', result === invalid ? { ...place, detail: problemOf(to, port, anc) } : place);
}

function problemOf(to: Destination | undefined, port: number, anc: AncWords | undefined): string | undefined {
  if (to !== undefined && to.family !== inetFamily.local && port === 0) return 'there is no port 0: give one from 1 on';
  if (to?.family === inetFamily.local && to.path === '') return 'the receiver has no path, so nothing can be sent to it';
  if (anc === undefined) return undefined;
  return 'the system does not take what `anc` says: tos, and ttl from 1 on, are for IPv4, and tclass is for IPv6';
}
