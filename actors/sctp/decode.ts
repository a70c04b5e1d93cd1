/**
 * From the records of a batch (native/contract/sctp.ts) to what users see: addresses, ancillary data, payloads and events. It runs once per received
 * message, so it allocates only what the message itself is made of, and remembers the last address it has formatted.
 */
import { where } from '../../native/contract/batch.js';
import { assocStates, flag, kind, peerAddrStates, record, type SctpStack } from '../../native/contract/sctp.js';
import type { MessageFlag, SctpErrorEvent, SctpPlainEvent, SctpSndrcvinfo } from './events.js';
import type { Ancillary, SctpData, SctpReceived } from './received.js';
import { reconfigEvent } from './reconfigEvents.js';

/** Up to here a payload goes into Node's own pool, which a message that is kept pins 8 KiB of at most. */
const smallBytes = 512;
/** Up to here it shares a pool of ours, above it has memory of its own. */
const pooledBytes = 16 * 1024;
const poolBytes = 64 * 1024;
/** Below this a loop beats the view that `set` needs. */
const loopBytes = 24;
const maxRememberedAddresses = 1024;
const mostPlaces = 32 * 1024 * 1024;

/** What one record says. The fields are those of the record read last. */
export class RecordReader {
  ip = '';
  port = 0;
  anc: Ancillary = [];
  content: SctpData | SctpPlainEvent | SctpErrorEvent = [];
  isError = false;

  readonly #stack: SctpStack;
  readonly #addresses = new AddressReader();
  #pool = Buffer.allocUnsafeSlow(poolBytes);
  #poolUsed = 0;

  constructor(stack: SctpStack) {
    this.#stack = stack;
  }

  /** Reads payload. `asList` gives it as bytes (MS-6), `withInfo` is what `dataIoEvent` says (MS-8). */
  readData(base: number, asList: boolean, withInfo: boolean): void {
    const meta = this.#stack.meta;
    this.#readSource(meta, base);
    this.anc = withInfo ? [readInfo(meta, base)] : [];
    const payload = this.#payload(meta, base);
    this.content = asList ? bytesOf(payload) : payload;
    this.isError = false;
  }

  /** Reads an event: any kind but data, writable and the like. */
  readEvent(base: number): void {
    const meta = this.#stack.meta;
    this.#readSource(meta, base);
    this.anc = [];
    const event = this.#event(meta, base);
    this.content = event;
    this.isError = isErrorEvent(event);
  }

  /** The record read last, as `recv` gives it. */
  result(): SctpReceived {
    return [this.ip, this.port, this.anc, this.content];
  }

  #readSource(meta: Uint32Array, base: number): void {
    this.ip = this.#addresses.read(meta, base);
    this.port = meta[base + record.port]!;
  }

  #event(meta: Uint32Array, base: number): SctpPlainEvent | SctpErrorEvent {
    const assocId = meta[base + record.assocId]!;
    switch (meta[base + record.kind]) {
      case kind.assocChange:
      case kind.connectResult:
        return {
          type: 'sctp_assoc_change',
          state: assocStates[meta[base + record.state]!] ?? 'comm_lost',
          error: meta[base + record.error]!,
          outboundStreams: meta[base + record.outboundStreams]!,
          inboundStreams: meta[base + record.inboundStreams]!,
          assocId,
        };
      case kind.peerAddrChange:
        return {
          type: 'sctp_paddr_change',
          addr: [this.#addresses.read(meta, base + record.toChanged), meta[base + record.toChanged + record.port]!],
          state: peerAddrStates[meta[base + record.state]!] ?? 'addr_available',
          error: meta[base + record.error]!,
          assocId,
        };
      case kind.shutdownEvent:
        return { type: 'sctp_shutdown_event', assocId };
      case kind.adaptation:
        return { type: 'sctp_adaptation_event', adaptationInd: meta[base + record.state]!, assocId };
      case kind.remoteError:
        return {
          type: 'sctp_remote_error',
          error: meta[base + record.error]!,
          assocId,
          data: causeCodes(this.#payload(meta, base)),
        };
      case kind.sendFailed:
        return {
          type: 'sctp_send_failed',
          flags: meta[base + record.failedState] === 1,
          error: meta[base + record.failedError]!,
          info: readInfo(meta, base),
          assocId,
          data: this.#payload(meta, base),
        };
      case kind.partialDelivery:
        return { type: 'sctp_pdapi_event', indication: 'partial_delivery_aborted', assocId };
      case kind.senderDry:
        return { type: 'sctp_sender_dry_event', assocId };
      case kind.streamReset:
      case kind.assocReset:
      case kind.streamChange:
        return reconfigEvent(meta, base, this.#payload(meta, base));
      default:
        throw new Error(`the stack gave a record of unknown kind ${meta[base + record.kind]}`);
    }
  }

  /** A copy that outlives the batch. */
  #payload(meta: Uint32Array, base: number): Buffer {
    const offset = meta[base + record.offset]!;
    const length = meta[base + record.length]!;
    if (meta[base + record.where] === where.large) {
      const large = this.#stack.large[offset]!;
      return Buffer.from(large.buffer, large.byteOffset, large.byteLength);
    }
    const target = this.#room(length);
    const slab = this.#stack.slab;
    if (length > loopBytes) target.set(slab.subarray(offset, offset + length));
    else for (let index = 0; index < length; index += 1) target[index] = slab[offset + index]!;
    return target;
  }

  #room(length: number): Buffer {
    if (length <= smallBytes) return Buffer.allocUnsafe(length);
    if (length > pooledBytes) return Buffer.allocUnsafeSlow(length);
    if (this.#poolUsed + length > poolBytes) {
      this.#pool = Buffer.allocUnsafeSlow(poolBytes);
      this.#poolUsed = 0;
    }
    const room = this.#pool.subarray(this.#poolUsed, this.#poolUsed + length);
    this.#poolUsed += length;
    return room;
  }
}

