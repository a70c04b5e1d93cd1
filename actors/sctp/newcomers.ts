/**
 * The associations that come to a listening socket, one at a time, as `server` wants them. On a one-to-many socket they show by their comm_up and are
 * handed off; on a one-to-one socket they are accepted. Implements the seam of actors/socket/acceptable.ts.
 */
import { type AnySelf, BadArg, type Port } from '../../runtime/index.js';
import { type Accepts, type Active, Backlog, type Newcomer, SocketError } from '../socket/index.js';
import type { SctpCalls } from './calls.js';
import type { SctpAssocChange } from './events.js';
import type { InetSocket } from './inetSocket.js';
import type { SctpItem } from './received.js';

/** How many associations may wait at a one-to-one socket. Ranch has the same. */
const backlog = 1024;

/** Reasons of calls that only say that the association is over, or about to be. */
const gone: ReadonlySet<string> = new Set(['epipe', 'eshutdown', 'enotconn', 'comm_lost', 'shutdown_comp']);

export function saysPeerHasGone(error: unknown): boolean {
  return error instanceof SocketError && gone.has(error.reason);
}

/** How newcomers come to a listening socket: by an event each, or in the backlog. */
export interface Newcomers<Socket> {
  /** The mode that the socket had. It is passive now. */
  readonly active: Active;
  admit(on: boolean): Promise<void>;
  newcomers(self: AnySelf, atMost: number): Promise<readonly Newcomer<Socket, SctpAssocChange>[]>;
}

type ListeningSocket<Socket extends Port> = SctpCalls<Socket> & InetSocket;

/** The newcomers of a socket, which is passive from now on. */
export function newcomersOf<Socket extends ListeningSocket<Socket>>(
  socket: Socket,
  accepts: Accepts<Socket> | undefined,
): Newcomers<Socket> {
  if (socket.getopts(['sctpEvents']).sctpEvents?.associationEvent === false) {
    throw new BadArg('sctpEvents.associationEvent', 'must be on: a server knows newcomers by it');
  }
  const active = socket.getopts(['active']).active ?? false;
  socket.setopts({ active: false });
  return accepts === undefined ? new Announced(socket, active) : new Waiting(socket, active, accepts);
}

/** Associations of a one-to-many socket, each announced by its comm_up. */
class Announced<Socket extends ListeningSocket<Socket>> implements Newcomers<Socket> {
  readonly active: Active;
  readonly #socket: Socket;
  #listens = false;
  /** The mailbox has been looked through for messages that an active socket had delivered before it was made passive. */
  #isSearched = false;

  constructor(socket: Socket, active: Active) {
    this.#socket = socket;
    this.active = active;
  }

  /** Where it is off, the stack answers INIT with ABORT. */
  async admit(on: boolean): Promise<void> {
    if (this.#listens === on) return;
    this.#listens = on;
    await this.#socket.listen(on);
  }

  async newcomers(self: AnySelf): Promise<readonly Newcomer<Socket, SctpAssocChange>[]> {
    const early = this.#isSearched ? undefined : await this.#early(self);
    if (early !== undefined) return [this.#newcomer(early)];
    for (;;) {
      const [, , , content] = await this.#socket.recv(Number.POSITIVE_INFINITY, self);
      const change = upIn(content);
      if (change !== undefined) return [this.#newcomer(change)];
    }
  }

  async #early(self: AnySelf): Promise<SctpAssocChange | undefined> {
    const socket = this.#socket;
    const early = await self.receive((waiting): waiting is never => arrivalIn(waiting, socket) !== undefined, { after: 0 });
    this.#isSearched = early === undefined;
    return arrivalIn(early, socket);
  }

  #newcomer(arrival: SctpAssocChange): Newcomer<Socket, SctpAssocChange> {
    const socket = this.#socket;
    return {
      arrival,
      handOff: (self, to, active) => void socket.handOff(self, arrival, to, { active }),
      // It fails if the association has gone by itself.
      refuse: () => void socket.abort(arrival).catch(() => undefined),
    };
  }
}

/** Associations of a one-to-one socket, which wait until they are accepted. The backlog is the limit of those that wait. */
class Waiting<Socket extends ListeningSocket<Socket>> implements Newcomers<Socket> {
  readonly #socket: Socket;
  readonly #backlog: Backlog<Socket, SctpAssocChange>;
  #listens = false;

  constructor(socket: Socket, active: Active, accepts: Accepts<Socket>) {
    this.#socket = socket;
    this.#backlog = new Backlog<Socket, SctpAssocChange>({ accepts, active, arrivalOf, refuse });
  }

  get active(): Active {
    return this.#backlog.active;
  }

  async admit(on: boolean): Promise<void> {
    this.#backlog.admit(on);
    if (!on || this.#listens) return;
    await this.#socket.listen(backlog);
    this.#listens = true;
  }

  newcomers(self: AnySelf, atMost: number): Promise<readonly Newcomer<Socket, SctpAssocChange>[]> {
    return this.#backlog.newcomers(self, atMost);
  }
}

/** The comm_up, which is the first item of an accepted socket. */
async function arrivalOf(self: AnySelf, accepted: Pick<SctpCalls<never>, 'recv'>): Promise<SctpAssocChange> {
  const [, , , content] = await accepted.recv(0, self);
  return upIn(content)!;
}

function refuse(accepted: InetSocket): void {
  accepted.setopts({ linger: [true, 0] });
  accepted.close();
}

/** The comm_up in a message of the socket, if it is one. */
function arrivalIn(message: unknown, socket: object): SctpAssocChange | undefined {
  if (!Array.isArray(message) || message[0] !== 'sctp' || message[1] !== socket) return undefined;
  const item = message[4] as readonly [unknown, SctpItem[3]?] | undefined;
  return upIn(item?.[1]);
}

function upIn(content: SctpItem[3] | undefined): SctpAssocChange | undefined {
  if (content === undefined || !('type' in content) || content.type !== 'sctp_assoc_change') return undefined;
  return content.state === 'comm_up' ? content : undefined;
}
