/** Makes the events that users see of the records of re-configuration (RFC 6525). */
import { endianness } from 'node:os';
import { kind, record, resetFlag } from '../../native/contract/sctp.js';
import type { SctpAssocResetEvent, SctpStreamChangeEvent, SctpStreamResetEvent } from './events.js';

const littleEndian = endianness() === 'LE';

/** @param payload the payload of the record, which nobody else uses */
export function reconfigEvent(
  meta: Uint32Array,
  base: number,
  payload: Buffer,
): SctpStreamResetEvent | SctpAssocResetEvent | SctpStreamChangeEvent {
  const assocId = meta[base + record.assocId]!;
  const bits = meta[base + record.state]!;
  const flags = (['denied', 'failed'] as const).filter((name) => (bits & resetFlag[name]) !== 0);
  switch (meta[base + record.kind]) {
    case kind.streamReset: {
      const ways = (['incoming', 'outgoing'] as const).filter((name) => (bits & resetFlag[name]) !== 0);
      return { type: 'sctp_stream_reset_event', flags: [...ways, ...flags], streams: streamsOf(payload), assocId };
    }
    case kind.assocReset:
      return {
        type: 'sctp_assoc_reset_event',
        flags,
        localTsn: meta[base + record.localTsn]!,
        remoteTsn: meta[base + record.remoteTsn]!,
        assocId,
      };
    default:
      return {
        type: 'sctp_stream_change_event',
        flags,
        inboundStreams: meta[base + record.inboundStreams]!,
        outboundStreams: meta[base + record.outboundStreams]!,
        assocId,
      };
  }
}

/** 16 bits each, in the machine's order. */
function streamsOf(payload: Buffer): number[] {
  const streams: number[] = [];
  for (let at = 0; at + 2 <= payload.length; at += 2) {
    streams.push(littleEndian ? payload.readUInt16LE(at) : payload.readUInt16BE(at));
  }
  return streams;
}
