/** Packet modes (TM): what becomes a message, and how modes change in the middle of a stream. */
import { at, differs, type Script, script } from '../script.js';
import { all, badarg, bytes, codes, pair, part, reads, sends, set, text } from './openings.js';

const headers = { 1: '\x03', 2: '\x00\x03', 4: '\x00\x00\x00\x03' } as const;
const sized = [1, 2, 4] as const;

/** One script for each size of header. */
const forSizes = (make: (packet: 1 | 2 | 4) => Script): Script[] => sized.map(make);

/** The length of a body as its header. */
const header = (packet: 1 | 2 | 4, length: number): string =>
  String.fromCharCode(...Array.from({ length: packet }, (_, index) => (length / 256 ** (packet - 1 - index)) & 255));

export const framing: readonly Script[] = [
  script('TM-1, TM-2: data of a stream is a message with the bytes, or with a list of them', [
    ...pair({ active: true }),
    ...sends('hello'),
    at('p', ['receive'], 'a: "hello"'),
    at('p', ['setopts', 'a', { mode: 'list' }]),
    ...sends('hello'),
    at('p', ['receive'], `a: ${codes('hello')}`),
    at(
      'p',
      ['getopts', 'a', ['mode', 'packet', 'active']],
      differs('TM-2', 'mode=list packet=raw active=true', 'mode=list packet=0 active=true'),
    ),
  ]),
  script('TM-2, MS-6: the mode is applied when data is delivered', [
    ...pair(),
    ...sends('ab'),
    at('p', ['setopts', 'a', { mode: 'list' }]),
    at('p', ['recv', 'a'], codes('ab')),
    ...sends('cd'),
    at('p', ['setopts', 'a', { mode: 'binary' }]),
    at('p', ['recv', 'a'], '"cd"'),
  ]),
  script('TM-3: a larger buffer gives larger pieces', [
    ...pair({ buffer: 3000 }),
    at('q', ['send', 'c', { bytes: 7000 }]),
    at('p', ['recv', 'a'], part(7000, 0, 3000)),
    at('p', ['recv', 'a'], part(7000, 3000, 6000)),
    at('p', ['recv', 'a'], part(7000, 6000, 7000)),
  ]),
  script('TM-3: an active socket gets every byte of a long send, in order', [
    ...pair({ active: true }),
    at('q', ['send', 'c', { bytes: 200_000 }]),
    at('p', ['receiveBytes', 'a', 200_000], bytes(200_000)),
  ]),
  ...forSizes((packet) =>
    script(`TM-4, TM-5: packet ${packet} puts a header before what one send gave, and takes it off`, [
      ...pair({ packet, active: true }),
      ...sends(`${headers[packet]}abc${header(packet, 0)}${header(packet, 1)}d`),
      at('p', ['receive', 3], all('a: "abc"', 'a: ""', 'a: "d"')),
      at('p', ['send', 'a', ['x', ['y', 'z']]]),
      at('q', ['recv', 'c', packet + 3], text(`${headers[packet]}xyz`)),
      at('p', ['send', 'a', '']),
      at('q', ['recv', 'c', packet], text(header(packet, 0))),
    ]),
  ),
  ...forSizes((packet) =>
    script(`TM-6: packet ${packet} is put together from single bytes`, [
      ...pair({ packet }),
      at('p', ['begin', 'r', ['recv', 'a']]),
      ...sends(...headers[packet], 'a', 'b'),
      at('p', ['look', 'r'], 'waiting'),
      ...sends('c'),
      at('p', ['end', 'r'], '"abc"'),
    ]),
  ),
  ...forSizes((packet) =>
    script(`TM-6: packets of mode ${packet} at both ends, larger than the buffer`, [
      ...pair({ packet, active: true }, { packet }),
      at('q', ['send', 'c', { bytes: 200 }]),
      at('q', ['send', 'c', { bytes: packet === 1 ? 255 : 60_000, seed: 1 }]),
      at('q', ['send', 'c', 'end']),
      at('p', ['receive', 3], all(`a: ${bytes(200)}`, `a: ${bytes(packet === 1 ? 255 : 60_000, 1)}`, 'a: "end"')),
      at('p', ['getopts', 'a', ['buffer']], 'buffer=1460'),
    ]),
  ),
  script('TM-6: a packet of mode 4 that is much larger than every buffer', [
    ...pair({ packet: 4, active: true }, { packet: 4 }),
    at('q', ['send', 'c', { bytes: 3_000_000 }]),
    at('p', ['receive'], `a: ${bytes(3_000_000)}`),
  ]),
  script('TM-7: a packet that is longer than its header can say', [
    ...pair({}, { packet: 1 }),
    at('q', ['send', 'c', { bytes: 300 }], differs('TM-7', 'error emsgsize', 'ok')),
    at('q', ['send', 'c', 'ok']),
    at('p', ['recv', 'a', 3], differs('TM-7', text('\x02ok'), text(`\x2c\x00\x07`))),
  ]),
  script('TM-8: packet_size is the longest packet that is taken', [
    ...pair({ packet: 2, packetSize: 5, active: true }),
    ...sends('\x00\x05abcde'),
    at('p', ['receive'], 'a: "abcde"'),
    at('p', ['send', 'a', 'longer than five']),
    at('q', ['recv', 'c', 18], text('\x00\x10longer than five')),
  ]),
  script('TM-8: packet_size says nothing in mode raw', [
    ...pair({ packetSize: 2 }),
    ...sends('abcde'),
    at('p', ['recv', 'a'], '"abcde"'),
  ]),
  script('TM-9: a longer packet ends an active socket, and its owner lives', [
    ...pair({ packet: 4, packetSize: 10, active: 'once' }),
    at('p', ['trapExit', true]),
    ...sends('\x00\x00\x00\x0b'),
    at('p', ['receive', 2], all('a! emsgsize', 'a closed')),
    at('p', ['isOpen', 'a'], 'false'),
    at('q', ['recv', 'c'], 'error closed'),
  ]),
  script('TM-9: a longer packet is told to a recv, once', [
    ...pair({ packet: 1, packetSize: 3 }),
    ...sends('\x04'),
    at('p', ['recv', 'a'], 'error emsgsize'),
    at('p', ['recv', 'a'], differs('TR-9', 'error closed', 'error enotconn')),
    at('q', ['recv', 'c'], 'error closed'),
  ]),
  script('TM-11: a longer packet with exit_on_close false', [
    ...pair({ packet: 1, packetSize: 3, active: true, exitOnClose: false }),
    ...sends('\x04'),
    at('p', ['receive', 2], all('a! emsgsize', 'a closed')),
    at('p', ['isOpen', 'a'], differs('TM-11', 'false', 'true')),
  ]),
  script('TM-8: the first bit of a header of 4 bytes is no sign', [
    ...pair({ packet: 4, active: true }),
    ...sends('\xff\xff\xff\xff'),
    at('p', ['receive', 2], all('a! emsgsize', 'a closed')),
  ]),
];

