/**
 * Flow control of one socket: which items its owner gets, by which of two ways (a message in active mode, the answer of a waiting `recv` in passive mode), and
 * how much the transport may read because of that. Mirrors inet_drv.c.
 *
 * The invariant: the credit of the transport is what the active mode allows, plus 1 for a waiting `recv`. The transport offers nothing beyond its credit but
 * items that had left it before the credit fell; these few are held here, in order.
 */
import type { Pid } from '../../runtime/index.js';
import { backlogBytes, deliver, deliverWeighed, eachPort, extract, type Port } from '../../runtime/ports.js';
import { type ActiveState, type ActiveStep, countConnect, countItem, passive } from './activeMode.js';
import { type RecvReason, SocketError } from './errors.js';
import { MailboxRoom, noRoom, unlimited, type Watermarks } from './mailboxRoom.js';
import { carriesSocket } from './owner.js';
import { RecvSlot } from './recvSlot.js';

/** First elements of the messages that a transport's sockets send; `passive` is among `all`. */
export interface MessageTags {
  readonly passive: string;
  readonly all: ReadonlySet<string>;
}

/** The reading side of a transport, as flow control needs it. */
export interface Source {
  /**
   * From now on the transport may offer `items` (0: none) of `bytes` of payload together (Infinity: any number). The item that uses up the bytes may be longer
   * than the rest of them. The credit holds in the middle of a batch, too.
   */
  setCredit(items: number, bytes: number): void;
  /** Has the transport give at once the items that it has and the credit allows, by `deliver` or `offer`. */
  drain(): void;
  /** The weight in a mailbox of one byte of payload, in the form in which messages have it. */
  readonly payloadWeight: number;
  /** The weight in a mailbox of a message of this socket. */
  weigh(message: readonly unknown[]): number;
}

/** An item in the shapes of its two ways out: a message to the owner, or the answer of `recv`. */
export interface Item<Result> {
  /** Its weight in the owner's mailbox. */
  readonly bytes: number;
  readonly message: readonly unknown[];
  readonly result: Result;
}

/** Where a port has its flow control, for that of other ports of the same owner. */
export const flowOfPort: unique symbol = Symbol('flow control of a port');

export class FlowControl<Result> {
  readonly #port: Port;
  readonly #tags: MessageTags;
  readonly #source: Source;
  #owner: Pid;
  #isOn = false;
  #active: ActiveState = passive;
  /** The credit that is left to the transport, in items and in bytes of payload. */
  #granted = 0;
  #grantedBytes = unlimited;
  #held: Item<Result>[] = [];
  #pumping = false;
  readonly #room: MailboxRoom;
  readonly #recv: RecvSlot<Result>;

  /** @param port the socket that messages name */
  constructor(port: Port, owner: Pid, tags: MessageTags, source: Source) {
    this.#port = port;
    this.#owner = owner;
    this.#tags = tags;
    this.#source = source;
    this.#room = new MailboxRoom(tags.all, () => this.pump());
    this.#recv = new RecvSlot(() => this.pump());
  }

  /** Whom items go to. */
  get owner(): Pid {
    return this.#owner;
  }

  get active(): ActiveState {
    return this.#active;
  }

  /** The socket is open: reading begins as `first` says. */
  begin(first: ActiveStep): void {
    this.#isOn = true;
    this.apply(first);
  }

  /** The socket is closed: nothing is read any more, and a waiting `recv` fails. */
  end(error: Error): void {
    this.#isOn = false;
    this.#room.endPause();
    this.#recv.fail(error);
  }

  /** Items that were held are nobody's any more. */
  dropHeld(): void {
    this.#held = [];
  }

  /** Takes a planned step. Items that may be delivered now are in the owner's mailbox when it returns (FC-28). */
  apply(step: ActiveStep): void {
    this.#room.endPause();
    this.#take(step);
    this.pump();
  }

