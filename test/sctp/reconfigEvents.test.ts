/** Events of re-configuration (RFC 6525 §6), from the words of a record to the item. */
import { endianness } from 'node:os';
import { expect, test } from 'vitest';
import { reconfigEvent } from '../../actors/sctp/reconfigEvents.js';
import { kind, record, resetFlag } from '../../native/contract/sctp.js';

const base = record.words;

function event(fields: Partial<Record<keyof typeof record, number>>, streams: readonly number[] = []): unknown {
  const meta = new Uint32Array(3 * record.words).fill(77);
  for (const [name, word] of Object.entries(fields)) meta[base + record[name as keyof typeof record]] = word;
  const payload = Buffer.from(Uint16Array.from(streams).buffer);
  return reconfigEvent(meta, base, payload);
}

const { incoming, outgoing, denied, failed } = resetFlag;

test.each([
  [0, []],
  [incoming, ['incoming']],
  [outgoing, ['outgoing']],
  [incoming | outgoing, ['incoming', 'outgoing']],
  [outgoing | denied, ['outgoing', 'denied']],
  [incoming | failed, ['incoming', 'failed']],
  [incoming | outgoing | denied | failed, ['incoming', 'outgoing', 'denied', 'failed']],
])('streams that were reset: flags %i are %j', (state, flags) => {
  expect(event({ kind: kind.streamReset, assocId: 5, state }, [1, 2, 65_535])).toEqual({
    type: 'sctp_stream_reset_event',
    flags,
    streams: [1, 2, 65_535],
    assocId: 5,
  });
});

test('no streams are all of them, and half a number is none', () => {
  expect(event({ kind: kind.streamReset, state: 0 })).toMatchObject({ streams: [] });
  const meta = new Uint32Array(record.words);
  meta[record.kind] = kind.streamReset;
  const bytes = endianness() === 'LE' ? [1, 2, 3] : [2, 1, 3];
  expect(reconfigEvent(meta, 0, Buffer.from(bytes))).toMatchObject({ streams: [0x0201] });
});

test.each([
  [0, []],
  [denied, ['denied']],
  [failed, ['failed']],
  [incoming | outgoing, []],
])('an association that was reset, and streams that were added: flags %i are %j', (state, flags) => {
  expect(event({ kind: kind.assocReset, assocId: 6, state, localTsn: 11, remoteTsn: 12 })).toEqual({
    type: 'sctp_assoc_reset_event',
    flags,
    localTsn: 11,
    remoteTsn: 12,
    assocId: 6,
  });
  expect(event({ kind: kind.streamChange, assocId: 7, state, inboundStreams: 13, outboundStreams: 14 })).toEqual({
    type: 'sctp_stream_change_event',
    flags,
    inboundStreams: 13,
    outboundStreams: 14,
    assocId: 7,
  });
});
