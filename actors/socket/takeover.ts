/**
 * What the parts of mailport need that use a socket in place of its owner: a Duplex over it, or TLS. These are keys of methods of `SocketPort` that users do not
 * have.
 */

/** Has a function called when the socket ends, for whatever reason, in the turn in which it ends. */
export const whenEnded: unique symbol = Symbol('when a socket ends');

/** Takes the messages of the socket that wait in its owner's mailbox out of it, in order. */
export const recallMessages: unique symbol = Symbol('recall messages of a socket');

/** The next item of a passive socket, if it is there; undefined, without a wait, if it is not. No call may wait. Fails as `recv` does, but for 'timeout'. */
export const glance: unique symbol = Symbol('glance at what a socket has');

/**
 * The socket no longer ends with its owner, and nobody can hand it over: whoever calls this closes it. Gives undefined; or 'not_owner' if it is so already, 'ealready' if
 * a `recv` waits, and nothing has happened then.
 */
export const detach: unique symbol = Symbol('detach a socket from its owner');

/**
 * From now on whatever acts on the socket is refused with 'not_owner', but for calls that are made within the function that this gives. To look at the socket and to
 * close it stays everybody's.
 */
export const seal: unique symbol = Symbol('seal a socket');

/** Why a call that acts on the socket, and is named so, is refused: 'closed', or 'not_owner' if the socket is sealed. */
export const refusalOf: unique symbol = Symbol('why a call of a socket is refused');

/** Makes a call on a sealed socket. The part of the call that runs at once is what counts, and it must not call foreign code. */
export type Unsealed = <T>(call: () => T) => T;
