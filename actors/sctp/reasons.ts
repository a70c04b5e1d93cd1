/**
 * Reasons, by the calls that can give them, for calls that are SCTP's own or fail in ways of their own; the others are in actors/socket/errors.ts. docs/sctp.md has
 * the table of all. The types list the reasons that the stacks are known to give; any other error of a system comes as the atom of its errno.
 */
export type OpenReason =
  | 'closed'
  | 'eaddrinuse'
  | 'eaddrnotavail'
  | 'eacces'
  | 'eafnosupport'
  | 'emfile'
  | 'enfile'
  | 'enobufs'
  | 'enodev'
  | 'enoent'
  | 'enomem'
  | 'enotsup'
  | 'eperm'
  | 'eprotonosupport'
  | 'esocktnosupport'
  | 'nxdomain'
  | 'not_alive';
export type SendReason = 'closed' | 'aborted' | 'eagain' | 'epipe' | 'eshutdown' | 'einval' | 'emsgsize';
export type BindReason =
  | 'closed'
  | 'einval'
  | 'ebusy'
  | 'eacces'
  | 'eaddrinuse'
  | 'eaddrnotavail'
  | 'eafnosupport'
  | 'enotsup'
  | 'nxdomain';
export type ReconfigureReason = 'closed' | 'einval' | 'eagain' | 'enomem' | 'enoprotoopt' | 'einprogress' | 'enotconn';
export type ConnectReason =
  | 'closed'
  | 'timeout'
  | 'cant_assoc'
  | 'comm_lost'
  | 'restart'
  | 'shutdown_comp'
  | 'ealready'
  | 'eisconn'
  | 'eaddrnotavail'
  | 'eafnosupport'
  | 'einval'
  | 'enobufs'
  | 'eacces'
  | 'ehostunreach'
  | 'enetunreach'
  | 'enomem'
  | 'enotsup'
  | 'nxdomain';
/** Also of `handOff`, which alone gives 'badarg'. */
export type PeeloffReason = 'closed' | 'einval' | 'enotsup' | 'ebusy' | 'badarg' | 'not_alive' | 'emfile' | 'enfile' | 'enomem';
