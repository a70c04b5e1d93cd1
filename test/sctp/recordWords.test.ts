/** Records word by word: each kind of event takes each of its fields from the right place of a record that is not the first of its batch. */
import { beforeEach, describe, expect, test } from 'vitest';
import { RecordReader } from '../../actors/sctp/recordReader.js';
import { assocStates, kind, peerAddrStates, record } from '../../native/contract/sctp.js';
import { SimStack } from '../sim/simStack.js';

const base = record.words;
const meta = new Uint32Array(3 * record.words);
const slab = new Uint8Array(64 * 1024);
const large: Uint8Array[] = [];
const stack = Object.assign(Object.create(new SimStack(() => {})) as SimStack, { meta, slab, large });
let reader = new RecordReader(stack);

/** Every word of the second record has a number of its own, so that a wrong word gives a wrong number. */
beforeEach(() => {
  meta.fill(0xdeadbeef);
  for (let word = 0; word < record.words; word += 1) set(word, 1000 + word);
  set(record.family, 4);
  set(record.address, 0x0a000001);
  set(record.offset, 40);
  set(record.length, 0);
  set(record.where, 0);
  set(record.assocId, 77);
  slab.fill(0xee);
  large.length = 0;
  reader = new RecordReader(stack);
});

function set(word: number, value: number): void {
  meta[base + word] = value;
}

function event(what: number): unknown {
  set(record.kind, what);
  reader.readEvent(base);
  return reader.content;
}

function payload(bytes: readonly number[]): void {
  slab.set(bytes, 40);
  set(record.length, bytes.length);
}

const info = {
  type: 'sctp_sndrcvinfo',
  stream: 1013,
  ssn: 1014,
  flags: ['unordered', 'addr_over', 'abort', 'sack_immediately'],
  ppid: 1016,
  context: 1017,
  timetolive: 1018,
  tsn: 1019,
  cumtsn: 1020,
  assocId: 77,
};

