/** send (SD): streams, identifiers, flags, defaults, sizes, what is refused. */
import { at, type Script, script } from '../script.js';
import { all, comesUp, einval, got, gotBytes, listening, open, pair, sends } from './openings.js';

const twoEnds = { twoEnds: true };
const hundred = Array.from({ length: 100 }, (_, stream) => stream);
const manyStreams = { numOstreams: 100, maxInstreams: 100, maxAttempts: 0, maxInitTimeo: 0 };

export const sending: readonly Script[] = [
  script(
    'SD-1, MS-8: by id or by change, on any stream, each with numbers of its own',
    [
      ...pair(),
      at('q', ['send', 'c', '#1', 0, 'a']),
      at('q', ['send', 'c', { change: '#1' }, 9, 'b']),
      at('q', ['send', 'c', '#1', 9, 'c']),
      at('q', ['send', 'c', '#1', 0, 'd']),
      at('p', ['setopts', 'l', { active: 4 }]),
      at('p', ['receive', 4], all(got('a', 0), 'l<c: "b" {#2 stream=9}', 'l<c: "c" {#2 ssn=1 stream=9}', got('d', 1))),
      at('p', ['receive'], '[sctp_passive l]'),
    ],
    twoEnds,
  ),
  script(
    'MS-10: a protocol identifier arrives as it was sent',
    [
      ...pair(),
      at('q', ['sendInfo', 'c', { assocId: '#1', stream: 1, ppid: 3 }, 'm3ua']),
      at('q', ['sendInfo', 'c', { assocId: '#1', stream: 1, ppid: 4_294_967_295, context: 77 }, 'all']),
      at('p', ['recv', 'l'], '<c: "m3ua" {#2 ppid=3 stream=1}'),
      at('p', ['recv', 'l'], '<c: "all" {#2 ppid=4294967295 ssn=1 stream=1}'),
      at('p', ['sendInfo', 'l', { assocId: '#2', ppid: 16_909_060 }, 'bytes']),
      at('q', ['recv', 'c'], '<l: "bytes" {#1 ppid=16909060}'),
    ],
    twoEnds,
  ),
  script(
    'SD-12: unordered',
    [
      ...pair(),
      at('q', ['sendInfo', 'c', { assocId: '#1', stream: 2, flags: ['unordered'], ppid: 5 }, 'a']),
      ...sends('b'),
      at('p', ['recv', 'l'], '<c: "a" {#2 cumtsn=tsn flags=[unordered] ppid=5 stream=2}'),
      at('p', ['recv', 'l'], got('b', 0, '')),
    ],
    twoEnds,
  ),
  script(
    'SD-1, SD-2, SO-8: the default parameters are for sends with a stream',
    [
      ...pair(),
      at('q', ['setopts', 'c', { sctpDefaultSendParam: { assocId: '#1', stream: 3, ppid: 46, flags: ['unordered'] } }]),
      at('q', ['send', 'c', '#1', 4, 'a']),
      at('q', ['sendInfo', 'c', { assocId: '#1' }, 'b']),
      at('p', ['recv', 'l'], '<c: "a" {#2 cumtsn=tsn flags=[unordered] ppid=46 stream=4}'),
      at('p', ['recv', 'l'], '<c: "b" {#2}'),
      at(
        'q',
        ['getopts', 'c', [['sctpDefaultSendParam', { assocId: '#1' }]], ['ppid', 'flags', 'stream']],
        'sctpDefaultSendParam=sndrcvinfo{flags=[unordered] ppid=46 stream=3}',
      ),
      at('q', ['getopts', 'c', ['sctpDefaultSendParam'], ['ppid', 'flags', 'stream']], 'sctpDefaultSendParam=sndrcvinfo{}'),
    ],
    twoEnds,
  ),
  script('SO-8: default parameters of the endpoint are for associations to come', [
    ...pair(),
    at('q', ['setopts', 'c', { sctpDefaultSendParam: { ppid: 9, context: 4, timetolive: 0 } }]),
    ...sends('a'),
    at('p', ['recv', 'l'], got('a', 0, '')),
    ...listening2(),
    at('q', ['connect', 'c', 'there', '@k'], comesUp('#3')),
    at('p', ['recv', 'k'], `<c: ${comesUp('#4')}`),
    at('q', ['send', 'c', '#3', 0, 'b']),
    at('p', ['recv', 'k'], '<c: "b" {#4 ppid=9}'),
  ]),
  script(
    'SD-3: the record of a received message',
    [
      ...pair(),
      at('q', ['sendInfo', 'c', { assocId: '#1', tsn: 5, stream: 1 }, 'a'], {
        rule: 'SD-3',
        mailport: 'ok',
        erlang: 'error type',
      }),
    ],
    { left: { q: '' } },
  ),
  script('SD-4: wrong arguments', [
    ...pair(),
    at('q', ['send', 'c', '#1', -1, 'a'], { rule: 'SD-4', mailport: 'raises badarg', erlang: 'error type' }),
    at('q', ['send', 'c', '#1', 65_536, 'a'], { rule: 'SD-4', mailport: 'raises badarg', erlang: 'error type' }),
    at('q', ['send', 'c', 'first', 0, 'a'], 'raises badarg'),
    at('q', ['send', 'c', '#1', 0, { not: 'data' }], einval('SD-4')),
    at('q', ['sendInfo', 'c', { assocId: '#1', ppid: -1 }, 'a'], {
      rule: 'SD-4',
      mailport: 'raises badarg',
      erlang: 'error type',
    }),
    ...sends('b'),
    at('p', ['recv', 'l'], got('b', 0, '')),
  ]),
  script(
    'SD-5: anybody may send',
    [
      ...pair(),
      at('q2', ['send', 'c', '#1', 0, 'a']),
      at('p2', ['send', 'l', '#2', 0, 'b']),
      at('p', ['recv', 'l'], got('a', 0, '')),
      at('q', ['recv', 'c'], '<l: "b" {#1}'),
    ],
    twoEnds,
  ),
  script('SD-9, SD-10: what names no association', [
    ...pair(),
    ...[0, 1, 2, 987_654].map((id) => at('q', ['send', 'c', id, 0, 'a'], 'error epipe')),
    at('q', ['send', 'c', '#2', 0, 'a'], 'error epipe'),
  ]),
  script('SD-10: a stream that there is not, and no data', [
    ...pair(),
    at('q', ['send', 'c', '#1', 10, 'a'], 'error einval'),
    at('q', ['send', 'c', '#1', 65_535, 'a'], 'error einval'),
    at('q', ['send', 'c', '#1', 0, ''], 'error einval'),
    at('q', ['sendInfo', 'c', { assocId: '#1', flags: ['addr_over'] }, 'a'], 'error einval'),
    ...sends('b'),
    at('p', ['recv', 'l'], got('b', 0, '')),
  ]),
  script('SD-10: too large', [
    ...pair({}, { sctpDisableFragments: true }),
    at('q', ['send', 'c', '#1', 0, { bytes: 70_000 }], 'error emsgsize'),
    at('q', ['send', 'c', '#1', 0, { bytes: 524_289 }], 'error emsgsize'),
    at(
      'q',
      ['getopts', 'c', [['sctpStatus', { assocId: '#1' }]], ['fragmentationPoint']],
      'sctpStatus=status{fragmentationPoint=65484}',
    ),
    at('q', ['send', 'c', '#1', 0, { bytes: 65_484 }]),
    at('q', ['send', 'c', '#1', 0, { bytes: 65_485 }], 'error emsgsize'),
    at('p', ['recv', 'l'], gotBytes(65_484, 0, 0, '')),
  ]),
  script(
    'SD-10: while the association shuts down',
    [
      ...pair(),
      at('p', ['send', 'l', '#2', 0, 'unread']),
      ...sends('a'),
      at('q', ['eof', 'c', { change: '#1' }]),
      at('p', ['recv', 'l'], got('a', 0, '')),
      at('p', ['recv', 'l'], '<c: shutdown_event{#2}'),
      at('p', ['recv', 'l'], `<c: shutdown_comp{#2}`),
      at('p', ['send', 'l', '#2', 0, 'b'], 'error epipe'),
      at('q', ['recv', 'c'], '<l: "unread" {#1}'),
      at('q', ['recv', 'c'], `<l: shutdown_comp{#1}`),
    ],
    twoEnds,
  ),
  script('SD-10: a one-to-one socket that has no peer', [
    open('p', 's', { type: 'stream' }),
    at('p', ['send', 's', 0, 0, 'a'], 'error epipe'),
    at('p', ['listen', 's', true]),
    at('p', ['send', 's', 0, 0, 'a'], 'error epipe'),
  ]),
  script(
    'SD-11, SD-10: a one-to-one socket takes any id, and neither eof nor abort',
    [
      ...listening(),
      open('q', 'c', { type: 'stream' }),
      at('q', ['connect', 'c', 'there', '@l'], comesUp('#1')),
      at('p', ['recv', 'l'], `<c: ${comesUp('#2')}`),
      at('q', ['send', 'c', 0, 0, 'a']),
      at('q', ['send', 'c', 987_654, 1, 'b']),
      at('p', ['recv', 'l'], got('a', 0, '')),
      at('p', ['recv', 'l'], '<c: "b" {#2 stream=1}'),
      at('q', ['eof', 'c', { change: '#1' }], 'error einval'),
      at('q', ['abort', 'c', { change: '#1' }], 'error einval'),
    ],
    twoEnds,
  ),
  script(
    'MS-6: mode list, also of what was queued before',
    [
      ...pair(),
      ...sends('ab', 'c'),
      at('p', ['setopts', 'l', ['list']]),
      at('p', ['recv', 'l'], '<c: [97 98] {#2}'),
      at('p', ['setopts', 'l', { mode: 'binary' }]),
      at('p', ['recv', 'l'], got('c', 1, '')),
      at('p', ['getopts', 'l', ['mode']], 'mode=binary'),
    ],
    twoEnds,
  ),
  script(
    'SD-4: data in parts',
    [...pair(), at('q', ['send', 'c', '#1', 0, ['a', ['b', ['c']], 'd']]), at('p', ['recv', 'l'], got('abcd', 0, ''))],
    twoEnds,
  ),
  script(
    'MS-10: a hundred streams, each with an identifier of its own',
    [
      ...listening({ sctpInitmsg: manyStreams }),
      open('q', 'c', { sctpInitmsg: manyStreams }),
      at('q', ['connect', 'c', 'there', '@l'], 'comm_up{#1 in=100 out=100}'),
      at('p', ['recv', 'l'], '<c: comm_up{#2 in=100 out=100}'),
      at('p', ['setopts', 'l', { active: true }]),
      ...hundred.map((stream) => at('q', ['sendInfo', 'c', { assocId: '#1', stream, ppid: 1000 + stream }, `to ${stream}`])),
      at(
        'p',
        ['receive', 100],
        all(
          ...hundred.map((stream) => `l<c: "to ${stream}" {#2 ppid=${1000 + stream}${stream === 0 ? '' : ` stream=${stream}`}}`),
        ),
      ),
    ],
    twoEnds,
  ),
  script(
    'SD-10: a message of 1 MiB',
    [
      ...pair({ active: false, recbuf: 4_194_304, sndbuf: 2_097_152 }),
      at('q', ['send', 'c', '#1', 0, { bytes: 1_048_576, seed: 9 }]),
      at('p', ['setopts', 'l', { active: 'once' }]),
      at('p', ['receive'], gotBytes(1_048_576, 9, 0)),
      at('p', ['sendInfo', 'l', { assocId: '#2', flags: ['unordered'], ppid: 46 }, { bytes: 1_048_576, seed: 10 }]),
      at('q', ['setopts', 'c', { active: 'once' }]),
      at(
        'q',
        ['receive'],
        `c<l: ${gotBytes(1_048_576, 10, 0, '', '#1').slice('<c: '.length).replace('#1', '#1 cumtsn=tsn flags=[unordered] ppid=46')}`,
      ),
    ],
    twoEnds,
  ),
  script(
    'SD-10: large messages in both directions',
    [
      ...pair(),
      at('q', ['send', 'c', '#1', 0, { bytes: 250_000, seed: 3 }]),
      at('p', ['recv', 'l'], gotBytes(250_000, 3, 0, '')),
      at('p', ['send', 'l', '#2', 5, { bytes: 131_072, seed: 4 }]),
      at('q', ['recv', 'c'], gotBytes(131_072, 4, 0, '', '#1').replace('<c', '<l').replace('#1', '#1 stream=5')),
    ],
    twoEnds,
  ),
];

function listening2() {
  return [open('p', 'k'), at('p', ['listen', 'k', true])];
}
