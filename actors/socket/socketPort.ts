/**
 * What all transports share: a port with one owner, the active modes, the pending `recv`, handoff and close. A transport derives from it, says how
 * its reading is started and stopped (`setCredit`, `drain`) and offers what it read. Mirrors inet_drv.c and inet.erl.
 *
 * The invariant on which flow control rests: the transport's credit is what the mode allows, plus 1 for a waiting `recv`, and nothing is offered
 * beyond it but what had left the transport before the credit fell; that little is held here, in order.
 */
import { inspect } from 'node:util';
import { type AnySelf, isAlive, isSelf, type Pid } from '../../runtime/index.js';
import {
  backlogBytes,
  charge,
  deliver,
  deliverWeighed,
  eachPort,
  extract,
  linkPort,
  type Port,
  portExited,
  socketHere,
  unlinkPort,
} from '../../runtime/ports.js';
import { type ActiveState, type ActiveStep, countConnect, countItem, passive } from './activeMode.js';
import { checkTimeout } from './addresses.js';
import { checkCaller, checkPid } from './caller.js';
import { type HandoffReason, type RecvReason, SocketError } from './errors.js';
import { type HandoffOptions, type HandoffPlan, planHandoff } from './handoff.js';
import { type LifecycleState, nextLifecycle } from './lifecycle.js';
import { MailboxRoom, noRoom, unlimited, type Watermarks } from './mailboxRoom.js';
import { carriesSocket, decideHandoff, exitCloses } from './owner.js';
import { checkSignal, RecvSlot, type WaitOptions } from './recvSlot.js';

/** First elements of the messages that a transport's sockets send; `passive` is among `all`. */
export interface MessageTags {
  readonly passive: string;
  readonly all: ReadonlySet<string>;
}

/** An item in the shapes of its two ways out: a message to the owner, or the answer of `recv`. */
export interface Item<Result> {
  /** The association it came by, 0 for transports without. */
  readonly assocId: number;
  /** What it will weigh in the owner's mailbox. */
  readonly bytes: number;
  readonly message: readonly unknown[];
  readonly result: Result;
}

let ports = 0;

export abstract class SocketPort<Result> implements Port {
  /** @internal */
  readonly thread: symbol = socketHere;
  /** As Erlang shows a port. */
  readonly label: string;
  readonly #tags: MessageTags;
  #lifecycle: LifecycleState = 'opening';
  #owner: Pid;
  #active: ActiveState = passive;
  /** What the transport may still offer, in items and in bytes of payload. */
  #granted = 0;
  #grantedBytes = unlimited;
  #held: Item<Result>[] = [];
  #pumping = false;
  readonly #room: MailboxRoom;
  readonly #recv: RecvSlot<Result>;

  protected constructor(owner: Pid, tags: MessageTags) {
    ports += 1;
    this.label = `#Port<${ports}>`;
    this.#owner = owner;
    this.#tags = tags;
    this.#room = new MailboxRoom(tags.all, () => this.pump());
    this.#recv = new RecvSlot(() => this.pump());
  }

  /**
   * From now on the transport may offer `items`, 0 none, of `bytes` of payload together, Infinity for any; the item that uses up the bytes may be longer
   * than what is left. It holds in the middle of a batch, too.
   */
  protected abstract setCredit(items: number, bytes: number): void;
  /** What one byte of payload weighs in a mailbox, in the form in which messages have it. */
  protected abstract get payloadWeight(): number;
  /** What a message of this socket weighs in a mailbox. */
  protected abstract weigh(message: readonly unknown[]): number;
  /** Takes from the transport at once what it has and the credit allows, by `deliverItem` or `offer`. */
  protected abstract drain(): void;
  /** Lets go of the descriptor and fails what waits for it with 'closed'. Called once. */
  protected abstract release(): void;

  get isOpen(): boolean {
    return this.#lifecycle === 'open';
  }

