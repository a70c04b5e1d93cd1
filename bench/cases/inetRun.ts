/** What the two processes of a TCP or UDP case have in common, and what the yardsticks beside them are told. */

/** count: the other process counts the messages that arrive. echo: it sends each back. */
export type Role = 'count' | 'echo';

/** How a case sets both ends up. Goes to the other process as JSON. */
export interface Setting {
  /** What the other process does. */
  readonly role: Role;
  /** Of the side that receives; of both sides, if the other process echoes. Once and a count are given again whenever they are used up. */
  readonly active: true | 'once' | number;
  /** Of each message. */
  readonly lengthBytes: number;
  /** Of the send and the receive buffer of either side, as setsockopt counts them; 0 leaves the kernel's own. */
  readonly bufferBytes: number;
  readonly runMs: number;
}

/** A message as short as this ends a run. Messages that count are longer. */
export const endBytes = 1;

/** How many sends are made before they are awaited, and the clock is looked at. */
export const sendsTogether = 64;

/** Until a datagram that ends a run is sent again, in milliseconds: it may have met a full buffer. */
export const sayAgainMs = 1;

/** From the other process, over the channel to its parent: once it listens, and after each run that was counted. */
export type FromPeer = { readonly port: number } | { readonly rate: number };

/** The socket buffers of a setting, as options of mailport's sockets. */
export const buffers = ({ bufferBytes }: Setting) => (bufferBytes === 0 ? {} : { recbuf: bufferBytes, sndbuf: bufferBytes });
