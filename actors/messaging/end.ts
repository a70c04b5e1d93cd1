/**
 * One end of a connection, whichever of the two it is: the queue of what its peer has sent, and the way to the peer. The queue that the peer reads is at the other
 * end, so the document's `req` is the queue at the server's end and `res` the queue at the client's end, each with what is still on its way.
 *
 * The socket below gives so many messages as there is room in the queue (its `active` is a count), and is given more when half of the room is free again. So a peer
 * whose messages nobody receives has to wait.
 */
import { BadArg, type Pid } from '../../runtime/index.js';
import { SocketError, sent } from '../socket/index.js';
import type { Budget } from './budget.js';
import type { Channel } from './channel.js';
import type { Codec } from './codec.js';
import { failure } from './failure.js';
import { MessageQueue } from './queue.js';
import { Reader } from './reader.js';
import type { EndReason, ReceiveReason, ReplyReason, SendReason } from './reasons.js';

/** How messages are written and read at one end, and how many may wait there. */
export interface EndSettings<Out, In> {
  readonly out: Codec<Out>;
  readonly in: Codec<In>;
  readonly maxMessageBytes: number;
  readonly queueLength: number;
  readonly queueBytes: number;
  /** What this end shares with others. */
  readonly budget: Budget;
}

/** How a call waits. */
export interface Wait {
  readonly caller: Pid | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

export class End<Out, In> {
  readonly channel: Channel;
  readonly queue: MessageQueue = new MessageQueue();
  readonly #settings: EndSettings<Out, In>;
  /** Whose calls fail here where a call does not say. */
  readonly #owner: Pid;
  readonly #reader = new Reader();
  #reason: EndReason | undefined;
  /** The message at the head of the queue, if it has been looked at already. */
  #head: { readonly message: In } | undefined;
  #isHandling = false;
  /** The codec looks at the first message. It is foreign code, and must not take the message meanwhile. */
  #isDecoding = false;
  /** Messages that were taken from the queue, and whose places the socket has not been granted yet. */
  #owed = 0;
  /** More bytes wait than the queue is to hold: the socket gives nothing. */
  #isPaused = false;
  #sends = 0;

  readonly #letGo: (how: 'close' | 'abort') => void;

  /** @param letGo lets go of the socket, when the connection has ended at this end */
  constructor(channel: Channel, settings: EndSettings<Out, In>, owner: Pid, letGo: (how: 'close' | 'abort') => void) {
    this.channel = channel;
    this.#settings = settings;
    this.#owner = owner;
    this.#letGo = letGo;
  }

  /** Why the connection has ended; undefined while it is there. */
  get reason(): EndReason | undefined {
    return this.#reason;
  }

  /** Sends that wait for room. */
  get waitingSends(): number {
    return this.#sends;
  }

  /** Called when the connection has ended at this end, before anybody who waits is told. */
  whenEnded: (() => void) | undefined;

  // From the socket -------------------------------------------------------------------------------------------------------------------------

  /** The peer has sent a message. */
  arrived(bytes: Buffer): void {
    if (this.#reason !== undefined) return;
    const { budget, queueBytes } = this.#settings;
    this.queue.append(bytes);
    budget.take(bytes.length);
    if (!this.#isPaused && (this.queue.bytes >= queueBytes || budget.isUsedUp)) {
      this.#isPaused = true;
      this.channel.pause();
    }
    this.#reader.wake();
  }

  /** The connection is no more. Its two queues go with it, and whoever waits is told. With 'abort' the peer is told at once, and what is on its way is dropped. */
  finish(reason: EndReason, how: 'close' | 'abort' = reason === 'closed' ? 'close' : 'abort'): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#head = undefined;
    this.#settings.budget.give(this.queue.bytes, this.queue.length);
    this.queue.clear();
    this.whenEnded?.();
    this.#letGo(how);
    this.#reader.fail(reason);
  }

  // From users ------------------------------------------------------------------------------------------------------------------------------

