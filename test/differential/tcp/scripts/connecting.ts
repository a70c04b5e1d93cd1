/** connect (TN): arguments, refusals, local ends. */
import { at, differs, type Script, script } from '../script.js';
import { badarg, listening, pair, plain, sends } from './openings.js';

export const connects: readonly Script[] = [
  script('TN-2: connect is done before anybody accepts, and data may be sent', [
    listening(),
    at('q', ['connect', 'c', 'there', '@l', plain]),
    ...sends('early'),
    at('p', ['accept', 'l', 'a']),
    at('p', ['recv', 'a'], '"early"'),
  ]),
  script('TN-1, TN-9: names of hosts', [
    listening(),
    at('q', ['connect', 'c', { host: 'localhost' }, '@l', [...Object.entries(plain), 'inet']]),
    at('q', ['connect', 'd', { host: '127.0.0.1' }, '@l', plain]),
    at('q', ['peername', 'c'], 'l'),
    at('q', ['peername', 'd'], 'l'),
    at('q', ['connect', 'e', { host: '' }, '@l', plain], differs('TN-9', 'error nxdomain', 'raises badarg')),
    at('q', ['connect', 'e', { host: 'no such host' }, '@l', plain], differs('TN-9', 'error nxdomain', 'raises badarg')),
  ]),
  script('TN-10: the address loopback', [
    listening(),
    at('q', ['connect', 'c', 'loopback', '@l', plain], differs('TN-10', 'ok', 'error nxdomain')),
  ]),
  script('TN-3: nobody listens', [
    listening(),
    at('p', ['close', 'l']),
    at('q', ['connect', 'c', 'there', '@l', plain], 'error econnrefused'),
    at('q', ['connect', 'c', 'there', '@l', plain, 1000], 'error econnrefused'),
  ]),
  script('TN-3: broadcast and multicast', [
    at('q', ['connect', 'c', '255.255.255.255', 80], 'error enetunreach'),
    at('q', ['connect', 'c', '224.0.0.1', 80], 'error enetunreach'),
  ]),
  script('TN-3: 0.0.0.0 is this host', [
    listening(),
    at('q', ['connect', 'c', '0.0.0.0', '@l', plain]),
    at('q', ['peername', 'c'], 'l'),
  ]),
  script('TN-4, TL-8: nobody answers, because the backlog is full', [
    listening({ backlog: 0 }),
    at('q', ['connect', 'c', 'there', '@l', plain]),
    at('q', ['connect', 'd', 'there', '@l', plain, 50], 'error timeout'),
  ]),
  script('TN-14: a socket is connected to itself', [
    listening(),
    at('p', ['close', 'l']),
    at('q', ['connect', 'c', 'here', '@l', { ...plain, port: '@l' }]),
    at('q', ['peername', 'c'], 'l'),
    at('q', ['send', 'c', 'x']),
    at('q', ['recv', 'c'], '"x"'),
  ]),
  script('TN-6: timeouts that cannot be', [
    listening(),
    at('q', ['connect', 'c', 'there', '@l', plain, -1], 'raises badarg'),
    at('q', ['connect', 'c', 'there', '@l', plain, 'soon'], 'raises badarg'),
    at('q', ['connect', 'c', 'there', '@l', plain, 1.5], 'raises badarg'),
  ]),
  script('TN-8: what the kernel refuses', [
    listening(),
    at('q', ['connect', 'c', 'there', '@l', { tclass: 1 }], differs('TN-8', 'error einval', 'raises badarg')),
    at('q', ['connect', 'c', 'there', '@l', { ttl: 0 }], differs('TN-8', 'error einval', 'raises badarg')),
    at('q', ['connect', 'c', 'there', '@l', { bindToDevice: 'nope' }], differs('TN-8', 'error einval', 'raises badarg')),
  ]),
  script('TN-11: ports that cannot be', [
    at('q', ['connect', 'c', 'there', 0, plain], 'error econnrefused'),
    at('q', ['connect', 'c', 'there', -1, plain], badarg('TN-11', 'raises function_clause')),
    at('q', ['connect', 'c', 'there', 65_536, plain], badarg('TN-11', 'raises function_clause')),
    at('q', ['connect', 'c', 'there', 'no_such_service', plain], 'raises badarg'),
  ]),
  script('TN-12: families', [
    at('p', ['listen', 'l', 0, [['ip', '::1'], 'binary', ['active', false]]]),
    at('q', ['connect', 'c', '::1', '@l', ['binary', ['active', false]]]),
    at('q', ['peername', 'c'], '::1@l'),
    at('p', ['accept', 'l', 'a']),
    ...sends('x'),
    at('p', ['recv', 'a'], '"x"'),
    at('q', ['connect', 'd', '127.0.0.1', '@l', ['inet6']], 'error eafnosupport'),
    at('q', ['connect', 'd', '127.0.0.1', '@l', [['ip', '::1']]], 'error eafnosupport'),
  ]),
  script('TN-13: the local end', [
    listening(),
    at('q', ['connect', 'c', 'there', '@l', { ...plain, ip: '127.0.0.3' }]),
    at('p', ['accept', 'l', 'a']),
    at('p', ['peername', 'a'], 'c.3'),
    at('q', ['connect', 'd', 'there', '@l', { ip: '192.0.2.1' }], 'error eaddrnotavail'),
    at('q', ['connect', 'd', 'there', '@l', { ip: '127.0.0.3', port: '@c' }], 'error eaddrinuse'),
    at('q', ['connect', 'd', 'there', '@l', { port: 70_000 }], 'raises badarg'),
  ]),
  script('TN-15: a failure leaves no message, also of one that traps exits', [
    listening(),
    at('q', ['trapExit', true]),
    at('p', ['close', 'l']),
    at('q', ['connect', 'c', 'there', '@l', { ip: 'here' }], 'error econnrefused'),
    at('q', ['mailbox'], ''),
  ]),
  script('TN-15: and an active connection that comes to be leaves none', [
    listening(),
    at('q', ['trapExit', true]),
    at('q', ['connect', 'c', 'there', '@l', { ip: 'here', active: true }]),
    at('q', ['mailbox'], ''),
  ]),
  script('TN-16: options of local sockets', [
    at('p', ['listen', 'l', 0, { ifaddr: { local: '$/s' } }]),
    at('q', ['connect', 'c', { local: '$/s' }, 0, { tos: 1 }], differs('TN-16', 'error einval', 'raises badarg')),
  ]),
  script('TI-1, TI-2: names and counters of a connection', [
    ...pair({ packet: 2 }, { packet: 2 }),
    at('q', ['sockname', 'c'], 'c'),
    at('q', ['peername', 'c'], 'l'),
    at('p', ['sockname', 'a'], 'l'),
    at('p', ['peername', 'a'], 'c'),
    ...sends('abc', 'defgh'),
    at('p', ['recv', 'a'], '"abc"'),
    at('p', ['recv', 'a'], '"defgh"'),
    at(
      'q',
      ['getstat', 'c', ['sendOct', 'sendCnt', 'sendMax', 'sendAvg', 'sendPend']],
      'sendOct=12 sendCnt=2 sendMax=7 sendAvg=6 sendPend=0',
    ),
    at('p', ['getstat', 'a', ['recvOct', 'recvCnt', 'recvMax', 'recvAvg']], 'recvOct=12 recvCnt=2 recvMax=7 recvAvg=6'),
  ]),
  script('TI-2: what is queued', [
    ...pair({}, { highWatermark: 1_000_000_000 }),
    at('q', ['getstat', 'c', ['sendPend', 'sendOct']], 'sendPend=0 sendOct=0'),
    at('q', ['send', 'c', { bytes: 100 }]),
    at('q', ['getstat', 'c', ['sendOct', 'sendCnt', 'recvOct']], 'sendOct=100 sendCnt=1 recvOct=0'),
  ]),
];

