/**
 * The meaning of each reason and what helps, for people who read a message in a log and have no table before them; those that are the same for every transport.
 * Programs match on `reason`. A call that knows more of the case than its name and reason say gives a `detail` of its own instead.
 */

export type Explanations = { readonly [reason: string]: string };

const noDescriptor = 'no file descriptor is free: raise the limit (ulimit -n), or close sockets';
const noMemory = 'the system has no memory for it now';
const noConnection = 'the connection has ended, or the socket listens';
/** The bytes would be shared between the recv and the new reader. */
const awaited = 'a recv waits for data of this socket, or a Duplex reads it already: await the recv, or end it by its `signal`';
const aStream = '`fd` must be a TCP or Unix stream socket that this process does not use yet, without a connection';
const ofDescriptor: Explanations = { ebadf: '`fd` is no open descriptor', enotsock: '`fd` is no socket' };
const handOffs = 'to give it to an actor, name one that is alive';

/** By reason alone. */
const ofReason: Explanations = {
  closed: 'the socket is closed: by a call of close, or since its owner or the connection has ended',
  aborted: 'its `signal` was aborted; nothing has happened',
  nxdomain: 'the name stands for no address of the family of this socket',
  tls_alert: 'one end refuses the other in the words of TLS that `alert` of the socket has',
  eafnosupport:
    "the address is of another family than the socket: open it with { family: 'inet6' } for IPv6, or without for IPv4",
  eaddrinuse:
    'another open socket, of this process or of another, has this port: choose another, 0 for any, or close the other; if 0 was given, no port is free',
  eaddrnotavail: 'no interface of this host has this address',
  eacces: 'the system does not allow it: ports below 1024 take privileges, and a firewall may forbid an address',
  eperm: 'it takes privileges: netns takes CAP_SYS_ADMIN, bindToDevice CAP_NET_RAW',
  enodev: 'there is no network device of the name given as bindToDevice',
  enoent: 'there is no file as the one given as netns: `ip netns add NAME` makes /run/netns/NAME',
  emfile: noDescriptor,
  enfile: noDescriptor,
  enobufs: noMemory,
  enomem: noMemory,
  ehostunreach: 'the network says that nothing leads to this address',
  enetunreach: 'this host has no route to this address',
  not_alive: `the owner-to-be has ended: ${handOffs}`,
  not_owner: 'only the owner of a socket may give it away: call it from the actor that `owner` names',
  badarg: `the new owner has ended, and the socket stays where it is: ${handOffs}`,
  enotconn: 'it has no peer: connect first',
};

/** By call and reason, where the call makes a difference. */
const ofCall: { readonly [syscall: string]: Explanations } = {
  recv: {
    einval: 'the socket is active, and its items come as messages: take them by self.receive(), or set { active: false } first',
    ealready: 'another recv waits already: await it before the next',
    timeout: 'nothing came in the time given; the socket is as it was',
    enotconn: 'a socket that listens receives nothing: `accept` gives its connections',
    emsgsize:
      'the peer has announced a packet that is longer than packetSize allows (64 MiB unless set), so the connection has ended: raise packetSize, if the peer is right',
    econnreset: 'the peer has reset the connection',
  },
  send: {
    nxdomain: 'the name stands for no address of the family of this socket; the arguments are address, port, data',
    timeout: 'there was no room in the time of sendTimeout, as the peer does not read; nothing of it has been sent',
  },
  connect: {
    econnrefused: 'nobody listens there: see whether the server runs, and listens at this address and port',
    timeout: 'there was no answer in the time given, and the attempt has been dropped',
    etimedout: 'there is no answer, and the system has given up: see whether the address is right, and a firewall on the way',
    enoent: 'there is no socket of this path, or no file as the one given as netns',
    einval: `the system cannot connect there: a path has 1 to 107 bytes, and a link-local address needs the zone of an interface that is there, as in fe80::1%eth0; ${aStream}`,
    eaddrnotavail:
      'no interface of this host has the own address, given by `ip`; or no local port is free for a connection to this peer',
    eisconn: `\`fd\` has a connection already; ${aStream}`,
    ...ofDescriptor,
    eaddrinuse:
      'the own end, given by `ip` and `port`, belongs to another connection, or to one that has ended a moment ago: leave `port` out',
  },
  listen: {
    eaddrinuse:
      'another socket listens there, or connections of an earlier listener are left: choose another port, or set reuseaddr on the earlier and the new listener; the file of a local socket stays until it is removed; if port 0 was given, no port is free',
    enoent: 'there is no folder for this path, or no file as the one given as netns',
    einval: `the system cannot listen there: a path has 1 to 107 bytes, and a link-local address needs the zone of an interface that is there, as in fe80::1%eth0; ${aStream}`,
    ...ofDescriptor,
  },
  unrecv: { enotconn: noConnection },
  shutdown: { enotconn: noConnection },
  toDuplex: { enotconn: noConnection, ealready: awaited },
  upgrade: { ealready: awaited },
  messages: { enotconn: 'a socket that listens receives nothing: `accept` gives its connections' },
  accept: {
    einval: 'the socket does not listen: call `await socket.listen(true)` first',
    emfile: `${noDescriptor}; the connection stays queued, and can be accepted later`,
    timeout: 'nobody came in the time given; whoever comes later waits for the next accept',
  },
};

/** What `reason` means when `syscall` gives it, and what helps. Undefined for what nobody foresaw. */
export function explain(syscall: string, reason: string): string | undefined {
  return ofCall[syscall]?.[reason] ?? ofReason[reason];
}
