/** connect, connect_init, connectx_init (CN) and listen (LS). */
import { at, type Outcome, type Script, script } from '../script.js';
import { aborted, comesUp, einval, goes, got, isPassive, listening, open, pair, sends } from './openings.js';

const twoEnds = { twoEnds: true };

/** Refused: in Erlang the change names no association. */
const refused = (assoc: string, before = 'error '): Outcome => ({
  rule: 'CN-14',
  mailport: `${before}cant_assoc{${assoc}}`,
  erlang: `${before}cant_assoc{#0}`,
});
const begun = (assoc: string): Outcome => ({ rule: 'CN-20', mailport: `id{${assoc}}`, erlang: 'ok' });

export const listens: readonly Script[] = [
  script('LS-1, LS-3: a boolean or a number, any number of times, by anybody', [
    open('p', 's'),
    at('p', ['listen', 's', true]),
    at('p2', ['listen', 's', 7]),
    at('p', ['listen', 's', 0]),
    at('p', ['listen', 's', -1]),
    at('p', ['listen', 's', false]),
    at('p', ['listen', 's', 'yes'], 'raises badarg'),
    at('p', ['listen', 's', 1.5], 'raises badarg'),
    open('p', 't', { type: 'stream' }),
    at('p', ['listen', 't', true]),
    at('p', ['listen', 't', 5]),
  ]),
  script(
    'LS-4: a listening socket may connect',
    [
      ...listening(),
      open('q', 'c'),
      at('q', ['listen', 'c', true]),
      at('p', ['connect', 'l', '127.0.0.1', '@c'], comesUp('#1')),
      at('q', ['recv', 'c'], `<l: ${comesUp('#2')}`),
      at('q', ['send', 'c', '#2', 0, 'a']),
      at('p', ['recv', 'l'], got('a', 0, '', '#1')),
    ],
    twoEnds,
  ),
  script('LS-5: who does not listen refuses; when it does, the same port works at once', [
    open('p', 'l'),
    open('q', 'c'),
    at('q', ['connect', 'c', '127.0.0.1', '@l'], refused('#1')),
    at('p', ['listen', 'l', true]),
    at('q', ['connect', 'c', '127.0.0.1', '@l'], { rule: 'CN-14', mailport: comesUp('#2'), erlang: comesUp('#1') }),
    at('p', ['recv', 'l'], { rule: 'CN-14', mailport: `<c: ${comesUp('#3')}`, erlang: `<c: ${comesUp('#2')}` }),
  ]),
  script('LS-6: listen(false) refuses newcomers, and associations live on', [
    ...pair(),
    at('p', ['listen', 'l', false]),
    open('q', 'd'),
    at('q', ['connect', 'd', '127.0.0.1', '@l'], refused('#3')),
    ...sends('a'),
    at('p', ['recv', 'l'], got('a', 0, '')),
  ]),
];

