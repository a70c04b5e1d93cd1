/**
 * Makes the items that users see of the records of a batch: source, ancillary data, payload and events. This code runs once for each message received, so it
 * allocates only the parts of the message.
 */
import { assocStates, kind, peerAddrStates, record, type SctpStack } from '../../native/contract/sctp.js';
import { AddressReader, listOfBytes, PayloadReader } from '../socket/index.js';
import { authenticationEvent } from './authOptions.js';
import type { SctpErrorEvent, SctpPlainEvent, SctpSndrcvinfo } from './events.js';
import { flagsOf } from './messageFlags.js';
import type { Ancillary, SctpData, SctpReceived } from './received.js';
import { reconfigEvent } from './reconfigEvents.js';

/** The content of one record: the one that was read last. */
export class RecordReader {
  ip = '';
  port = 0;
  anc: Ancillary = [];
  content: SctpData | SctpPlainEvent | SctpErrorEvent = [];
  isError = false;

  readonly #stack: SctpStack;
  readonly #addresses = new AddressReader();
  readonly payloads: PayloadReader;

  constructor(stack: SctpStack) {
    this.#stack = stack;
    this.payloads = new PayloadReader(stack);
  }

  /** Reads payload. @param asList gives it as an array of bytes (MS-6) @param withInfo whether `dataIoEvent` is on (MS-8) */
  readData(base: number, asList: boolean, withInfo: boolean): void {
    const meta = this.#stack.meta;
    this.#readSource(meta, base);
    this.anc = withInfo ? [readInfo(meta, base)] : [];
    const payload = this.payloads.read(meta, base);
    this.content = asList ? listOfBytes(payload) : payload;
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
          data: causeCodes(this.payloads.read(meta, base)),
        };
      case kind.sendFailed:
        return {
          type: 'sctp_send_failed',
          flags: meta[base + record.failedState] === 1,
          error: meta[base + record.failedError]!,
          info: readInfo(meta, base),
          assocId,
          data: this.payloads.read(meta, base),
        };
      case kind.partialDelivery:
        return { type: 'sctp_pdapi_event', indication: 'partial_delivery_aborted', assocId };
      case kind.authentication:
        return authenticationEvent(meta, base);
      case kind.senderDry:
        return { type: 'sctp_sender_dry_event', assocId };
      case kind.streamReset:
      case kind.assocReset:
      case kind.streamChange:
        return reconfigEvent(meta, base, this.payloads.read(meta, base));
      default:
        throw new Error(`the stack gave a record of unknown kind ${meta[base + record.kind]}`);
    }
  }
}

function isErrorEvent(event: SctpPlainEvent | SctpErrorEvent): event is SctpErrorEvent {
  return event.type === 'sctp_remote_error' || event.type === 'sctp_send_failed' || event.type === 'sctp_pdapi_event';
}

function readInfo(meta: Uint32Array, base: number): SctpSndrcvinfo {
  return {
    type: 'sctp_sndrcvinfo',
    stream: meta[base + record.stream]!,
    ssn: meta[base + record.ssn]!,
    flags: flagsOf(meta[base + record.flags]!),
    ppid: meta[base + record.ppid]!,
    context: meta[base + record.context]!,
    timetolive: meta[base + record.timeToLive]!,
    tsn: meta[base + record.tsn]!,
    cumtsn: meta[base + record.cumTsn]!,
    assocId: meta[base + record.assocId]!,
  };
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
