/**
 * A connect, from the look-up of the address to the connection: every address is tried, in order, with the time that is left (TN-4, TN-7). The attempt ends with the
 * time, with its signal, and with the actor that makes it (TN-15), and leaves nothing behind.
 */
import { constants } from 'node:os';
import { batchRecord, type Handle } from '../../native/contract/batch.js';
import { tcpKind, tcpRecord } from '../../native/contract/tcp.js';
import { type AnySelf, isAlive } from '../../runtime/index.js';
import {
  type BatchTaker,
  type InetAddress,
  type InetKept,
  type InetOpening,
  InetOptionsInForce,
  type InetPlan,
  inetLiteral,
  Limits,
  openParamsOf,
  reasonOf,
  resolveAddresses,
  resolveInet,
  SocketError,
} from '../socket/index.js';
import type { TcpEnvironment } from './environment.js';
import { defaultKept, type TcpOwn, tcpTable } from './options.js';
import type { ConnectReason } from './reasons.js';

/** Everything about a connect that is known before it begins. */
export interface ConnectPlan {
  readonly address: InetAddress;
  readonly port: number;
  readonly opening: InetOpening;
  readonly options: InetPlan<TcpOwn>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Waits for the outcome of one attempt, which the stack tells in a record. */
class Outcome implements BatchTaker {
  readonly #environment: TcpEnvironment;
  /** 0 or an errno, once it is known. */
  errno: number | undefined;
  readonly #whenKnown: (errno: number) => void;
  readonly promise: Promise<number>;

  constructor(environment: TcpEnvironment) {
    this.#environment = environment;
    let known!: (errno: number) => void;
    this.promise = new Promise((resolve) => (known = resolve));
    this.#whenKnown = known;
  }

  takeRecord(base: number): void {
    const { meta } = this.#environment.stack;
    if (meta[base + batchRecord.kind] === tcpKind.connected) this.errno = meta[base + tcpRecord.error]!;
  }

  settleBatch(): void {
    if (this.errno !== undefined) this.#whenKnown(this.errno);
  }
}

/** What a connect gives: a connection that nobody owns yet. */
export interface Connection {
  readonly handle: Handle;
  readonly kept: InetKept<TcpOwn>;
}

export class Connect {
  readonly #environment: TcpEnvironment;
  readonly #self: AnySelf;
  readonly #plan: ConnectPlan;

  constructor(environment: TcpEnvironment, self: AnySelf, plan: ConnectPlan) {
    this.#environment = environment;
    this.#self = self;
    this.#plan = plan;
  }

  /** The connection is the caller's from here on. @throws SocketError, ActorExit if the actor has ended */
  async run(): Promise<Connection> {
    const { timeoutMs, signal } = this.#plan;
    const limits = new Limits(this.#self, timeoutMs, signal, 'connect', () => this.#late());
    try {
      return await this.#tryAll(limits, await this.#addresses(limits));
    } finally {
      limits.end();
    }
  }

  async #addresses(limits: Limits): Promise<readonly string[]> {
    const { address, opening, timeoutMs } = this.#plan;
    const literal = inetLiteral(address, opening.family, 'connect');
    if (literal !== undefined) return [literal];
    // A name is known after a while only.
    if (timeoutMs === 0) throw this.#late();
    return limits.within(resolveAddresses(address as string, opening.family as 4 | 6, 'connect'));
  }

  async #tryAll(limits: Limits, addresses: readonly string[]): Promise<Connection> {
    const { family, address, isPlaced } = this.#plan.opening;
    const own = isPlaced
      ? (inetLiteral(address, family, 'connect') ?? (await limits.within(resolveInet(address, family, 'connect'))))
      : undefined;
    let failure: unknown;
    for (const each of addresses) {
      try {
        return await this.#tryOne(limits, each, own);
      } catch (error) {
        failure = error;
        // An address is at fault for these alone if the others may be better. A descriptor that was adopted is closed now, and its number may be somebody else's.
        if (!(error instanceof SocketError) || stops.has(error.reason) || this.#plan.opening.fd !== undefined) break;
      }
    }
    throw failure;
  }

  /** From the opening of a handle on, whatever happens, either the connection is given or the handle is closed. */
  async #tryOne(limits: Limits, address: string, own: string | undefined): Promise<Connection> {
    const { stack, takers } = this.#environment;
    const { opening } = this.#plan;
    const handle = stack.open(openParamsOf(opening));
    if (handle < 0) throw this.#error(handle);
    let isDone = false;
    try {
      const inForce = new InetOptionsInForce({ stack, handle }, tcpTable, { ...defaultKept, netns: opening.netns });
      inForce.applyToNew(this.#plan.options, 'connect');
      const bound = own === undefined ? 0 : stack.bind(handle, own, opening.port);
      if (bound !== 0) throw this.#error(bound);
      const outcome = new Outcome(this.#environment);
      takers.register(handle, outcome);
      const result = stack.connect(handle, address, this.#plan.port);
      if (result !== 0) throw this.#error(result);
      const errno = await this.#outcome(limits, handle, outcome);
      if (errno !== 0) throw this.#error(-errno);
      if (!isAlive(this.#self.pid)) throw this.#self.signal.reason;
      isDone = true;
      return { handle, kept: inForce.kept };
    } finally {
      if (!isDone) {
        takers.forget(handle);
        stack.close(handle, true);
      }
    }
  }

  /** Without time, what is known at once counts (TN-5). */
  async #outcome(limits: Limits, handle: Handle, outcome: Outcome): Promise<number> {
    if (this.#plan.timeoutMs > 0) return limits.within(outcome.promise);
    this.#environment.takers.drain(handle);
    if (outcome.errno === undefined) throw this.#late();
    return outcome.errno;
  }

  #late(): Error {
    return this.#error(-constants.errno.ETIMEDOUT, 'timeout');
  }

  #error(result: number, reason: ConnectReason = reasonOf(-result) as ConnectReason): SocketError<ConnectReason> {
    const { address, port } = this.#plan;
    return typeof address === 'string'
      ? new SocketError(reason, 'connect', { address, port })
      : new SocketError(reason, 'connect', { address: address.local });
  }
}

/** After these no further address is tried (TN-7). */
const stops: ReadonlySet<string> = new Set(['timeout', 'aborted', 'einval']);
