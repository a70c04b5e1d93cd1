/** connect (UC), errors of the network (UE), multicast (UG), options (TO). */
import { at, differs, type Script, type Step, script } from '../script.js';
import { all, badarg, from, got, open, pair, plain, reads, sends, set } from './openings.js';

/** A port where nobody is: that of a socket s that is closed. */
const nobody: Step[] = [open('p', 's'), at('p', ['close', 's'])];
const refuses = (options = {}): Step[] => [...nobody, open('q', 'c', options), at('q', ['connect', 'c', 'there', '@s'])];

export const connected: readonly Script[] = [
  script('UC-1, UC-2: connect sends nothing, and then only the peer is heard', [
    ...pair(),
    open('q', 'd'),
    at('p', ['connect', 's', 'there', '@c']),
    at('p', ['peername', 's'], 'c'),
    at('q', ['sendTo', 'd', 'there', '@s', 'stranger']),
    ...sends('x'),
    at('p', ['recv', 's'], from('x')),
    at('p', ['send', 's', 'back']),
    at('q', ['recv', 'c'], from('back', 's')),
  ]),
  script('UC-1: arguments', [
    open('p', 's', { ip: 'any' }),
    at('p', ['connect', 's', 'here', 'no_such_service'], differs('UC-1', 'error einval', 'raises function_clause')),
    at('p', ['connect', 's', 'here', -1], badarg('UC-1', 'raises function_clause')),
    at('p', ['connect', 's', { host: '' }, 5], differs('UC-1', 'error nxdomain', 'error einval')),
    at('p', ['connect', 's', '255.255.255.255', 5], 'error eacces'),
  ]),
  script('UC-2: the name of a socket at any address', [
    open('p', 's', { ip: 'any' }),
    open('q', 'c'),
    at('p', ['sockname', 's'], '0.0.0.0@s'),
    at('p', ['connect', 's', 'there', '@c']),
    at('p', ['sockname', 's'], 's'),
  ]),
  script('UC-3: datagrams of others that came before connect', [
    ...pair(),
    open('q', 'd'),
    at('q', ['sendTo', 'd', 'there', '@s', 'stranger']),
    at('p', ['connect', 's', 'there', '@c']),
    ...sends('x'),
    at('p', ['recv', 's'], differs('UC-3', from('x'), from('stranger'))),
  ]),
  script('UC-4: a destination of a connected socket', [
    ...pair(),
    open('q', 'd'),
    at('p', ['connect', 's', 'there', '@c']),
    at('p', ['sendTo', 's', 'there', '@c', 'x']),
    at('q', ['recv', 'c'], from('x', 's')),
    at('p', ['sendTo', 's', 'there', '@d', 'y'], differs('UC-4', 'error eisconn', 'ok')),
    at('p', ['send', 's', 'z']),
    at('q', ['recv', 'c'], differs('UC-4', from('z', 's'), from('y', 's'))),
  ]),
  script('UC-5: connecting again, and no longer', [
    // A port that the kernel has chosen does not survive this (Linux net/ipv4/udp.c, __udp_disconnect).
    ...nobody,
    at('p', ['open', 't', '@s', plain]),
    open('q', 'c'),
    open('q', 'd'),
    at('p', ['connect', 't', 'there', '@c']),
    at('p', ['connect', 't', 'there', '@d']),
    at('p', ['peername', 't'], 'd'),
    at('p', ['send', 't', 'x']),
    at('q', ['recv', 'd'], from('x', 's')),
    at('p', ['disconnect', 't']),
    at('p', ['peername', 't'], 'error enotconn'),
    ...sends('anybody'),
    // OTP still takes the address of the peer, which is none.
    at('p', ['recv', 't'], differs('UC-5', from('anybody'), '<0.0.0.0@0: "anybody"')),
  ]),
  script('UM-8: messages of a connected socket', [
    ...pair({ active: 2 }),
    at('p', ['connect', 's', 'there', '@c']),
    ...sends('a', 'b'),
    at('p', ['receive', 3], all(got('a'), got('b'), 's passive')),
  ]),
  script('UC-2: local sockets', [
    at('p', ['open', 's', 0, { ifaddr: { local: '$/s' }, mode: 'binary', active: true }]),
    at('q', ['open', 'c', 0, { ifaddr: { local: '$/c' }, mode: 'binary', active: false }]),
    at('q', ['connect', 'c', { local: '$/s' }, 0]),
    at('q', ['send', 'c', 'x']),
    at('p', ['receive'], 's<local:$/c: "x"'),
  ]),
];