  /** The controlling process (OW-7). */
  get owner(): Pid {
    return this.#owner;
  }

  /**
   * Closes the socket, as anybody may; nothing happens if it is closed already (CL-1, CL-2). What waits on it fails with 'closed' (RV-8); messages
   * already in the owner's mailbox stay there (CL-4). An owner that traps exits gets `['EXIT', socket, 'normal']`, unless it gives itself as
   * `self` (OW-5).
   */
  close(self?: AnySelf): void {
    this.#end('normal', self === undefined ? undefined : checkCaller(self));
  }

  /**
   * Gives the socket to another actor, in one step: `options.message`, if there is one, comes first, then the messages of this socket that wait in the
   * caller's mailbox, every kind of them and in order, then anything newer (CP-10, CP-11). The active mode stays as it is, unless `options.active` says
   * another. Without a message nobody is told (CP-21). With options, the caller may give the socket to itself, too.
   *
   * @throws BadArg unless `newOwner` is a Pid, or naming an option
   * @throws SocketError 'closed' | 'not_owner' | 'badarg' (newOwner has ended); nothing has changed then
   */
  controllingProcess(self: AnySelf, newOwner: Pid): void;
  controllingProcess<const M>(self: AnySelf, newOwner: Pid<M>, options: HandoffOptions<this, M>): void;
  controllingProcess(self: AnySelf, newOwner: Pid, options?: HandoffOptions<this, unknown>): void {
    const caller = checkCaller(self);
    checkPid(newOwner, 'newOwner');
    const plan: HandoffPlan<this> | undefined = options === undefined ? undefined : planHandoff(options);
    // Foreign code: it may do anything, so whatever is checked is checked after it.
    const first = plan?.message === undefined ? undefined : { message: plan.message(this) };
    const decision = decideHandoff({
      isOpen: this.isOpen,
      callerOwns: caller === this.#owner,
      newOwnerOwns: newOwner === this.#owner,
      newOwnerIsAlive: isAlive(newOwner),
      saysMore: plan !== undefined,
    });
    if (decision === 'unchanged') return;
    if (decision !== 'transfer') throw this.charged(new SocketError<HandoffReason>(decision, 'controllingProcess'), caller);
    const former = this.#owner;
    if (newOwner !== former) linkPort(newOwner, this);
    this.#owner = newOwner;
    const moving = extract(former, (message) => carriesSocket(message, this, this.#tags.all));
    if (first !== undefined) deliver(newOwner, first.message);
    for (const message of moving) this.#pass(message as readonly unknown[]);
    if (newOwner !== former) unlinkPort(former, this);
    this.applyActive(plan?.active ?? { state: this.#active, passiveMessages: 0 });
  }

  /** The runtime tells of an exit signal (OW-1, OW-3). Not for users. */
  onExit(from: Pid, reason: unknown): void {
    const fromOwner = from === this.#owner;
    if (exitCloses(fromOwner, reason)) this.#end(reason, undefined);
  }

  toString(): string {
    return this.label;
  }

  toJSON(): string {
    return this.label;
  }

  [inspect.custom](): string {
    return this.label;
  }

  /** 'closed', to be thrown by a call on a socket that is not open. */
  protected closedError(syscall: string): SocketError<'closed'> {
    return this.charged(new SocketError('closed', syscall));
  }

  /** A call has failed: if nobody awaits it, that is the end of the owner, who is taken for the caller where a call does not know. */
  protected charged<E extends object>(error: E, caller: Pid = this.#owner): E {
    return charge(error, caller);
  }

  protected chargedTo<T>(caller: Pid, call: () => T): T {
    try {
      return call();
    } catch (error) {
      throw this.charged(error as Error, caller);
    }
  }

  protected refused(error: unknown): Promise<never> {
    return Promise.reject(this.charged(error as Error));
  }

  /** Links the owner and begins to read as `first` says. False if the owner has ended: the caller lets go of the transport then. */
  protected begin(first: ActiveStep): boolean {
    const alive = isAlive(this.#owner);
    // Open before it is linked: a link to what is not open brings 'noproc'.
    this.#lifecycle = nextLifecycle(this.#lifecycle, alive ? 'opened' : 'failed');
    if (!alive) return false;
    linkPort(this.#owner, this);
    this.applyActive(first);
    return true;
  }

  /** The next item in passive mode, as `recv` of the transport documents it. */
  protected receive(timeoutMs: number, options: WaitOptions | undefined): Promise<Result> {
    checkTimeout(timeoutMs);
    const signal = checkSignal(options);
    const refusal = this.#refusal(signal);
    const caller = isSelf(options) ? options.pid : this.#owner;
    if (refusal !== undefined) return Promise.reject(this.charged(new SocketError<RecvReason>(refusal, 'recv'), caller));
    const polls = timeoutMs === 0;
    const answer = this.#recv.wait(caller, polls ? Number.POSITIVE_INFINITY : timeoutMs, signal);
    this.pump();
    if (polls && this.#recv.isWaiting) {
      this.#recv.fail(new SocketError<RecvReason>('timeout', 'recv'));
      this.pump();
    }
    return answer;
  }

  /** Whether the next item is the owner's, as a message: then `deliverItem`, else `offer`. */
  protected get takesMessages(): boolean {
    return this.#active.mode !== false && !this.#recv.isWaiting && this.#held.length === 0;
  }

  /** A counted item with so much payload, as the message that the owner gets (FC-22, FC-23). The hot path. */
  protected deliverItem(message: readonly unknown[], payloadBytes: number): void {
    deliverWeighed(this.#owner, message, this.#room.waiting, payloadBytes * this.payloadWeight);
    this.#granted -= 1;
    this.#grantedBytes -= payloadBytes;
    if (this.#active.mode !== true) this.#take(countItem(this.#active));
  }

  /** The same while `takesMessages` is false: it answers the waiting `recv` (RV-15), or is held for whoever comes. */
  protected offer(item: Item<Result>, payloadBytes: number): void {
    if (this.#granted > 0) this.#granted -= 1;
    this.#grantedBytes -= payloadBytes;
    this.#held.push(item);
    this.#handOverHeld();
  }

  /** A blocking connect has its answer: it counts (CN-11, CN-15). */
  protected chargeConnect(): void {
    this.#take(countConnect(this.#active));
  }

  /** Items that left the transport and could not be handed over yet. */
  protected get held(): readonly Item<Result>[] {
    return this.#held;
  }

  /** What is held of an association is from now on held by the socket that it was peeled off to (PO-7). */
  protected moveHeld(to: SocketPort<Result>, assocId: number): void {
    const moving = this.#held.filter((item) => item.assocId === assocId);
    to.#held.push(...moving.map((item) => ({ ...item, message: item.message.with(1, to) })));
    this.#held = this.#held.filter((item) => item.assocId !== assocId);
  }

  /**
   * Messages of one connection that its new socket `to` takes along: they leave the mailbox of this socket's owner for that of `to`'s, in order, and name
   * `to` from now on.
   */
  protected moveMessages(to: SocketPort<Result>, isMoving: (message: readonly unknown[]) => boolean): void {
    const moving = extract(
      this.#owner,
      (message) => carriesSocket(message, this, this.#tags.all) && isMoving(message as readonly unknown[]),
    );
    for (const message of moving) to.#pass((message as readonly unknown[]).with(1, to));
  }

  /** A message that has been in a mailbox before, to the owner. */
  #pass(message: readonly unknown[]): void {
    deliverWeighed(this.#owner, message, this.#room.waiting, this.weigh(message));
  }

  /** Tells the owner something before anything of the socket. */
  protected tellOwner(message: unknown): void {
    deliver(this.#owner, message);
  }

  protected get activeState(): ActiveState {
    return this.#active;
  }

  /** Takes a planned step. Items that may now be delivered are in the owner's mailbox when it returns (FC-28). */
  protected applyActive(step: ActiveStep): void {
    this.#room.endPause();
    this.#take(step);
    this.pump();
  }

  /** True if they have changed: `applyActive` is to follow. */
  protected setWatermarks(marks: Watermarks): boolean {
    const former = this.#room.marks;
    this.#room.marks = marks;
    return (Object.keys(former) as (keyof Watermarks)[]).some((name) => former[name] !== marks[name]);
  }

  /** A batch has been handed over: brings the credit in line. `true` is given credit in halves of the watermarks, so most batches cost nothing. */
  protected settle(): void {
    if (this.#pumping || !this.isOpen) return;
    if (this.#active.mode === true && this.#isAmple()) return;
    this.pump();
  }

  /** More than half of what may be granted is granted still, and others have not filled the mailbox meanwhile. */
  #isAmple(): boolean {
    const { highMsgqWatermark, highMsgqWatermarkBytes } = this.#room.marks;
    return (
      this.#granted * 2 > highMsgqWatermark &&
      this.#grantedBytes * this.payloadWeight * 2 > highMsgqWatermarkBytes &&
      backlogBytes(this.#owner) < highMsgqWatermarkBytes
    );
  }

  /** Brings the credit in line with mode, waiting `recv` and backlog, and takes at once what a raised credit lets through. */
  protected pump(): void {
    this.#pumpAlone();
    if (this.#room.waiting.bytes > 0 && this.#room.isCrammed(this.#owner)) this.#holdOthersBack();
  }

  /** What other sockets of the owner were granted while there was room. */
  #holdOthersBack(): void {
    eachPort(this.#owner, (port) => {
      if (port instanceof SocketPort && port.#granted > 0 && port.#room.isCrammed(port.#owner)) port.#pumpAlone();
    });
  }

  #pumpAlone(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      for (let exhausted = true; exhausted && this.isOpen; ) exhausted = this.#pumpOnce();
    } finally {
      this.#pumping = false;
    }
  }

  /** True if a raised credit has been used up at once, so that there may be more to do. */
  #pumpOnce(): boolean {
    this.#handOverHeld();
    const items = this.#recv.isWaiting ? 1 : 0;
    const isPassive = this.#active.mode === false || this.#room.isPaused;
    const room = isPassive ? noRoom : this.#room.forMode(this.#active, this.#owner, this.payloadWeight);
    return this.#grant(items + room.items, room.bytes);
  }

  /** True if what has been granted more was used up at once. */
  #grant(items: number, bytes: number): boolean {
    const raised = items > this.#granted || (items > 0 && this.#grantedBytes <= 0);
    if (items === this.#granted && (items === 0 || this.#isNear(bytes))) return false;
    this.#granted = items;
    this.#grantedBytes = bytes;
    this.setCredit(items, bytes);
    if (!raised) return false;
    this.drain();
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
    for (let sent = 0; sent < step.passiveMessages; sent += 1) deliver(this.#owner, [this.#tags.passive, this]);
  }

  #refusal(signal: AbortSignal | undefined): RecvReason | undefined {
    if (!this.isOpen) return 'closed';
    if (signal?.aborted) return 'aborted';
    if (this.#active.mode !== false) return 'einval';
    return this.#recv.isWaiting ? 'ealready' : undefined;
  }

  #end(reason: unknown, closer: Pid | undefined): void {
    if (!this.isOpen) return;
    this.#lifecycle = nextLifecycle(this.#lifecycle, 'close');
    this.#room.endPause();
    this.#recv.fail(this.closedError('recv'));
    this.release();
    this.#held = [];
    this.#lifecycle = nextLifecycle(this.#lifecycle, 'released');
    if (closer === this.#owner) unlinkPort(this.#owner, this);
    portExited(this, reason);
  }
}
