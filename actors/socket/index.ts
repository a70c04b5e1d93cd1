/** Shared by all transports: ownership, flow control, waiting calls, batches, options, errors and addresses. Imported by the transports, not by users. */
export type { Acceptable, Newcomer } from './acceptable.js';
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
  resolveWithin,
} from './addresses.js';
export { AddressReader, formatV4, formatV6 } from './addressReader.js';
export { checkCaller, checkLivingCaller, checkPid } from './caller.js';
export { type BatchTaker, Demultiplexer } from './demultiplexer.js';
export {
  type AcceptReason,
  again,
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
export { FlowControl, flowOfPort, type Item, type MessageTags, type Source } from './flowControl.js';
export { type HandoffOptions, type HandoffPlan, planHandoff, type SocketMessage } from './handoff.js';
export { defaultWatermarks, type Watermarks } from './mailboxRoom.js';
export * from './optionCodec.js';
export { listOfBytes, PayloadReader } from './payloadReader.js';
export { checkSignal, type WaitOptions } from './recvSlot.js';
export { type RunOutcome, type SendOutcome, SendQueue } from './sendQueue.js';
export { checkPortOrService, type PortOrService, portNumber } from './services.js';
export { SocketPort } from './socketPort.js';
export { type Getstat, type StatName, statistics, Traffic } from './traffic.js';
