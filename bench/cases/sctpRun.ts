/** What the two processes of an SCTP case have agreed on. */

/** count: what arrives is counted. echo: it is sent back on its association and stream. */
export type Role = 'count' | 'echo';

/** A message as short as this ends a run; those that count are longer. */
export const endBytes = 1;

/** From the other process, over the channel to its parent: once it listens, and after each run that was counted. */
export type FromPeer = { readonly port: number } | { readonly rate: number };
