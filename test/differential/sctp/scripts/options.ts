/** Options read back and refused (SO, OPN), names (MH). */
import { at, type Script, script } from '../script.js';
import { comesUp, einval, listening, open, pair } from './openings.js';

const twoEnds = { twoEnds: true };
const fresh = { ip: 'here' };

export const options: readonly Script[] = [
  script('SO-14: a fresh socket', [
    at('p', ['open', 's', fresh]),
    at('p', ['getopts', 's', ['sctpRtoinfo']], 'sctpRtoinfo=rtoinfo{#0 initial=3000 max=60000 min=1000}'),
    at('p', ['getopts', 's', ['sctpAssocinfo']], 'sctpAssocinfo=assocparams{#0 asocmaxrxt=10 cookieLife=60000}'),
    at(
      'p',
      ['getopts', 's', ['sctpInitmsg']],
      'sctpInitmsg=initmsg{maxAttempts=8 maxInitTimeo=60000 maxInstreams=65535 numOstreams=10}',
    ),
    at(
      'p',
      ['getopts', 's', ['sctpAutoclose', 'sctpNodelay', 'sctpDisableFragments', 'sctpMaxseg']],
      'sctpAutoclose=0 sctpNodelay=false sctpDisableFragments=false sctpMaxseg=0',
    ),
    at('p', ['getopts', 's', ['sctpAdaptationLayer', 'linger']], 'sctpAdaptationLayer=setadaptation{} linger=[false 0]'),
    at(
      'p',
      ['getopts', 's', ['sctpPeerAddrParams'], ['hbinterval', 'pathmaxrxt', 'pathmtu', 'sackdelay', 'flags']],
      'sctpPeerAddrParams=paddrparams{flags=[hb_enable pmtud_enable sackdelay_enable] hbinterval=30000 pathmaxrxt=5 sackdelay=200}',
    ),
    at(
      'p',
      ['getopts', 's', ['sctpDefaultSendParam'], ['stream', 'flags', 'ppid', 'context', 'timetolive']],
      'sctpDefaultSendParam=sndrcvinfo{}',
    ),
  ]),
  script('OPN-5: defaults of open', [
    at('p', ['open', 's', fresh]),
    at('p', ['getopts', 's', ['active', 'mode', 'buffer']], 'active=false mode=binary buffer=65536'),
    at('p', ['getopts', 's', ['recbuf', 'sndbuf']], {
      rule: 'OPN-5',
      mailport: 'recbuf=524288 sndbuf=524288',
      erlang: 'recbuf=2304 sndbuf=131072',
    }),
  ]),
  script('SO-15: of an association', [
    ...pair(),
    at(
      'q',
      ['getopts', 'c', [['sctpStatus', { assocId: '#1' }]], ['state', 'instrms', 'outstrms', 'fragmentationPoint', 'assocId']],
      'sctpStatus=status{#1 fragmentationPoint=65484 instrms=10 outstrms=10 state=established}',
    ),
    at('q', ['getopts', 'c', [['sctpRtoinfo', { assocId: '#1' }]]], 'sctpRtoinfo=rtoinfo{#1 initial=3000 max=60000 min=1000}'),
    at(
      'q',
      ['getopts', 'c', [['sctpAssocinfo', { assocId: '#1' }]], ['asocmaxrxt', 'numberPeerDestinations', 'cookieLife', 'assocId']],
      'sctpAssocinfo=assocparams{#1 asocmaxrxt=10 cookieLife=60000 destinations=1}',
    ),
  ]),
  script('SO-2, SO-16: what is left out of an answer', [
    ...pair(),
    at('q', ['getopts', 'c', ['active', ['sctpStatus', { assocId: 987_654 }], 'sctpNodelay']], 'active=false sctpNodelay=true'),
    at('q', ['getopts', 'c', [['sctpStatus', { assocId: 0 }]]], 'no options'),
    at('q', ['getopts', 'c', [['sctpRtoinfo', { assocId: 987_654 }]]], 'no options'),
    at('q', ['getopts', 'c', ['keepalive']], einval('SO-2')),
  ]),
  script('SO-2: the order asked', [
    open('p', 's'),
    at(
      'p',
      ['getopts', 's', ['sctpNodelay', 'active', 'mode', 'linger']],
      'sctpNodelay=true active=false mode=binary linger=[false 0]',
    ),
    at('p', ['getopts', 's', []], 'no options'),
  ]),
  script('SO-7: a status of no association', [
    ...pair(),
    at('q', ['getopts', 'c', ['sctpStatus']], {
      rule: 'SO-7',
      mailport: 'no options',
      erlang: 'error type',
    }),
  ]),
  script('SO-9: read-only options', [
    ...pair(),
    at('q', ['setopts', 'c', { sctpStatus: { assocId: '#1' } }], einval('OPN-2')),
    at('q', ['setopts', 'c', { sctpGetPeerAddrInfo: { assocId: '#1' } }], einval('OPN-2')),
    at('q', ['open', 'd', { sctpStatus: { assocId: '#1' } }], 'raises badarg'),
  ]),
  script('SO-11, OPN-3: options that SCTP does not have', [
    open('p', 's'),
    at('p', ['setopts', 's', { keepalive: true }], einval('OPN-2')),
    at('p', ['setopts', 's', { readPackets: 3 }], einval('OPN-2')),
    at('p', ['open', 't', { keepalive: true }], 'raises badarg'),
    at('p', ['open', 't', { readPackets: 3 }], 'raises badarg'),
    at('p', ['open', 't', { type: 'dgram' }], 'raises badarg'),
    at('p', ['open', 't', { port: -1 }], 'raises badarg'),
    at('p', ['open', 't', { port: 65_536 }], 'raises badarg'),
    at('p', ['open', 't', { sctpNodelay: 'yes' }], 'raises badarg'),
    at('p', ['open', 't', { sctpInitmsg: { numOstreams: 65_536 } }], 'raises badarg'),
  ]),
  script('SO-6: fields that are ill-typed', [
    open('p', 's'),
    at('p', ['setopts', 's', { sctpInitmsg: { numOstreams: 65_536 } }], {
      rule: 'SO-6',
      mailport: 'raises badarg',
      erlang: 'error type',
    }),
    at('p', ['setopts', 's', { sctpRtoinfo: { initial: 'long' } }], {
      rule: 'SO-6',
      mailport: 'raises badarg',
      erlang: 'error type',
    }),
    at('p', ['setopts', 's', { sctpRtoinfo: 3000 }], einval('SO-6')),
  ]),
  script('SO-12: list and binary alone', [
    at('p', ['open', 's', ['list', ['ip', 'here']]]),
    at('p', ['getopts', 's', ['mode']], 'mode=list'),
    at('p', ['setopts', 's', ['binary']]),
    at('p', ['getopts', 's', ['mode']], 'mode=binary'),
  ]),
  script('SO-13: in initmsg 0 keeps what is there', [
    open('p', 's', { sctpInitmsg: { numOstreams: 20, maxInstreams: 0, maxAttempts: 0, maxInitTimeo: 0 } }),
    at(
      'p',
      ['getopts', 's', ['sctpInitmsg']],
      'sctpInitmsg=initmsg{maxAttempts=8 maxInitTimeo=60000 maxInstreams=65535 numOstreams=20}',
    ),
  ]),
  script('SO-4: a partial record in setopts', [
    open('p', 's'),
    at('p', ['setopts', 's', { sctpRtoinfo: { initial: 2000, max: 30_000, min: 300 } }]),
    at('p', ['setopts', 's', { sctpRtoinfo: { max: 20_000 } }]),
    at('p', ['getopts', 's', ['sctpRtoinfo'], ['initial', 'max', 'min']], 'sctpRtoinfo=rtoinfo{initial=2000 max=20000 min=300}'),
    at('p', ['setopts', 's', { sctpDefaultSendParam: { stream: 1, ppid: 7, context: 0, timetolive: 0, flags: [] } }]),
    at('p', ['setopts', 's', { sctpDefaultSendParam: { stream: 2 } }]),
    at('p', ['getopts', 's', ['sctpDefaultSendParam'], ['stream', 'ppid']], {
      rule: 'SO-4',
      mailport: 'sctpDefaultSendParam=sndrcvinfo{ppid=7 stream=2}',
      erlang: 'sctpDefaultSendParam=sndrcvinfo{stream=2}',
    }),
  ]),
  script('SO-18: limits of sizes and times', [
    open('p', 's'),
    at('p', ['setopts', 's', { sctpMaxseg: 511 }]),
    at('p', ['setopts', 's', { sctpMaxseg: 65_515 }]),
    at('p', ['setopts', 's', { sctpMaxseg: 100 }], 'error einval'),
    at('p', ['setopts', 's', { sctpMaxseg: 70_000 }], 'error einval'),
    at('p', ['getopts', 's', ['sctpMaxseg']], 'sctpMaxseg=65515'),
    at('p', ['setopts', 's', { sctpAutoclose: 4_000_000_000 }]),
    at('p', ['getopts', 's', ['sctpAutoclose']], 'sctpAutoclose=8589934'),
    open('p', 't', { type: 'stream' }),
    at('p', ['setopts', 't', { sctpAutoclose: 5 }], 'error einval'),
  ]),
  script('SO-18: limits of a path', [
    open('p', 's'),
    at('p', ['setopts', 's', { sctpPeerAddrParams: { sackdelay: 500, flags: ['sackdelay_enable'] } }]),
    at('p', ['setopts', 's', { sctpPeerAddrParams: { sackdelay: 501, flags: ['sackdelay_enable'] } }], 'error einval'),
    at('p', ['setopts', 's', { sctpPeerAddrParams: { flags: ['hb_enable', 'hb_disable'] } }], 'error einval'),
    at('p', ['setopts', 's', { sctpPeerAddrParams: { flags: ['hb_demand'] } }], 'error einval'),
    at(
      'p',
      ['getopts', 's', ['sctpPeerAddrParams'], ['sackdelay', 'flags']],
      'sctpPeerAddrParams=paddrparams{flags=[hb_enable pmtud_enable sackdelay_enable] sackdelay=500}',
    ),
  ]),
  script('SO-18: linger', [
    open('p', 's', { linger: [true, 5] }),
    at('p', ['getopts', 's', ['linger']], 'linger=[true 5]'),
    at('p', ['setopts', 's', { linger: [false, 7] }]),
    at('p', ['getopts', 's', ['linger']], { rule: 'SO-18', mailport: 'linger=[false 0]', erlang: 'linger=[false 5]' }),
    open('p', 't', { linger: [false, 7] }),
    at('p', ['getopts', 't', ['linger']], 'linger=[false 0]'),
  ]),
  script('SO-14, SO-20: options of IP and of sockets', [
    at('p', ['open', 's', fresh]),
    at(
      'p',
      ['getopts', 's', ['tos', 'ttl', 'priority', 'dontroute', 'reuseaddr', 'recvtos', 'recvttl']],
      'tos=0 ttl=64 priority=0 dontroute=false reuseaddr=false recvtos=false recvttl=false',
    ),
    at('p', ['getopts', 's', ['sctpIWantMappedV4Addr', 'bindToDevice']], 'sctpIWantMappedV4Addr=true bindToDevice='),
    at('p', ['setopts', 's', { tos: 16, ttl: 12, priority: 3, dontroute: true, recvtos: true, recvttl: true }]),
    at(
      'p',
      ['getopts', 's', ['tos', 'ttl', 'priority', 'dontroute', 'recvtos', 'recvttl']],
      'tos=16 ttl=12 priority=3 dontroute=true recvtos=true recvttl=true',
    ),
    at('p', ['open', 't', { ...fresh, tos: 8, ttl: 7, priority: 2, reuseaddr: true }]),
    at('p', ['getopts', 't', ['tos', 'ttl', 'priority', 'reuseaddr']], 'tos=8 ttl=7 priority=2 reuseaddr=true'),
  ]),
  script('SO-14: of IPv6', [
    at('p', ['open', 's', { ip: '::1' }]),
    at('p', ['getopts', 's', ['ipv6V6only', 'tclass']], 'ipv6V6only=false tclass=0'),
    at('p', ['setopts', 's', { tclass: 32 }]),
    at('p', ['getopts', 's', ['tclass']], 'tclass=32'),
    at('p', ['open', 't', { ip: '::1', ipv6V6only: true }]),
    at('p', ['getopts', 't', ['ipv6V6only']], 'ipv6V6only=true'),
  ]),
  script('SO-16: IPv6 options, and others, that an IPv4 socket leaves out', [
    at('p', ['open', 's', fresh]),
    at('p', ['getopts', 's', ['ipv6V6only', 'tclass', 'netns', 'active']], 'active=false'),
    at('p', ['open', 't', { type: 'stream', ...fresh }]),
    at('p', ['getopts', 't', ['sctpAutoclose']], 'no options'),
  ]),
  script('SO-19: tos has the bit of congestion notification once there is an association', [
    ...listening(),
    open('q', 'c', { tos: 16 }),
    at('q', ['getopts', 'c', ['tos']], 'tos=16'),
    at('q', ['connect', 'c', 'there', '@l'], comesUp('#1')),
    at('q', ['getopts', 'c', ['tos']], { rule: 'SO-19', mailport: 'tos=16', erlang: 'tos=18' }),
  ]),
  script(
    'MS-8: recvtos and recvttl deliver nothing',
    [...pair({ recvtos: true, recvttl: true }), at('q', ['send', 'c', '#1', 0, 'a']), at('p', ['recv', 'l'], '<c: "a" {#2}')],
    twoEnds,
  ),
  script('SO-3, SO-16: a path, by its address', [
    ...pair(),
    at(
      'q',
      ['getopts', 'c', [['sctpGetPeerAddrInfo', { assocId: '#1', address: ['there', '@l'] }]], ['assocId', 'address', 'state']],
      'sctpGetPeerAddrInfo=paddrinfo{#1 address=l state=active}',
    ),
    at(
      'q',
      ['getopts', 'c', [['sctpGetPeerAddrInfo', { address: ['there', '@l'] }]], ['assocId', 'address', 'state']],
      'sctpGetPeerAddrInfo=paddrinfo{#1 address=l state=active}',
    ),
    at('q', ['getopts', 'c', [['sctpGetPeerAddrInfo', { assocId: '#1', address: ['192.0.2.1', '@l'] }]]], 'no options'),
    at(
      'q',
      ['getopts', 'c', [['sctpPeerAddrParams', { assocId: '#1', address: ['there', '@l'] }]], ['address', 'pathmaxrxt']],
      'sctpPeerAddrParams=paddrparams{address=l pathmaxrxt=5}',
    ),
  ]),
  script('SO-18: addresses that are not there', [
    ...pair(),
    at('q', ['setopts', 'c', { sctpPrimaryAddr: { assocId: '#1', addr: ['192.0.2.1', '@l'] } }], 'error einval'),
    at('q', ['setopts', 'c', { sctpSetPeerPrimaryAddr: { assocId: '#1', addr: ['here', '@c'] } }], 'error einval'),
    at('q', ['setopts', 'c', { sctpPrimaryAddr: { assocId: '#1', addr: ['there', '@l'] } }]),
    at('q', ['getopts', 'c', [['sctpPrimaryAddr', { assocId: '#1' }]], ['addr']], 'sctpPrimaryAddr=prim{addr=l}'),
  ]),
  script('SO-18: parameters of one path', [
    ...pair(),
    at('q', [
      'setopts',
      'c',
      { sctpPeerAddrParams: { assocId: '#1', address: ['there', '@l'], hbinterval: 5000, pathmaxrxt: 3, flags: ['hb_enable'] } },
    ]),
    at('q', ['setopts', 'c', { sctpPeerAddrParams: { assocId: '#1', address: ['there', '@l'], flags: ['hb_demand'] } }]),
    at(
      'q',
      ['getopts', 'c', [['sctpPeerAddrParams', { assocId: '#1', address: ['there', '@l'] }]], ['hbinterval', 'pathmaxrxt']],
      'sctpPeerAddrParams=paddrparams{hbinterval=5000 pathmaxrxt=3}',
    ),
    at(
      'q',
      ['getopts', 'c', ['sctpPeerAddrParams'], ['hbinterval', 'pathmaxrxt']],
      'sctpPeerAddrParams=paddrparams{hbinterval=30000 pathmaxrxt=5}',
    ),
  ]),
  script('SD-13: counters of a socket', [
    ...pair(),
    at('q', ['getstat', 'c', ['sendCnt', 'sendOct', 'recvCnt']], 'sendCnt=0 sendOct=0 recvCnt=1'),
    at('q', ['send', 'c', '#1', 0, 'hello']),
    at('q', ['send', 'c', '#1', 0, 'you']),
    at('p', ['recv', 'l'], '<c: "hello" {#2}'),
    at('p', ['recv', 'l'], '<c: "you" {#2 ssn=1}'),
    at(
      'q',
      ['getstat', 'c', ['sendCnt', 'sendOct', 'sendMax', 'sendAvg', 'sendPend']],
      'sendCnt=2 sendOct=8 sendMax=5 sendAvg=4 sendPend=0',
    ),
    at('p', ['getstat', 'l', ['recvCnt', 'recvOct', 'recvMax']], {
      rule: 'SD-13',
      mailport: 'recvCnt=3 recvOct=8 recvMax=5',
      erlang: 'recvCnt=3 recvOct=28 recvMax=20',
    }),
  ]),
  script('OPN-9: recbuf raises the buffer, sndbuf does not', [
    at('p', ['open', 's', fresh]),
    at('p', ['setopts', 's', { recbuf: 100_000 }]),
    at('p', ['getopts', 's', ['buffer']], 'buffer=100000'),
    at('p', ['setopts', 's', { sndbuf: 200_000, recbuf: 5000 }]),
    at('p', ['getopts', 's', ['buffer']], 'buffer=100000'),
    at('p', ['setopts', 's', { buffer: 10 }]),
    at('p', ['getopts', 's', ['buffer']], 'buffer=10'),
    at('p', [
      'setopts',
      's',
      [
        ['recbuf', 300_000],
        ['buffer', 1000],
      ],
    ]),
    at('p', ['getopts', 's', ['buffer']], { rule: 'OPN-9', mailport: 'buffer=1000', erlang: 'buffer=300000' }),
    at('p', [
      'setopts',
      's',
      [
        ['buffer', 1000],
        ['recbuf', 400_000],
      ],
    ]),
    at('p', ['getopts', 's', ['buffer']], 'buffer=1000'),
    at('p', ['setopts', 's', { buffer: 0 }]),
    at('p', ['getopts', 's', ['buffer']], 'buffer=1'),
  ]),
  script('SO-17: sctp_delayed_ack_time', [
    open('p', 's'),
    at('p', ['setopts', 's', { sctpDelayedAckTime: { assocValue: 100 } }], {
      rule: 'SO-17',
      mailport: 'ok',
      erlang: 'error einval',
    }),
    at('p', ['getopts', 's', ['sctpDelayedAckTime'], ['assocValue']], {
      rule: 'SO-17',
      mailport: 'sctpDelayedAckTime=assoc_value{assocValue=100}',
      erlang: 'error einval',
    }),
    at('p', ['getopts', 's', ['sctpPeerAddrParams'], ['sackdelay']], {
      rule: 'SO-17',
      mailport: 'sctpPeerAddrParams=paddrparams{sackdelay=100}',
      erlang: 'sctpPeerAddrParams=paddrparams{sackdelay=200}',
    }),
  ]),
  script('OPN-11: the watermarks', [
    open('p', 's'),
    at('p', ['setopts', 's', { highMsgqWatermark: 100, lowMsgqWatermark: 50 }], {
      rule: 'OPN-11',
      mailport: 'ok',
      erlang: 'error einval',
    }),
    at('p', ['getopts', 's', ['highMsgqWatermark']], {
      rule: 'OPN-11',
      mailport: 'highMsgqWatermark=100',
      erlang: 'error einval',
    }),
  ]),
];

