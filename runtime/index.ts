/** The actor runtime: processes, mailboxes, links and monitors. It knows nothing of sockets. */
export { exit, isAlive, type ProcessInfo, processInfo, send } from './actor.js';
export { type Clock, realClock, type Timer } from './clock.js';
export { ActorExit, BadArg } from './errors.js';
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
export {
  type CrashReport,
  type ExitReport,
  type ObserverEvents,
  observer,
  printCrash,
  reportFailure,
  type SpawnReport,
} from './observer.js';
export { isPid, makeRef, type Pid, Ref } from './pid.js';
export type { Port } from './port.js';
export type { Handler, HandlerInit } from './process.js';
export type { AnySelf, ReceiveOptions, Self, Tagged } from './self.js';
export { isAbnormal } from './signals.js';
export { isSelf, mainActor, type SpawnOptions, spawn, spawnHandler, spawnLink, spawnMonitor } from './spawn.js';
export { createSystem, defaultSystem, type System, type SystemOptions } from './system.js';
