/**
 * What the calls of one repy share: the actor that owns its listeners and connections and supervises its callbacks, the budget, and the tables. The actor ends with its
 * creator, and all that is here ends with it.
 */
import { isExit, onEnd, tell } from '../../runtime/behaviour.js';
import {
  ActorExit,
  type AnySelf,
  type ExitMessage,
  exit,
  isAlive,
  isPid,
  type Pid,
  type Self,
  spawn,
} from '../../runtime/index.js';
import type { RepyOptions } from './arguments.js';
import { Budget } from './budget.js';
import type { Network } from './network.js';
import { saysRemoteHasGone } from './reasons.js';
import type { ConnCallback, MessCallback, Registration } from './registration.js';
import type { RepySocket } from './socket.js';
import { columnsOf, type ListenRow, Table, type TcpConnRow } from './tables.js';

/** How many milliseconds callbacks have between 'shutdown' and 'kill' when the sandbox ends: as children of a supervisor. */
const shutdownMs = 5000;

const goOn = Symbol('the budget goes on');

/** A callback has ended. Links would not say so: a callback may unlink itself, and may send exit signals while it lives. */
class Returned {
  readonly pid: Pid;
  readonly reason: unknown;

  constructor(pid: Pid, reason: unknown) {
    this.pid = pid;
    this.reason = reason;
  }
}

export class Sandbox {
  readonly network: Network;
  /** The actor that created it: a failed call that nobody awaits is that actor's failure. */
  readonly creator: Pid;
  readonly pid: Pid<unknown>;
  /** The handle of the sandbox's actor, once that runs. Rejects if the actor ends before. */
  readonly started: Promise<AnySelf>;
  readonly budget: Budget;
  readonly connections: Table<TcpConnRow, object> = new Table(columnsOf.connection);
  /** Rows that connections will have which are being opened. */
  readonly opening: Table<TcpConnRow, object> = new Table(columnsOf.connection);
  readonly tcpListeners: Table<ListenRow, Registration<ConnCallback>> = new Table(columnsOf.listener);
  readonly udpListeners: Table<ListenRow, Registration<MessCallback>> = new Table(columnsOf.listener);
  /** Callbacks that run, each with the connection that it was given. */
  readonly #callbacks = new Map<Pid, RepySocket | undefined>();
  /** What is listened for, or about to be. */
  #listening = 0;

  constructor(parent: AnySelf, { events, sockets }: RepyOptions, network: Network) {
    this.network = network;
    this.creator = parent.pid;
    let started!: (self: AnySelf) => void;
    let failed!: (error: ActorExit) => void;
    this.started = new Promise((resolve, reject) => {
      started = resolve;
      failed = reject;
    });
    this.started.catch(() => undefined);
    const body = (self: Self<unknown>): Promise<never> => {
      started(self);
      return this.#live(self, parent.pid);
    };
    this.pid = spawn(body, { label: 'repy', link: parent, trapExit: true });
    this.budget = new Budget(events, sockets, () => tell(this.pid, goOn));
    // However it ends: what it owned is closed then.
    onEnd(this.pid, (reason) => {
      failed(new ActorExit(this.pid, reason));
      this.#over();
    });
  }

  /** Whether the socket selector runs: it has an event as long as anything is listened for. */
  get selectorRuns(): boolean {
    return this.#listening > 0;
  }

  /** How many callbacks run. */
  get callbacks(): number {
    return this.#callbacks.size;
  }

  /** The selector is to look after one more listener. False if it does not run yet, and no event is free for it. */
  enlist(): boolean {
    if (this.#listening === 0 && !this.budget.takeEvent()) return false;
    this.#listening += 1;
    return true;
  }

  /** The selector has a listener less. With the last one it ends. */
  discharge(): void {
    if (this.#listening === 0) return;
    this.#listening -= 1;
    if (this.#listening === 0) this.budget.giveEvent();
  }

  /** Runs a callback as an actor of its own, whose event has been set aside. When it ends the event is free again; if it fails, its connection is closed. */
  call(self: AnySelf, callback: (own: Self) => unknown, socket?: RepySocket): void {
    const body = async (own: Self): Promise<void> => {
      try {
        await callback(own);
      } catch (error) {
        // That the remote end has gone is no failure of the program.
        if (saysRemoteHasGone(error)) own.exit(['shutdown', error]);
        throw error;
      }
    };
    const pid = spawn(body, { label: 'repy callback', system: self.system });
    this.#callbacks.set(pid, socket);
    onEnd(pid, (reason) => tell(this.pid, new Returned(pid, reason)));
    socket?.belongsTo(pid);
  }

  /** @throws ActorExit if the sandbox has ended: what has been opened for it is closed then */
  checkAlive(): void {
    if (!isAlive(this.pid)) throw new ActorExit(this.pid, 'normal');
  }

  #over(): void {
    this.budget.end();
    this.#listening = 0;
    // Nobody is left who could wait for them.
    for (const pid of this.#callbacks.keys()) exit(pid, 'kill');
    this.#callbacks.clear();
    this.connections.clear();
    this.tcpListeners.clear();
    this.udpListeners.clear();
  }

  async #live(self: Self<unknown>, parent: Pid): Promise<never> {
    for (;;) {
      const message = self.receiveNow() ?? (await self.receive());
      if (message === goOn) this.budget.goOn();
      else if (message instanceof Returned) this.#returned(message);
      else if (isExit(message) && mustEnd(message, parent)) return this.#end(self, parent, message[2]);
    }
  }

  #returned({ pid, reason }: Returned): void {
    const socket = this.#callbacks.get(pid);
    this.#callbacks.delete(pid);
    if (socket !== undefined) {
      // From now on it is for those to whom the callback has given it.
      socket.belongsTo(this.creator);
      if (reason !== 'normal') socket.close().catch(() => undefined);
    }
    this.budget.giveEvent();
  }

  /** The creator has ended, or somebody has told the sandbox to. */
  async #end(self: Self<unknown>, parent: Pid, reason: unknown): Promise<never> {
    this.budget.end();
    for (const pid of this.#callbacks.keys()) exit(pid, 'shutdown', self);
    const untilMs = self.system.clock.now() + shutdownMs;
    while (this.#callbacks.size > 0) {
      const message = await self.receive({ after: Math.max(0, untilMs - self.system.clock.now()) });
      if (message === undefined) break;
      if (message instanceof Returned) this.#callbacks.delete(message.pid);
    }
    for (const pid of this.#callbacks.keys()) exit(pid, 'kill', self);
    // Whoever has told the sandbox to end has not told its creator.
    self.unlink(parent);
    return self.exit(reason);
  }
}

/** Whether an exit signal ends the sandbox: not that of a socket, nor of another actor that was linked and has ended as it should. */
function mustEnd([, from, reason]: ExitMessage, parent: Pid): boolean {
  return from === parent || (isPid(from) && reason !== 'normal');
}