export const lines: readonly Script[] = [
  script('TM-12: a line ends with its delimiter, and keeps it', [
    ...pair({ packet: 'line', active: true }),
    ...sends('one\ntwo\r\n\nthr'),
    at('p', ['receive', 3], all('a: "one\\n"', 'a: "two\\r\\n"', 'a: "\\n"')),
    ...sends('ee\n'),
    at('p', ['receive'], 'a: "three\\n"'),
    at('p', ['send', 'a', 'no end']),
    at('q', ['recv', 'c'], '"no end"'),
  ]),
  script('TM-12: lines that come byte by byte', [
    ...pair({ packet: 'line' }),
    at('p', ['begin', 'r', ['recv', 'a']]),
    ...sends('a', 'b', 'c'),
    at('p', ['look', 'r'], 'waiting'),
    ...sends('\n'),
    at('p', ['end', 'r'], '"abc\\n"'),
  ]),
  script('TM-12: recv gives a line of a buffer that is as long', [
    ...pair({ packet: 'line' }),
    ...sends('one\ntwo\n'),
    at('p', ['recv', 'a'], '"one\\n"'),
    at('p', ['recv', 'a'], '"two\\n"'),
    at('p', ['recv', 'a', 0, 0], 'error timeout'),
  ]),
  script('TM-13: recv gives a longer line in pieces', [
    ...pair({ packet: 'line', buffer: 8 }),
    ...sends('0123456789abcdefghij\n'),
    at('p', ['recv', 'a'], '"01234567"'),
    at('p', ['recv', 'a'], '"89abcdef"'),
    at('p', ['recv', 'a'], '"ghij\\n"'),
  ]),
  script('TM-13, TM-21: each piece of a line is a message that counts', [
    ...pair({ packet: 'line', buffer: 4, active: 2 }),
    ...sends('abcdefghij\n'),
    at('p', ['receive', 3], all('a: "abcd"', 'a: "efgh"', 'a passive')),
    at('p', ['recv', 'a'], '"ij\\n"'),
  ]),
  script('TM-14: packet_size above the buffer does not make lines longer', [
    ...pair({ packet: 'line', buffer: 8, packetSize: 25, active: true }),
    ...sends('0123456789ab\n'),
    at('p', ['receive', 2], all('a: "01234567"', 'a: "89ab\\n"')),
  ]),
  script('TM-14: a line over packet_size ends the connection', [
    ...pair({ packet: 'line', buffer: 100, packetSize: 5, active: true }),
    ...sends('abc\n'),
    at('p', ['receive'], 'a: "abc\\n"'),
    ...sends('0123456789\n'),
    at('p', ['receive', 2], all('a! emsgsize', 'a closed')),
  ]),
  script('TM-15, TO-5: recbuf raises the buffer, and so the length of pieces', [
    ...pair({ packet: 'line', recbuf: 3000, active: true }),
    at('p', ['getopts', 'a', ['buffer']], 'buffer=3000'),
    ...sends(`${'x'.repeat(3010)}\n`),
    at('p', ['receive', 2], all(`a: ${text('x'.repeat(3000))}`, `a: ${text(`${'x'.repeat(10)}\n`)}`)),
  ]),
  script('TM-16: another delimiter', [
    ...pair({ packet: 'line', active: true }),
    at('p', ['setopts', 'a', { lineDelimiter: 0 }]),
    ...sends('one\ntwo\x00three\x00'),
    at('p', ['receive', 2], all(`a: ${text('one\ntwo\x00')}`, `a: ${text('three\x00')}`)),
  ]),
  script('TM-16: a client gives the delimiter with connect, and nobody can read it back', [
    ...pair({}, { packet: 'line', lineDelimiter: 59, active: true }),
    at('p', ['send', 'a', 'x;yy;']),
    at('q', ['receive', 2], all('c: "x;"', 'c: "yy;"')),
    at('q', ['getopts', 'c', ['lineDelimiter']], differs('TM-16', 'lineDelimiter=59', 'error einval')),
    at('q', ['setopts', 'c', { lineDelimiter: 300 }], badarg('TM-16', 'ok')),
  ]),
  script('TL-5, TA-11: a listener and the delimiter', [
    at('p', ['listen', 'l', 0, { ip: 'here', lineDelimiter: 59 }], differs('TL-5', 'ok', 'raises badarg')),
  ]),
  script('TM-17: a line that is not ended when the peer closes is dropped', [
    ...pair({ packet: 'line', active: true }),
    ...sends('whole\nhalf'),
    at('p', ['receive'], 'a: "whole\\n"'),
    at('q', ['close', 'c']),
    at('p', ['receive'], 'a closed'),
  ]),
  ...sized.map((packet) =>
    script(`TM-17: a packet of mode ${packet} that is not complete when the peer closes is dropped`, [
      ...pair({ packet }),
      ...sends(`${headers[packet]}ab`),
      at('q', ['close', 'c']),
      at('p', ['recv', 'a'], 'error closed'),
    ]),
  ),
];

