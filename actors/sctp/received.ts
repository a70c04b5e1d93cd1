/** What an SCTP socket receives, apart from the messages that carry it: payload or an event, with where it came from. */
import type { AssocId, SctpEvent, SctpSndrcvinfo } from './events.js';

/** One `sctp_sndrcvinfo` for data, unless `dataIoEvent` is off; nothing for events (MS-8, MS-9). */
export type Ancillary = readonly SctpSndrcvinfo[];

/** Payload: a Buffer of its own, or in mode 'list' its bytes (MS-6). */
export type SctpData = Buffer | number[];

/**
 * What `recv` resolves with, and what iterating over a socket gives: flat, not the nested pair of messages (MS-2). Events that tell of errors are items like
 * any other (RV-16).
 */
export type SctpReceived = readonly [ip: string, port: number, anc: Ancillary, content: SctpData | SctpEvent];

/** The same as `SctpReceived`. */
export type SctpItem = SctpReceived;

/** Whether an item tells of the end of its association. */
export function endsAssociation([, , , content]: SctpItem): boolean {
  if (!('type' in content) || content.type !== 'sctp_assoc_change') return false;
  return content.state !== 'comm_up' && content.state !== 'restart';
}

/** First elements of the messages that sockets send. */
export const sctpTags = { passive: 'sctp_passive', all: new Set(['sctp', 'sctp_error', 'sctp_passive']) } as const;

/**
 * The association that a message of a socket is about. Undefined where the message does not say: data without `dataIoEvent` does not name its association, and
 * `sctp_passive` is about none.
 */
export function assocIdOfMessage(message: readonly unknown[]): AssocId | undefined {
  const [anc, content] = (message[4] ?? []) as readonly [Ancillary?, (SctpData | SctpEvent)?];
  if (content !== undefined && 'type' in content) return content.assocId;
  return anc?.[0]?.assocId;
}
