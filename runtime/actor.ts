/** What anybody may do with a pid: send, ask, and end. */
import { BadArg } from './errors.js';
import { type Pid, ProcessId } from './pid.js';
import type { Port } from './port.js';
import { Process } from './process.js';
import { dead } from './receiver.js';
import type { AnySelf } from './self.js';
import { exitPort, exitSignal, nameOf, terminate } from './signals.js';
import { checkSelf } from './spawn.js';
import { checkEntity, checkPid } from './target.js';

/**
 * Puts a message into the mailbox of an actor. Never waits and never fails: to an actor that has ended it is silent, as in Erlang. A message
 * must not be a promise, or anything with a method `then`, which JavaScript would wait for.
 */
export function send<M>(pid: Pid<M>, message: M): void {
  if (!(pid instanceof ProcessId)) throw new BadArg('pid', 'must be a pid');
  pid.process.deliver(message);
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
  readonly label: string | undefined;
  readonly mailboxLength: number;
  readonly links: readonly (Pid | Port)[];
  readonly monitors: readonly (Pid | Port)[];
  readonly monitoredBy: readonly Pid[];
  readonly trapExit: boolean;
  /** Messages taken so far. */
  readonly reductions: number;
}

/** What an actor is tied to and how much it has before it; undefined if it has ended. */
export function processInfo(pid: Pid): ProcessInfo | undefined {
  const process = checkPid('pid', pid);
  if (process.state === dead) return undefined;
  return {
    label: process.label,
    mailboxLength: process.mailbox.length,
    links: [...(process.links ?? [])].map(nameOf),
    monitors: [...(process.monitors?.values() ?? [])].map(nameOf),
    monitoredBy: [...(process.watchers?.values() ?? [])].map((watcher) => watcher.pid as unknown as Pid),
    trapExit: process.trapExit,
    reductions: process.reductions,
  };
}
