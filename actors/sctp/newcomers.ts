/**
 * The associations that come to a listening socket, one at a time, as `server` wants them. On a one-to-many socket they show by their comm_up and are
 * handed off; on a one-to-one socket they are accepted. Implements the seam of actors/socket/acceptable.ts.
 */
import { type AnySelf, BadArg } from '../../runtime/index.js';
import { type Active, type Newcomer, SocketError, type SocketMessage } from '../socket/index.js';
import type { SctpCalls } from './calls.js';
import type { SctpAssocChange } from './events.js';
import type { InetSocket } from './inetSocket.js';
import type { SctpItem } from './received.js';

/** Reasons of calls that only say that the association is over, or about to be. */
const gone: ReadonlySet<string> = new Set(['epipe', 'eshutdown', 'enotconn', 'comm_lost', 'shutdown_comp']);

export function saysPeerHasGone(error: unknown): boolean {
  return error instanceof SocketError && gone.has(error.reason);
}

export class Newcomers<Socket extends SctpCalls<Socket> & InetSocket> {
  readonly active: Active;
  readonly #socket: Socket;
  readonly #oneToOne: boolean;
  #admits = false;
  #listens = false;
  #whenAdmitting: (() => void) | undefined;

  /** The socket is passive from now on. */
  constructor(socket: Socket, oneToOne: boolean) {
    this.#socket = socket;
    this.#oneToOne = oneToOne;
    if (socket.getopts(['sctpEvents']).sctpEvents?.associationEvent === false) {
      throw new BadArg('sctpEvents.associationEvent', 'must be on: a server knows newcomers by it');
    }
    this.active = socket.getopts(['active']).active ?? false;
    socket.setopts({ active: false });
  }

  async admit(on: boolean): Promise<void> {
    this.#admits = on;
    if (on) {
      this.#whenAdmitting?.();
      if (!this.#listens) await this.#socket.listen(true);
      this.#listens = true;
    } else if (this.#listens && !this.#oneToOne) {
      // The stack answers INIT with ABORT from now on. At a one-to-one socket the backlog is the limit of those that wait.
      this.#listens = false;
      await this.#socket.listen(false);
    }
  }

  next(self: AnySelf): Promise<Newcomer<Socket, SctpAssocChange>> {
    return this.#oneToOne ? this.#accept(self) : this.#nextUp(self);
  }

  async #nextUp(self: AnySelf): Promise<Newcomer<Socket, SctpAssocChange>> {
    const socket = this.#socket;
    // Messages that an active socket had delivered before it was made passive.
    const early = await self.receive((waiting): waiting is never => arrivalIn(waiting, socket) !== undefined, { after: 0 });
    const arrival = arrivalIn(early, socket);
    if (arrival !== undefined) return this.#handedOff(arrival);
    for await (const [, , , content] of socket.messages(self)) {
      const change = upIn(content);
      if (change !== undefined) return this.#handedOff(change);
    }
    throw new SocketError('closed', 'newcomer');
  }

  #handedOff(arrival: SctpAssocChange): Newcomer<Socket, SctpAssocChange> {
    const socket = this.#socket;
    return {
      arrival,
      handOff: (self, to, active) => socket.handOff(self, arrival, to, { active }),
      // It fails if the association has gone by itself.
      refuse: () => void socket.abort(arrival).catch(() => undefined),
    };
  }

  async #accept(self: AnySelf): Promise<Newcomer<Socket, SctpAssocChange>> {
    while (!this.#admits) await new Promise<void>((resolve) => (this.#whenAdmitting = resolve));
    const accepted = await this.#socket.accept(self);
    const [, , , content] = await accepted.recv(0, self);
    return {
      arrival: upIn(content)!,
      handOff: (giver, to, active) => {
        const message: SocketMessage<Socket> = ['socket', accepted];
        accepted.controllingProcess(giver, to, { message, active });
        return accepted;
      },
      refuse: () => {
        accepted.setopts({ linger: [true, 0] });
        accepted.close();
      },
    };
  }
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