describe('events', () => {
  test.each([kind.assocChange, kind.connectResult])('a change of association, kind %i', (what) => {
    for (const [number, state] of [...assocStates, 'comm_lost'].entries()) {
      set(record.state, number);
      expect(event(what)).toEqual({
        type: 'sctp_assoc_change',
        state,
        error: 1014,
        outboundStreams: 1015,
        inboundStreams: 1016,
        assocId: 77,
      });
    }
    expect([reader.ip, reader.port, reader.anc, reader.isError]).toEqual(['10.0.0.1', 1009, [], false]);
    expect(reader.result()).toEqual(['10.0.0.1', 1009, [], reader.content]);
  });

  test('a change of one of the addresses, which need not be the primary one', () => {
    set(record.toChanged + record.family, 4);
    set(record.toChanged + record.address, 0x0a000002);
    set(record.toChanged + record.port, 99);
    for (const [number, state] of [...peerAddrStates, 'addr_available'].entries()) {
      set(record.state, number);
      expect(event(kind.peerAddrChange)).toMatchObject({ type: 'sctp_paddr_change', state, error: 1014, assocId: 77 });
    }
    expect(event(kind.peerAddrChange)).toMatchObject({ addr: ['10.0.0.2', 99] });
    expect([reader.ip, reader.port]).toEqual(['10.0.0.1', 1009]);
  });

  test('those that say little', () => {
    set(record.state, 5);
    expect(event(kind.shutdownEvent)).toEqual({ type: 'sctp_shutdown_event', assocId: 77 });
    expect(event(kind.adaptation)).toEqual({ type: 'sctp_adaptation_event', adaptationInd: 5, assocId: 77 });
    expect(event(kind.senderDry)).toEqual({ type: 'sctp_sender_dry_event', assocId: 77 });
    expect(reader.isError).toBe(false);
    expect(event(kind.partialDelivery)).toEqual({
      type: 'sctp_pdapi_event',
      indication: 'partial_delivery_aborted',
      assocId: 77,
    });
    expect(reader.isError).toBe(true);
    event(kind.shutdownEvent);
    expect(reader.isError).toBe(false);
  });

  test('errors of the peer, with causes that are padded, too short and cut off', () => {
    const causes = (bytes: readonly number[]): unknown => {
      payload(bytes);
      return event(kind.remoteError);
    };
    const expected = (data: readonly number[]) => ({ type: 'sctp_remote_error', error: 1014, assocId: 77, data });
    expect(causes([1, 2, 0, 4, 0, 13, 0, 4])).toEqual(expected([258, 13]));
    expect(reader.isError).toBe(true);
    expect(causes([0, 1, 0, 5, 9, 0, 0, 0, 0, 2, 0, 8, 9, 9, 9, 9, 0, 3, 0, 4])).toEqual(expected([1, 2, 3]));
    // A length below that of the header counts as that.
    expect(causes([0, 1, 0, 0, 0, 2, 0, 1, 0, 3, 0, 3, 0, 4, 0, 4])).toEqual(expected([1, 2, 3, 4]));
    expect(causes([0, 1, 0, 4, 0, 2, 0])).toEqual(expected([1]));
  });

  test('a message that was not sent', () => {
    payload([1, 2, 3]);
    set(record.flags, 0x47);
    for (const transmitted of [true, false]) {
      set(record.failedState, transmitted ? 1 : 0);
      const failed = {
        type: 'sctp_send_failed',
        flags: transmitted,
        error: 1022,
        info,
        assocId: 77,
        data: Buffer.from([1, 2, 3]),
      };
      expect(event(kind.sendFailed)).toEqual(failed);
      expect(reader.isError).toBe(true);
    }
  });

  test('streams that began anew, with each reason why not (RFC 6525)', () => {
    payload([...new Uint8Array(Uint16Array.of(1, 258, 65535).buffer)]);
    const names = ['incoming', 'outgoing', 'denied', 'failed'];
    for (let bits = 0; bits < 16; bits += 1) {
      set(record.state, bits);
      const flags = names.filter((flag, place) => flag !== '' && (bits >> place) % 2 === 1);
      const streams = [1, 258, 65535];
      expect(event(kind.streamReset)).toEqual({ type: 'sctp_stream_reset_event', flags, streams, assocId: 77 });
    }
    // Half a stream is none, and no streams are all.
    payload([7]);
    expect(event(kind.streamReset)).toMatchObject({ streams: [] });
    payload([7, 7, 7]);
    expect(event(kind.streamReset)).toMatchObject({ streams: [0x0707] });
  });

  test('an association that began anew, and a change of the number of streams (RFC 6525)', () => {
    for (let bits = 0; bits < 16; bits += 1) {
      set(record.state, bits);
      const flags = [...((bits & 4) === 0 ? [] : ['denied']), ...((bits & 8) === 0 ? [] : ['failed'])];
      const tsns = { localTsn: 1015, remoteTsn: 1016 };
      expect(event(kind.assocReset)).toEqual({ type: 'sctp_assoc_reset_event', flags, ...tsns, assocId: 77 });
      const streams = { inboundStreams: 1016, outboundStreams: 1015 };
      expect(event(kind.streamChange)).toEqual({ type: 'sctp_stream_change_event', flags, ...streams, assocId: 77 });
    }
    expect(reader.isError).toBe(false);
  });

  test('one of no known kind, which is named', () => {
    expect(() => event(4321)).toThrow('unknown kind 4321');
  });
});

describe('data', () => {
  test('with and without what came with it, as bytes and as a list', () => {
    event(kind.partialDelivery);
    payload([9, 8, 7]);
    set(record.flags, 0x47);
    reader.readData(base, false, true);
    expect(reader.result()).toEqual(['10.0.0.1', 1009, [info], Buffer.from([9, 8, 7])]);
    expect(reader.isError).toBe(false);
    reader.readData(base, true, false);
    expect(reader.result()).toEqual(['10.0.0.1', 1009, [], [9, 8, 7]]);
  });

  test('of flags that the kernel may add later only the five are told', () => {
    for (let bits = 0; bits < 256; bits += 1) {
      set(record.flags, bits);
      reader.readData(base, false, true);
      const names = ['unordered', 'addr_over', 'abort', 'eof', '', '', 'sack_immediately'].filter(
        (flag, place) => flag !== '' && (bits >> place) % 2 === 1,
      );
      expect(reader.anc[0]?.flags).toEqual(names);
    }
  });

  test('of one length each around what is copied by a loop', () => {
    for (const length of [1, 2, 23, 24, 25, 26]) {
      const bytes = Array.from({ length }, (_, index) => index + 1);
      slab.fill(0xee);
      payload(bytes);
      reader.readData(base, true, false);
      expect(reader.content).toEqual(bytes);
    }
  });

  test('that is too large for the slab has memory of its own, and is not copied', () => {
    large.push(Uint8Array.of(0), new Uint8Array(10).subarray(2, 5).fill(4));
    set(record.where, 1);
    set(record.offset, 1);
    set(record.length, 3);
    reader.readData(base, false, false);
    expect(reader.content).toEqual(Buffer.from([4, 4, 4]));
    expect((reader.content as Buffer).buffer).toBe(large[1]?.buffer);
  });

  test('of middling size shares 64 KiB until these are full, to the last byte, and never twice the same', () => {
    const kept = [16_384, 16_384, 16_384, 16_384, 513].map((length, index) => {
      slab.fill(index + 1, 40, 40 + length);
      set(record.length, length);
      reader.readData(base, false, false);
      return reader.content as Buffer;
    });
    for (const [index, bytes] of kept.entries()) expect(bytes.every((byte) => byte === index + 1)).toBe(true);
    expect(new Set(kept.slice(0, 4).map(({ buffer }) => buffer)).size).toBe(1);
    expect(kept.map(({ byteOffset }) => byteOffset)).toEqual([0, 16_384, 32_768, 49_152, 0]);
    expect(kept[4]?.buffer).not.toBe(kept[0]?.buffer);
    expect(kept[4]?.buffer.byteLength).toBe(65_536);
  });
});