export const options: readonly Script[] = [
  script('TO-1, TO-3: set and read, in the order asked', [
    ...pair(),
    at('p', ['setopts', 'a', { nodelay: true, keepalive: true, tos: 8, ttl: 20, priority: 4 }]),
    at(
      'p',
      ['getopts', 'a', ['ttl', 'tos', 'priority', 'keepalive', 'nodelay']],
      'ttl=20 tos=8 priority=4 keepalive=true nodelay=true',
    ),
    at('p', ['getopts', 'a', []], 'no options'),
    at('p', ['getopts', 'a', ['foo']], differs('TO-3', 'raises badarg', 'error einval')),
  ]),
  script('TO-1: defaults', [
    ...pair(),
    at(
      'q',
      ['getopts', 'c', ['nodelay', 'keepalive', 'reuseaddr', 'tos', 'ttl', 'priority']],
      'nodelay=false keepalive=false reuseaddr=false tos=0 ttl=64 priority=0',
    ),
    at(
      'q',
      ['getopts', 'c', ['packetSize', 'buffer', 'exitOnClose', 'sendTimeout', 'sendTimeoutClose', 'showEconnreset']],
      'packetSize=0 buffer=1460 exitOnClose=true sendTimeout=infinity sendTimeoutClose=false showEconnreset=false',
    ),
    at('q', ['getopts', 'c', ['linger', 'dontroute', 'bindToDevice']], 'linger=[false 0] dontroute=false bindToDevice='),
  ]),
  script('TO-2: refusals', [
    ...pair(),
    at('p', ['setopts', 'a', { ttl: 0 }], 'error einval'),
    at('p', ['setopts', 'a', { priority: -7 }], differs('TO-2', 'raises badarg', 'ok')),
    at('p', ['setopts', 'a', { raw: [6, 9999, [1, 2, 3, 4]] }], differs('TO-2', 'error einval', 'ok')),
  ]),
  script('TO-1: a list of which one is refused', [
    ...pair(),
    at(
      'p',
      [
        'setopts',
        'a',
        [
          ['nodelay', true],
          ['tclass', 1],
          ['keepalive', true],
        ],
      ],
      'error einval',
    ),
    at(
      'p',
      ['getopts', 'a', ['nodelay', 'keepalive']],
      differs('TO-1', 'nodelay=false keepalive=false', 'nodelay=false keepalive=true'),
    ),
  ]),
  script('TO-4: options of the other protocol', [
    ...pair(),
    at('p', ['setopts', 'a', { readPackets: 10 }], differs('TO-4', 'raises badarg', 'ok')),
  ]),
  script('TO-5, TO-6: recbuf, sndbuf and buffer', [
    ...pair(),
    at('p', ['setopts', 'a', { recbuf: 5000 }]),
    at('p', ['getopts', 'a', ['recbuf', 'buffer']], 'recbuf=10000 buffer=5000'),
    at('p', ['setopts', 'a', { recbuf: 3000 }]),
    at('p', ['getopts', 'a', ['recbuf', 'buffer']], 'recbuf=6000 buffer=5000'),
    at('p', ['setopts', 'a', { buffer: 0 }]),
    at('p', ['getopts', 'a', ['buffer']], 'buffer=1'),
    at('p', ['setopts', 'a', { sndbuf: 10 }]),
    at('p', ['getopts', 'a', ['sndbuf']], 'sndbuf=4608'),
    at('q', ['setopts', 'c', { buffer: 100 }]),
    at('q', ['setopts', 'c', { recbuf: 5000 }]),
    at('q', ['getopts', 'c', ['buffer']], 'buffer=100'),
  ]),
  script('TO-7: booleans are strict', [
    ...pair(),
    at('p', ['setopts', 'a', { keepalive: 1 }], differs('TO-7', 'raises badarg', 'error einval')),
    at('p', ['setopts', 'a', { nodelay: 'maybe' }], differs('TO-7', 'raises badarg', 'error einval')),
    at('p', ['getopts', 'a', ['keepalive', 'nodelay']], 'keepalive=false nodelay=false'),
  ]),
  script('TO-8: linger', [
    ...pair(),
    at('p', ['setopts', 'a', { linger: [true, 9] }]),
    at('p', ['getopts', 'a', ['linger']], 'linger=[true 9]'),
    at('p', ['setopts', 'a', { linger: [false, 0] }]),
  ]),
  script('TO-9: raw options', [
    ...pair(),
    // TCP_NODELAY
    at('p', ['setopts', 'a', { raw: [6, 1, [1, 0, 0, 0]] }]),
    at('p', ['getopts', 'a', ['nodelay']], 'nodelay=true'),
    at('p', ['getopts', 'a', [['raw', 6, 1, 4]]], 'raw=[6 1 <4 bytes 2583214201>]'),
  ]),
  script('TO-10: tos', [
    ...pair(),
    at('p', ['setopts', 'a', { tos: 256 }], badarg('TO-10', 'ok')),
    at('p', ['setopts', 'a', { tos: -1 }], badarg('TO-10', 'ok')),
  ]),
  script('TO-11: netns of a socket that is open', [
    ...pair(),
    at('p', ['setopts', 'a', { netns: '/proc/self/ns/net' }], differs('TO-11', 'raises badarg', 'ok')),
  ]),
  script('TO-1: mode as a bare atom, and active in a list', [
    ...pair(),
    at('p', ['setopts', 'a', ['list', ['active', 1]]]),
    at('p', ['getopts', 'a', ['mode', 'active']], 'mode=list active=1'),
    at('p', ['setopts', 'a', ['binary']]),
    at('p', ['getopts', 'a', ['mode']], 'mode=binary'),
  ]),
];
