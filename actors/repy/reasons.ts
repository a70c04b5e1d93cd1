/**
 * What the calls of repy raise: a `SocketError` whose `syscall` is the name of the call. The document says when a call raises, and not by which names; these are Erlang's
 * atoms. The types list what is known; any other error of the system comes as the atom of its errno.
 */
import { ActorExit, type Pid } from '../../runtime/index.js';
import { charge } from '../../runtime/ports.js';
import { type Explanations, explain, SocketError, type SocketErrorDetails } from '../socket/index.js';
import type { ConnectReason, TcpListenReason } from '../tcp/index.js';
import type { UdpOpenReason, UdpSendReason } from '../udp/index.js';

/** 'eaddrinuse': tcp_conn_table has the tuple, or the system. 'emfile': no socket is free. 'closed': the sandbox has ended. The rest is said by the network. */
export type OpenconnReason = ConnectReason | 'closed';
/** 'system_limit': no event is free for the socket selector. 'closed': the sandbox has ended. */
export type WaitforconnReason = TcpListenReason | 'system_limit' | 'closed';
/** As of waitforconn; 'eaddrinuse' also where this sandbox listens at the tuple already. */
export type RecvmessReason = UdpOpenReason | 'system_limit' | 'closed';
export type SendmessReason = UdpOpenReason | UdpSendReason;
/** 'closed': this side has called `close`, or the remote end has gone and all that it delivered has been read; of `send` also when the remote end has gone. */
export type RepySocketReason = 'closed' | 'enobufs' | 'enomem' | 'etimedout' | 'ehostunreach' | 'enetunreach';

/** The names of the calls, as errors have them. */
export type RepyCall = 'openconn' | 'waitforconn' | 'recvmess' | 'sendmess' | 'send' | 'recv' | 'willblock';

const takenByOther = 'another socket of this machine has this ip and port: choose another port, or 0 for any that is free';
/** What a reason means where the layer below would say it in words of its own. */
const ofCall: { readonly [call in RepyCall]?: Explanations } = {
  openconn: {
    eaddrinuse:
      'the local end belongs to a listener or another connection of this machine, or to one that has ended a moment ago: leave localport out',
  },
  waitforconn: { eaddrinuse: takenByOther },
  recvmess: { eaddrinuse: takenByOther },
  sendmess: { eaddrinuse: 'another socket of this machine has localip and localport: leave localport out' },
};

const gone: ReadonlySet<string> = new Set(['closed', 'etimedout', 'ehostunreach', 'enetunreach']);

/** Whether an error says no more than that a connection is over, which is nobody's fault. */
export function saysRemoteHasGone(error: unknown): boolean {
  return error instanceof SocketError && (error.syscall === 'send' || error.syscall === 'recv') && gone.has(error.reason);
}

/** An error of a call, which ends its caller if nobody awaits it. */
export function raised(reason: string, call: RepyCall, caller: Pid, details: SocketErrorDetails = {}): SocketError {
  return charge(new SocketError(reason, call, details), caller);
}

/** The failure of the layer below as one of the call that the user has made. Errors of other kinds stay as they are. */
export function asOwn(error: unknown, call: RepyCall, caller: Pid): unknown {
  if (error instanceof ActorExit) {
    return raised('closed', call, caller, { detail: 'the sandbox has ended, as the actor has that created it' });
  }
  if (!(error instanceof SocketError)) return error;
  const { reason, address, port, syscall } = error;
  return raised(reason, call, caller, { address, port, detail: ofCall[call]?.[reason] ?? explain(syscall, reason) });
}
