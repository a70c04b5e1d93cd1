/** Scripts in which packets are lost, or have not come yet. Actor q is at the end that the script looks at, and each system takes its place in turn. */
import { at, type Script, script } from '../script.js';
import { aborted, comesUp, everyEvent, got, indications, listening, open, pair, quick, sends } from './openings.js';

/** Retransmission that does not take seconds. */
const hasty = { sctpRtoinfo: { assocId: 0, initial: 100, max: 200, min: 100 } };
const twoAddresses = [
  ['sctpNodelay', true],
  ['ip', 'here'],
  ['ip', 'here2'],
  ['sctpRtoinfo', { assocId: 0, initial: 100, max: 200, min: 100 }],
  ['sctpPeerAddrParams', { assocId: 0, hbinterval: 100, pathmaxrxt: 1, pathmtu: 0, sackdelay: 0, flags: ['hb_enable'] }],
] as const;

/** A message that was sent and has not arrived, as `abort` gives it back. */
const lost = (data: string, mailport: boolean, context = '', more = '') =>
  `c<l! send_failed{#1 data="${data}" error=${mailport ? 12 : 3072} flags info=sndrcvinfo{#1${context}${mailport ? '' : ' flags=[unordered addr_over]'}${more}}}`;

export const losses: readonly Script[] = [
  script('EV-7, EV-18, EV-21: what an abort leaves behind comes back after it', [
    ...pair(),
    at('q', ['setopts', 'c', { active: true }]),
    at('q', ['cut', 1]),
    ...sends('a'),
    at('q', ['sendInfo', 'c', { assocId: '#1', stream: 3, ppid: 7, context: 5 }, 'b']),
    at('q', ['abort', 'c', { change: '#1' }]),
    at('q', ['receive'], aborted('#1', 'c<l: ')),
    at('q', ['receive'], { rule: 'EV-18', mailport: lost('a', true), erlang: lost('a', false) }),
    at('q', ['receive'], {
      rule: 'EV-18',
      mailport: lost('b', true, ' context=5', ' ppid=7 stream=3'),
      erlang: lost('b', false, ' context=5', ' ppid=7 stream=3'),
    }),
  ]),
  script('RV-16: an error event of a passive socket', [
    ...pair(),
    at('q', ['cut', 1]),
    ...sends('a'),
    at('q', ['abort', 'c', { change: '#1' }]),
    at('q', ['recv', 'c'], aborted('#1', '<l: ')),
    at('q', ['recv', 'c'], {
      rule: 'RV-16',
      mailport: '<l: send_failed{#1 data="a" error=12 flags info=sndrcvinfo{#1}}',
      erlang: 'error [address [] send_failed{#1 data="a" error=3072 flags info=sndrcvinfo{#1 flags=[unordered addr_over]}}]',
    }),
    at('q', ['recv', 'c', 0], 'error timeout'),
  ]),
  script('FC-26, FC-38: error events count', [
    ...pair(),
    at('q', ['setopts', 'c', { active: 3 }]),
    at('q', ['cut', 1]),
    ...sends('a', 'b'),
    at('q', ['abort', 'c', { change: '#1' }]),
    at('q', ['awaitMessages', 4]),
    at('q', ['getopts', 'c', ['active']], 'active=false'),
    at('q', ['receive'], aborted('#1', 'c<l: ')),
    at('q', ['receive'], { rule: 'EV-18', mailport: lost('a', true), erlang: lost('a', false) }),
    at('q', ['receive'], { rule: 'EV-18', mailport: lost('b', true), erlang: lost('b', false) }),
    at('q', ['receive'], '[sctp_passive c]'),
  ]),
  script('CP-15: error events that were not taken', [
    ...pair(),
    at('q', ['setopts', 'c', { active: true }]),
    at('q', ['cut', 1]),
    ...sends('a'),
    at('q', ['abort', 'c', { change: '#1' }]),
    at('q', ['awaitMessages', 2]),
    at('q', ['controllingProcess', 'c', 'q2']),
    at('q2', ['receive'], aborted('#1', 'c<l: ')),
    at('q2', ['mailbox'], { rule: 'CP-15', mailport: lost('a', true), erlang: '' }),
    at('q', ['mailbox'], { rule: 'CP-15', mailport: '', erlang: lost('a', false) }),
  ]),
  script('SD-7, SD-8: no room', [
    ...pair({}, { sndbuf: 5000 }),
    at('q', ['cut', 1]),
    at('q', ['send', 'c', '#1', 0, { bytes: 4000 }]),
    at('q', ['send', 'c', '#1', 0, { bytes: 4000 }]),
    at('q', ['begin', 'third', ['send', 'c', '#1', 0, 'a']]),
    at('q', ['look', 'third'], { rule: 'SD-7', mailport: 'waiting', erlang: 'over' }),
    at('q2', ['close', 'c']),
    at('q', ['end', 'third'], { rule: 'SD-7', mailport: 'error closed', erlang: 'error eagain' }),
  ]),
  script(
    'SD-10, SO-15: while the end of an association waits for its data',
    [
      ...pair(),
      at('q', ['cut', 1]),
      ...sends('a'),
      at('q', ['eof', 'c', { change: '#1' }]),
      at(
        'q',
        ['getopts', 'c', [['sctpStatus', { assocId: '#1' }]], ['state', 'unackdata']],
        'sctpStatus=status{state=shutdown_pending unackdata=1}',
      ),
      at('q', ['send', 'c', '#1', 0, 'b'], 'error eshutdown'),
      at('q', ['eof', 'c', { change: '#1' }]),
      at('q', ['abort', 'c', { change: '#1' }]),
      at('q', ['recv', 'c'], aborted('#1', '<l: ')),
    ],
    { left: {} },
  ),
];

