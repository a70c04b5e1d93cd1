/**
 * The way of a send from the call to the stack. Usually it is one step: the stack takes the message at once. A message for which the stack has no room waits in
 * the queue, and further messages of its association behind it (SD-7, SD-8).
 *
 * On a stack that takes many sends at once for less than it takes them one by one, sends that an actor makes without waiting in between are gathered: the
 * first goes down at once, those that follow before the actor lets others run wait behind it, and go down together. Each still has its own outcome. Gathering
 * costs next to nothing where each send is awaited before the next.
 *
 * Calls that must find earlier sends with the stack call `flush` first.
 */
import { flag } from '../../native/contract/sctp.js';
import type { Pid } from '../../runtime/index.js';
import { charge } from '../../runtime/ports.js';
import { again, type RunOutcome, SendQueue, SocketError, sent, Traffic } from '../socket/index.js';
import { sctpError, sendError } from './failure.js';
import type { SendReason } from './reasons.js';
import type { SendBatch } from './sendBatch.js';
import { nothing, plainRequest, type SendRequest } from './sending.js';
import type { StackSocket } from './stackSocket.js';

export class SendPath {
  /** Messages that the stack has taken. */
  readonly traffic: Traffic = new Traffic();
  readonly #at: StackSocket;
  readonly #batch: SendBatch;
  readonly #options: { readonly nonBlockSend: boolean };
  /** The owner is taken for the caller of a send. */
  readonly #port: { readonly owner: Pid };
  readonly #queue: SendQueue<SendRequest>;
  /** Whether the stack takes many sends for less than as many single ones. */
  readonly #gathers: boolean;
  /** Whether a send that is made now is gathered. */
  #isGathering = false;
  /** How many sends wait for those that follow, not for room. */
  #gathered = 0;
  readonly #endGathering = (): void => {
    this.#isGathering = false;
    this.flush();
  };

  constructor(at: StackSocket, batch: SendBatch, options: { readonly nonBlockSend: boolean }, port: { readonly owner: Pid }) {
    this.#at = at;
    this.#batch = batch;
    this.#options = options;
    this.#port = port;
    this.#gathers = at.stack.takesRuns;
    this.#queue = new SendQueue({
      attempt: (requests) => this.#attemptRun(requests),
      laneOf: ({ assocId }) => at.laneOf(assocId),
      sharesRoom: at.stack.name === 'kernel',
    });
  }

  /** How many sends wait. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Bytes of the sends that wait. */
  get waitingBytes(): number {
    return this.#queue.sum(({ data }) => data.length);
  }

  /** Whether a send of the association waits. */
  hasWaiting(assocId: number): boolean {
    return this.#queue.hasWaiting(this.#at.laneOf(assocId));
  }

  /** A message with the association's default parameters, which no signal withdraws. The hot path: no request is made for a message that the stack takes. */
  sendPlain(assocId: number, stream: number, data: Uint8Array): Promise<void> {
    if (this.#isGathering || !this.#queue.isEmpty) return this.send(plainRequest(assocId, stream, data), undefined);
    const { stack, handle } = this.#at;
    const result = stack.send(handle, assocId, stream, 0, 0, 0, 0, true, data);
    if (result !== 0) return this.#untaken(result, plainRequest(assocId, stream, data), undefined);
    this.traffic.add(data.length);
    this.#beginGathering();
    return sent;
  }

  /** Resolves when the stack has taken the message; rejects with the stack's reason, 'eagain', or 'aborted' when `signal` withdraws it. */
  send(request: SendRequest, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return this.#refuse(new SocketError<SendReason>('aborted', request.syscall));
    if (this.#isGathering && !this.#options.nonBlockSend) return this.#gather(request, signal);
    if (this.hasWaiting(request.assocId)) return this.#untaken(again, request, signal);
    const { assocId, stream, flags, ppid, context, timetolive, useDefaults, data } = request;
    const { stack, handle } = this.#at;
    const result = stack.send(handle, assocId, stream, flags, ppid, context, timetolive, useDefaults, data);
    if (result !== 0) return this.#untaken(result, request, signal);
    this.traffic.add(data.length);
    this.#beginGathering();
    return sent;
  }

  /** Ends an association at once. Sends that wait for it find that it is gone. 0, or a negative errno. */
  abort(assocId: number): number {
    this.flush();
    const { stack, handle } = this.#at;
    const result = stack.send(handle, assocId, 0, flag.abort, 0, 0, 0, false, nothing);
    this.#queue.retry(this.#at.laneOf(assocId));
    return result;
  }

  /** The stack has room again for an association, or for all (0): sends that wait are tried, in order, until one must wait on. */
  retry(assocId: number): void {
    this.#queue.retry(assocId === 0 ? undefined : this.#at.laneOf(assocId));
  }

  /** Sends that have been gathered go down now. */
  flush(): void {
    if (this.#gathered === 0) return;
    this.#gathered = 0;
    this.#queue.flush();
    // There was no room for all: the stack will say when there is.
    if (!this.#queue.isEmpty) this.#isGathering = false;
  }

  /** The socket has ended: sends that wait fail. */
  failAll(error: Error): void {
    this.#queue.failAll(error);
  }

  /** The stack has taken a send by itself: those that follow are gathered, until their actor lets others run. */
  #beginGathering(): void {
    if (this.#isGathering || !this.#gathers) return;
    this.#isGathering = true;
    void sent.then(this.#endGathering);
  }

  #gather(request: SendRequest, signal: AbortSignal | undefined): Promise<void> {
    const taken = this.#queue.wait(request, { signal }, this.#port.owner, false);
    this.#gathered += 1;
    if (this.#gathered >= SendQueue.longestRun) this.flush();
    return taken;
  }

  /** The stack did not take a message, for that reason: it waits if that is for want of room. */
  #untaken(result: number, request: SendRequest, signal: AbortSignal | undefined): Promise<void> {
    if (result !== again) return this.#refuse(sendError(this.#at, result, request));
    if (this.#options.nonBlockSend) return this.#refuse(sctpError<SendReason>('eagain', request.syscall));
    return this.#queue.wait(request, { signal }, this.#port.owner);
  }

  /** Has the stack take sends that waited, until one has to wait on. */
  #attemptRun(requests: readonly SendRequest[]): RunOutcome {
    const { taken, result } = this.#batch.send(this.#at.handle, requests);
    for (let index = 0; index < taken; index += 1) this.traffic.add(requests[index]!.data.length);
    if (result === 0) return { taken, next: undefined };
    return { taken, next: result === again ? 'full' : sendError(this.#at, result, requests[taken]!) };
  }

  #refuse(error: Error): Promise<never> {
    return Promise.reject(charge(error, this.#port.owner));
  }
}
