/**
 * An association leaves its socket for one of its own, beside it: peeled off, handed off to another actor, or accepted. On every path out of here either the
 * new socket has an owner and the association, or nothing has happened, or the association has ended with a socket that could not be begun.
 */
import type { Handle } from '../../native/contract/sctp.js';
import { isAlive, type Pid } from '../../runtime/index.js';
import { deliver } from '../../runtime/ports.js';
import { type AcceptOutcome, type AcceptReason, type ActiveStep, again, type FlowControl, SocketError } from '../socket/index.js';
import type { Connects } from './connects.js';
import type { SctpEnvironment } from './environment.js';
import { sctpError, stackError } from './failure.js';
import type { OptionsInForce } from './optionsInForce.js';
import type { PeeloffReason } from './reasons.js';
import type { SctpReceived } from './received.js';
import type { ReceivePath } from './receivePath.js';
import type { SendPath } from './sendPath.js';
import type { StackSocket } from './stackSocket.js';

/** The socket that associations leave. */
export interface Parent<Socket extends object> {
  readonly at: StackSocket;
  readonly flow: FlowControl<SctpReceived>;
  readonly inForce: OptionsInForce;
  readonly sends: SendPath;
  readonly connects: Connects;
  readonly receives: ReceivePath<Socket>;
}

/** A socket that is still to have a handle. */
export interface Offspring<Socket extends object> {
  readonly socket: Socket;
  readonly at: StackSocket;
  readonly inForce: OptionsInForce;
  readonly receives: ReceivePath<Socket>;
  /** Links the owner and begins to read; false if the owner has ended. */
  readonly begin: (first: ActiveStep) => boolean;
  readonly release: () => void;
}

export class Beside<Socket extends object> {
  readonly #environment: SctpEnvironment<ReceivePath<Socket>>;
  readonly #parent: Parent<Socket>;
  readonly #make: (owner: Pid) => Offspring<Socket>;

  /** @param make makes a socket that is still to have a handle, with the options that we keep ourselves */
  constructor(
    environment: SctpEnvironment<ReceivePath<Socket>>,
    parent: Parent<Socket>,
    make: (owner: Pid) => Offspring<Socket>,
  ) {
    this.#environment = environment;
    this.#parent = parent;
    this.#make = make;
  }

  /** Items that wait for the association move along, in order; messages that are in a mailbox do not (PO-7). @throws SocketError as `peeloff` */
  peelOff(owner: Pid, assocId: number): Socket {
    const { receives } = this.#parent;
    const handle = this.#peelOff(assocId, 'peeloff');
    const made = this.#make(owner);
    return this.#begin(made, handle, 'peeloff', () => receives.moveHeldOf(assocId, made.receives));
  }

  /**
   * Peels an association off for another actor. The new owner gets `first`, then everything of the association that waits in the mailbox of the former one.
   *
   * @throws SocketError as `handOff`
   */
  handOff(made: Offspring<Socket>, assocId: number, to: Pid, first: unknown, active: ActiveStep | undefined): Socket {
    const { receives } = this.#parent;
    if (!isAlive(to))
      throw sctpError<PeeloffReason>('badarg', 'handOff', {
        detail: '`to` has ended, and the association stays here: name an actor that is alive',
      });
    const handle = this.#peelOff(assocId, 'handOff');
    const move = (): void => {
      deliver(to, first);
      receives.moveMessagesOf(assocId, made.receives);
      receives.moveHeldOf(assocId, made.receives);
    };
    return this.#begin(made, handle, 'handOff', move, active);
  }

  /** The next association that has come to a listening socket. */
  accept(owner: Pid): AcceptOutcome<Socket> {
    const { at } = this.#parent;
    const handle = at.stack.accept(at.handle);
    if (handle === again) return 'nobody';
    if (handle < 0) return stackError<AcceptReason>(at.stack, handle, 'accept');
    try {
      return this.#begin(this.#make(owner), handle, 'accept', () => undefined);
    } catch (error) {
      return error as SocketError;
    }
  }

  /** Has the stack make a socket of an association. @throws SocketError with nothing changed */
  #peelOff(assocId: number, syscall: 'peeloff' | 'handOff'): Handle {
    const { at, sends, connects } = this.#parent;
    sends.flush();
    if (connects.has(assocId) || sends.hasWaiting(assocId)) throw sctpError<PeeloffReason>('ebusy', syscall);
    const handle = at.stack.peeloff(at.handle, assocId);
    if (handle < 0) throw stackError<PeeloffReason>(at.stack, handle, syscall);
    return handle;
  }

  /**
   * `made` gets the handle that the stack has made, the parent's options and, unless `active` says another, its mode; `move` gives it what came for the
   * association before. @throws SocketError if it cannot have the options (PO-5)
   */
  #begin(
    made: Offspring<Socket>,
    handle: Handle,
    syscall: 'peeloff' | 'handOff' | 'accept',
    move: () => void,
    active?: ActiveStep,
  ): Socket {
    const { at, flow, inForce } = this.#parent;
    try {
      inForce.handOnTo(handle, syscall);
    } catch (error) {
      at.stack.close(handle, false);
      throw error;
    }
    made.at.handle = handle;
    made.inForce.noteEvents();
    this.#environment.sockets.register(handle, made.receives);
    move();
    if (made.begin(active ?? { state: flow.active, passiveMessages: 0 })) return made.socket;
    made.release();
    throw new SocketError<PeeloffReason>('not_alive', syscall);
  }
}
