/**
 * A socket as a port, whatever its transport: it has one owner, a life from open to closed, and may be given away. What it reads goes by its flow control
 * (flowControl.ts). A transport derives from it, gives it its reading side (`Source`) and says how it lets go. Mirrors inet.erl.
 */
import { inspect } from 'node:util';
import { type AnySelf, isAlive, isSelf, type Pid } from '../../runtime/index.js';
import { charge, linkPort, type Port, portExited, socketHere, unlinkPort } from '../../runtime/ports.js';
import type { ActiveStep } from './activeMode.js';
import { checkTimeout } from './addresses.js';
import { checkCaller, checkPid } from './caller.js';
import { type HandoffReason, type RecvReason, SocketError } from './errors.js';
import { FlowControl, flowOfPort } from './flowControl.js';
import { type HandoffOptions, type HandoffPlan, planHandoff } from './handoff.js';
import { Lifecycle } from './lifecycle.js';
import { decideHandoff, exitCloses } from './owner.js';
import { checkSignal, type WaitOptions } from './recvSlot.js';
import type { MessageTags, Source } from './source.js';
import { detach, glance, recallMessages, refusalOf, seal, type Unsealed, whenEnded } from './takeover.js';

let ports = 0;
const sealed = 'TLS has it: use the TLS socket that was made of it';

export abstract class SocketPort<Result> implements Port {
  /** @internal */
  readonly thread: symbol = socketHere;
  readonly #number: number;
  readonly #life = new Lifecycle();
  readonly #flow: FlowControl<Result>;
  #whenEnded: (() => void) | undefined;
  #isDetached = false;
  #isSealed = false;

  protected constructor(owner: Pid, tags: MessageTags, source: Source) {
    ports += 1;
    this.#number = ports;
    this.#flow = new FlowControl(this, owner, tags, source);
  }

  /** Lets go of the descriptor and fails what waits for it with 'closed'. Called once. */
  protected abstract release(): void;

  /** @internal A getter on the prototype, so that a deep comparison of messages does not walk into a socket. */
  get [flowOfPort](): FlowControl<Result> {
    return this.#flow;
  }

  /** As Erlang shows a port. */
  get label(): string {
    return `#Port<${this.#number}>`;
  }

  get isOpen(): boolean {
    return this.#life.isOpen;
  }

  /** The controlling process (OW-7). */
  get owner(): Pid {
    return this.#flow.owner;
  }

  /**
   * Closes the socket, as anybody may; nothing happens if it is closed already (CL-1, CL-2). What waits on it fails with 'closed' (RV-8); messages
   * already in the owner's mailbox stay there (CL-4). An owner that traps exits gets `['EXIT', socket, 'normal']`, unless it gives itself as
   * `self` (OW-5).
   */
  close(self?: AnySelf): void {
    this.#end('normal', self === undefined ? undefined : checkCaller(self));
  }