export const errors: readonly Script[] = [
  script('UE-1, US-6: unconnected, nobody hears of a closed port', [
    ...nobody,
    open('q', 'c'),
    at('q', ['sendTo', 'c', 'there', '@s', 'x']),
    at('q', ['sendTo', 'c', 'there', '@s', 'x']),
    at('q', ['recv', 'c', 20], 'error timeout'),
  ]),
  script('UE-2, FC-25: connected and active, one message for each that is refused', [
    ...refuses({ active: 2 }),
    at('q', ['send', 'c', 'x']),
    at('q', ['receive'], 'c! econnrefused'),
    reads('q', 'c', 2),
    at('q', ['send', 'c', 'x']),
    at('q', ['receive'], 'c! econnrefused'),
    reads('q', 'c', 2),
  ]),
  script('UE-2: once stays', [
    ...refuses({ active: 'once' }),
    at('q', ['send', 'c', 'x']),
    at('q', ['receive'], 'c! econnrefused'),
    reads('q', 'c', 'once'),
  ]),
  script('UE-3: connected and passive, recv is told', [
    ...refuses(),
    at('q', ['send', 'c', 'x']),
    at('q', ['recv', 'c'], 'error econnrefused'),
    at('q', ['recv', 'c', 0], 'error timeout'),
  ]),
  script('UE-3: a recv that waits already', [
    ...refuses(),
    at('q2', ['begin', 'r', ['recv', 'c']]),
    at('q', ['send', 'c', 'x']),
    at('q2', ['end', 'r'], 'error econnrefused'),
  ]),
  script('UE-3: or the next send, whose datagram is not sent', [
    ...refuses(),
    at('q', ['send', 'c', 'x']),
    at('q', ['send', 'c', 'x'], 'error econnrefused'),
    at('q', ['send', 'c', 'x']),
    at('q', ['recv', 'c'], 'error econnrefused'),
  ]),
  script('UE-4: a peer that comes later is heard', [
    ...refuses(),
    at('q', ['send', 'c', 'x']),
    at('q', ['recv', 'c'], 'error econnrefused'),
    at('p', ['open', 't', '@s', { ip: 'here', mode: 'binary', active: false }]),
    at('q', ['send', 'c', 'y']),
    at('p', ['recv', 't'], from('y')),
    at('p', ['sendTo', 't', 'there', '@c', 'z']),
    at('q', ['recv', 'c'], from('z', 's')),
  ]),
];

const group = '239.7.7.7';

export const multicast: readonly Script[] = [
  script('UG-1: joined, received; dropped, no longer', [
    at('p', ['open', 's', 0, { mode: 'binary', active: false, addMembership: [group, '127.0.0.1'] }]),
    open('q', 'c', { multicastIf: '127.0.0.1' }),
    at('q', ['sendTo', 'c', group, '@s', 'one']),
    at('p', ['recv', 's'], from('one')),
    at('p', ['setopts', 's', { dropMembership: [group, '127.0.0.1'] }]),
    at('q', ['sendTo', 'c', group, '@s', 'two']),
    ...sends('three'),
    at('p', ['recv', 's'], from('three')),
  ]),
  script('UG-1: a membership cannot be read', [
    open('p', 's'),
    at('p', ['getopts', 's', ['addMembership']], badarg('TO-3', 'error einval')),
  ]),
  script('UG-2: memberships that fail', [
    open('p', 's', { ip: 'any' }),
    at('p', ['setopts', 's', { addMembership: [group, '127.0.0.1'] }]),
    at('p', ['setopts', 's', { addMembership: [group, '127.0.0.1'] }], differs('UG-2', 'error eaddrinuse', 'ok')),
    at('p', ['setopts', 's', { addMembership: ['10.1.1.1', '127.0.0.1'] }], differs('UG-2', 'raises badarg', 'ok')),
    at('p', ['setopts', 's', { dropMembership: ['239.9.9.9', '127.0.0.1'] }], differs('UG-2', 'error eaddrnotavail', 'ok')),
  ]),
  script('UG-3: multicast_ttl and multicast_loop', [
    open('p', 's'),
    at('p', ['setopts', 's', { multicastTtl: 5, multicastLoop: false }]),
    at('p', ['getopts', 's', ['multicastTtl', 'multicastLoop']], 'multicastTtl=5 multicastLoop=false'),
    at('p', ['setopts', 's', { multicastTtl: 256 }], badarg('UG-3', 'ok')),
    at('p', ['getopts', 's', ['multicastTtl']], 'multicastTtl=5'),
  ]),
  script('UG-4: multicast_if', [
    open('p', 's'),
    at('p', ['setopts', 's', { multicastIf: '127.0.0.1' }]),
    at('p', ['setopts', 's', { multicastIf: 'any' }], differs('UG-4', 'raises badarg', 'error einval')),
  ]),
];

export const options: readonly Script[] = [
  script('TO-3: set and read', [
    open('p', 's'),
    at('p', ['setopts', 's', { tos: 16, ttl: 9, priority: 2, broadcast: true, dontroute: true, recvtos: true }]),
    at(
      'p',
      ['getopts', 's', ['recvtos', 'dontroute', 'broadcast', 'priority', 'ttl', 'tos']],
      'recvtos=true dontroute=true broadcast=true priority=2 ttl=9 tos=16',
    ),
  ]),
  script('TO-4: options of TCP', [
    open('p', 's'),
    at('p', ['setopts', 's', { packet: 2 }], badarg('TO-4', 'ok')),
    at('p', ['setopts', 's', { sendTimeout: 5 }], badarg('TO-4', 'ok')),
    at('p', ['setopts', 's', { nodelay: true }], badarg('TO-4', 'ok')),
  ]),
  script('TO-5: recbuf raises the buffer, up to 65536, and not one that was set', [
    open('p', 's', { buffer: 5000 }),
    at('p', ['setopts', 's', { recbuf: 20_000 }]),
    at('p', ['getopts', 's', ['buffer', 'recbuf']], 'buffer=5000 recbuf=40000'),
  ]),
  script('FC-12, FC-13: lists of options', [
    open('p', 's'),
    at('p', [
      'setopts',
      's',
      [
        ['active', 5],
        ['active', -3],
      ],
    ]),
    at('p', ['receive'], 's passive'),
    reads('p', 's', 5),
    at(
      'p',
      [
        'setopts',
        's',
        [
          ['active', 'once'],
          ['foo', 1],
        ],
      ],
      badarg('FC-13', 'error einval'),
    ),
    set('p', 's', false),
  ]),
];
