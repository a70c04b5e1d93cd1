/** Behaviours: actors of a known kind, to be filled in. Mirrors OTP's. */
export {
  type Action,
  type CallResult,
  type GenServer,
  type GenServerOptions,
  genServer,
  type InitResult,
  type NoReply,
  type ServerMessage,
} from './genServer.js';
export type { GrowingDelay, RestartDelay } from './restartDelay.js';
export { StartError, type StartOptions } from './start.js';
export { type MachineMessage, type MachineOf, type StateMachineOptions, stateMachine } from './stateMachine.js';
export {
  type ChildCounts,
  type ChildInfo,
  type ChildSpec,
  type DynamicSpec,
  type FixedSpec,
  SupervisorError,
  type SupervisorMessage,
  type SupervisorSpec,
  supervisor,
} from './supervisor.js';
export { type BehaviourStatus, stop, sys, type TraceEvent, type TraceOptions, type TraceSink } from './sys.js';
export { type Task, type TaskOutcome, task } from './task.js';
