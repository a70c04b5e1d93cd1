/** The packet modes in TypeScript: whatever the pieces in which bytes come, the packets are the same, and they are those of a model that says the rules plainly. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteQueue } from '../../actors/socket/byteQueue.js';
import { Framer, type Framing, framed, noPacket, packetTooLong } from '../../actors/socket/framer.js';
import { packetMode } from '../../native/contract/inet.js';

const raw: Framing = { packet: packetMode.raw, packetSize: 0, lineDelimiter: 10, buffer: 1460 };
const lines: Framing = { ...raw, packet: packetMode.line };
const two: Framing = { ...raw, packet: packetMode.two };

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

/** All packets that are there, as Latin-1 text; 'too long' is the last one if framing is lost. */
function packets(framer: Framer): string[] {
  const all: string[] = [];
  for (let length = framer.next(); length !== noPacket; length = framer.next()) {
    if (length === packetTooLong) return [...all, 'too long'];
    const target = new Uint8Array(length + 2);
    framer.take(target, 1);
    expect([target[0], target[length + 1]]).toEqual([0, 0]);
    all.push(Buffer.from(target.subarray(1, length + 1)).toString('latin1'));
  }
  return all;
}

function framerOf(framing: Framing, ...pieces: string[]): Framer {
  const framer = new Framer(framing);
  for (const piece of pieces) framer.push(bytes(piece));
  return framer;
}

const cut = (framing: Framing, ...pieces: string[]): string[] => packets(framerOf(framing, ...pieces));

/** The rules, said plainly: the first packet of `text`, with what is left; 'none', or 'too long'. */
function firstPacket(
  text: string,
  { packet, packetSize, lineDelimiter, buffer }: Framing,
): readonly [string, string] | 'none' | 'too long' {
  if (packet === packetMode.raw) return text === '' ? 'none' : [text.slice(0, buffer), text.slice(buffer)];
  if (packet === packetMode.line) {
    const line = text.indexOf(String.fromCharCode(lineDelimiter)) + 1;
    const end = line === 0 ? text.length : line;
    if (packetSize > 0 && packetSize < buffer && Math.min(end, buffer) > packetSize) return 'too long';
    if (end >= buffer) return [text.slice(0, buffer), text.slice(buffer)];
    return line === 0 ? 'none' : [text.slice(0, line), text.slice(line)];
  }
  if (text.length < packet) return 'none';
  const length = [...text.slice(0, packet)].reduce((value, byte) => value * 256 + byte.charCodeAt(0), 0);
  if (length > (packetSize || 0x4000000)) return 'too long';
  if (text.length < packet + length) return 'none';
  return [text.slice(packet, packet + length), text.slice(packet + length)];
}

function modelled(text: string, framing: Framing): { packets: string[]; rest: string } {
  const all: string[] = [];
  for (let rest = text; ; ) {
    const first = firstPacket(rest, framing);
    if (first === 'none') return { packets: all, rest };
    if (first === 'too long') return { packets: [...all, first], rest };
    all.push(first[0]);
    rest = first[1];
  }
}

const anyFraming: fc.Arbitrary<Framing> = fc.record({
  packet: fc.constantFrom(0, 1, 2, 4, 5),
  packetSize: fc.oneof(fc.constant(0), fc.nat(40)),
  lineDelimiter: fc.constantFrom(10, 0, 255),
  buffer: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.constant(1460)),
});

/** Bytes in which headers of short packets and ends of lines are frequent, and now and then a piece that is kept as it is. */
const anyPiece = fc
  .oneof(
    { weight: 12, arbitrary: fc.array(fc.constantFrom(0, 0, 0, 1, 2, 3, 9, 10, 255), { maxLength: 30 }) },
    {
      weight: 1,
      arbitrary: fc.integer({ min: 500, max: 3000 }).map((length) => Array.from({ length }, (_, index) => index % 7)),
    },
  )
  .map((list) => Buffer.from(list).toString('latin1'));