export const connecting: readonly Script[] = [
  script('CN-2: wrong arguments', [
    ...listening(),
    open('q', 'c'),
    at('q', ['connect', 'c', '127.0.0.1', '@l', {}, -1], 'raises badarg'),
    at('q', ['connect', 'c', '127.0.0.1', '@l', {}, 'soon'], 'raises badarg'),
    at('q', ['connect', 'c', '127.0.0.1', '@l', { keepalive: true }], einval('CN-2')),
    at('q', ['connect', 'c', '127.0.0.1', 1.5], einval('CN-3')),
    at('p', ['recv', 'l', 0], 'error timeout'),
  ]),
  script('CN-4: addresses and names', [
    ...listening(),
    open('q', 'c'),
    at('q', ['connect', 'c', { host: 'localhost' }, '@l'], comesUp('#1')),
    at('p', ['recv', 'l'], `<c: ${comesUp('#2')}`),
    at('q', ['connect', 'c', '::1', '@l'], 'error eafnosupport'),
    at('q', ['connectInit', 'c', '::1', '@l'], 'error eafnosupport'),
    at('q', ['connect', 'c', '0.0.0.0', '@l'], 'error einval'),
  ]),
  script(
    'CN-5: many associations of one socket',
    [
      ...pair(),
      open('p', 'k'),
      at('p', ['listen', 'k', true]),
      at('q', ['connect', 'c', '127.0.0.1', '@k'], comesUp('#3')),
      at('p', ['recv', 'k'], `<c: ${comesUp('#4')}`),
      at('p', ['send', 'l', '#2', 0, 'a']),
      at('q', ['recv', 'c'], '<l: "a" {#1}'),
      at('p', ['send', 'k', '#4', 0, 'b']),
      at('q', ['recv', 'c'], '<k: "b" {#3}'),
    ],
    twoEnds,
  ),
  script(
    'CN-6, CN-14: refused',
    [
      open('p', 'l'),
      open('q', 'c'),
      at('q', ['connect', 'c', '127.0.0.1', '@l'], refused('#1')),
      at('q', ['recv', 'c', 0], 'error timeout'),
      at('q', ['connect', 'c', '127.0.0.1', '@l'], refused('#2')),
    ],
    twoEnds,
  ),
  script('CN-8: passive, with another item first', [
    ...pair(),
    open('p', 'k'),
    at('p', ['listen', 'k', true]),
    at('p', ['send', 'l', '#2', 0, 'first']),
    at('q', ['connect', 'c', '127.0.0.1', '@k'], {
      rule: 'CN-8',
      mailport: comesUp('#3'),
      erlang: 'error <l: "first" {#1}',
    }),
    at('q', ['recv', 'c'], { rule: 'CN-8', mailport: '<l: "first" {#1}', erlang: `<k: ${comesUp('#3')}` }),
  ]),
  script('CN-13: passive, after an end that nobody has read', [
    ...pair(),
    at('p', ['abort', 'l', { change: '#2' }]),
    at('p', ['recv', 'l'], aborted('#2', '<c: ')),
    at('q', ['connect', 'c', '127.0.0.1', '@l'], {
      rule: 'CN-13',
      mailport: comesUp('#3'),
      erlang: 'error comm_lost{#1 error=3072}',
    }),
    at('q', ['recv', 'c'], {
      rule: 'CN-13',
      mailport: '<l: comm_lost{#1 error=12}',
      erlang: `<l: ${comesUp('#3')}`,
    }),
  ]),
  script(
    'CN-12, CN-15: active true and passive, the event is not delivered again',
    [
      ...listening(),
      open('q', 'c', { active: true }),
      at('q', ['connect', 'c', '127.0.0.1', '@l'], comesUp('#1')),
      at('p', ['recv', 'l'], `<c: ${comesUp('#2')}`),
      at('p', ['send', 'l', '#2', 0, 'a']),
      at('q', ['receive'], 'c<l: "a" {#1}'),
      at('q', ['getopts', 'c', ['active']], 'active=true'),
    ],
    twoEnds,
  ),
  script('CN-10, CN-15: once stays once', [
    ...listening(),
    open('q', 'c', { active: 'once' }),
    at('q', ['connect', 'c', '127.0.0.1', '@l'], comesUp('#1')),
    at('q', ['getopts', 'c', ['active']], 'active=once'),
    at('q', ['connect', 'c', '127.0.0.1', 1], refused('#2')),
    at('q', ['getopts', 'c', ['active']], 'active=once'),
  ]),
  script('CN-11, CN-15: a count goes down by one, for success and for failure', [
    ...listening(),
    open('q', 'c', { active: 5 }),
    at('q', ['connect', 'c', '127.0.0.1', '@l'], comesUp('#1')),
    at('q', ['getopts', 'c', ['active']], 'active=4'),
    at('q', ['connect', 'c', '127.0.0.1', 1], refused('#2')),
    at('q', ['getopts', 'c', ['active']], 'active=3'),
    open('q', 'd', { active: 1 }),
    at('q', ['connect', 'd', '127.0.0.1', '@l'], { rule: 'CN-14', mailport: comesUp('#3'), erlang: comesUp('#2') }),
    at('q', ['receive'], isPassive('d')),
    at('q', ['getopts', 'd', ['active']], 'active=false'),
  ]),
  script('CN-9: active, by another than the owner', [
    ...listening(),
    open('q', 'c', { active: true }),
    at('q2', ['connect', 'c', '127.0.0.1', '@l', {}, 300], {
      rule: 'CN-9',
      mailport: comesUp('#1'),
      erlang: 'error timeout',
    }),
    at('q', ['mailbox'], { rule: 'CN-9', mailport: '', erlang: `c<l: ${comesUp('#1')}` }),
  ]),
  script(
    'CN-17: a peer that is associated already, from either end',
    [
      ...pair(),
      at('q', ['connect', 'c', '127.0.0.1', '@l'], 'error eisconn'),
      at('q', ['connectInit', 'c', '127.0.0.1', '@l'], 'error eisconn'),
      at('p', ['connect', 'l', '127.0.0.1', '@c'], 'error eisconn'),
    ],
    twoEnds,
  ),
  script(
    'CN-20: connect_init gives its outcome as an event',
    [
      ...listening(),
      open('q', 'c'),
      at('q', ['connectInit', 'c', '127.0.0.1', '@l'], begun('#1')),
      at('q', ['recv', 'c'], `<l: ${comesUp('#1')}`),
      at('p', ['recv', 'l'], `<c: ${comesUp('#2')}`),
      ...sends('a'),
      at('p', ['recv', 'l'], got('a', 0, '')),
    ],
    twoEnds,
  ),
  script(
    'CN-20, CN-14: and its failure',
    [
      open('p', 'l'),
      open('q', 'c', { active: 2 }),
      at('q', ['connectInit', 'c', '127.0.0.1', '@l'], begun('#1')),
      at('q', ['receive'], refused('#1', 'c<l: ')),
      at('q', ['getopts', 'c', ['active']], 'active=1'),
    ],
    twoEnds,
  ),
  script(
    'CN-1: options of a connect stay',
    [
      ...listening(),
      open('q', 'c'),
      at(
        'q',
        ['connect', 'c', '127.0.0.1', '@l', { sctpInitmsg: { numOstreams: 3 }, sctpNodelay: false }],
        'comm_up{#1 in=10 out=3}',
      ),
      at('p', ['recv', 'l'], '<c: comm_up{#2 in=3 out=10}'),
      at(
        'q',
        ['getopts', 'c', ['sctpNodelay', 'sctpInitmsg'], ['numOstreams']],
        'sctpNodelay=false sctpInitmsg=initmsg{numOstreams=3}',
      ),
    ],
    twoEnds,
  ),
  script('SO-5: a partial record in a connect changes only its fields', [
    ...listening(),
    open('q', 'c', { sctpInitmsg: { numOstreams: 4, maxInstreams: 6, maxAttempts: 3, maxInitTimeo: 2000 } }),
    at(
      'q',
      ['connect', 'c', '127.0.0.1', '@l', { sctpInitmsg: { maxAttempts: 5 }, sctpRtoinfo: { initial: 500 } }],
      'comm_up{#1 in=6 out=4}',
    ),
    at(
      'q',
      [
        'getopts',
        'c',
        ['sctpInitmsg', 'sctpRtoinfo'],
        ['numOstreams', 'maxInstreams', 'maxAttempts', 'maxInitTimeo', 'initial', 'max', 'min'],
      ],
      'sctpInitmsg=initmsg{maxAttempts=5 maxInitTimeo=2000 maxInstreams=6 numOstreams=4} sctpRtoinfo=rtoinfo{initial=500 max=60000 min=1000}',
    ),
  ]),
  script(
    'one-to-one: connect, talk, end',
    [
      ...listening(),
      open('q', 'c', { type: 'stream' }),
      at('q', ['connect', 'c', '127.0.0.1', '@l'], comesUp('#1')),
      at('p', ['recv', 'l'], `<c: ${comesUp('#2')}`),
      at('q', ['send', 'c', '#1', 1, 'a']),
      at('p', ['recv', 'l'], '<c: "a" {#2 stream=1}'),
      at('p', ['send', 'l', '#2', 2, 'b']),
      at('q', ['recv', 'c'], '<l: "b" {#1 stream=2}'),
      at('q', ['peername', 'c'], 'l'),
      at('q', ['connect', 'c', '127.0.0.1', '@l'], 'error eisconn'),
      at('q', ['peername', 'c'], 'l'),
      at('q', ['close', 'c']),
      at('p', ['recv', 'l'], '<c: shutdown_event{#2}'),
      at('p', ['recv', 'l'], `<c: ${goes('shutdown_comp', '#2')}`),
    ],
    twoEnds,
  ),
  script(
    'EV-16: one-to-one, refused',
    [
      open('p', 'l'),
      open('q', 'c', { type: 'stream' }),
      at('q', ['connect', 'c', '127.0.0.1', '@l'], refused('#1')),
      at('q', ['recv', 'c', 0], { rule: 'EV-16', mailport: 'error timeout', erlang: 'error econnrefused' }),
      at('q', ['recv', 'c', 0], 'error timeout'),
    ],
    twoEnds,
  ),
];