  /** Closes the socket at the end of a `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Closes the socket at the end of an `await using` (CL-7). */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
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
    const former = this.owner;
    const decision = decideHandoff({
      isOpen: this.#life.allows('handOver'),
      callerOwns: caller === former && !this.#isDetached,
      newOwnerOwns: newOwner === former,
      newOwnerIsAlive: isAlive(newOwner),
      saysMore: plan !== undefined,
    });
    if (decision === 'unchanged') return;
    if (decision !== 'transfer') throw this.charged(new SocketError<HandoffReason>(decision, 'controllingProcess'), caller);
    this.#life.take('handOver');
    if (newOwner !== former) linkPort(newOwner, this);
    this.#flow.redirect(newOwner, first);
    if (newOwner !== former) unlinkPort(former, this);
    this.#flow.apply(plan?.active ?? { state: this.#flow.active, passiveMessages: 0 });
  }

  /** The runtime tells of an exit signal (OW-1, OW-3). Not for users. */
  onExit(from: Pid, reason: unknown): void {
    const fromOwner = from === this.owner;
    if (exitCloses(fromOwner, reason)) this.#end(reason, undefined);
  }

  /** @internal */
  [whenEnded](callback: () => void): void {
    const former = this.#whenEnded;
    this.#whenEnded = (): void => {
      former?.();
      callback();
    };
  }

  /** @internal */
  [recallMessages](): unknown[] {
    return this.#flow.recall();
  }

  /** @internal */
  [glance](): Promise<Result | undefined> {
    const refusal: RecvReason | undefined = this.isOpen ? this.#flow.recvRefusal(undefined) : 'closed';
    if (refusal !== undefined) return Promise.reject(this.charged(new SocketError<RecvReason>(refusal, 'recv')));
    return this.#flow.glance(this.owner);
  }

  /** @internal */
  [detach](): 'not_owner' | 'ealready' | undefined {
    if (this.#isDetached) return 'not_owner';
    if (this.#flow.isAwaited) return 'ealready';
    this.#isDetached = true;
    unlinkPort(this.owner, this);
    return undefined;
  }

  /** @internal */
  [seal](): Unsealed {
    this.#isSealed = true;
    return (call) => {
      this.#isSealed = false;
      try {
        return call();
      } finally {
        this.#isSealed = true;
      }
    };
  }

  /** @internal */
  [refusalOf](syscall: string): SocketError<'closed' | 'not_owner'> | undefined {
    if (!this.isOpen) return this.closedError(syscall);
    return this.#isSealed ? this.charged(new SocketError('not_owner', syscall, { detail: sealed })) : undefined;
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
  protected charged<E extends object>(error: E, caller: Pid = this.owner): E {
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

  /** A call whose answer is there at once. */
  protected told<T>(syscall: string, call: () => T): T {
    if (!this.isOpen) throw this.closedError(syscall);
    return this.chargedTo(this.owner, call);
  }

  /** The same for a call that acts on the socket. */
  protected done<T>(syscall: string, call: () => T): T {
    const refusal = this[refusalOf](syscall);
    if (refusal !== undefined) throw refusal;
    return this.chargedTo(this.owner, call);
  }

  /** A call that begins at once, and whose promise has been charged with later failures. */
  protected tried<T>(syscall: string, call: () => Promise<T>): Promise<T> {
    if (!this.isOpen) return Promise.reject(this.closedError(syscall));
    try {
      return call();
    } catch (error) {
      return this.refused(error);
    }
  }

  /** A call that fails later, when the socket may have another owner: the present one is its caller. */
  protected async awaited<T>(syscall: string, call: () => Promise<T>): Promise<T> {
    const caller = this.owner;
    if (!this.isOpen) throw this.closedError(syscall);
    try {
      return await call();
    } catch (error) {
      throw this.charged(error as Error, caller);
    }
  }

  /** Links the owner and begins to read as `first` says. False if the owner has ended: the caller lets go of the transport then. */
  protected begin(first: ActiveStep): boolean {
    // Open before it is linked: a link to a port that is not open brings 'noproc'.
    this.#life.take(isAlive(this.owner) ? 'opened' : 'failed');
    if (!this.isOpen) return false;
    linkPort(this.owner, this);
    this.#flow.begin(first);
    return true;
  }

  /** @internal The connection has ended, and the owner has been told: the port ends, and the owner gets no exit signal of it (TC-3). */
  endedByPeer(): void {
    this.#end('normal', this.owner);
  }

  /** The next item in passive mode, as `recv` of the transport documents it; of exactly so many bytes, if a transport of streams says so. */
  protected receive(timeoutMs: number, options: WaitOptions | undefined, exactly = 0): Promise<Result> {
    checkTimeout(timeoutMs);
    const signal = checkSignal(options);
    const caller = isSelf(options) ? options.pid : this.owner;
    if (this.#isSealed && this.isOpen)
      return Promise.reject(this.charged(new SocketError('not_owner', 'recv', { detail: sealed }), caller));
    const refusal: RecvReason | undefined = this.isOpen ? this.#flow.recvRefusal(signal) : 'closed';
    if (refusal !== undefined) return Promise.reject(this.charged(new SocketError<RecvReason>(refusal, 'recv'), caller));
    return this.#flow.recv(caller, timeoutMs, signal, exactly);
  }

  /**
   * The items of a passive socket, one after the other, until it or its connection is closed. When `isLast` has been true of one, the loop gives what waits behind it, and ends.
   */
  protected async *items(
    options: WaitOptions | undefined,
    isLast: (item: Result) => boolean,
  ): AsyncGenerator<Result, void, void> {
    let isOver = false;
    for (;;) {
      let item: Result;
      try {
        item = await this.receive(isOver ? 0 : Number.POSITIVE_INFINITY, options);
      } catch (error) {
        const isClosed = !this.isOpen || (error instanceof SocketError && error.reason === 'closed');
        if (isClosed || isOver) return;
        throw error;
      }
      isOver ||= isLast(item);
      yield item;
    }
  }

  #end(reason: unknown, closer: Pid | undefined): void {
    if (!this.#life.take('close')) return;
    this.#flow.end(() => this.closedError('recv'));
    this.release();
    this.#flow.dropHeld();
    this.#life.take('released');
    if (closer === this.owner) unlinkPort(this.owner, this);
    portExited(this, reason);
    this.#whenEnded?.();
  }
}
