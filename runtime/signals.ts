/**
 * Links, monitors and exit signals: how the end of one actor or port reaches others. A signal acts at once, in the turn of its sender. So it keeps its place
 * among the sender's messages, is never dropped, and never waits in a full mailbox. Mirrors link/1, monitor/2 and exit/2 of erlang(3).
 */
import { type Caller, failCallers } from './caller.js';
import { reportCrash } from './crash.js';
import { type Entity, isProcess, isThere, nameOf } from './entity.js';
import { eachMember, type Few, withMember, withoutMember } from './few.js';
import { callForeign } from './foreign.js';
import type { DownMessage, ExitMessage } from './message.js';
import { MonitorRef } from './monitorRef.js';
import { dropName } from './names.js';
import { hasObservers, reportExit } from './observer.js';
import type { Pid, Ref } from './pid.js';
import type { Port } from './port.js';
import type { Process } from './process.js';
import { Ring } from './ring.js';
import { dead } from './states.js';
import { watchRejections } from './unawaited.js';
import { checkLowMarks } from './watermark.js';

/** The links and monitors of a port. Ports do not keep them themselves. */
interface PortTies {
  links: Few<Process>;
  watchers: Few<MonitorRef>;
}

const portTies = new WeakMap<Port, PortTies>();

/** A function that acts on an actor when another actor or port has ended. */
type Signal = (to: never, about: never, reason: unknown) => void;

/**
 * Signals that have been sent and have not acted yet, in order. They act one after the other, so a long chain of links needs no deep stack. Each is kept as a
 * function and its three arguments: when thousands of links break at once, closures would be most of what is allocated.
 */
const signals = new Ring<unknown>();
/** Foreign code to be called when all signals have acted, so that signals which it sends act at once too. */
const calls = new Ring<() => void>();
let acting = false;
let calling = false;

export function link(process: Process, other: Entity): void {
  if (process === other) return;
  if (!isThere(other)) {
    exitSignal(process, nameOf(other), 'noproc');
    return;
  }
  process.links = withMember(process.links, other);
  if (isProcess(other)) other.links = withMember(other.links, process);
  else {
    const ties = tiesOf(other);
    ties.links = withMember(ties.links, process);
  }
}

export function unlink(process: Process, other: Entity): void {
  process.links = withoutMember(process.links, other);
  dropLink(other, process);
}

/** Takes `process` out of the links of `entity`, which may have none. */
function dropLink(entity: Entity, process: Process): void {
  if (isProcess(entity)) {
    entity.links = withoutMember(entity.links, process);
    return;
  }
  const ties = portTies.get(entity);
  if (ties !== undefined) ties.links = withoutMember(ties.links, process);
}

/** Monitors the actor that has the name now. The message will carry the name. */
export function monitorName(process: Process, name: string): Ref {
  const other = process.system.names.get(name) ?? null;
  return watch(process, other, new MonitorRef(process, other, name));
}

export function monitor(process: Process, other: Entity): Ref {
  return watch(process, other, new MonitorRef(process, other, null));
}

/** Begins a monitor. If its target is not there, its message comes at once. */
function watch(process: Process, other: Entity | null, ref: MonitorRef): Ref {
  if (other === null || !isThere(other)) {
    ref.over();
    process.deliver(down(ref, other, 'noproc'));
    return ref;
  }
  process.monitors = withMember(process.monitors, ref);
  if (isProcess(other)) other.watchers = withMember(other.watchers, ref);
  else {
    const ties = tiesOf(other);
    ties.watchers = withMember(ties.watchers, ref);
  }
  return ref;
}

/** False if there was no such monitor, or it has sent its message. */
export function demonitor(process: Process, ref: Ref): boolean {
  if (!(ref instanceof MonitorRef) || ref.watcher !== process) return false;
  process.monitors = withoutMember(process.monitors, ref);
  dropWatcher(ref);
  return true;
}

/** Takes a monitor out of the list of its target. */
function dropWatcher(ref: MonitorRef): void {
  const { target } = ref;
  ref.over();
  if (isProcess(target)) {
    target.watchers = withoutMember(target.watchers, ref);
    return;
  }
  const ties = target === null ? undefined : portTies.get(target);
  if (ties !== undefined) ties.watchers = withoutMember(ties.watchers, ref);
}

/** An exit signal, as a link sends it: 'normal' ends nobody. */
export function exitSignal(process: Process, from: Pid | Port, reason: unknown): void {
  if (process.state === dead) return;
  if (process.trapExit) {
    const message: ExitMessage = ['EXIT', from, reason];
    process.deliver(message);
  } else if (reason !== 'normal') {
    terminate(process, reason, false);
  }
}

/** Ends a process because its own code has failed. Does nothing if it has ended already: what the code of a dead actor throws is ignored. */
export function crashed(process: Process, error: unknown, lastMessage: unknown, unawaited = false): void {
  terminate(process, error, true, lastMessage, unawaited);
}

/**
 * Ends a process, and tells its links, then its monitors, then observers.
 *
 * @param own whether its own code ended it, and no signal: then an abnormal reason is a crash, which is reported here and nowhere else
 * @param unawaited whether one of its calls failed and nobody awaited that call
 */
