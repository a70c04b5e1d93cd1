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
 * Puts a message into the mailbox of an actor. Never waits and never fails: to an actor that has ended it is silent, as in Erlang. A message
 * must not be a promise, or anything with a method `then`, which JavaScript would wait for.
 *
 * @param system where a name is looked up: the default one unless given
 * @throws BadArg if nobody has the name, as erlang:send/2
 */
export function send<M>(to: Pid<M> | Name<M>, message: M, system?: System): void {
  if (to instanceof ProcessId) to.process.admit(message);
  else sendToName(to, message, system);
}

/** Apart, as the rest of `send` is to be compiled into whoever sends. */
function sendToName(to: unknown, message: unknown, system: System = defaultSystem): void {
  if (typeof to === 'string') namedProcess('to', to, checkSystem('system', system)).admit(message);
  else throw new BadArg('to', 'must be a pid or a name');
}

/**
 * Sends an exit signal. 'normal' does nothing unless the actor traps exits; 'kill' ends any actor, and its links see 'killed'; any other reason
 * ends an actor that does not trap exits, and one that does gets `['EXIT', from, reason]`. A port closes. Mirrors erlang:exit/2.
 *
 * @param from who is sending; without it the signal seems to come from the actor itself, except that 'normal' still does not end it
 */
export function exit(target: Pid | Port, reason: unknown, from?: AnySelf): void {
  const entity = checkEntity('target', target);
  const sender = from === undefined ? undefined : nameOf(checkSelf('from', from));
  if (!(entity instanceof Process)) exitPort(entity, sender as Pid, reason);
  else if (reason === 'kill') terminate(entity, 'killed', false);
  else if (reason === 'normal' && sender === nameOf(entity) && !entity.trapExit) terminate(entity, reason, true);
  else exitSignal(entity, sender ?? nameOf(entity), reason);
}

/** Whether the actor has not ended yet. */
export function isAlive(pid: Pid): boolean {
  return checkPid('pid', pid).state !== dead;
}

/** What can be told of an actor. */
export interface ProcessInfo {
  readonly registeredName: string | undefined;
  readonly label: string | undefined;
  /** 'genServer', 'supervisor', 'stateMachine', ...; undefined for an actor of no behaviour. */
  readonly behaviour: string | undefined;
  /** Its code has the word; it has something to do and waits for its turn; or it waits for a message. */
  readonly status: 'running' | 'runnable' | 'waiting';
  readonly mailboxLength: number;
  /** Bytes that sockets have delivered and that wait there. */
  readonly mailboxBytes: number;
  /** Messages that a mailbox with a limit has refused so far. */
  readonly dropped: number;
  readonly links: readonly (Pid | Port)[];
  readonly monitors: readonly (Pid | Port)[];
  readonly monitoredBy: readonly Pid[];
  /** Ports that it is linked to and that say it owns them: its open sockets. */
  readonly sockets: readonly Port[];
  readonly trapExit: boolean;
  /** Messages taken so far. */
  readonly reductions: number;
}

/** What an actor is tied to and how much it has before it; undefined if it has ended. */
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