export const setUps: readonly Script[] = [
  script('CN-7, CN-17: a timeout does not end the attempt', [
    ...listening(),
    open('q', 'c', hasty),
    at('q', ['cut', 1]),
    at('q', ['connect', 'c', 'there', '@l', {}, 50], 'error timeout'),
    at('q', ['connect', 'c', 'there', '@l'], 'error ealready'),
    at('q', ['connectInit', 'c', 'there', '@l'], 'error ealready'),
    at('q', ['mend', 1]),
    at('q', ['recv', 'c'], `<l: ${comesUp('#1')}`),
    at('p', ['recv', 'l'], `<c: ${comesUp('#2')}`),
  ]),
  script('CN-16: a close while connect waits', [
    ...listening(),
    open('q', 'c'),
    at('q', ['cut', 1]),
    at('q', ['begin', 'wait', ['connect', 'c', 'there', '@l']]),
    at('q', ['look', 'wait'], 'waiting'),
    at('q2', ['close', 'c']),
    at('q', ['end', 'wait'], 'error closed'),
  ]),
  script('CN-16: the same, active', [
    ...listening(),
    open('q', 'c', { active: true }),
    at('q', ['cut', 1]),
    at('q', ['begin', 'wait', ['connect', 'c', 'there', '@l', {}, 300]]),
    at('q2', ['close', 'c']),
    at('q', ['end', 'wait'], { rule: 'CN-16', mailport: 'error closed', erlang: 'error timeout' }),
  ]),
  script('AS-6, SD-15: eof while the association is set up', [
    ...listening(),
    open('q', 'c', hasty),
    at('q', ['cut', 1]),
    at('q', ['connectxInit', 'c', ['there'], '@l'], 'id{#1}'),
    at('q', ['getopts', 'c', [['sctpStatus', { assocId: '#1' }]], ['state']], 'sctpStatus=status{state=cookie_wait}'),
    ...sends('a'),
    at('q', ['send', 'c', '#1', 10, 'b'], 'error einval'),
    at('q', ['setopts', 'c', { active: true }]),
    at('q', ['eof', 'c', { change: '#1' }]),
    at('q', ['receive'], {
      rule: 'EV-18',
      mailport: 'c<l! send_failed{#1 data="a" info=sndrcvinfo{#1}}',
      erlang: 'c<l! send_failed{#1 data="a" info=sndrcvinfo{#1 flags=[unordered addr_over]}}',
    }),
    at('q', ['mend', 1]),
    at('q', ['connect', 'c', 'there', '@l'], comesUp('#2')),
    at('p', ['recv', 'l'], `<c: ${comesUp('#3')}`),
  ]),
  script('AS-6: abort while the association is set up', [
    ...listening(),
    open('q', 'c', hasty),
    at('q', ['cut', 1]),
    at('q', ['connectxInit', 'c', ['there'], '@l'], 'id{#1}'),
    at('q', ['abort', 'c', { change: '#1' }]),
    at('q', ['recv', 'c'], { rule: 'EV-17', mailport: '<l: cant_assoc{#1 error=12}', erlang: '<l: cant_assoc{#1 error=3072}' }),
    at('q', ['mend', 1]),
    at('q', ['connect', 'c', 'there', '@l'], comesUp('#2')),
  ]),
  script('SD-15: data that is sent before the association is there', [
    ...listening(),
    open('q', 'c', hasty),
    at('q', ['cut', 1]),
    at('q', ['connectxInit', 'c', ['there'], '@l'], 'id{#1}'),
    ...sends('a', 'b'),
    at('q', ['mend', 1]),
    at('q', ['recv', 'c'], `<l: ${comesUp('#1')}`),
    at('p', ['recv', 'l'], `<c: ${comesUp('#2')}`),
    at('p', ['recv', 'l'], got('a', 0, '')),
    at('p', ['recv', 'l'], got('b', 1, '')),
  ]),
  script('PO-14: an association that is being set up can be peeled off', [
    ...listening(),
    open('q', 'c', hasty),
    at('q', ['cut', 1]),
    at('q', ['connectxInit', 'c', ['there'], '@l'], 'id{#1}'),
    at('q', ['peeloff', 'c', '#1', 'r']),
    at('q', ['mend', 1]),
    at('q', ['recv', 'r'], `<l: ${comesUp('#1')}`),
    at('q', ['send', 'r', '#1', 0, 'a']),
    at('p', ['recv', 'l'], `<c: ${comesUp('#2')}`),
    at('p', ['recv', 'l'], got('a', 0, '')),
  ]),
  script('EV-21: retries are used up', [
    ...listening(),
    open('q', 'c', { ...hasty, sctpInitmsg: { numOstreams: 0, maxInstreams: 0, maxAttempts: 1, maxInitTimeo: 200 } }),
    at('q', ['cut', 1]),
    at('q', ['connectxInit', 'c', ['there'], '@l'], 'id{#1}'),
    at('q', ['recv', 'c'], '<l: cant_assoc{#1}'),
  ]),
  script('EV-15, EV-21: a peer that has gone silently and comes again', [
    ...pair({}, { linger: [true, 0] }),
    ...sends('a'),
    at('p', ['recv', 'l'], got('a', 0, '')),
    at('p', ['cut', 1]),
    at('q', ['close', 'c']),
    at('p', ['mend', 1]),
    at('q', ['open', 'd', { ...quick, port: '@c' }]),
    at('q', ['connect', 'd', 'there', '@l'], comesUp('#3')),
    at('p', ['recv', 'l'], '<c: restart{#2 in=10 out=10}'),
    at('q', ['send', 'd', '#3', 0, 'b']),
    at('p', ['recv', 'l'], got('b', 0, '')),
    at('p', ['send', 'l', '#2', 0, 'c']),
    at('q', ['recv', 'd'], '<l: "c" {#3}'),
  ]),
];

