/** The errors of this folder's calls: `SocketError`s whose text says what the reason means here. */
import type { Pid } from '../../runtime/index.js';
import { charge } from '../../runtime/ports.js';
import { SocketError } from '../socket/index.js';

const stopped = 'the server was stopped, or the actor that started it has ended';
const ended = 'the client has disconnected, the server was stopped, or the peer is lost';

const explanations: Readonly<Record<string, string>> = {
  closed: ended,
  ebadmsg: 'the peer has sent what the codec does not take, and the connection has ended: see that both ends have the same codec',
  ealready: 'another call waits already, or a `handle` is at work: await it first',
  enomsg: 'no message waits that could be replied to: receive one first, or call `send`',
  eproto: 'who answered is no server of messages, or one of another version',
};

/** What 'emsgsize' means depends on whose message is too long. */
const tooLong: Readonly<Record<string, string>> = {
  own: 'the message is longer than `maxMessageBytes`; nothing was sent, and the connection stays',
  peers: 'the peer has sent a message longer than `maxMessageBytes`, and the connection has ended',
};

/** An error of `syscall`, charged to the actor `caller`: if nobody awaits it, that actor ends. */
export function failure<Reason extends string>(
  reason: Reason,
  syscall: string,
  caller: Pid,
  more: { readonly address?: string; readonly port?: number; readonly detail?: string; readonly whose?: 'own' } = {},
): SocketError<Reason> {
  const { address, port, whose = 'peers' } = more;
  const detail =
    more.detail ??
    (reason === 'emsgsize' ? tooLong[whose] : syscall === 'accept' && reason === 'closed' ? stopped : explanations[reason]);
  return charge(new SocketError(reason, syscall, { address, port, detail }), caller);
}
