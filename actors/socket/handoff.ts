/**
 * The options of giving a socket away: the first message to the new owner, and the mode that the socket begins with there. They are checked here, and carried
 * out by `SocketPort` and by transports that make a socket of one connection.
 */
import { BadArg } from '../../runtime/index.js';
import { checkKeys } from '../../runtime/ports.js';
import { type Active, type ActiveStep, isActive, openActive } from './activeMode.js';

/** A new owner is told this first, unless the giver has chosen another message: the socket is the new owner's now. */
export type SocketMessage<Socket> = readonly [tag: 'socket', socket: Socket];

export interface HandoffOptions<Socket, Message> {
  /** The mode that the socket begins with at its new owner, as in `open`. Without, it keeps its mode. */
  readonly active?: Active;
  /**
   * The new owner gets this message before anything of the socket. A function makes the message of the socket. The function runs before anything has happened,
   * when a socket that is still to be made is not open; an error that it throws is thrown by `handOff` or `controllingProcess`, and nothing has changed.
   */
  readonly message?: Message | ((socket: Socket) => Message);
}

/** The options with everything checked. */
export interface HandoffPlan<Socket> {
  readonly active: ActiveStep | undefined;
  /** Undefined: there is no first message. */
  readonly message: ((socket: Socket) => unknown) | undefined;
}

const names: ReadonlySet<string> = new Set(['active', 'message']);

/** @throws BadArg naming the option that is unknown or ill-typed */
export function planHandoff<Socket>(options: HandoffOptions<Socket, unknown>): HandoffPlan<Socket> {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new BadArg('options', 'must be an object with `active`, `message` or both');
  }
  checkKeys('options', options, names);
  const { active, message } = options;
  if (active !== undefined && !isActive(active)) {
    throw new BadArg('options.active', "must be false, true, 'once' or an integer");
  }
  return {
    active: active === undefined ? undefined : openActive([active]),
    message:
      message === undefined
        ? undefined
        : typeof message === 'function'
          ? (message as (socket: Socket) => unknown)
          : () => message,
  };
}
