/**
 * Flow control of one socket: which items its owner gets, by which of two ways (a message in active mode, the answer of a waiting `recv` in passive mode), and
 * how much the transport may read because of that. Mirrors inet_drv.c.
 *
 * The invariant: the credit of the transport is what the active mode allows, plus 1 for a waiting `recv`. The transport offers nothing beyond its credit but
 * items that had left it before the credit fell; these few are held here, in order. A stream has an end, which comes behind all items and does not count (FC-32).
 *
 * A process may have very many sockets that idle. What only a socket needs that is active, or that is waited for, is made when it is.
 */
import type { Pid } from '../../runtime/index.js';
import { backlogBytes, deliver, deliverWeighed, eachPort, extract, type Port } from '../../runtime/ports.js';
import { type ActiveState, type ActiveStep, countConnect, countItem, passive } from './activeMode.js';
import { Credit } from './credit.js';
import { endError, type RecvReason } from './errors.js';
import { defaultWatermarks, MailboxRoom, noRoom, type Watermarks } from './mailboxRoom.js';
import { carriesSocket } from './owner.js';
import { RecvSlot } from './recvSlot.js';
import type { Item, MessageTags, ReadError, Source, StreamEnd } from './source.js';

/** Stands for the items of a socket that holds none, which is nearly every one. */
const none: never[] = [];

/** Where a port has its flow control, for that of other ports of the same owner. */
export const flowOfPort: unique symbol = Symbol('flow control of a port');

export class FlowControl<Result> {
  readonly #port: Port;
  readonly #tags: MessageTags;
  readonly #source: Source;
  #owner: Pid;
  #isOn = false;
  #active: ActiveState = passive;
  /** Items that are still to be taken from its count: nothing has to be made for one item of many. */
  #uncounted = 0;
  /** What is left to the transport. */
  readonly #credit: Credit;
  #held: (Item<Result> | ReadError)[] = none;
  #end: StreamEnd | undefined;
  #pumping = false;
  /** Made when the socket is active for the first time. */
  #room: MailboxRoom | undefined;
  #marks: Watermarks = defaultWatermarks;
  /** Made by the first `recv`. */
  #recv: RecvSlot<Result> | undefined;

  /** @param port the socket that messages name */
  constructor(port: Port, owner: Pid, tags: MessageTags, source: Source) {
    this.#port = port;
    this.#owner = owner;
    this.#tags = tags;
    this.#source = source;
    this.#credit = new Credit(source);
  }

  /** Whom items go to. */
  get owner(): Pid {
    return this.#owner;
  }

