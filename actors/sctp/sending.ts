/**
 * The arguments of `send`: associations by id or by event, payloads as iolists, and the ancillary record. They are checked here and brought into the form that the
 * stack takes.
 */
import { flag } from '../../native/contract/sctp.js';
import { BadArg } from '../../runtime/index.js';
import { unknownKey } from '../../runtime/ports.js';
import { type IoData, isU32, u32 } from '../socket/index.js';
import type { AssocId, MessageFlag, Ppid, SctpAssocChange, SctpSndrcvinfo, StreamId } from './events.js';
import { flagBits } from './messageFlags.js';

/** An association by its id or by an event that names it. */
export type AssocRef = AssocId | Pick<SctpAssocChange, 'assocId'>;

/** How to send. A field that is left out is 0 or none; the socket's defaults do not count (SD-2). Fields that only received records have are ignored (SD-3). */
export interface SendInfo extends Partial<Omit<SctpSndrcvinfo, 'flags'>> {
  readonly assocId: AssocId;
  readonly stream?: StreamId;
  readonly flags?: readonly MessageFlag[];
  readonly ppid?: Ppid;
  readonly context?: number;
  readonly timetolive?: number;
  /**
   * The limit's kind (RFC 7496): 'ttl' milliseconds, 'rtx' retransmissions, 'prio' a priority (0 the highest) that counts when room is short. If the peer does not
   * know partial reliability (`sctpPrSupported`), 'rtx' and 'prio' are no limits.
   */
  readonly prPolicy?: PrPolicy;
  /** The limit; 0 by default. */
  readonly prValue?: number;
}

/** How long a message is tried (RFC 7496): for ever, for a time, so many times, or until one of a higher priority needs its room. */
export type PrPolicy = 'none' | 'ttl' | 'rtx' | 'prio';

/** Further options of a `send`. */
export interface SendOptions {
  /** Withdraws a send that waits for room: the send rejects with 'aborted', and none of its bytes have been sent. */
  readonly signal?: AbortSignal | undefined;
}

/** A send as the stack takes it. */
export interface SendRequest {
  /** The name of the call, for errors. */
  readonly syscall: 'send' | 'eof';
  readonly assocId: number;
  readonly stream: number;
  readonly flags: number;
  readonly ppid: number;
  readonly context: number;
  readonly timetolive: number;
  readonly useDefaults: boolean;
  readonly data: Uint8Array;
}

export const nothing: Uint8Array = new Uint8Array(0);

/** @throws BadArg unless `assoc` is an id or has one */
export function assocIdOf(assoc: unknown, argument = 'assoc'): number {
  const id = typeof assoc === 'object' && assoc !== null && 'assocId' in assoc ? assoc.assocId : assoc;
  if (isU32(id)) return id;
  throw new BadArg(argument, 'must be an association id or an event that has one');
}

/** @throws BadArg unless `stream` is an integer in 0..65535 (SD-4) */
export function checkStream(stream: unknown, argument = 'stream'): number {
  if (isU32(stream) && stream <= 65535) return stream;
  throw new BadArg(argument, 'must be an integer in 0..65535');
}

/** Whether the call is `send(assoc, stream, data)`, not `send(info, data)`: payload is never a number, and an event is no record to send with. */
export function isStreamSend(first: AssocRef | SendInfo, second: StreamId | IoData): second is StreamId {
  if (typeof first === 'number' || typeof second === 'number') return true;
  return typeof first === 'object' && first !== null && (first as { readonly type?: unknown }).type === 'sctp_assoc_change';
}

/** A send with the association's default parameters (SD-1). */
export function plainRequest(assocId: number, stream: number, data: Uint8Array): SendRequest {
  return { syscall: 'send', assocId, stream, flags: 0, ppid: 0, context: 0, timetolive: 0, useDefaults: true, data };
}

/** A send that only carries the flag of eof (AS-3). */
export function eofRequest(assocId: number): SendRequest {
  return {
    syscall: 'eof',
    assocId,
    stream: 0,
    flags: flag.eof,
    ppid: 0,
    context: 0,
    timetolive: 0,
    useDefaults: false,
    data: nothing,
  };
}

/** Fields that only received records have are among them, so that a received record can be sent with (SD-3). */
const infoFields = new Set('type stream ssn flags ppid context timetolive tsn cumtsn assocId prPolicy prValue'.split(' '));
const policyFlags = new Map<unknown, number>([
  ['none', 0],
  ['ttl', flag.prTtl],
  ['rtx', flag.prRtx],
  ['prio', flag.prPrio],
]);

/** @throws BadArg naming the field */
export function infoRequest(info: unknown, data: Uint8Array): SendRequest {
  if (typeof info !== 'object' || info === null) throw new BadArg('info', 'must be an sctp_sndrcvinfo');
  const fields = info as { readonly [field: string]: unknown };
  for (const name in fields)
    if (!infoFields.has(name)) throw unknownKey('info', name, infoFields, 'is no field of an sctp_sndrcvinfo');
  // Each field is read once: an object may give something else the next time.
  const names: unknown = fields.flags ?? [];
  const flags = Array.isArray(names) ? flagBits(names) : undefined;
  if (flags === undefined)
    throw new BadArg('info.flags', "must be a list of 'unordered', 'addr_over', 'abort', 'eof', 'sack_immediately'");
  const policy = policyFlags.get(fields.prPolicy ?? 'none');
  if (policy === undefined) throw new BadArg('info.prPolicy', "must be 'none', 'ttl', 'rtx' or 'prio'");
  const limit = checkU32(fields.prValue ?? 0, 'info.prValue');
  const lifetime = checkU32(fields.timetolive ?? 0, 'info.timetolive');
  if (policy === 0 && limit !== 0) throw new BadArg('info.prValue', 'needs a prPolicy');
  if (policy !== 0 && lifetime !== 0) throw new BadArg('info.timetolive', 'is what prPolicy replaces');
  return {
    syscall: 'send',
    assocId: assocIdOf(fields.assocId, 'info.assocId'),
    stream: checkStream(fields.stream ?? 0, 'info.stream'),
    flags: flags | policy,
    ppid: checkU32(fields.ppid ?? 0, 'info.ppid'),
    context: checkU32(fields.context ?? 0, 'info.context'),
    timetolive: policy === 0 ? lifetime : limit,
    useDefaults: false,
    data,
  };
}

function checkU32(value: unknown, argument: string): number {
  if (isU32(value)) return value;
  throw new BadArg(argument, `must be an integer in 0..${u32}`);
}
