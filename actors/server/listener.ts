/**
 * The listener: the actor that owns the listening socket and gives each new connection to a session. It keeps no state. If it fails, the next listener opens the
 * port again beside the sessions, and goes on. If listeners fail again and again, the pauses between them grow, and the sessions are not disturbed.
 */
import { onEnd } from '../../runtime/behaviour.js';
import { type AnySelf, BadArg, makeRef, type Pid, type Port, reply, spawnLink } from '../../runtime/index.js';
import { type Acceptable, noteServerListener, SocketError } from '../socket/index.js';
import type { Service } from './service.js';

const shortestPauseMs = 50;
const longestPauseMs = 5000;
/** If a listener has lived for so many milliseconds, its failure does not count as one in a row. */
const steadyMs = 1000;
/** How many milliseconds to wait until a descriptor, or memory, may be free again. */
const scarceMs = 100;
const scarce: ReadonlySet<string> = new Set(['emfile', 'enfile', 'enomem', 'enobufs']);

/** Opens the listening socket in the name of `self`, on the given port; 0 for any. */
export type Listen<Socket extends Port, Arrival> = (
  self: AnySelf,
  port: number,
) => Acceptable<Socket, Arrival> | Promise<Acceptable<Socket, Arrival>>;

/** The listeners of one server, of which one runs at a time. */
export class Listeners<Socket extends Port, Arrival> {
  readonly #service: Service<Socket, Arrival>;
  readonly #listen: Listen<Socket, Arrival>;
  readonly #atOnce: number;
  #failures = 0;
  #startedMs: number | undefined;
  /** How many connections have been accepted since others were let run. */
  #inARow = 0;

  /** @param atOnce how many connections a listener accepts before it lets others run */
  constructor(service: Service<Socket, Arrival>, listen: Listen<Socket, Arrival>, atOnce: number) {
    this.#service = service;
    this.#listen = listen;
    this.#atOnce = atOnce;
  }

  /**
   * Starts a listener, linked to the server. The start of the first settles when its socket listens, and fails if the socket cannot. A later one has started at
   * once, and then tries.
   */
  async start(top: AnySelf): Promise<Pid> {
    if (this.#startedMs !== undefined) return spawnLink(top, (self) => this.#run(self, top), { label: 'listener' });
    return new Promise((resolve, reject) => {
      const body = async (self: AnySelf): Promise<void> => {
        let socket: Acceptable<Socket, Arrival>;
        try {
          socket = await this.#open(self);
        } catch (error) {
          // The start of the server fails with the error, so it is not reported as a crash too.
          reject(error);
          return self.exit(['shutdown', error]);
        }
        resolve(pid);
        await this.#serve(self, top, socket);
      };
      const pid = spawnLink(top, body, { label: 'listener' });
      onEnd(pid, reject);
    });
  }

  async #run(self: AnySelf, top: AnySelf): Promise<void> {
    await this.#serve(self, top, await this.#open(self));
  }

  async #open(self: AnySelf): Promise<Acceptable<Socket, Arrival>> {
    await this.#pause(self);
    noteServerListener(self.pid);
    const socket = checkAcceptable(await this.#listen(self, this.#service.port), self.pid);
    await this.#service.listensAt(socket);
    return socket;
  }

  async #serve(self: AnySelf, top: AnySelf, socket: Acceptable<Socket, Arrival>): Promise<never> {
    for (;;) await this.#next(self, top, socket);
  }

  /** Takes those who wait, in one go, and after so many lets others run. */
  async #next(self: AnySelf, top: AnySelf, socket: Acceptable<Socket, Arrival>): Promise<void> {
    const service = this.#service;
    let pauseMs = 0;
    try {
      const newcomers = await socket.newcomers(self, Math.min(this.#atOnce, Math.max(1, service.room)));
      for (const newcomer of newcomers) service.take(self, top, newcomer);
      this.#inARow += newcomers.length;
      // To wait for the next one lets others run, too.
      if (this.#inARow < this.#atOnce) return;
    } catch (error) {
      if (!(error instanceof SocketError) || !scarce.has(error.reason)) throw error;
      pauseMs = scarceMs;
    }
    this.#inARow = 0;
    await sleep(self, pauseMs);
  }

  async #pause(self: AnySelf): Promise<void> {
    const nowMs = self.system.clock.now();
    if (this.#startedMs !== undefined) {
      this.#service.listenerRestarts += 1;
      this.#failures = nowMs - this.#startedMs < steadyMs + this.#pauseMs ? this.#failures + 1 : 0;
    }
    this.#startedMs = nowMs;
    if (this.#pauseMs > 0) await sleep(self, this.#pauseMs);
  }

  /** After a first failure the next listener tries at once. */
  get #pauseMs(): number {
    return this.#failures < 2 ? 0 : Math.min(longestPauseMs, shortestPauseMs * 2 ** (this.#failures - 2));
  }
}

async function sleep(self: AnySelf, ms: number): Promise<void> {
  await self.receive(reply(makeRef()), { after: ms });
}

/** A socket of another owner would end with that one, and go on listening when the server has ended. */
function checkAcceptable<S extends Acceptable<Port, unknown>>(socket: S, owner: Pid): S {
  if (typeof socket !== 'object' || socket === null || typeof (socket as Partial<S>).newcomers !== 'function') {
    throw new BadArg(
      'spec.listen',
      'must give a socket that can listen, as `tcp.listen`, `tls.listen` and `sctp.open` do; an actor with a socket of UDP needs no server',
    );
  }
  if (socket.owner !== owner) {
    throw new BadArg(
      'spec.listen',
      'must open the socket in the name of the `self` that it is given: (self, port) => tcp.listen(self, port)',
    );
  }
  return socket;
}
