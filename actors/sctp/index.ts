/**
 * SCTP sockets for actors: Erlang's gen_sctp. `sctp.open` gives a socket with one owner, whose messages are `SctpMessage`s; the rest are methods of
 * the socket.
 */
import type { SctpMessage, SctpSocketMessage } from './messages.js';
import { createSctp } from './open.js';
import { stacks } from './stacks.js';

export {
  type AcceptReason,
  type Active,
  type Getstat,
  type HandoffOptions,
  type HandoffReason,
  type IoData,
  type IoList,
  type ListenReason,
  type NameReason,
  type OptionReason,
  type RecvReason,
  type SockAddr,
  type SockAddress,
  type SockAddrMap,
  SocketError,
  type SocketErrorDetails,
  type WaitOptions,
} from '../socket/index.js';
export { type CarrierStats, type DatagramsOptions, type PacketEnd, SctpCarrier } from './carrier.js';
export type * from './events.js';
export type { SctpSocketInfo } from './info.js';
export type { SctpMemory, SctpMemoryLimits } from './memory.js';
export type {
  SctpDataMessage,
  SctpErrorMessage,
  SctpMessage,
  SctpPassiveMessage,
  SctpSocketMessage,
} from './messages.js';
export type { Sctp } from './open.js';
export type { SctpOpenOptions } from './openOptions.js';
export type {
  ChunkType,
  HmacIdent,
  PeerAddrFlag,
  SctpAssocFlag,
  SctpAssocparams,
  SctpAssocStats,
  SctpAssocValue,
  SctpAuthchunks,
  SctpAuthkey,
  SctpAuthkeyid,
  SctpCongestionControl,
  SctpCongestionControlName,
  SctpDefaultPrinfo,
  SctpDefaultSendParam,
  SctpEnableStreamReset,
  SctpEventSubscribe,
  SctpInitmsg,
  SctpPaddrinfo,
  SctpPaddrparams,
  SctpPrAbandoned,
  SctpPrim,
  SctpPrstatus,
  SctpRtoinfo,
  SctpSetadaptation,
  SctpSetpeerprim,
  SctpStatus,
  SctpStreamScheduler,
  SctpStreamSchedulerName,
  SctpStreamValue,
  SctpUdpencaps,
} from './optionRecords.js';
export type { OptionKeyRecord, OptionList, OptionNames, SctpOptions, SctpReadableOptions } from './options.js';
export { ppids } from './ppids.js';
export type {
  BindReason,
  ConnectReason,
  OpenReason,
  PeeloffReason,
  ReconfigureReason,
  SendReason,
} from './reasons.js';
export type { Ancillary, SctpData, SctpItem, SctpReceived } from './received.js';
export type { AssocRef, PrPolicy, SendInfo, SendOptions } from './sending.js';
export { SctpSocket } from './socket.js';
export type { StackChoice, StackName } from './stacks.js';
export type { StreamsToAdd, StreamsToReset } from './streams.js';

declare module '../../runtime/message.js' {
  interface PortMessages {
    sctp: SctpMessage | SctpSocketMessage;
  }
}

/** gen_sctp over the stacks of this machine. */
export const sctp = createSctp(stacks);