  /** True if they have changed: `apply` is to follow. */
  setWatermarks(marks: Watermarks): boolean {
    const former = this.#room.marks;
    this.#room.marks = marks;
    return (Object.keys(former) as (keyof Watermarks)[]).some((name) => former[name] !== marks[name]);
  }

  /** Why a `recv` cannot wait now. */
  recvRefusal(signal: AbortSignal | undefined): RecvReason | undefined {
    if (signal?.aborted) return 'aborted';
    if (this.#active.mode !== false) return 'einval';
    return this.#recv.isWaiting ? 'ealready' : undefined;
  }

  /** Waits for the next item of a passive socket; 0 takes what is there. Only when `recvRefusal` has nothing against it. */
  recv(caller: Pid, timeoutMs: number, signal: AbortSignal | undefined): Promise<Result> {
    const polls = timeoutMs === 0;
    const answer = this.#recv.wait(caller, polls ? Number.POSITIVE_INFINITY : timeoutMs, signal);
    this.pump();
    if (polls && this.#recv.isWaiting) {
      this.#recv.fail(new SocketError<RecvReason>('timeout', 'recv'));
      this.pump();
    }
    return answer;
  }

  /** Whether the next item is the owner's, as a message: then `deliver`, else `offer`. */
  get takesMessages(): boolean {
    return this.#active.mode !== false && !this.#recv.isWaiting && this.#held.length === 0;
  }

  /** A counted item with so much payload, as the message that the owner gets (FC-22, FC-23). The hot path. */
  deliver(message: readonly unknown[], payloadBytes: number): void {
    deliverWeighed(this.#owner, message, this.#room.waiting, payloadBytes * this.#source.payloadWeight);
    this.#granted -= 1;
    this.#grantedBytes -= payloadBytes;
    if (this.#active.mode !== true) this.#take(countItem(this.#active));
  }

  /** The same while `takesMessages` is false: it answers the waiting `recv` (RV-15), or is held for the next taker. */
  offer(message: readonly unknown[], result: Result, payloadBytes: number): void {
    if (this.#granted > 0) this.#granted -= 1;
    this.#grantedBytes -= payloadBytes;
    this.#held.push({ bytes: this.#source.weigh(message), message, result });
    this.#handOverHeld();
  }

  /** A blocking connect has its answer: it counts (CN-11, CN-15). */
  chargeConnect(): void {
    this.#take(countConnect(this.#active));
  }

  /** Items that left the transport and could not be handed over yet. */
  get held(): readonly Item<Result>[] {
    return this.#held;
  }

  /** Held items of one connection are from now on held by the socket that was made of it, and name that (PO-7). */
  moveHeld(to: FlowControl<Result>, isMoving: (message: readonly unknown[]) => boolean): void {
    const moving = this.#held.filter(({ message }) => isMoving(message));
    to.#held.push(...moving.map((item) => ({ ...item, message: item.message.with(1, to.#port) })));
    this.#held = this.#held.filter(({ message }) => !isMoving(message));
  }

  /**
   * Messages of one connection that its new socket takes along: they leave the mailbox of this socket's owner for that of the new one's, in order, and name
   * the new socket from now on.
   */
  moveMessages(to: FlowControl<Result>, isMoving: (message: readonly unknown[]) => boolean): void {
    const isOurs = (message: unknown): boolean =>
      carriesSocket(message, this.#port, this.#tags.all) && isMoving(message as readonly unknown[]);
    for (const message of extract(this.#owner, isOurs)) to.#pass((message as readonly unknown[]).with(1, to.#port));
  }

  /** From now on items go to another actor: `first`, if there is one, then the messages that wait in the mailbox of the former owner, then new ones. */
  redirect(newOwner: Pid, first: { readonly message: unknown } | undefined): void {
    const moving = extract(this.#owner, (message) => carriesSocket(message, this.#port, this.#tags.all));
    this.#owner = newOwner;
    if (first !== undefined) deliver(newOwner, first.message);
    for (const message of moving) this.#pass(message as readonly unknown[]);
  }

  /** A message that has been in a mailbox before, to the owner. */
  #pass(message: readonly unknown[]): void {
    deliverWeighed(this.#owner, message, this.#room.waiting, this.#source.weigh(message));
  }

  /** A batch has been handed over: brings the credit in line. The mode `true` gets credit in halves of the watermarks, so most batches cost nothing. */
  settle(): void {
    if (this.#pumping || !this.#isOn) return;
    if (this.#active.mode === true && this.#isAmple()) return;
    this.pump();
  }

  /** More than half of what may be granted is granted still, and others have not filled the mailbox meanwhile. */
  #isAmple(): boolean {
    const { highMsgqWatermark, highMsgqWatermarkBytes } = this.#room.marks;
    return (
      this.#granted * 2 > highMsgqWatermark &&
      this.#grantedBytes * this.#source.payloadWeight * 2 > highMsgqWatermarkBytes &&
      backlogBytes(this.#owner) < highMsgqWatermarkBytes
    );
  }

  /** Brings the credit in line with mode, waiting `recv` and backlog, and takes at once what a raised credit lets through. */
  pump(): void {
    this.#pumpAlone();
    if (this.#room.waiting.bytes > 0 && this.#room.isCrammed(this.#owner)) this.#holdOthersBack();
  }

  /** Other sockets of the owner were granted credit while there was room. */
  #holdOthersBack(): void {
    eachPort(this.#owner, (port) => {
      const flow = (port as { readonly [flowOfPort]?: FlowControl<unknown> })[flowOfPort];
      if (flow !== undefined && flow.#granted > 0 && flow.#room.isCrammed(flow.#owner)) flow.#pumpAlone();
    });
  }

  #pumpAlone(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      for (let exhausted = true; exhausted && this.#isOn; ) exhausted = this.#pumpOnce();
    } finally {
      this.#pumping = false;
    }
  }

  /** True if a raised credit has been used up at once, so that there may be more to do. */
  #pumpOnce(): boolean {
    this.#handOverHeld();
    const items = this.#recv.isWaiting ? 1 : 0;
    const isPassive = this.#active.mode === false || this.#room.isPaused;
    const room = isPassive ? noRoom : this.#room.forMode(this.#active, this.#owner, this.#source.payloadWeight);
    return this.#grant(items + room.items, room.bytes);
  }

  /** True if the credit was raised and used up at once. */
  #grant(items: number, bytes: number): boolean {
    const raised = items > this.#granted || (items > 0 && this.#grantedBytes <= 0);
    if (items === this.#granted && (items === 0 || this.#isNear(bytes))) return false;
    this.#granted = items;
    this.#grantedBytes = bytes;
    this.#source.setCredit(items, bytes);
    if (!raised) return false;
    this.#source.drain();
    return this.#granted <= 0 || this.#grantedBytes <= 0;
  }

  /** Bytes alone are brought in line when half of them are used, or when others have filled the mailbox. */
  #isNear(bytes: number): boolean {
    return this.#grantedBytes === bytes || (this.#grantedBytes < bytes && this.#grantedBytes * 2 > bytes);
  }

  #handOverHeld(): void {
    while (this.#held.length > 0 && (this.#recv.isWaiting || this.#active.mode !== false)) {
      const { message, result, bytes } = this.#held.shift()!;
      if (!this.#recv.isWaiting) {
        deliverWeighed(this.#owner, message, this.#room.waiting, bytes);
        if (this.#active.mode !== true) this.#take(countItem(this.#active));
      } else this.#recv.answer(result);
    }
  }

  #take(step: ActiveStep): void {
    this.#active = step.state;
    for (let sent = 0; sent < step.passiveMessages; sent += 1) deliver(this.#owner, [this.#tags.passive, this.#port]);
  }
}
