/**
 * What the parts of mailport need that use a socket in place of its owner: a Duplex over it, or TLS. These are keys of methods of `SocketPort` that users do not
 * have.
 */

/** Has a function called when the socket ends, for whatever reason, in the turn in which it ends. */
export const whenEnded: unique symbol = Symbol('when a socket ends');

/** Takes the messages of the socket that wait in its owner's mailbox out of it, in order. */
export const recallMessages: unique symbol = Symbol('recall messages of a socket');

/** The socket no longer ends with its owner, and nobody can hand it over: whoever calls this closes it. False, and nothing has happened, if it is so already. */
export const detach: unique symbol = Symbol('detach a socket from its owner');
