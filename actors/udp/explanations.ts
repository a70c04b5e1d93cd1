/** The meaning of the reasons that are UDP's, by call, and what helps; the others are in actors/socket/explanations.ts. */
import {
  type Explanations,
  errnoError,
  explain as explainShared,
  reasonOf,
  SocketError,
  type SocketErrorDetails,
} from '../socket/index.js';

const refused =
  'nobody has that port there: the network has said so of an earlier datagram, and this is told once; the socket goes on';
const privileges = 'it takes privileges: netns takes CAP_SYS_ADMIN, bindToDevice CAP_NET_RAW; or a firewall forbids it';

/** By call and reason, where the call makes a difference. */
const ofCall: { readonly [syscall: string]: Explanations } = {
  open: {
    eaddrinuse:
      'another socket has this port, or the path is there already: choose another (0 for any port), remove the file, or set reuseaddr or reuseport on both; if port 0 was given, no port is free',
    ebadf: '`fd` is no open descriptor',
    enotsock: '`fd` is no socket',
    eexist: 'something else in this process uses `fd` already, as node:dgram does with its own',
    enotsup: 'this system does not have an option that was given',
    einval:
      'the system does not take an option, or the path is longer than 107 bytes; `fd` must be a UDP or Unix datagram socket',
    enoent: 'there is no such file: the folder of the path, or the file given as netns',
    eperm: privileges,
  },
  connect: {
    eacces: 'it is a broadcast address: set { broadcast: true } first',
    econnrefused: 'nobody has the path open',
    enoent: 'there is no such path',
    einval:
      'the system cannot connect there: it takes a port from 1, and a link-local address needs the zone of an interface, as in fe80::1%eth0',
  },
  send: {
    einval: 'the socket has no peer: give an address and a port from 1, or connect first; or the system refuses what `anc` says',
    eisconn: 'the socket is connected to another peer: send there without an address, or disconnect first',
    emsgsize: 'a datagram holds at most 65507 bytes on IPv4 and 65527 on IPv6: send in parts',
    eacces: 'it is a broadcast address, or a firewall forbids it: set { broadcast: true } first',
    econnrefused: `${refused}; this datagram was not sent`,
    enoent: 'there is no such path',
    eprototype: 'the path is that of a socket of another type',
    enobufs: 'the system has no room for it now: the device is busy, send again later',
    eperm: 'a firewall of this host forbids it',
    enetdown: 'the network device is down',
  },
  recv: {
    econnrefused: refused,
    ehostunreach: 'the network says that nothing leads to the peer; the socket goes on',
    emsgsize: 'the network says that an earlier datagram was longer than its way takes; the socket goes on',
    enoprotoopt: 'the network says that the peer does not speak UDP; the socket goes on',
    eproto: 'the network says that it could not read an earlier datagram; the socket goes on',
  },
  peername: { enotconn: 'it has no peer: datagrams come from anybody; connect first' },
};

/** What `reason` means when `syscall` gives it, and what helps. Undefined for what nobody foresaw. */
export function explain(syscall: string, reason: string): string | undefined {
  return ofCall[syscall]?.[reason] ?? explainShared(syscall, reason);
}

/** An error with the explanation of its reason, unless `details` have one. */
export function udpError<Reason extends string>(
  reason: Reason,
  syscall: string,
  details: SocketErrorDetails = {},
): SocketError<Reason> {
  return new SocketError(reason, syscall, { ...details, detail: details.detail ?? explain(syscall, reason) });
}

/** The error of a call into the stack that gave `result`, a negative errno. */
export function udpErrnoError<Reason extends string>(
  result: number,
  syscall: string,
  details: SocketErrorDetails = {},
): SocketError<Reason> {
  return errnoError(result, syscall, { ...details, detail: details.detail ?? explain(syscall, reasonOf(-result)) });
}