/** An array made to measure: what grows as it is filled keeps up to half of its room empty. */
function bytesOf(payload: Buffer): number[] {
  const { length } = payload;
  // Beyond that V8 keeps an array of a given length as a dictionary.
  if (length > mostPlaces) return Array.from(payload);
  const bytes = new Array<number>(length);
  for (let index = 0; index < length; index += 1) bytes[index] = payload[index]!;
  return bytes;
}

function isErrorEvent(event: SctpPlainEvent | SctpErrorEvent): event is SctpErrorEvent {
  return event.type === 'sctp_remote_error' || event.type === 'sctp_send_failed' || event.type === 'sctp_pdapi_event';
}

/** Formats addresses, and the one that came last for nothing. */
class AddressReader {
  #family = 0;
  #word0 = 0;
  #word1 = 0;
  #word2 = 0;
  #word3 = 0;
  #scopeId = 0;
  #text = '';
  readonly #known = new Map<number, string>();

  read(meta: Uint32Array, base: number): string {
    const at = base + record.address;
    if (meta[base + record.family] === 4) return this.#readV4(meta[at]!);
    if (
      this.#family !== 6 ||
      this.#word3 !== meta[at + 3] ||
      this.#word2 !== meta[at + 2] ||
      this.#word1 !== meta[at + 1] ||
      this.#word0 !== meta[at] ||
      this.#scopeId !== meta[base + record.scopeId]
    ) {
      this.#family = 6;
      this.#word0 = meta[at]!;
      this.#word1 = meta[at + 1]!;
      this.#word2 = meta[at + 2]!;
      this.#word3 = meta[at + 3]!;
      this.#scopeId = meta[base + record.scopeId]!;
      this.#text = formatV6([this.#word0, this.#word1, this.#word2, this.#word3], this.#scopeId);
    }
    return this.#text;
  }

  #readV4(word: number): string {
    if (this.#family === 4 && this.#word0 === word) return this.#text;
    let text = this.#known.get(word);
    if (text === undefined) {
      text = formatV4(word);
      if (this.#known.size >= maxRememberedAddresses) this.#known.clear();
      this.#known.set(word, text);
    }
    this.#family = 4;
    this.#word0 = word;
    this.#text = text;
    return text;
  }
}

/** Dotted quad of an address in host order. */
export function formatV4(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
}

/** As RFC 5952 wants it, with `%scope` if there is one; IPv4-mapped addresses show their dotted quad. */
export function formatV6(words: readonly [number, number, number, number], scopeId: number): string {
  if (words[0] === 0 && words[1] === 0 && words[2] === 0xffff) return `::ffff:${formatV4(words[3])}`;
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff]);
  let start = 0;
  let longest = 1;
  for (let from = 0; from < groups.length; from += 1) {
    let to = from;
    while (to < groups.length && groups[to] === 0) to += 1;
    if (to - from > longest) {
      start = from;
      longest = to - from;
    }
  }
  const hex = (part: number[]): string => part.map((group) => group.toString(16)).join(':');
  const text = longest > 1 ? `${hex(groups.slice(0, start))}::${hex(groups.slice(start + longest))}` : hex(groups);
  return scopeId === 0 ? text : `${text}%${scopeId}`;
}

function readInfo(meta: Uint32Array, base: number): SctpSndrcvinfo {
  return {
    type: 'sctp_sndrcvinfo',
    stream: meta[base + record.stream]!,
    ssn: meta[base + record.ssn]!,
    flags: flagSets[meta[base + record.flags]! & 15]!,
    ppid: meta[base + record.ppid]!,
    context: meta[base + record.context]!,
    timetolive: meta[base + record.timeToLive]!,
    tsn: meta[base + record.tsn]!,
    cumtsn: meta[base + record.cumTsn]!,
    assocId: meta[base + record.assocId]!,
  };
}

const flagNames: readonly (readonly [MessageFlag, number])[] = [
  ['unordered', flag.unordered],
  ['addr_over', flag.addrOver],
  ['abort', flag.abort],
  ['eof', flag.eof],
];

/** All combinations of flags, shared by every message that has them. */
const flagSets: readonly (readonly MessageFlag[])[] = Array.from({ length: 16 }, (_, bits) =>
  Object.freeze(flagNames.filter(([, bit]) => (bits & bit) !== 0).map(([name]) => name)),
);

/** The names of message flags in a word. */
export function flagsOf(bits: number): readonly MessageFlag[] {
  return flagSets[bits & 15]!;
}

/** The word of message flags by name; undefined if one is unknown. */
export function flagBits(names: readonly unknown[]): number | undefined {
  let bits = 0;
  for (const name of names) {
    const found = flagNames.find(([known]) => known === name);
    if (found === undefined) return undefined;
    bits |= found[1];
  }
  return bits;
}

/** The codes of a list of error causes (RFC 9260 section 3.3.10): 16 bits code, 16 bits length with header, padded to 4 bytes. */
function causeCodes(causes: Buffer): number[] {
  const codes: number[] = [];
  for (let at = 0; at + 4 <= causes.length; ) {
    codes.push(causes.readUInt16BE(at));
    at += (Math.max(4, causes.readUInt16BE(at + 2)) + 3) & ~3;
  }
  return codes;
}