export function terminate(process: Process, reason: unknown, own: boolean, lastMessage?: unknown, unawaited = false): void {
  if (process.state === dead) return;
  watchRejections();
  const crash = own && isAbnormal(reason);
  if (crash) {
    const report = reportCrash(process, reason, lastMessage, unawaited);
    calls.push(report);
  }
  process.state = dead;
  process.reason = reason;
  // The name is free before anybody is told of the end.
  if (process.name !== null) dropName(process);
  process.release();
  if (process.lowMarks !== null) checkLowMarks(process);
  tellLinks(process, reason);
  tellWatchers(process, process.watchers, reason);
  process.watchers = null;
  if (process.callers !== null) failCallers(process, (caller) => signal(failCaller, caller, undefined, reason));
  stopWatching(process);
  const { abort } = process;
  if (abort !== null) calls.push(() => abort.abort(process.handle.exitError()));
  if (hasObservers('exit')) calls.push(() => reportExit(process, reason));
  if (process.endCalls !== null) for (const call of process.endCalls) calls.push(() => call(reason));
  process.endCalls = null;
  process.system.remove(process);
  // Listeners are called in the turn of the current actor, and are not its code.
  const { scheduler } = process;
  const { current } = scheduler;
  scheduler.current = null;
  act();
  scheduler.current = current;
}

/** A port has ended. See `PortApi.portExited`. */
export function portEnded(port: Port, reason: unknown): void {
  const ties = portTies.get(port);
  if (ties === undefined) return;
  portTies.delete(port);
  eachMember(ties.links, (process) => {
    process.links = withoutMember(process.links, port);
    signal(exitSignal, process, port, reason);
  });
  tellWatchers(port, ties.watchers, reason);
  act();
}

/** Whether an end with this reason is a failure: any reason but 'normal', 'shutdown' and `['shutdown', ...]`. So is a reason that throws when it is looked at. */
export function isAbnormal(reason: unknown): boolean {
  try {
    return reason !== 'normal' && reason !== 'shutdown' && !(Array.isArray(reason) && reason[0] === 'shutdown');
  } catch {
    return true;
  }
}

function signal(what: Signal, to: unknown, about: unknown, reason: unknown): void {
  signals.push(what);
  signals.push(to);
  signals.push(about);
  signals.push(reason);
}

const failCaller = (caller: Caller, _about: unknown, reason: unknown): void => caller.fail(reason);
/** Tells all links of an actor that has ended. One signal does it, as a signal for each would only go into the ring and out again. */
const tellEach = (links: Few<Entity>, pid: Pid, reason: unknown): void =>
  eachMember(links, (other) => {
    if (isProcess(other)) exitSignal(other, pid, reason);
  });

function tellLinks(process: Process, reason: unknown): void {
  const { links } = process;
  if (links === null) return;
  process.links = null;
  const pid = process.pid as unknown as Pid;
  eachMember(links, (other) => {
    dropLink(other, process);
    if (!isProcess(other)) calls.push(() => other.onExit(pid, reason));
  });
  signal(tellEach, links, pid, reason);
}

const tellDown = (watchers: Few<MonitorRef>, entity: Entity, reason: unknown): void =>
  eachMember(watchers, (ref) => {
    const { watcher } = ref;
    // Null if another signal has ended the watcher meanwhile.
    if (watcher === null) return;
    watcher.monitors = withoutMember(watcher.monitors, ref);
    ref.over();
    watcher.deliver(down(ref, entity, reason));
  });

function tellWatchers(entity: Entity, watchers: Few<MonitorRef>, reason: unknown): void {
  if (watchers !== null) signal(tellDown, watchers, entity, reason);
}

function stopWatching(process: Process): void {
  eachMember(process.monitors, dropWatcher);
  process.monitors = null;
}

function act(): void {
  if (acting) return;
  acting = true;
  try {
    while (signals.length > 0) {
      const what = signals.shift() as Signal;
      what(signals.shift() as never, signals.shift() as never, signals.shift());
    }
  } finally {
    acting = false;
  }
  if (calling) return;
  calling = true;
  for (let call = calls.shift(); call !== undefined; call = calls.shift()) callForeign(call);
  calling = false;
}

/** Sends an exit signal to a port. */
export function exitPort(port: Port, from: Pid, reason: unknown): void {
  calls.push(() => port.onExit(from, reason));
  act();
}

function down(ref: MonitorRef, entity: Entity | null, reason: unknown): DownMessage {
  if (ref.targetName !== null) return ['DOWN', ref, 'process', ref.targetName, reason];
  if (isProcess(entity)) return ['DOWN', ref, 'process', entity.pid as unknown as Pid, reason];
  return ['DOWN', ref, 'port', entity as Port, reason];
}

function tiesOf(port: Port): PortTies {
  let ties = portTies.get(port);
  if (ties === undefined) {
    ties = { links: null, watchers: null };
    portTies.set(port, ties);
  }
  return ties;
}
