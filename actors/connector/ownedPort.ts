/**
 * A port over sockets that it keeps to itself: it has one owner, ends with its owner, may be linked and monitored, and may be handed over. The sockets below belong to
 * the port, so its owner hears of the port alone. Who may hand over, and whose end closes, is decided as for sockets (actors/socket/owner.ts).
 */
import { inspect } from 'node:util';
import { type AnySelf, BadArg, isAlive, type Pid } from '../../runtime/index.js';
import { charge, checkKeys, deliver, linkPort, type Port, portExited, socketHere, unlinkPort } from '../../runtime/ports.js';
import { checkCaller, checkPid, decideHandoff, exitCloses, type HandoffReason, Lifecycle, SocketError } from '../socket/index.js';

/** Options of `controllingProcess`. */
export interface HandOverOptions<Owned, Message> {
  /** The new owner is sent this message, before anything else of the port. A function makes the message of the port. */
  readonly message?: Message | ((port: Owned) => Message);
}

const handOverKeys: ReadonlySet<string> = new Set(['message']);

let ports = 0;

export abstract class OwnedPort implements Port {
  /** @internal */
  readonly thread: symbol = socketHere;
  readonly #kind: string;
  readonly #number: number;
  readonly #life = new Lifecycle();
  #owner: Pid;

  /** @param kind how the label begins */
  protected constructor(kind: string, owner: Pid) {
    ports += 1;
    this.#kind = kind;
    this.#number = ports;
    this.#owner = owner;
  }

  /** Lets go of what is below, and fails what waits. Called once. */
  protected abstract release(): void;

  get label(): string {
    return `#${this.#kind}<${this.#number}>`;
  }

  get isOpen(): boolean {
    return this.#life.isOpen;
  }

  /** The controlling process. */
  get owner(): Pid {
    return this.#owner;
  }

  /**
   * Gives the port to another actor, in one step. The port ends with its new owner from then on.
   *
   * @throws BadArg unless `newOwner` is a Pid, or naming an option
   * @throws SocketError 'closed' | 'not_owner' | 'badarg' (newOwner has ended); nothing has changed then
   */
  controllingProcess(self: AnySelf, newOwner: Pid): void;
  controllingProcess<const M>(self: AnySelf, newOwner: Pid<M>, options: HandOverOptions<this, M>): void;
  controllingProcess(self: AnySelf, newOwner: Pid, options?: HandOverOptions<this, unknown>): void {
    const caller = checkCaller(self);
    checkPid(newOwner, 'newOwner');
    // Foreign code: it may do anything, so whatever is checked is checked after it.
    const first = this.#firstMessage(options);
    const former = this.#owner;
    const decision = decideHandoff({
      isOpen: this.#life.allows('handOver'),
      callerOwns: caller === former,
      newOwnerOwns: newOwner === former,
      newOwnerIsAlive: isAlive(newOwner),
      saysMore: first !== undefined,
    });
    if (decision === 'unchanged') return;
    if (decision !== 'transfer') throw charge(new SocketError<HandoffReason>(decision, 'controllingProcess'), caller);
    this.#life.take('handOver');
    if (newOwner !== former) linkPort(newOwner, this);
    this.#owner = newOwner;
    if (first !== undefined) deliver(newOwner, first.message);
    if (newOwner !== former) unlinkPort(former, this);
  }

  /** The runtime tells of an exit signal. Not for users. */
  onExit(from: Pid, reason: unknown): void {
    if (exitCloses(from === this.#owner, reason)) this.end(reason, undefined);
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

  /** Links the owner. False if the owner has ended: the port was never open then, and its maker lets go of what is below. */
  protected begin(): boolean {
    // Open before it is linked: a link to a port that is not open brings 'noproc'.
    this.#life.take(isAlive(this.#owner) ? 'opened' : 'failed');
    return this.isOpen && linkPort(this.#owner, this);
  }

  /** Ends the port, once. An owner that closes it itself, `closer`, gets no 'EXIT'. */
  protected end(reason: unknown, closer: Pid | undefined): void {
    if (!this.#life.take('close')) return;
    this.release();
    this.#life.take('released');
    if (closer === this.#owner) unlinkPort(this.#owner, this);
    portExited(this, reason);
  }

  #firstMessage(options: HandOverOptions<this, unknown> | undefined): { readonly message: unknown } | undefined {
    if (options === undefined) return undefined;
    if (typeof options !== 'object' || options === null) throw new BadArg('options', 'must be { message }');
    checkKeys('options', options, handOverKeys);
    const { message } = options;
    if (message === undefined) return undefined;
    return { message: typeof message === 'function' ? (message as (port: this) => unknown)(this) : message };
  }
}
