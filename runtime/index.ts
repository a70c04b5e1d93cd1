/** The actor runtime: processes, mailboxes, links and monitors. It knows nothing of sockets. */
export { exit, isAlive, type ProcessInfo, processInfo, send } from './actor.js';
export type { MailboxOptions } from './bound.js';
export {
  type AnswerOf,
  type Asks,
  type Call,
  type Cast,
  type CastOf,
  call,
  cast,
  type RequestOf,
  replyTo,
} from './call.js';
export { CallError, type From } from './caller.js';
export { type Clock, realClock, type Timer } from './clock.js';
export { printCrash } from './crash.js';
export { ActorExit, BadArg, NoProc } from './errors.js';
export {
  type DownMessage,
  type ExitMessage,
  type Message,
  type PortMessages,
  type RefGuard,
  reply,
  type TagGuard,
  tag,
} from './message.js';
export { observer } from './observer.js';
export { isPid, makeRef, type Pid, Ref } from './pid.js';
export type { Port } from './port.js';
export type { Handler, HandlerInit } from './process.js';
export { type Name, name, register, registered, unregister, whereis } from './registry.js';
export type { ReportLogger, ReportOptions } from './reportOptions.js';
export type {
  CrashReport,
  ExitReport,
  LongMessageQueueReport,
  LongScheduleReport,
  ObserverEvents,
  OverflowReport,
  SlowStartReport,
  SpawnReport,
} from './reports.js';
export type { AnySelf, ReceiveOptions, Self, Tagged } from './self.js';
export { isAbnormal } from './signals.js';
export { isSelf, mainActor, type SpawnOptions, spawn, spawnHandler, spawnLink, spawnMonitor } from './spawn.js';
export type { StopOptions } from './stop.js';
export { createSystem, defaultSystem, processes, type System, type SystemOptions } from './system.js';
export { cancelTimer, readTimer, sendAfter, startTimer, type TimeoutMessage, type TimerRef } from './timers.js';
