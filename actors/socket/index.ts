/** Shared by all transports: ownership, flow control, waiting calls, batches, options, errors and addresses. Imported by the transports, not by users. */
export { type Acceptable, listensForServer, type Newcomer, noteServerListener } from './acceptable.js';
export { type AcceptOutcome, Accepts, backlogWord } from './accepts.js';
export {
  type Active,
  type ActiveState,
  type ActiveStep,
  activeMax,
  activeMin,
  activeValue,
  isActive,
  openActive,
  passive,
  setActiveList,
} from './activeMode.js';
export {
  checkAddress,
  checkPort,
  checkTimeout,
  type Family,
  familyOf,
  literalAddress,
  resolveAddress,
  resolveAddresses,
  resolveWithin,
} from './addresses.js';
export { AddressReader, formatV4, formatV6 } from './addressReader.js';
export { Backlog, type BacklogSetup } from './backlog.js';
export { BatchWriter } from './batchWriter.js';
export { ByteQueue } from './byteQueue.js';
export { charging, checkCaller, checkLivingCaller, checkPid } from './caller.js';
export { type BatchTaker, Demultiplexer } from './demultiplexer.js';
export {
  type AcceptReason,
  again,
  endError,
  errnoError,
  type HandoffReason,
  type ListenReason,
  type NameReason,
  type OptionReason,
  type RecvReason,
  reasonOf,
  SocketError,
  type SocketErrorDetails,
} from './errors.js';
export { type Explanations, explain } from './explanations.js';
export { FlowControl, flowOfPort } from './flowControl.js';
export { Framer, type Framing, framed, headerBytes, noPacket, packetTooLong } from './framer.js';
export { type HandoffOptions, type HandoffPlan, planHandoff, type SocketMessage } from './handoff.js';
export type { InetHandle } from './inetHandle.js';
export {
  checkInetAddress,
  checkLocalPort,
  type InetAddress,
  inetLiteral,
  isLocalName,
  type LocalName,
  pathOf,
  peername,
  resolveInet,
  type SockName,
  sockNameOf,
  sockname,
} from './inetNames.js';
export { familyOfAddress, type InetOpening, type InetOpeningOptions, openParamsOf, planOpening } from './inetOpening.js';
export {
  type InetCodec,
  type InetOptionList,
  type InetOptions,
  type InetTable,
  inetOptions,
  type RawOption,
} from './inetOptions.js';
export { type InetKept, InetOptionsInForce } from './inetOptionsInForce.js';
export {
  type AskedInet,
  checkInetNames,
  type InetOptionNames,
  type InetPlan,
  type InetSetting,
  planInet,
  planPairs,
} from './inetPlan.js';
export { applyToNew, type InetOptionReason } from './inetSettings.js';
export { type AddressWords, addressWords, interfaceIndex } from './inetWords.js';
export { type IoData, type IoList, toBytes } from './ioData.js';
export type { KeptOptions } from './keptOptions.js';
export { Lifecycle } from './lifecycle.js';
export { Limits } from './limits.js';
export { defaultWatermarks, type Watermarks } from './mailboxRoom.js';
export * from './optionCodec.js';
export {
  isCount,
  type KeptPlan,
  KeptPlanner,
  type Mode,
  marksAfter,
  type Pair,
  pairsOf,
  soleActive,
} from './optionPairs.js';
export { decideHandoff, exitCloses } from './owner.js';
export { listOfBytes, PayloadReader } from './payloadReader.js';
export { checkSignal, checkWait, type Wait, type WaitOptions } from './recvSlot.js';
export type { SendLimits } from './sendLane.js';
export { type RunOutcome, type SendOutcome, SendQueue, sent } from './sendQueue.js';
export { checkedPortNumber, checkPortOrService, type PortOrService, portNumber } from './services.js';
export { offAbort, onAbort } from './signalWaits.js';
export { type CheckedAddr, checkSockAddr, isSockAddr, type SockAddr, type SockAddress, type SockAddrMap } from './sockAddr.js';
export { type InForce, SocketOptions } from './socketOptions.js';
export { SocketPort } from './socketPort.js';
export type { Item, MessageTags, Source, StreamEnd } from './source.js';
export { detach, glance, recallMessages, refusalOf, seal, type Unsealed, whenEnded } from './takeover.js';
export { type Getstat, type StatName, statistics, Traffic } from './traffic.js';
