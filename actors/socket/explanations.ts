/**
 * What each reason means and what helps, for people who read a message in a log and do not have the table of docs/sctp.md before them. Programs match on
 * `reason`. Where a call knows more of the case than its name and reason say, it gives a `detail` of its own instead.
 */

type Explanations = { readonly [reason: string]: string };

const noAssociation =
  'there is no such association on this socket, or no more: ids come with comm_up and end with comm_lost or shutdown_comp';
const noDescriptor = 'no file descriptor is free: raise the limit (ulimit -n), or close sockets';
const noMemory = 'the system has no memory for it now';
const handOffs = 'to give it to an actor, name one that is alive';

/** By reason alone. */
const ofReason: Explanations = {
  closed: 'the socket is closed: by a call of close, or since its owner has ended',
  aborted: 'its `signal` was aborted; nothing has happened',
  nxdomain: 'the name stands for no address of the family of this socket',
  eafnosupport:
    "the address is of another family than the socket: open it with { family: 'inet6' } for IPv6, or without for IPv4",
  eaddrinuse: 'another open socket, of this process or of another, has this port: choose another, 0 for any, or close the other',
  eaddrnotavail: 'no interface of this host has this address',
  eacces: 'the system does not allow it: ports below 1024 take privileges, and a firewall may forbid an address',
  eperm: 'it takes privileges: netns takes CAP_SYS_ADMIN, bindToDevice CAP_NET_RAW',
  enodev: 'there is no network device of the name given as bindToDevice',
  enoent: 'there is no file as the one given as netns: `ip netns add NAME` makes /run/netns/NAME',
  enotsup: 'the stack of this socket cannot do this; the table of options in docs/sctp.md says which can',
  esocktnosupport: 'this kernel has no SCTP: load its module (modprobe sctp), or leave `stack` out to have the embedded stack',
  eprotonosupport: 'this kernel has no SCTP: load its module (modprobe sctp), or leave `stack` out to have the embedded stack',
  emfile: noDescriptor,
  enfile: noDescriptor,
  enobufs: noMemory,
  enomem: noMemory,
  ehostunreach: 'the network says that nothing leads to this address',
  enetunreach: 'this host has no route to this address',
  not_alive: `the owner-to-be has ended: ${handOffs}`,
  not_owner: 'only the owner of a socket may give it away: call it from the actor that `owner` names',
  badarg: `the new owner has ended, and the socket stays where it is: ${handOffs}`,
  enotconn: 'it has no peer: name the association, or connect first',
  enoprotoopt:
    'one of the peers has not enabled it: both set sctpReconfigSupported before they associate, and sctpEnableStreamReset',
  einprogress: 'a re-configuration of this association is under way: its event tells when the next may begin',
  eopnotsupp: "only sockets of type 'stream' accept",
};

/** By call and reason, where the call makes a difference. */
const ofCall: { readonly [syscall: string]: Explanations } = {
  listen: {
    einval:
      'a peeled-off or accepted socket cannot listen, nor one of type stream that is connected; `false` is for one that listens',
  },
  connect: {
    timeout: 'nobody has answered in the time given; the attempt goes on, and its change comes as an item of the socket',
    eisconn:
      'this socket has an association with this peer already: use that, whose id came with its comm_up, or open another socket',
    ealready: 'an association with this peer is being set up already: its change will come',
    einval:
      'the stack cannot connect there: an address of one host and a port from 1 are needed, and a socket of type stream connects once',
    comm_lost: 'the association broke before it was up; `event.error` has the cause',
    restart: 'the peer began anew before the association was up',
    shutdown_comp: 'the association was shut down before it was up',
  },
  send: {
    epipe: noAssociation,
    eshutdown:
      'the association is being shut down, by `eof`, `close` or the peer: it takes nothing more; wait for its shutdown_comp',
    einval:
      'the stack does not take such a message: it names a stream beyond those agreed, is empty, or has a flag that the stack does not know',
    emsgsize: 'the message is larger than `sndbuf`: raise it, or send in parts',
    eagain:
      'the send buffer is full and nonBlockSend is set: send again later, or leave nonBlockSend off, and `send` waits for room',
  },
  eof: {
    epipe: noAssociation,
    einval: "a socket of type 'stream' that was not peeled off ends its association by `close`",
  },
  abort: {
    epipe: noAssociation,
    einval: "a socket of type 'stream' that was not peeled off aborts its association by linger [true, 0] and `close`",
  },
  recv: {
    einval: 'the socket is active, and its items come as messages: take them by self.receive(), or set { active: false } first',
    ealready: 'another recv waits already: await it before the next',
    timeout: 'nothing came in the time given; the socket is as it was',
  },
  accept: {
    einval: 'the socket does not listen: call `await socket.listen(true)` first',
    timeout: 'nobody came in the time given; whoever comes later waits for the next accept',
  },
  peeloff: {
    einval: `${noAssociation}; and a socket of type stream has none to give away`,
    ebusy: 'a connect or a send of this association waits: await it first',
  },
  bindx: {
    einval:
      'the stack does not take the address: it must be one host’s, and not be bound already, or be bound if it is taken away',
    ebusy: 'the last address cannot be taken away: add another first',
  },
  names: {
    einval: noAssociation,
  },
  reconfigure: {
    einval: `${noAssociation}, or the numbers are beyond its streams`,
    eagain: 'something is under way on these streams: try again when it has been acknowledged',
    enotconn: 'the association is not up: wait for its comm_up',
  },
};

/** Calls that share the explanations of another, but for their own. */
const sameAs: { readonly [syscall: string]: string } = {
  eof: 'send',
  abort: 'send',
  connectInit: 'connect',
  connectxInit: 'connect',
  handOff: 'peeloff',
  sockname: 'names',
  socknames: 'names',
  peername: 'names',
  peernames: 'names',
  resetStreams: 'reconfigure',
  resetAssoc: 'reconfigure',
  addStreams: 'reconfigure',
};

/** What `reason` means when `syscall` gives it, and what helps. Undefined for what nobody foresaw. */
export function explain(syscall: string, reason: string): string | undefined {
  return ofCall[syscall]?.[reason] ?? ofCall[sameAs[syscall] ?? syscall]?.[reason] ?? ofReason[reason];
}
