/** What anybody may do with a pid: send, ask, and end. */
import { type Entity, nameOf } from './entity.js';
import { BadArg } from './errors.js';
import { members } from './few.js';
import { type Pid, ProcessId } from './pid.js';
import type { Port } from './port.js';
import { Process } from './process.js';
import { type Name, namedProcess } from './registry.js';
import type { AnySelf } from './self.js';
import { exitPort, exitSignal, terminate } from './signals.js';
import { checkSelf } from './spawn.js';
import { dead, idle, running } from './states.js';
import { checkSystem, defaultSystem, type System } from './system.js';
import { checkEntity, checkPid } from './target.js';

/**
 * Puts a message into the mailbox of an actor, and returns at once. If the actor has ended, the message is dropped and the sender is not told, as in
 * Erlang. A message must not be a promise, or any other object with a method `then`: the receiver's `await` would wait for it.
 *
 * @param system where a name is looked up; the default system unless given
 * @throws BadArg if no actor has the name, as erlang:send/2 does
 */
export function send<M>(to: Pid<M> | Name<M>, message: M, system?: System): void {
  if (to instanceof ProcessId) to.process.admit(message);
  else sendToName(to, message, system);
}

/** A function of its own, so that the rest of `send` is short enough to be compiled into its callers. */
function sendToName(to: unknown, message: unknown, system: System = defaultSystem): void {
  if (typeof to === 'string') namedProcess('to', to, checkSystem('system', system)).admit(message);
  else throw new BadArg('to', 'must be a pid or a name');
}

/**
 * Sends an exit signal to an actor or a port. An actor that traps exits gets the message `['EXIT', from, reason]`. One that does not trap exits ends with
 * the reason; only 'normal' does nothing. 'kill' ends every actor, and its links see 'killed'. A port closes. Mirrors erlang:exit/2.
 *
 * @param from the sender. Without it, the signal seems to come from the target itself; even so, 'normal' does not end the target
 */
export function exit(target: Pid | Port, reason: unknown, from?: AnySelf): void {
  const entity = checkEntity('target', target);
  const sender = from === undefined ? undefined : nameOf(checkSelf('from', from));
  if (!(entity instanceof Process)) exitPort(entity, sender as Pid, reason);
  else if (reason === 'kill') terminate(entity, 'killed', false);
  else if (reason === 'normal' && sender === nameOf(entity) && !entity.trapExit) terminate(entity, reason, true);
  else exitSignal(entity, sender ?? nameOf(entity), reason);
}

/** Whether the actor still lives. */
export function isAlive(pid: Pid): boolean {
  return checkPid('pid', pid).state !== dead;
}

/** A snapshot of an actor. */
export interface ProcessInfo {
  readonly registeredName: string | undefined;
  readonly label: string | undefined;
  /** 'genServer', 'supervisor', 'stateMachine', ...; undefined for an actor of no behaviour. */
  readonly behaviour: string | undefined;
  /** 'running': its code runs. 'runnable': it has work, and waits for its turn. 'waiting': it waits for a message. */
  readonly status: 'running' | 'runnable' | 'waiting';
  readonly mailboxLength: number;
  /** Bytes of data from sockets that wait in the mailbox. */
  readonly mailboxBytes: number;
  /** How many messages the mailbox has dropped so far because of its limit. */
  readonly dropped: number;
  readonly links: readonly (Pid | Port)[];
  readonly monitors: readonly (Pid | Port)[];
  readonly monitoredBy: readonly Pid[];
  /** The open sockets that the actor owns. */
  readonly sockets: readonly Port[];
  readonly trapExit: boolean;
  /** How many messages the actor has taken so far. */
  readonly reductions: number;
}

/** What the actor is doing, what waits for it, and what it is linked to and monitors. Undefined if it has ended. */
export function processInfo(pid: Pid): ProcessInfo | undefined {
  const process = checkPid('pid', pid);
  if (process.state === dead) return undefined;
  const links = members(process.links);
  return {
    registeredName: process.name ?? undefined,
    label: process.label,
    behaviour: process.behaviour ?? undefined,
    status: process.state === running ? 'running' : process.state < idle ? 'runnable' : 'waiting',
    mailboxLength: process.mailbox.length,
    mailboxBytes: process.mailbox.bytes,
    dropped: process.bound?.dropped ?? 0,
    links: links.map(nameOf),
    monitors: members(process.monitors).map(({ target }) => nameOf(target as Entity)),
    monitoredBy: members(process.watchers).map(({ watcher }) => (watcher as Process).pid as unknown as Pid),
    sockets: links.filter((other) => !(other instanceof Process) && other.owner === pid) as Port[],
    trapExit: process.trapExit,
    reductions: process.reductions,
  };
}