export const opening: readonly Script[] = [
  script('OPN-7, LS-7: an address that is taken, one that is not here', [
    open('p', 's'),
    at('p', ['open', 't', { ...fresh, port: '@s' }], 'error eaddrinuse'),
    at('p', ['open', 't', { ip: '192.0.2.1' }], 'error eaddrnotavail'),
    at('p', ['close', 's']),
    at('p', ['isOpen', 's'], 'false'),
  ]),
  script('LS-7: one address for two, if both say so, and one of them listens', [
    open('p', 's', { reuseaddr: true }),
    at('p', ['open', 't', { ...fresh, reuseaddr: true, port: '@s' }]),
    at('p', ['open', 'u', { ...fresh, port: '@s' }], 'error eaddrinuse'),
    at('p', ['listen', 's', true]),
    at('p', ['listen', 't', true], 'error eaddrinuse'),
    at('p', ['listen', 's', false]),
    at('p', ['listen', 't', true]),
  ]),
  script('SO-20: a device and a namespace that are not there', [
    at('p', ['open', 's', { ...fresh, netns: '/run/netns/nowhere' }], 'error enoent'),
    at('p', ['open', 's', { ...fresh, bindToDevice: 'lo' }]),
    at('p', ['getopts', 's', ['bindToDevice']], 'bindToDevice=lo'),
    at('p', ['open', 't', { ...fresh, bindToDevice: 'nosuch0' }], {
      rule: 'SO-20',
      mailport: 'error enodev',
      erlang: 'raises badarg',
    }),
  ]),
  script('MH-4: a sockaddr map', [
    at('p', ['open', 's', { ifaddr: { family: 'inet', addr: 'loopback', port: 0 } }]),
    at('p', ['sockname', 's'], 's'),
    at('p', ['open', 't', [['ip', ['here', 0]]]]),
    at('p', ['sockname', 't'], 't'),
  ]),
  script('OPN-1, MH-3: ports and addresses', [
    at('p', ['open', 's', { ip: 'loopback' }]),
    at('p', ['sockname', 's'], 's'),
    at('p', ['port', 's'], 's'),
    at('p', ['open', 't', { ifaddr: 'here' }]),
    at('p', ['sockname', 't'], 't'),
    at('p', ['open', 'u', { ip: 'any' }]),
    at('p', ['sockname', 'u'], '0.0.0.0@u'),
    at('p', ['peername', 'u'], 'error enotconn'),
  ]),
  script('OPN-10: a one-to-one socket', [
    at('p', ['open', 's', { type: 'stream', ...fresh }]),
    at('p', ['listen', 's', true]),
    at('p', ['recv', 's', 0], { rule: 'EV-16', mailport: 'error timeout', erlang: 'error enotconn' }),
  ]),
  script('MH-1, MH-2: several addresses', [
    at('p', [
      'open',
      's',
      [
        ['ip', 'here'],
        ['ip', 'here2'],
        ['ifaddr', 'here3'],
      ],
    ]),
    at('p', ['socknames', 's'], '[s s.2 s.3]'),
    at('p', ['sockname', 's'], 's.3'),
    at(
      'p',
      [
        'open',
        't',
        [
          ['ip', 'here'],
          ['ip', 'here'],
        ],
      ],
      'raises badarg',
    ),
    at(
      'p',
      [
        'open',
        't',
        [
          ['ip', 'here'],
          ['ip', '192.0.2.1'],
        ],
      ],
      'error eaddrnotavail',
    ),
  ]),
  script(
    'MH-10, MH-12: names of both ends',
    [
      ...pair(),
      at('q', ['peernames', 'c', '#1'], '[l]'),
      at('q', ['peernames', 'c', { change: '#1' }], '[l]'),
      at('p', ['peernames', 'l', '#2'], '[c]'),
      at('p', ['socknames', 'l', '#2'], '[l]'),
      at('q', ['socknames', 'c'], '[c]'),
      at('q', ['sockname', 'c'], 'c'),
      at('q', ['peernames', 'c', 987_654], 'error einval'),
    ],
    twoEnds,
  ),
  script('MH-11: names of no association', [
    ...pair(),
    at('q', ['peername', 'c'], 'error enotconn'),
    at('q', ['peernames', 'c'], { rule: 'MH-11', mailport: 'error enotconn', erlang: 'error einval' }),
  ]),
  script('IPv6: an association over ::1', [
    at('p', ['open', 'l', { ip: '::1', sctpNodelay: true }]),
    at('p', ['listen', 'l', true]),
    at('q', ['open', 'c', { ip: '::1', sctpNodelay: true }]),
    at('q', ['connect', 'c', '::1', '@l'], comesUp('#1')),
    at('p', ['recv', 'l'], `<::1@c: ${comesUp('#2')}`),
    at('q', ['send', 'c', '#1', 0, 'a']),
    at('p', ['recv', 'l'], '<::1@c: "a" {#2}'),
    at('q', ['sockname', 'c'], '::1@c'),
    at('q', ['peernames', 'c', '#1'], '[::1@l]'),
  ]),
];
