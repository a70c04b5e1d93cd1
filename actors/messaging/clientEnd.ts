/** The actor of a connection at the client's end. It owns the socket, waits for the server's welcome, and moves what arrives into the queue of the connection. */
import { onEnd } from '../../runtime/behaviour.js';
import { type AnySelf, exit, isAlive, type Pid, spawnHandler } from '../../runtime/index.js';
import { charge } from '../../runtime/ports.js';
import { offAbort, onAbort, SocketError } from '../socket/index.js';
import { Budget } from './budget.js';
import type { Channel } from './channel.js';
import { ClientConnection } from './connection.js';
import { End } from './end.js';
import { failure } from './failure.js';
import type { ClientPlan } from './options.js';
import type { ConnectReason, EndReason } from './reasons.js';
import { hello, idIn } from './wire.js';

/** What waits at a client's end is limited for each connection, and not for all together. */
const budget = new Budget(Number.POSITIVE_INFINITY);

/** How many milliseconds a server has to let go of a client that leaves. Then the client ends the connection by itself. */
const partingMs = 5000;

/** Connects in the name of `self`. Resolves when the server has given the connection its id. */
export async function connect<Request, Response>(
  self: AnySelf,
  plan: ClientPlan<Request, Response>,
): Promise<ClientConnection<Request, Response>> {
  const { transport, timeoutMs } = plan;
  const { clock } = self.system;
  const startedMs = clock.now();
  try {
    const channel = await transport.connect(self, plan);
    if (!isAlive(self.pid)) {
      channel.abort();
      throw self.signal.reason;
    }
    const leftMs = timeoutMs === Number.POSITIVE_INFINITY ? timeoutMs : Math.max(0, startedMs + timeoutMs - clock.now());
    return await new ClientEnd(self, channel, plan).welcomed(leftMs);
  } catch (error) {
    throw charge(named(error, plan), self.pid);
  }
}

/** The same failure, told as one of this call. */
function named(error: unknown, { address, port }: { readonly address: string; readonly port: number | string }): Error {
  if (!(error instanceof SocketError)) return error as Error;
  if (error.syscall === 'connect') return error;
  const at = { address, port: typeof port === 'number' ? port : undefined };
  return new SocketError<ConnectReason>(error.reason as ConnectReason, 'connect', at);
}

class ClientEnd<Request, Response> {
  readonly #owner: AnySelf;
  readonly #channel: Channel;
  readonly #end: End<Request, Response>;
  readonly #pid: Pid<never>;
  readonly #plan: ClientPlan<Request, Response>;
  /** Until the server has said which id the connection has. */
  #settle: ((result: number | ConnectReason) => void) | undefined;
  #parting: Promise<void> | undefined;
  /** Ends the parting. */
  #parted: (() => void) | undefined;

  constructor(owner: AnySelf, channel: Channel, plan: ClientPlan<Request, Response>) {
    this.#owner = owner;
    this.#channel = channel;
    this.#plan = plan;
    const { requests, responses, maxMessageBytes, queueLength, queueBytes } = plan;
    const settings = { out: requests, in: responses, maxMessageBytes, queueLength, queueBytes, budget };
    this.#end = new End<Request, Response>(channel, settings, owner.pid, (how) => this.#letGo(how));
    this.#pid = spawnHandler<never>(
      {
        init: (self: AnySelf) => {
          self.monitor(owner.pid);
          return (message: unknown) => this.#take(message as readonly unknown[]);
        },
      } as never,
      { system: owner.system, label: 'messaging client' },
    );
    onEnd(this.#pid as Pid, () => this.#over());
  }

  async welcomed(timeoutMs: number): Promise<ClientConnection<Request, Response>> {
    const { clock } = this.#owner.system;
    const { signal } = this.#plan;
    const channel = this.#channel;
    try {
      channel.handOver(this.#owner, this.#pid, this.#plan.queueLength);
    } catch (error) {
      this.#letGo('close');
      throw error;
    }
    const answer = await new Promise<number | ConnectReason>((resolve) => {
      this.#settle = resolve;
      const timer =
        timeoutMs === Number.POSITIVE_INFINITY ? undefined : clock.setTimer(timeoutMs, () => this.#settled('timeout'));
      const abort = (): void => this.#settled('aborted');
      if (signal !== undefined) onAbort(signal, abort);
      this.#settle = (result) => {
        if (timer !== undefined) clock.clearTimer(timer);
        if (signal !== undefined) offAbort(signal, abort);
        resolve(result);
      };
      if (signal?.aborted) return this.#settled('aborted');
      // It fails only if the server has gone, which the socket tells.
      channel.send(hello).catch(() => undefined);
      return undefined;
    });
    if (typeof answer === 'number') {
      return new ClientConnection(answer, this.#end, () => this.#leave());
    }
    this.#end.finish('closed', 'abort');
    const { address, port } = this.#plan;
    throw failure<ConnectReason>(answer, 'connect', this.#owner.pid, {
      address,
      ...(typeof port === 'number' ? { port } : {}),
      ...(answer === 'closed' ? { detail: closedEarly } : {}),
    });
  }

  #take(message: readonly unknown[]): void {
    // The owner has ended, and the connection ends with it.
    const read = message[0] === 'DOWN' ? 'closed' : this.#channel.read(message);
    if (read === undefined) return;
    if (this.#parting !== undefined) {
      // What the server had sent before it heard that the client leaves is dropped.
      if (typeof read === 'string') this.#gone('close');
    } else if (this.#settle !== undefined) this.#greeted(read);
    else if (typeof read === 'string') this.#end.finish(read);
    else this.#end.arrived(read);
  }

  #greeted(read: Buffer | EndReason): void {
    if (read === 'closed') {
      this.#settled('closed');
      return;
    }
    this.#settled((typeof read === 'string' ? undefined : idIn(read)) ?? 'eproto');
    // The place that the welcome had taken.
    this.#channel.grant(1);
  }

  #settled(result: number | ConnectReason): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(result);
  }

  /** The queues are gone at once. Resolves when the server has let go, or has not done so in time. */
  #leave(): Promise<void> {
    if (this.#parting === undefined) {
      this.#parting = this.#part();
      this.#end.finish('closed');
    }
    return this.#parting;
  }

  #part(): Promise<void> {
    if (this.#end.reason !== undefined) return Promise.resolve();
    const { clock } = this.#owner.system;
    return new Promise<void>((resolve) => {
      const timer = clock.setTimer(partingMs, () => this.#gone('abort'));
      this.#parted = () => {
        clock.clearTimer(timer);
        resolve();
      };
    });
  }

  /** The connection has ended at this end: a client that leaves waits for the server, and otherwise the socket goes at once. */
  #letGo(how: 'close' | 'abort'): void {
    if (this.#parting === undefined) this.#gone(how);
    else this.#channel.leave();
  }

  #gone(how: 'close' | 'abort'): void {
    if (how === 'close') this.#channel.close();
    else this.#channel.abort();
    exit(this.#pid as Pid, 'shutdown');
  }

  #over(): void {
    this.#settled('closed');
    this.#end.finish('closed');
    this.#parted?.();
  }
}

const closedEarly =
  'the other side has ended the connection before it said which id that has: it is no server of messages, or is about to stop';
