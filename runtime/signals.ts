/**
 * Links, monitors and exit signals: how the end of one actor or port reaches others. A signal acts at once, in the turn of whoever sent it, so
 * it keeps its place among the messages of that sender and can neither be dropped nor wait in a full mailbox. Mirrors erlang(3), link/1,
 * monitor/2 and exit/2.
 */
import { failCallers } from './call.js';
import type { DownMessage, ExitMessage } from './message.js';
import { hasObservers, reportCrash, reportExit } from './observer.js';
import { type Pid, Ref } from './pid.js';
import type { Port } from './port.js';
import { Process } from './process.js';
import { dropName } from './registry.js';
import { Ring } from './ring.js';
import { dead } from './states.js';
import { checkLowMarks } from './watermark.js';

/** What links and monitors tie together. */
export type Entity = Process | Port;

/** The ties of a port, which keeps none itself. */
interface PortTies {
  readonly links: Set<Process>;
  readonly watchers: Map<Ref, Process>;
}

const portTies = new WeakMap<Port, PortTies>();

/** Signals that the end of an entity has caused, in order. One at a time, so a long chain of links needs no deep stack. */
const signals = new Ring<() => void>();
/** Foreign code to be called when all signals have acted, so that what it does acts at once too. */
const calls = new Ring<() => void>();
let acting = false;
let calling = false;

/** The name of an entity in messages. */
export function nameOf(entity: Entity): Pid | Port {
  return entity instanceof Process ? (entity.pid as unknown as Pid) : entity;
}

export function link(process: Process, other: Entity): void {
  if (process === other) return;
  if (!isThere(other)) {
    exitSignal(process, nameOf(other), 'noproc');
    return;
  }
  process.links ??= new Set();
  process.links.add(other);
  linksOf(other).add(process);
}

export function unlink(process: Process, other: Entity): void {
  process.links?.delete(other);
  if (other instanceof Process) other.links?.delete(process);
  else portTies.get(other)?.links.delete(process);
}

/** Monitors whoever has the name now; the message will carry the name. */
export function monitorName(process: Process, name: string): Ref {
  const other = process.system.names.get(name);
  if (other !== undefined) return monitor(process, other, new NamedRef(name));
  const ref = new Ref();
  process.deliver(['DOWN', ref, 'process', name, 'noproc']);
  return ref;
}

export function monitor(process: Process, other: Entity, ref = new Ref()): Ref {
  if (!isThere(other)) {
    process.deliver(down(ref, other, 'noproc'));
    return ref;
  }
  process.monitors ??= new Map();
  process.monitors.set(ref, other);
  watchersOf(other).set(ref, process);
  return ref;
}

/** False if there was no such monitor, or it has sent its message. */
export function demonitor(process: Process, ref: Ref): boolean {
  const other = process.monitors?.get(ref);
  if (other === undefined) return false;
  process.monitors?.delete(ref);
  watchersOf(other).delete(ref);
  return true;
}

/** An exit signal of a link: 'normal' ends nobody. */
export function exitSignal(process: Process, from: Pid | Port, reason: unknown): void {
  if (process.state === dead) return;
  if (process.trapExit) {
    const message: ExitMessage = ['EXIT', from, reason];
    process.deliver(message);
  } else if (reason !== 'normal') {
    terminate(process, reason, false);
  }
}

/** Ends a process because its own code failed. What a dead actor's code throws is of no interest. */
export function crashed(process: Process, error: unknown, lastMessage: unknown): void {
  terminate(process, error, true, lastMessage);
}

/**
 * Ends a process, and lets everybody know: links first, then monitors, then observers. `own`: by its own doing, not a signal, so an abnormal
 * reason is a crash to be reported here and nowhere else.
 */
