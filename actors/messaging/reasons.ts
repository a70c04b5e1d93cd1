/** The reasons of failures, by the calls that can give them. Every failure is a `SocketError`, with an atom in Erlang's spelling. */
import type { OpenReason, ConnectReason as SctpConnectReason } from '../sctp/index.js';
import type { ConnectReason as TcpConnectReason, TcpListenReason } from '../tcp/index.js';

/**
 * Why a connection has ended: 'closed' (the client has disconnected, the server was stopped, or the transport has lost the peer), 'ebadmsg' (the peer sent
 * something that the codec does not take), 'emsgsize' (the peer sent, or announced, a message that is longer than `maxMessageBytes`).
 */
export type EndReason = 'closed' | 'ebadmsg' | 'emsgsize';
export type StartReason = TcpListenReason | OpenReason;
/** 'eproto': who answered is no server of messages. */
export type ConnectReason = TcpConnectReason | SctpConnectReason | OpenReason | 'eproto' | 'closed' | 'timeout' | 'aborted';
export type AcceptReason = 'closed' | 'timeout' | 'aborted';
/** 'emsgsize' also where the message itself is too long: the connection stays. */
export type SendReason = EndReason;
/** 'ealready': another call waits for a message of the connection already. */
export type ReceiveReason = EndReason | 'ealready' | 'timeout' | 'aborted';
/** 'enomsg': no message waits that could be replied to. */
export type ReplyReason = EndReason | 'enomsg';