describe('sources', () => {
  const read = (): string => {
    reader.readEvent(base);
    return reader.ip;
  };
  beforeEach(() => {
    set(record.kind, kind.shutdownEvent);
  });

  test('that differ in one word, or in the zone, are two', () => {
    set(record.family, 6);
    const words = [0xfe800000, 0x00010002, 0x00030004, 0x00050006];
    for (const [place, word] of words.entries()) set(record.address + place, word);
    set(record.scopeId, 2);
    expect(read()).toBe('fe80:0:1:2:3:4:5:6%2');
    expect(read()).toBe('fe80:0:1:2:3:4:5:6%2');
    const others = ['fe81:0:1:2:3:4:5:6%2', 'fe80:0:1:3:3:4:5:6%2', 'fe80:0:1:2:3:5:5:6%2', 'fe80:0:1:2:3:4:5:7%2'];
    for (const [place, text] of others.entries()) {
      const step = place === 0 ? 0x10000 : 1;
      set(record.address + place, words[place]! + step);
      expect(read()).toBe(text);
      set(record.address + place, words[place]!);
      expect(read()).toBe('fe80:0:1:2:3:4:5:6%2');
    }
    set(record.scopeId, 3);
    expect(read()).toBe('fe80:0:1:2:3:4:5:6%3');
    set(record.scopeId, 0);
    expect(read()).toBe('fe80:0:1:2:3:4:5:6');
  });

  test('of one family whose words are those of the other', () => {
    set(record.family, 6);
    for (let place = 0; place < 4; place += 1) set(record.address + place, 0);
    set(record.scopeId, 0);
    expect(read()).toBe('::');
    set(record.family, 4);
    expect(read()).toBe('0.0.0.0');
    set(record.family, 6);
    expect(read()).toBe('::');
    // The same in the other order, with a reader that has read no IPv6 address.
    reader = new RecordReader(stack);
    set(record.family, 4);
    expect(read()).toBe('0.0.0.0');
    set(record.family, 6);
    expect(read()).toBe('::');
  });

  // RFC 5952 section 4: the longest run of zeros, the first of two, and never one alone; and only ::ffff:0:0/96 is IPv4-mapped.
  test.each([
    [[0, 0xffff, 0xffff, 0x7f000001], '::ffff:0:ffff:7f00:1'],
    [[1, 0, 0xffff, 0x7f000001], '0:1::ffff:7f00:1'],
    [[0, 1, 0xffff, 0x7f000001], '::1:0:ffff:7f00:1'],
    [[0, 0, 0xfffe, 0x7f000001], '::fffe:7f00:1'],
    [[0x00010000, 0x00000001, 0x00010000, 0x00000001], '1::1:1:0:0:1'],
    [[0x00010000, 0x00000001, 0, 0x00000001], '1:0:0:1::1'],
    [[0x00010002, 0x00030004, 0x00050006, 0x00070000], '1:2:3:4:5:6:7:0'],
    [[0, 0, 0x12345678, 0x9abcdef0], '::1234:5678:9abc:def0'],
  ])('%j is %s', (words, text) => {
    set(record.family, 6);
    set(record.scopeId, 0);
    for (const [place, word] of words.entries()) set(record.address + place, word);
    expect(read()).toBe(text);
  });

  test('are as many as there like to be', () => {
    set(record.family, 4);
    for (let number = 0; number < 2100; number += 1) {
      set(record.address, 0x0a000000 + number);
      expect(read()).toBe(`10.0.${number >> 8}.${number & 255}`);
    }
  });
});