const noHeartbeats = { assocId: '#1', hbinterval: 0, pathmaxrxt: 1, pathmtu: 0, sackdelay: 0, flags: ['hb_disable'] };
const noAddressEvents = { sctpEvents: { ...everyEvent, addressEvent: false } };

/** Both ends have two addresses, and know it. Nothing more is told of addresses at p. */
const twoPaths = [
  at('p', ['open', 'l', twoAddresses]),
  at('p', ['listen', 'l', true]),
  at('q', ['open', 'c', twoAddresses]),
  // With connectx an address counts as confirmed, as it was given by the caller.
  at('q', ['connect', 'c', 'there', '@l'], comesUp('#1')),
  at('q', ['recv', 'c'], '<l: addr_confirmed{#1 addr=l.2 error=2}'),
  at('p', ['recv', 'l'], `<c: ${comesUp('#2')}`),
  at('p', ['recv', 'l'], '<c: addr_confirmed{#2 addr=c.2 error=2}'),
  at('p', ['setopts', 'l', noAddressEvents]),
];

export const adaptation: readonly Script[] = [
  // OTP turns the bytes of an indication that it sends, and turns what it gets (inet_drv.c), which two Erlangs do not notice.
  script('EV-21: an adaptation indication arrives with its bytes turned, from Erlang and at Erlang', [
    ...indications([0x01020304, 0x0a0b0c0d], [0x04030201, 0x0d0c0b0a]),
  ]),
];

