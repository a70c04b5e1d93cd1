/**
 * The connections that wait at a listening socket until somebody accepts them, as `server` wants them (acceptable.ts). A server that is full accepts nobody, and
 * newcomers wait in the backlog of the kernel. They cost this process nothing there.
 */
import type { AnySelf, Pid, Port } from '../../runtime/index.js';
import type { Newcomer } from './acceptable.js';
import type { Accepts } from './accepts.js';
import type { Active } from './activeMode.js';
import type { SocketMessage } from './handoff.js';

/** A connection that has been accepted, as this file needs it. Every `SocketPort` is one. */
interface Accepted extends Port {
  controllingProcess(self: AnySelf, to: Pid, options: { readonly active: Active; readonly message: unknown }): void;
}

export interface BacklogSetup<Socket extends Accepted, Arrival> {
  readonly accepts: Accepts<Socket>;
  /** The mode that the listening socket had. It is passive now, and so are the sockets that are accepted. */
  readonly active: Active;
  /** The account of a connection that has just been accepted. */
  arrivalOf(self: AnySelf, socket: Socket): Arrival | Promise<Arrival>;
  /** Ends a connection at once. */
  refuse(socket: Socket): void;
}

export class Backlog<Socket extends Accepted, Arrival> {
  readonly #setup: BacklogSetup<Socket, Arrival>;
  #admits = false;
  #whenAdmitting: (() => void) | undefined;

  constructor(setup: BacklogSetup<Socket, Arrival>) {
    this.#setup = setup;
  }

  get active(): Active {
    return this.#setup.active;
  }

  /** While `on` is false, nobody is accepted. */
  admit(on: boolean): void {
    this.#admits = on;
    if (on) this.#whenAdmitting?.();
  }

  /** Accepts for `self` what waits, at most so many connections, and waits for one if there is none. */
  async newcomers(self: AnySelf, atMost: number): Promise<Newcomer<Socket, Arrival>[]> {
    while (!this.#admits) await new Promise<void>((resolve) => (this.#whenAdmitting = resolve));
    const { accepts } = this.#setup;
    const sockets = [await accepts.accept(self, Number.POSITIVE_INFINITY, undefined)];
    while (sockets.length < atMost) {
      const next = accepts.now(self);
      // A failure shows again at the next call, and those that were accepted before it are served first.
      if (next === 'nobody' || next instanceof Error) break;
      sockets.push(next);
    }
    const newcomers: Newcomer<Socket, Arrival>[] = [];
    for (const socket of sockets)
      newcomers.push(new AcceptedNewcomer(socket, await this.#setup.arrivalOf(self, socket), this.#setup));
    return newcomers;
  }
}

/** A session keeps it, and there may be many sessions. So it has its calls from its prototype. */
class AcceptedNewcomer<Socket extends Accepted, Arrival> implements Newcomer<Socket, Arrival> {
  readonly arrival: Arrival;
  readonly #socket: Socket;
  readonly #setup: BacklogSetup<Socket, Arrival>;

  constructor(socket: Socket, arrival: Arrival, setup: BacklogSetup<Socket, Arrival>) {
    this.arrival = arrival;
    this.#socket = socket;
    this.#setup = setup;
  }

  handOff(giver: AnySelf, to: Pid<SocketMessage<Port>>, active: Active): void {
    const message: SocketMessage<Socket> = ['socket', this.#socket];
    this.#socket.controllingProcess(giver, to, { message, active });
  }

  refuse(): void {
    this.#setup.refuse(this.#socket);
  }
}
