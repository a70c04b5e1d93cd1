/** Behaviours: actors of a known kind, to be filled in. Mirrors OTP's. */
export type { Action, CallResult, GenServer, InitResult, NoReply, ServerMessage } from './callbacks.js';
export type { ChildSpec } from './child.js';
export { type GenServerOptions, genServer } from './genServer.js';
export type { GrowingDelay, RestartDelay } from './restartDelay.js';
export { StartError, type StartOptions } from './start.js';
export { type MachineMessage, type MachineOf, type StateMachineOptions, stateMachine } from './stateMachine.js';
export { SupervisorError, supervisor } from './supervisor.js';
export type { ChildCounts, ChildInfo, SupervisorMessage } from './supervisorRequest.js';
export type { DynamicSpec, FixedSpec, SupervisorSpec } from './supervisorSpec.js';
export { type BehaviourStatus, stop, sys, type TraceEvent, type TraceOptions, type TraceSink } from './sys.js';
export { type Task, type TaskOutcome, task } from './task.js';