export const paths: readonly Script[] = [
  script('EV-10, MH-10, MH-12: two addresses at each end', [
    ...twoPaths,
    at('q', ['peernames', 'c', '#1'], '[l l.2]'),
    at('q', ['socknames', 'c', '#1'], '[c c.2]'),
    at('p', ['peernames', 'l', '#2'], '[c c.2]'),
    at('p', ['socknames', 'l', '#2'], '[l l.2]'),
    at('p', ['peeloff', 'l', '#2', 'r']),
    at('p', ['peernames', 'r'], '[c c.2]'),
    at('q', ['connect', 'c', 'there2', '@l'], 'error eisconn'),
    ...sends('a'),
    at('p', ['recv', 'r'], got('a', 0, '')),
  ]),
  script('EV-21, MS-11: one of two paths dies, and heals', [
    ...twoPaths,
    ...sends('a'),
    at('p', ['recv', 'l'], got('a', 0, '')),
    at('q', ['cut', 1]),
    ...sends('b', 'c'),
    at('p', ['recv', 'l'], '<c.2: "b" {#2 ssn=1}'),
    at('p', ['recv', 'l'], '<c.2: "c" {#2 ssn=2}'),
    at('q', ['recv', 'c'], '<l: addr_unreachable{#1 addr=l}'),
    at('q', ['mend', 1]),
    at('q', ['recv', 'c'], '<l: addr_available{#1 addr=l error=2}'),
    ...sends('d'),
    at('p', ['recv', 'l'], '<c: "d" {#2 ssn=3}'),
  ]),
  script('EV-21, MS-11: the primary address is set', [
    ...twoPaths,
    at('q', ['setopts', 'c', { sctpPrimaryAddr: { assocId: '#1', addr: ['there2', '@l'] } }]),
    at('q', ['recv', 'c'], '<l.2: addr_made_prim{#1 addr=l.2}'),
    at('q', ['getopts', 'c', [['sctpPrimaryAddr', { assocId: '#1' }]], ['addr']], 'sctpPrimaryAddr=prim{addr=l.2}'),
    ...sends('a'),
    at('p', ['recv', 'l'], '<c.2: "a" {#2}'),
  ]),
  script('EV-21: all paths die', [
    ...twoPaths,
    at('q', [
      'setopts',
      'c',
      { sctpAssocinfo: { assocId: '#1', asocmaxrxt: 2, numberPeerDestinations: 0, peerRwnd: 0, localRwnd: 0, cookieLife: 0 } },
    ]),
    at('q', ['setopts', 'c', noAddressEvents]),
    // With heartbeats, these would find it out before anything is sent.
    at('q', ['setopts', 'c', { sctpPeerAddrParams: noHeartbeats }]),
    at('q', ['cut', 1]),
    at('q', ['cut', 2]),
    ...sends('a'),
    at('q', ['recv', 'c'], '<l: comm_lost{#1}'),
    at('q', ['recv', 'c'], {
      rule: 'RV-16',
      mailport: '<l: send_failed{#1 data="a" flags info=sndrcvinfo{#1}}',
      erlang: 'error [address [] send_failed{#1 data="a" flags info=sndrcvinfo{#1 flags=[unordered addr_over]}}]',
    }),
  ]),
];
