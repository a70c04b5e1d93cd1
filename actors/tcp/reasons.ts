/**
 * Reasons, by the calls that can give them, for calls that are TCP's own or fail in ways of their own; the others are in actors/socket/errors.ts. The types list
 * the reasons that the stacks are known to give; any other error of a system comes as the atom of its errno.
 */
import type { InetOptionReason, NameReason, RecvReason } from '../socket/index.js';

/** Why a connection has ended, if not by its peer's end: in `tcp_error`, and once from `recv`. */
export type EndReason = 'econnreset' | 'emsgsize' | 'etimedout' | 'ehostunreach' | 'enetunreach' | 'enobufs' | 'enomem';
export type TcpRecvReason = RecvReason | EndReason | 'enotconn' | 'not_owner';
export type SendReason =
  | 'closed'
  | 'timeout'
  | 'aborted'
  | 'emsgsize'
  | 'econnreset'
  | 'enotconn'
  | 'not_owner'
  | 'enobufs'
  | 'enomem';
/** 'ebadf': of `sockname`, once the end has been read (TC-6). */
export type TcpNameReason = NameReason | 'ebadf';
/** Of `setopts`. */
export type TcpOptionReason = InetOptionReason | 'not_owner';
export type TcpReadyReason = 'closed' | 'enotconn';
export type ShutdownReason = 'closed' | 'enotconn' | 'not_owner';
export type UnrecvReason = 'closed' | 'enotconn' | 'enomem' | 'not_owner';
export type ConnectReason =
  | InetOptionReason
  | 'timeout'
  | 'aborted'
  | 'econnrefused'
  | 'econnreset'
  | 'etimedout'
  | 'ehostunreach'
  | 'enetunreach'
  | 'eafnosupport'
  | 'nxdomain'
  | 'eacces'
  | 'eperm'
  | 'ebadf'
  | 'enotsock'
  | 'eisconn'
  | 'eagain'
  | 'emfile'
  | 'enfile'
  | 'enoent'
  | 'eprototype';
export type TcpListenReason =
  | InetOptionReason
  | 'eacces'
  | 'eafnosupport'
  | 'ebadf'
  | 'enotsock'
  | 'emfile'
  | 'enfile'
  | 'enoent'
  | 'enotdir'
  | 'eperm'
  | 'erofs'
  | 'nxdomain';