describe('any split', () => {
  test('gives the packets of the model, and keeps the rest (TM-5, TM-6, TM-12, TM-13, TM-14, TM-8)', () => {
    fc.assert(
      fc.property(anyFraming, fc.array(anyPiece, { maxLength: 20 }), (framing, pieces) => {
        const framer = new Framer(framing);
        const model = modelled(pieces.join(''), framing);
        const all: string[] = [];
        for (const piece of pieces) {
          framer.push(bytes(piece));
          if (framing.packet !== packetMode.raw && all.at(-1) !== 'too long') all.push(...packets(framer));
        }
        if (framing.packet === packetMode.raw) all.push(...packets(framer));
        expect(all).toEqual(model.packets);
        expect(framer.heldBytes).toBe(model.rest.length);
      }),
      { numRuns: 2000 },
    );
  });

  test('and any switch of the mode, unrecv, and wish for a length in between cuts what is held anew (TM-22, TR-2, TR-3, TR-12)', () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant('push' as const), text: anyPiece }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('take' as const), most: fc.nat(4) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('framing' as const), framing: anyFraming }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('unrecv' as const), text: anyPiece }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('expect' as const), count: fc.nat(50) }) },
    );
    fc.assert(
      fc.property(anyFraming, fc.array(step, { maxLength: 40 }), (first, steps) => {
        const framer = new Framer(first);
        let framing = first;
        let held = '';
        let exact = 0;
        const next = (): readonly [string, string] | 'none' | 'too long' => {
          if (framing.packet !== packetMode.raw || exact === 0) return firstPacket(held, framing);
          return held.length < exact ? 'none' : [held.slice(0, exact), held.slice(exact)];
        };
        for (const act of steps) {
          if (act.do === 'push') framer.push(bytes(act.text));
          if (act.do === 'push') held += act.text;
          if (act.do === 'unrecv') framer.unrecv(bytes(act.text));
          if (act.do === 'unrecv') held = act.text + held;
          if (act.do === 'expect') framer.expect(act.count);
          if (act.do === 'expect') exact = act.count;
          if (act.do === 'framing') framer.framing = act.framing;
          if (act.do === 'framing') framing = act.framing;
          for (let left = act.do === 'take' ? act.most : 0; left > 0; left -= 1) {
            const expected = next();
            const length = framer.next();
            expect(length).toBe(expected === 'none' ? noPacket : expected === 'too long' ? packetTooLong : expected[0].length);
            if (typeof expected === 'string') break;
            const target = new Uint8Array(length);
            framer.take(target, 0);
            expect(Buffer.from(target).toString('latin1')).toBe(expected[0]);
            held = expected[1];
            if (framing.packet === packetMode.raw) exact = 0;
          }
          expect(framer.heldBytes).toBe(held.length);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('as OTP does', () => {
  // Reference traces 2, 3 and 11.
  test('raw: at most `buffer` bytes at a time (TM-3)', () => {
    expect(cut(raw, 'x'.repeat(5000)).map(({ length }) => length)).toEqual([1460, 1460, 1460, 620]);
  });

  test('recv of a length: bytes stay held until there are enough, or until the wish changes (TR-2, TR-3)', () => {
    const framer = framerOf(raw, 'abc');
    framer.expect(5);
    expect(framer.next()).toBe(noPacket);
    framer.expect(0);
    expect(packets(framer)).toEqual(['abc']);
    framer.push(new Uint8Array(5000));
    framer.expect(4000);
    expect(packets(framer).map(({ length }) => length)).toEqual([4000, 1000]);
  });

  test('lines: each with its delimiter, CR kept, longer ones in pieces of `buffer` (TM-12, TM-13, TM-16)', () => {
    expect(cut({ ...lines, buffer: 8 }, '0123456789abcdefghij\nxy\n')).toEqual(['01234567', '89abcdef', 'ghij\n', 'xy\n']);
    expect(cut(lines, 'a\r', '\n\nb')).toEqual(['a\r\n', '\n']);
    expect(cut({ ...lines, lineDelimiter: 0 }, 'a\n\0', 'b\0')).toEqual(['a\n\0', 'b\0']);
  });

  test('packetSize of lines counts only below `buffer` (TM-14)', () => {
    expect(cut({ ...lines, buffer: 8, packetSize: 25 }, '0123456789abcdefghij\n')).toEqual(['01234567', '89abcdef', 'ghij\n']);
    expect(cut({ ...lines, packetSize: 4 }, 'abc\nabcd')).toEqual(['abc\n']);
    expect(cut({ ...lines, packetSize: 4 }, 'abc\nabcd', '\n')).toEqual(['abc\n', 'too long']);
  });

  test('packets of a length: the empty one too; the limit itself is fine; one byte more ends it behind the good ones (TM-5, TM-8, TM-9, TM-10)', () => {
    expect(cut({ ...two, packetSize: 3 }, '\0\0\0\x03ab', 'c\0\x01d')).toEqual(['', 'abc', 'd']);
    expect(cut({ ...two, packetSize: 10 }, '\0\x02ok\0\x0b')).toEqual(['ok', 'too long']);
  });

  test('a header of four bytes announces 64 MiB at most, or 2147483643 bytes where packetSize allows them (TM-8)', () => {
    const four: Framing = { ...raw, packet: packetMode.four };
    expect(cut(four, '\x04\0\0\0', 'abc')).toEqual([]);
    expect(cut(four, '\x04\0\0\x01')).toEqual(['too long']);
    expect(cut(four, '\xff\xff\xff\xff')).toEqual(['too long']);
    const larger: Framing = { ...four, packetSize: 0x7fffffff };
    const before = process.memoryUsage().arrayBuffers;
    expect(cut(larger, '\x7f\xff\xff\xfb', 'abc')).toEqual([]);
    // Room for the bytes is made when they have come.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20);
    expect(cut(larger, '\x7f\xff\xff\xfc')).toEqual(['too long']);
  });

  test('a packet that is too long for its header is not framed (TM-7)', () => {
    expect(framed(packetMode.one, new Uint8Array(255))).toHaveLength(256);
    expect(framed(packetMode.one, new Uint8Array(256))).toBeUndefined();
    expect(framed(packetMode.two, new Uint8Array(65536))).toBeUndefined();
    expect([...framed(packetMode.four, bytes('ab'))!]).toEqual([0, 0, 0, 2, 97, 98]);
    for (const packet of [packetMode.raw, packetMode.line]) expect([...framed(packet, bytes('ab'))!]).toEqual([97, 98]);
  });

  test('at the end of the stream what is incomplete is dropped (TM-17)', () => {
    const framer = framerOf(lines, 'abc');
    framer.clear();
    framer.push(bytes('d\n'));
    expect(packets(framer)).toEqual(['d\n']);
  });
});

describe('what it costs', () => {
  /** A byte of a piece that counts how often it is read. */
  function counted(size: number): { piece: Uint8Array; reads: () => number } {
    let reads = 0;
    const piece = new Proxy(new Uint8Array(size), {
      get(target, property) {
        if (typeof property === 'string' && /^\d+$/.test(property)) reads += 1;
        const value: unknown = Reflect.get(target, property, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    return { piece, reads: () => reads };
  }

  test('held bytes that came one at a time take few times their number', () => {
    const framer = new Framer(lines);
    const before = process.memoryUsage().arrayBuffers;
    framer.framing = { ...lines, buffer: 1 << 22 };
    for (let index = 0; index < 1 << 20; index += 1) framer.push(Uint8Array.of(65));
    expect(framer.next()).toBe(noPacket);
    globalThis.gc?.();
    expect(framer.heldBytes).toBe(1 << 20);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 << 20);
  });

  test('the rest of a large piece does not pin the piece', () => {
    const framer = new Framer(lines);
    const piece = new Uint8Array(64 * 1024).fill(65);
    piece[60_000] = 10;
    framer.framing = { ...lines, buffer: 100_000 };
    framer.push(piece);
    expect(packets(framer)).toHaveLength(1);
    // What is left was copied: the piece is nobody's any more.
    piece.fill(66);
    framer.push(bytes('\n'));
    expect(packets(framer)).toEqual([`${'A'.repeat(64 * 1024 - 60_001)}\n`]);
  });

  test('a line whose end is far: each byte is looked at once, however often the end is asked for', () => {
    const queue = new ByteQueue();
    const { piece, reads } = counted(600);
    queue.push(piece);
    for (let limit = 1; limit <= 600; limit += 1) {
      expect(queue.indexOf(10, limit)).toBe(-1);
      expect(queue.indexOf(10, limit)).toBe(-1);
    }
    expect(reads()).toBe(600);
  });
});