export const switches: readonly Script[] = [
  script('TM-22: held bytes are cut anew when the packet mode changes', [
    ...pair({ packet: 'line' }),
    ...sends('POST\n\x00\x03abcrest'),
    at('p', ['recv', 'a'], '"POST\\n"'),
    at('p', ['setopts', 'a', { packet: 2 }]),
    at('p', ['recv', 'a'], '"abc"'),
    at('p', ['setopts', 'a', { packet: 'raw' }]),
    at('p', ['recv', 'a'], '"rest"'),
  ]),
  script('TM-22: in once, packet and active change in one call', [
    ...pair({ packet: 'line', active: 'once' }),
    ...sends('head\n\x00\x00\x00\x02ab\x00\x00\x00\x01c'),
    at('p', ['receive'], 'a: "head\\n"'),
    at('p', [
      'setopts',
      'a',
      [
        ['packet', 4],
        ['active', 'once'],
      ],
    ]),
    at('p', ['receive'], 'a: "ab"'),
    set('p', 'a', 'once'),
    at('p', ['receive'], 'a: "c"'),
  ]),
  script('TM-22: held bytes that are complete in the new mode are delivered at once', [
    ...pair({ packet: 'line', active: true }),
    ...sends('one\ntwo'),
    at('p', ['receive'], 'a: "one\\n"'),
    at('p', ['setopts', 'a', { packet: 'raw' }]),
    at('p', ['receive'], 'a: "two"'),
  ]),
  script('TM-23: active true, and a packet whose length is known', [
    ...pair({ packet: 2, active: true }),
    ...sends('\x00\x05ab'),
    at('p', ['setopts', 'a', { packet: 'raw' }]),
    ...sends('cde'),
    at('p', ['receiveBytes', 'a', 7], text('\x00\x05abcde')),
  ]),
  script('TM-22: passive, a packet whose length is known becomes raw bytes', [
    ...pair({ packet: 2 }),
    ...sends('\x00\x05ab'),
    at('p', ['recv', 'a', 0, 20], 'error timeout'),
    at('p', ['setopts', 'a', { packet: 'raw' }]),
    at('p', ['recv', 'a'], text('\x00\x05ab')),
  ]),
  script('TM-22, TM-24: lines become raw bytes in the middle of a body', [
    ...pair({ packet: 'line' }),
    ...sends('Length: 4\n\nbodyNext\n'),
    at('p', ['recv', 'a'], '"Length: 4\\n"'),
    at('p', ['recv', 'a'], '"\\n"'),
    at('p', ['setopts', 'a', { packet: 'raw' }]),
    at('p', ['recv', 'a', 4], '"body"'),
    at('p', ['setopts', 'a', { packet: 'line' }]),
    at('p', ['recv', 'a'], '"Next\\n"'),
  ]),
  script('TM-24: a new buffer counts for the next read', [
    ...pair(),
    at('p', ['setopts', 'a', { buffer: 100 }]),
    at('q', ['send', 'c', { bytes: 250 }]),
    at('p', ['recv', 'a'], part(250, 0, 100)),
    at('p', ['setopts', 'a', { buffer: 1000 }]),
    at('p', ['recv', 'a'], part(250, 100, 250)),
  ]),
  script('TM-25: what is held comes before what the kernel has', [
    ...pair({ packet: 1 }),
    ...sends('\x01a\x01b'),
    at('p', ['recv', 'a'], '"a"'),
    ...sends('\x01c'),
    set('p', 'a', true),
    at('p', ['receive', 2], all('a: "b"', 'a: "c"')),
  ]),
  script('TM-21: packets that are left when N has run out come with the next mode', [
    ...pair({ packet: 'line', active: 1 }),
    ...sends('a\nb\nc\nd\n'),
    at('p', ['receive', 2], all('a: "a\\n"', 'a passive')),
    reads('p', 'a', false),
    set('p', 'a', 2),
    at('p', ['receive', 3], all('a: "b\\n"', 'a: "c\\n"', 'a passive')),
    at('p', ['recv', 'a'], '"d\\n"'),
  ]),
  script('TM-18, TM-19: modes that mailport does not have', [
    at('p', ['listen', 'l', 0, { ip: 'here', packet: 'http' }], differs('TM-19', 'raises badarg', 'ok')),
    at('p', ['listen', 'm', 0, { ip: 'here', packet: 'asn1' }], differs('TM-18', 'raises badarg', 'ok')),
    at('p', ['listen', 'n', 0, { ip: 'here', packet: 3 }], 'raises badarg'),
  ]),
  script('TM-20, TM-26, TS-21: options that mailport does not have', [
    at('p', ['listen', 'l', 0, { ip: 'here', header: 2 }], differs('TM-20', 'raises badarg', 'ok')),
    at('p', ['listen', 'n', 0, { ip: 'here', readAhead: true }], 'raises badarg'),
    at('p', ['listen', 'm', 0, { ip: 'here', delaySend: true }], differs('TS-21', 'raises badarg', 'ok')),
  ]),
];