  get active(): ActiveState {
    const { mode, count } = this.#active;
    if (this.#uncounted > 0) this.#setActive({ mode, count: count - this.#uncounted });
    return this.#active;
  }

  /** The socket is open: reading begins as `first` says. */
  begin(first: ActiveStep): void {
    this.#isOn = true;
    this.apply(first);
  }

  /** The socket is closed: nothing is read any more, and a waiting `recv` fails. */
  end(error: () => Error): void {
    this.#isOn = false;
    this.#room?.endPause();
    if (this.isAwaited) this.#recv!.fail(error());
  }

  /** Items that were held are nobody's any more. */
  dropHeld(): void {
    this.#held = none;
  }

  /** Takes a planned step. Items that may be delivered now are in the owner's mailbox when it returns (FC-28). */
  apply(step: ActiveStep): void {
    this.#room?.endPause();
    this.#take(step);
    this.pump();
  }

  /** True if they have changed: `apply` is to follow. */
  setWatermarks(marks: Watermarks): boolean {
    const former = this.#marks;
    this.#marks = marks;
    if (this.#room !== undefined) this.#room.marks = marks;
    return former !== marks && (Object.keys(former) as (keyof Watermarks)[]).some((name) => former[name] !== marks[name]);
  }

  /** Why a `recv` cannot wait now. */
  recvRefusal(signal: AbortSignal | undefined): RecvReason | undefined {
    if (signal?.aborted) return 'aborted';
    if (this.#active.mode !== false) return 'einval';
    return this.isAwaited ? 'ealready' : undefined;
  }

  /**
   * Waits for the next item of a passive socket; 0 takes what is there. Only when `recvRefusal` has nothing against it.
   *
   * @param exactly the next item is to be of so many bytes; 0: as the transport has it
   */
  recv(caller: Pid, timeoutMs: number, signal: AbortSignal | undefined, exactly = 0): Promise<Result> {
    const polls = timeoutMs === 0;
    this.#recv ??= new RecvSlot(this);
    if (exactly > 0) this.#source.expect?.(exactly);
    const answer = this.#recv.wait(caller, polls ? Number.POSITIVE_INFINITY : timeoutMs, signal);
    this.pump();
    if (polls && this.isAwaited) this.#recv.giveUp('timeout');
    return answer as Promise<Result>;
  }

  /** The next item, if it is there. Only when `recvRefusal` has nothing against it. */
  glance(caller: Pid): Promise<Result | undefined> {
    this.#recv ??= new RecvSlot(this);
    const answer = this.#recv.wait(caller, Number.POSITIVE_INFINITY, undefined);
    this.pump();
    if (this.isAwaited) this.#recv.giveNothing();
    return answer;
  }

  /** A `recv` waits. */
  get isAwaited(): boolean {
    return this.#recv?.isWaiting === true;
  }

  /** Nobody waits any more for the item that had been asked for. */
  unawaited(): void {
    this.#source.expect?.(0);
    this.pump();
  }

  /** The end of a stream has come, behind all items. Whoever is to know is told by the next `settle` or `pump`. */
  finish(end: StreamEnd): void {
    this.#end = end;
  }

  /** The end, once it has come. */
  get streamEnd(): StreamEnd | undefined {
    return this.#end;
  }

  /** Whether the next item is the owner's, as a message: then `deliver`, else `offer`. */
  get takesMessages(): boolean {
    return this.#active.mode !== false && !this.isAwaited && this.#held.length === 0;
  }

  /** A counted item with so much payload, as the message that the owner gets (FC-22, FC-23). The hot path. */
  deliver(message: readonly unknown[], payloadBytes: number): void {
    deliverWeighed(this.#owner, message, this.#mailbox().waiting, payloadBytes * this.#source.payloadWeight);
    this.#credit.spend(payloadBytes);
    if (this.#active.mode !== true) this.#count();
  }

  /** The same while `takesMessages` is false: it answers the waiting `recv` (RV-15), or is held for the next taker. */
  offer(message: readonly unknown[], result: Result, payloadBytes: number): void {
    this.#credit.spend(payloadBytes);
    this.#hold({ bytes: this.#source.weigh(message), message, result });
    this.#handOverHeld();
  }

  /** An error of reading has come, behind the items before it. It uses no credit and changes no mode (FC-25). */
  report(message: readonly unknown[], error: Error): void {
    if (this.takesMessages) deliver(this.#owner, message);
    else this.#hold({ message, error });
    this.#handOverHeld();
  }

  /** A blocking connect has its answer: it counts (CN-11, CN-15). */
  chargeConnect(): void {
    this.#take(countConnect(this.active));
  }

  /** Items that left the transport and could not be handed over yet. */
  get held(): readonly (Item<Result> | ReadError)[] {
    return this.#held;
  }

  /** Held items of one connection are from now on held by the socket that was made of it, and name that (PO-7). */
  moveHeld(to: FlowControl<Result>, isMoving: (message: readonly unknown[]) => boolean): void {
    const moving = this.#held.filter(({ message }) => isMoving(message));
    for (const item of moving) to.#hold({ ...item, message: item.message.with(1, to.#port) });
    this.#held = this.#held.filter(({ message }) => !isMoving(message));
  }

  /** Messages of one connection leave the mailbox of this socket's owner for that of its new socket's, in order, and name that from now on. */
  moveMessages(to: FlowControl<Result>, isMoving: (message: readonly unknown[]) => boolean): void {
    const isOurs = (message: unknown): boolean =>
      carriesSocket(message, this.#port, this.#tags.all) && isMoving(message as readonly unknown[]);
    for (const message of extract(this.#owner, isOurs)) to.#pass((message as readonly unknown[]).with(1, to.#port));
  }

  /** The messages that wait in the owner's mailbox leave it. */
  recall(): unknown[] {
    return extract(this.#owner, (message) => carriesSocket(message, this.#port, this.#tags.all));
  }

  /** From now on items go to another actor: `first`, if there is one, then the messages that wait in the mailbox of the former owner, then new ones. */
  redirect(newOwner: Pid, first: { readonly message: unknown } | undefined): void {
    const moving = this.recall();
    this.#owner = newOwner;
    if (first !== undefined) deliver(newOwner, first.message);
    for (const message of moving) this.#pass(message as readonly unknown[]);
  }

  /** A message that has been in a mailbox before, to the owner. */
  #pass(message: readonly unknown[]): void {
    deliverWeighed(this.#owner, message, this.#mailbox().waiting, this.#source.weigh(message));
  }

  /** A batch has been handed over: brings the credit in line. The mode `true` gets credit in halves of the watermarks, so most batches cost nothing. */
  settle(): void {
    if (this.#pumping || !this.#isOn) return;
    const isAmple = this.#active.mode === true && this.#end === undefined && this.#credit.isAmple(this.#marks);
    // Others may have filled the mailbox meanwhile.
    if (!isAmple || backlogBytes(this.#owner) >= this.#marks.highMsgqWatermarkBytes) this.pump(!this.#source.goesOn);
  }

  /**
   * Brings the credit in line with mode, waiting `recv` and backlog, and takes what a raised credit lets through.
   *
   * @param atOnce false leaves that to the transport's next batch
   */
  pump(atOnce = true): void {
    this.#pumpAlone(atOnce);
    const room = this.#room;
    if (room !== undefined && room.waiting.bytes > 0 && room.isCrammed(this.#owner)) this.#holdOthersBack();
  }

  /** There is room again in the owner's mailbox. */
  resume(): void {
    this.pump(!this.#source.goesOn);
  }

  /** Other sockets of the owner were granted credit while there was room. */
  #holdOthersBack(): void {
    eachPort(this.#owner, (port) => {
      const flow = (port as { readonly [flowOfPort]?: FlowControl<unknown> })[flowOfPort];
      if (flow === undefined) return;
      if (flow.#credit.isLeft && flow.#room?.isCrammed(flow.#owner) === true) flow.#pumpAlone();
    });
  }

  #pumpAlone(atOnce = true): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      for (let exhausted = true; exhausted && this.#isOn; ) exhausted = this.#pumpOnce(atOnce);
    } finally {
      this.#pumping = false;
    }
  }

  /** True if a raised credit has been used up at once, so that there may be more to do. */
  #pumpOnce(atOnce: boolean): boolean {
    this.#handOverHeld();
    if (this.#end !== undefined) {
      this.#tellEnd(this.#end);
      return false;
    }
    const items = this.isAwaited ? 1 : 0;
    const isPassive = this.#active.mode === false || this.#room?.isPaused === true;
    const room = isPassive ? noRoom : this.#mailbox().forMode(this.active, this.#owner, this.#source.payloadWeight);
    if (!this.#credit.grant(items + room.items, room.bytes) || !atOnce) return false;
    this.#source.drain();
    return this.#credit.isUsedUp || this.#end !== undefined;
  }

  /** A `recv` that waits comes first (RV-15). A socket that is passive and that nobody reads tells nothing (FC-33). */
  #tellEnd(end: StreamEnd): void {
    if (this.#held.length > 0) return;
    if (this.#recv?.isWaiting) {
      this.#recv.fail(endError(end.reason, 'recv'));
      end.told('recv');
    }
    if (!this.#isOn || this.#active.mode === false || end.messages.length === 0) return;
    for (const message of end.messages) deliver(this.#owner, message);
    end.told('owner');
  }

  // No getter: V8 calls its runtime for a private one, which took two of a hundred parts of the time that a small message takes.
  #mailbox(): MailboxRoom {
    if (this.#room !== undefined) return this.#room;
    this.#room = new MailboxRoom(this.#tags.all, this);
    this.#room.marks = this.#marks;
    return this.#room;
  }

  #hold(item: Item<Result> | ReadError): void {
    if (this.#held === none) this.#held = [];
    this.#held.push(item);
  }

  #handOverHeld(): void {
    while (this.#held.length > 0 && (this.isAwaited || this.#active.mode !== false)) {
      const item = this.#held.shift()!;
      if ('error' in item) {
        if (this.isAwaited) this.#recv!.fail(item.error);
        else deliver(this.#owner, item.message);
      } else if (this.isAwaited) this.#recv!.answer(item.result);
      else {
        deliverWeighed(this.#owner, item.message, this.#mailbox().waiting, item.bytes);
        if (this.#active.mode !== true) this.#count();
      }
    }
  }

  /** One item has gone to the owner as a message, in another mode than `true`. */
  #count(): void {
    if (this.#active.count > this.#uncounted + 1) this.#uncounted += 1;
    else this.#take(countItem(this.active));
  }

  #setActive(state: ActiveState): void {
    this.#active = state;
    this.#uncounted = 0;
  }

  #take(step: ActiveStep): void {
    this.#setActive(step.state);
    for (let sent = 0; sent < step.passiveMessages; sent += 1) deliver(this.#owner, [this.#tags.passive, this.#port]);
  }
}