export function terminate(process: Process, reason: unknown, own: boolean, lastMessage?: unknown): void {
  if (process.state === dead) return;
  const crash = own && isAbnormal(reason);
  if (crash) {
    const report = reportCrash(process, reason, lastMessage);
    calls.push(report);
  }
  process.state = dead;
  process.reason = reason;
  // Whoever hears of the end finds the name free.
  if (process.name !== null) dropName(process);
  process.release();
  if (process.lowMarks !== null) checkLowMarks(process);
  tellLinks(process, reason);
  tellWatchers(process, process.watchers, reason);
  process.watchers = null;
  if (process.callers !== null) failCallers(process, reason, (signal) => signals.push(signal));
  stopWatching(process);
  const { abort } = process;
  if (abort !== null) calls.push(() => abort.abort(process.handle.exitError()));
  if (hasObservers('exit')) calls.push(() => reportExit(process, reason));
  if (process.endCalls !== null) for (const call of process.endCalls) calls.push(() => call(reason));
  process.endCalls = null;
  process.system.remove(process);
  // What listens is nobody's own code, in whoever's turn it is called.
  const { scheduler } = process;
  const { current } = scheduler;
  scheduler.current = null;
  act();
  scheduler.current = current;
}

/** A port has ended: see `PortApi.portExited`. */
export function portEnded(port: Port, reason: unknown): void {
  const ties = portTies.get(port);
  if (ties === undefined) return;
  portTies.delete(port);
  for (const process of ties.links) {
    process.links?.delete(port);
    signals.push(() => exitSignal(process, port, reason));
  }
  tellWatchers(port, ties.watchers, reason);
  act();
}

/** Whether an end with this reason is a failure. */
export function isAbnormal(reason: unknown): boolean {
  return reason !== 'normal' && reason !== 'shutdown' && !(Array.isArray(reason) && reason[0] === 'shutdown');
}

function tellLinks(process: Process, reason: unknown): void {
  if (process.links === null) return;
  const pid = process.pid as unknown as Pid;
  for (const other of process.links) {
    if (other instanceof Process) {
      other.links?.delete(process);
      signals.push(() => exitSignal(other, pid, reason));
    } else {
      portTies.get(other)?.links.delete(process);
      calls.push(() => other.onExit(pid, reason));
    }
  }
  process.links = null;
}

function tellWatchers(entity: Entity, watchers: Map<Ref, Process> | null, reason: unknown): void {
  if (watchers === null) return;
  for (const [ref, watcher] of watchers) {
    watcher.monitors?.delete(ref);
    signals.push(() => watcher.deliver(down(ref, entity, reason)));
  }
}

function stopWatching(process: Process): void {
  if (process.monitors === null) return;
  for (const [ref, other] of process.monitors) watchersOf(other).delete(ref);
  process.monitors = null;
}

function act(): void {
  if (acting) return;
  acting = true;
  try {
    for (let signal = signals.shift(); signal !== undefined; signal = signals.shift()) signal();
  } finally {
    acting = false;
  }
  if (calling) return;
  calling = true;
  for (let call = calls.shift(); call !== undefined; call = calls.shift()) callForeign(call);
  calling = false;
}

/** Runs code that is not ours; what it throws is an uncaught exception of the program, and disturbs nobody here. */
export function callForeign(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** Calls a port's exit handler as if one of its links had ended. */
export function exitPort(port: Port, from: Pid, reason: unknown): void {
  calls.push(() => port.onExit(from, reason));
  act();
}

export function isThere(entity: Entity): boolean {
  return entity instanceof Process ? entity.state !== dead : entity.isOpen;
}

/** The reference of a monitor that was asked for by name. */
class NamedRef extends Ref {
  readonly name: string;

  constructor(name: string) {
    super();
    this.name = name;
  }
}

function down(ref: Ref, entity: Entity, reason: unknown): DownMessage {
  if (ref instanceof NamedRef) return ['DOWN', ref, 'process', ref.name, reason];
  if (entity instanceof Process) return ['DOWN', ref, 'process', entity.pid as unknown as Pid, reason];
  return ['DOWN', ref, 'port', entity, reason];
}

function tiesOf(port: Port): PortTies {
  let ties = portTies.get(port);
  if (ties === undefined) {
    ties = { links: new Set(), watchers: new Map() };
    portTies.set(port, ties);
  }
  return ties;
}

function linksOf(entity: Entity): Set<Entity> {
  if (!(entity instanceof Process)) return tiesOf(entity).links as Set<Entity>;
  entity.links ??= new Set();
  return entity.links;
}

function watchersOf(entity: Entity): Map<Ref, Process> {
  if (!(entity instanceof Process)) return tiesOf(entity).watchers;
  entity.watchers ??= new Map();
  return entity.watchers;
}