  /** Appends a message to the queue that the peer reads. */
  send(message: Out): Promise<void> {
    const bytes = this.#encoded(message);
    if (this.#reason !== undefined) return this.#failed(this.#reason, 'send');
    return bytes.length > this.#settings.maxMessageBytes ? this.#tooLong('send') : this.#sent(bytes, 'send');
  }

  /** Takes the first message out of the queue, and waits for one if there is none. */
  receive(wait: Wait): Promise<In> {
    const caller = wait.caller ?? this.#owner;
    const refusal = this.#reason ?? (this.#reader.isWaiting || this.#isDecoding ? 'ealready' : undefined);
    if (refusal !== undefined) return Promise.reject(failure<ReceiveReason>(refusal, 'receive', caller));
    if (this.queue.length === 0)
      return this.#reader.wait(() => this.#taken(caller), caller, 'receive', wait.timeoutMs, wait.signal);
    try {
      return Promise.resolve(this.#taken(caller));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Takes the first message out of the queue, and appends another to the queue that the peer reads, in one step. */
  reply(message: Out): Promise<void> {
    const bytes = this.#encoded(message);
    const refusal = this.#reason ?? (this.queue.length === 0 || this.#isDecoding ? 'enomsg' : undefined);
    if (refusal !== undefined) return this.#failed<ReplyReason>(refusal, 'reply');
    if (bytes.length > this.#settings.maxMessageBytes) return this.#tooLong('reply');
    this.#remove();
    return this.#sent(bytes, 'reply');
  }

  /** Calls `f` with the first message, which stays where it is: `f` may receive it or reply to it. */
  async handle<R>(f: (message: In) => R | Promise<R>, wait: Wait): Promise<R> {
    const caller = wait.caller ?? this.#owner;
    const refusal = this.#reason ?? (this.#isHandling || this.#reader.isWaiting || this.#isDecoding ? 'ealready' : undefined);
    if (refusal !== undefined) throw failure<ReceiveReason>(refusal, 'handle', caller);
    this.#isHandling = true;
    try {
      // Somebody may have taken the message between its arrival and this turn.
      while (this.queue.length === 0) {
        if (this.#reason !== undefined) throw failure<ReceiveReason>(this.#reason, 'handle', caller);
        await this.#reader.wait(nothing, caller, 'handle', wait.timeoutMs, wait.signal);
      }
      return await f(this.#first('handle', caller));
    } finally {
      this.#isHandling = false;
    }
  }

  /** The first message. What the codec does not take ends the connection. */
  #first(syscall: string, caller: Pid): In {
    this.#head ??= { message: this.#decoded(syscall, caller) };
    return this.#head.message;
  }

  #decoded(syscall: string, caller: Pid): In {
    this.#isDecoding = true;
    try {
      return this.#settings.in.decode(this.queue.first!);
    } catch (cause) {
      this.finish('ebadmsg');
      throw failure<ReceiveReason>('ebadmsg', syscall, caller, {
        detail: `the peer has sent what the codec does not take: ${textOf(cause)}`,
      });
    } finally {
      this.#isDecoding = false;
    }
  }

  #taken(caller: Pid): In {
    const message = this.#first('receive', caller);
    // A codec is foreign code, which may have ended the connection.
    if (this.#reason !== undefined) throw failure<ReceiveReason>(this.#reason, 'receive', caller);
    this.#remove();
    return message;
  }

  #remove(): void {
    const { queueLength, queueBytes, budget } = this.#settings;
    budget.give(this.queue.first!.length, 1);
    this.queue.removeFirst();
    this.#head = undefined;
    this.#owed += 1;
    if (this.#isPaused) {
      // A connection of which nothing waits is read in any case.
      if (this.queue.length > 0 && (2 * this.queue.bytes > queueBytes || budget.isUsedUp)) return;
      // What the socket had been granted before the pause is void.
      this.#isPaused = false;
      this.#owed = queueLength - this.queue.length;
    } else if (2 * this.#owed < queueLength) return;
    this.channel.grant(this.#owed);
    this.#owed = 0;
  }

  #encoded(message: Out): Uint8Array {
    let bytes: Uint8Array;
    try {
      bytes = this.#settings.out.encode(message);
    } catch (cause) {
      throw new BadArg('message', `the codec does not take it: ${textOf(cause)}`);
    }
    if (bytes instanceof Uint8Array) return bytes;
    throw new BadArg('message', 'the codec has made something else of it than a Uint8Array');
  }

  #tooLong(syscall: string): Promise<never> {
    return Promise.reject(failure<SendReason>('emsgsize', syscall, this.#owner, { whose: 'own' }));
  }

  #failed<Reason extends string>(reason: Reason, syscall: string): Promise<never> {
    return Promise.reject(failure(reason, syscall, this.#owner));
  }

  /** A send fails only with its connection. Then the socket is about to tell, or has told already. */
  #sent(bytes: Uint8Array, syscall: string): Promise<void> {
    const sending = this.channel.send(bytes);
    if (sending === sent) return sending;
    this.#sends += 1;
    return sending.then(
      () => {
        this.#sends -= 1;
      },
      (error: unknown) => {
        this.#sends -= 1;
        if (!(error instanceof SocketError)) throw error;
        throw failure<SendReason>(this.#reason ?? 'closed', syscall, this.#owner);
      },
    );
  }
}

const nothing = (): void => undefined;

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
