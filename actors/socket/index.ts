/** What all transports share: active modes, ownership, pending calls, errors and addresses. Imported by the transports, not by users. */
export type { Acceptable, Newcomer } from './acceptable.js';
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
export { checkAddress, checkPort, checkTimeout, type Family, familyOf, literalAddress, resolveAddress } from './addresses.js';
export { checkCaller, checkLivingCaller, checkPid } from './caller.js';
export {
  type AcceptReason,
  again,
  type BindReason,
  type ConnectReason,
  errnoError,
  type HandoffReason,
  type ListenReason,
  type NameReason,
  type OpenReason,
  type OptionReason,
  type PeeloffReason,
  type ReconfigureReason,
  type RecvReason,
  reasonOf,
  type SendReason,
  SocketError,
  type SocketErrorDetails,
} from './errors.js';
export { explain } from './explanations.js';
export { type HandoffOptions, type HandoffPlan, planHandoff } from './handoff.js';
export { defaultWatermarks, type Watermarks } from './mailboxRoom.js';
export { checkSignal, type WaitOptions } from './recvSlot.js';
export { type RunOutcome, type SendOutcome, SendQueue } from './sendQueue.js';
export { checkPortOrService, type PortOrService, portNumber } from './services.js';
export {
  type Item,
  type MessageTags,
  SocketPort,
} from './socketPort.js';
export { type Getstat, type StatName, Traffic } from './traffic.js';
