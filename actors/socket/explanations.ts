/**
 * The meaning of each reason and what helps, for people who read a message in a log and have no table before them; those that are the same for every transport.
 * Programs match on `reason`. A call that knows more of the case than its name and reason say gives a `detail` of its own instead.
 */

export type Explanations = { readonly [reason: string]: string };

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
  },
  accept: {
    einval: 'the socket does not listen: call `await socket.listen(true)` first',
    timeout: 'nobody came in the time given; whoever comes later waits for the next accept',
  },
};

/** What `reason` means when `syscall` gives it, and what helps. Undefined for what nobody foresaw. */
export function explain(syscall: string, reason: string): string | undefined {
  return ofCall[syscall]?.[reason] ?? ofReason[reason];
}
