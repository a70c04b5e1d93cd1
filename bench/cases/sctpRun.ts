/** What the two processes of an SCTP case have in common. */
import type { Active, SctpOpenOptions } from 'mailport/sctp';

/** count: the other process counts the messages that arrive. echo: it sends each back on its association and stream. answer: only those that are no longer than `requestBytes`. */
export type Role = 'count' | 'echo' | 'answer';

export const requestBytes = 100;

/** How a case sets both ends up. Goes to the other process as JSON. */
export interface Setting {
  /** What the other process does. */
  readonly role: Role;
  /** Its `active`; once and a count are given again whenever they are used up. */
  readonly active: Active;
  /** For `sctp.open` on both sides. */
  readonly options: SctpOpenOptions;
}

/** A message as short as this ends a run. Messages that count are longer. */
export const endBytes = 1;

/** From the other process, over the channel to its parent: once it listens, and after each run that was counted. */
export type FromPeer = { readonly port: number } | { readonly rate: number };
