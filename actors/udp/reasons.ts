/**
 * Reasons, by the calls that can give them, for calls that are UDP's own or fail in ways of their own; the others are in actors/socket/errors.ts. docs/udp.md has the
 * table of all. The types list the reasons that the stacks are known to give; any other error of a system comes as the atom of its errno.
 */
import type { RecvReason } from '../socket/index.js';

export type UdpOpenReason =
  | 'eaddrinuse'
  | 'eaddrnotavail'
  | 'eacces'
  | 'eafnosupport'
  | 'ebadf'
  | 'einval'
  | 'emfile'
  | 'enfile'
  | 'enobufs'
  | 'enodev'
  | 'enoent'
  | 'enomem'
  | 'enotsock'
  | 'eexist'
  | 'enotsup'
  | 'eperm'
  | 'nxdomain';

export type UdpConnectReason =
  | 'closed'
  | 'eacces'
  | 'eaddrnotavail'
  | 'eafnosupport'
  | 'econnrefused'
  | 'ehostunreach'
  | 'einval'
  | 'enetunreach'
  | 'enoent'
  | 'enomem'
  | 'nxdomain';

export type UdpSendReason =
  | 'aborted'
  | 'closed'
  | 'eacces'
  | 'eaddrnotavail'
  | 'eafnosupport'
  | 'econnrefused'
  | 'ehostunreach'
  | 'einval'
  | 'eisconn'
  | 'emsgsize'
  | 'enetdown'
  | 'enetunreach'
  | 'enobufs'
  | 'enoent'
  | 'enomem'
  | 'eperm'
  | 'eprototype'
  | 'nxdomain';

/** What the network says of an earlier datagram (UE-2, UE-3). */
export type UdpErrorReason = 'econnrefused' | 'ehostunreach' | 'emsgsize' | 'enetunreach' | 'enoprotoopt' | 'eproto';

/** `recv` also tells what the network has said of an earlier send, once (UE-3, RV-12). */
export type UdpRecvReason = RecvReason | UdpErrorReason;
