/** What the runtime offers to behaviours alone. Not part of the public package. */
import { ask as askProcess } from './call.js';
import { reportCrash } from './crash.js';
import { ActorExit } from './errors.js';
import type { Handle } from './handle.js';
import { isExit } from './message.js';
import type { Pid, ProcessId } from './pid.js';
import type { Process } from './process.js';
import type { AnySelf } from './self.js';
import { crashed, exitSignal, terminate, unlink } from './signals.js';
import { dead } from './states.js';
import { disown, type OwnedTimer, own } from './timers.js';
import type { WheelTimer } from './timerWheel.js';
import { charge as chargeProcess } from './unawaited.js';

export { Internal } from './bound.js';
export { find, refuse } from './call.js';
export { Caller } from './caller.js';
export { causeOf, notSelf, textOf } from './errors.js';
export type { Handle } from './handle.js';
export { inspected } from './inspected.js';
export { checkCallbacks, checkKeys } from './keys.js';
export { isExit } from './message.js';
export { tellSlowStart } from './slowStart.js';
export { checkPlainOptions } from './spawn.js';
export { checkDelay, checkPeriod, checkTimeout, isTimeout } from './time.js';

const processOf = (pid: Pid): Process => (pid as unknown as ProcessId).process;
const ownProcess = (self: AnySelf): Process => (self as unknown as Handle).process;

/** Sends `[tag, from, request]` to a server and waits for the answer, as `call` does. */
export function ask(self: Handle, server: Pid, tag: string, request: unknown, timeoutMs: number): Promise<unknown> {
  return askProcess(self, processOf(server), tag, request, timeoutMs);
}

/** Says which behaviour a new actor has. */
export function setBehaviour(pid: Pid, name: string): void {
  processOf(pid).behaviour = name;
}

/** While true, `self.exit` throws and does not end the actor: the behaviour tidies up first, and then ends it. */
export function catchExits(self: AnySelf, catches: boolean): void {
  ownProcess(self).catchesExit = catches;
}

/** Ends an actor. An abnormal reason is reported as a crash, with the message that led to it. */
export function end(self: AnySelf, reason: unknown, lastMessage?: unknown): void {
  crashed(ownProcess(self), reason, lastMessage);
}

/**
 * Reports a failure that the exit reason alone would hide: a supervisor that gives up ends with 'shutdown', which is no crash. To be called before the actor
 * ends.
 */
export function reportFailure(self: AnySelf, reason: unknown): void {
  const process = ownProcess(self);
  if (process.state !== dead) reportCrash(process, reason, undefined)();
}

/** The reason for which a callback threw: the one given to `self.exit`, or else the error itself. */
export function reasonOf(self: AnySelf, error: unknown): unknown {
  return error instanceof ActorExit && error.pid === self.pid && !isDead(self) ? error.reason : error;
}

/** Notes that a call by this actor has failed with that error, and returns the error. If nobody awaits the call, the actor ends with the error. */
export function charge<E extends object>(error: E, self: AnySelf): E {
  return chargeProcess(error, ownProcess(self));
}

/** Prints a text by the logger of the actor's system. */
export function printFor(pid: Pid, text: string): void {
  processOf(pid).system.reports.print(text);
}

export function isDead(self: AnySelf): boolean {
  return ownProcess(self).state === dead;
}

/**
 * Calls `callback` once the actor has ended: in the turn in which it ends, after its links and monitors have been told; at once if it has ended already.
 * Returns a function that cancels this.
 */
export function onEnd(pid: Pid, callback: (reason: unknown) => void): () => void {
  const process = processOf(pid);
  if (process.state === dead) callback(process.reason);
  else process.endCalls = [...(process.endCalls ?? []), callback];
  return () => {
    const left = process.endCalls?.filter((other) => other !== callback) ?? [];
    process.endCalls = left.length > 0 ? left : null;
  };
}

/** A link in one direction: when the actor of `self` ends, `pid` gets its exit signal. Returns a function that removes the link. */
export function endTogether(self: AnySelf, pid: Pid): () => void {
  return onEnd(self.pid, (reason) => exitSignal(processOf(pid), self.pid, reason));
}

/** Puts a message into a mailbox, even if the mailbox is full. */
export function tell(pid: Pid, message: unknown): void {
  processOf(pid).deliver(message);
}

/** Kills an actor whose start took too long. The starter gets its answer from the start, so it is unlinked and not told of the end. */
export function kill(pid: Pid, starter: AnySelf | undefined): void {
  if (starter !== undefined) unlink(ownProcess(starter), processOf(pid));
  terminate(processOf(pid), 'killed', false);
}

/** The actor that this one was started by and linked to. */
export function parentOf(self: AnySelf): Pid | undefined {
  return ownProcess(self).parent?.pid as unknown as Pid | undefined;
}

/** Takes the 'EXIT' message of an actor out of a mailbox. */
export function forgetExit(self: AnySelf, pid: Pid): void {
  ownProcess(self).extract((message) => isExit(message, pid));
}

/** `forgetExit` for many actors; the mailbox is looked through once. */
export function forgetExits(self: AnySelf, pids: ReadonlySet<Pid>): void {
  if (pids.size === 0) return;
  ownProcess(self).extract((message) => isExit(message) && pids.has(message[1] as Pid));
}

export function hasMessages(self: AnySelf): boolean {
  return ownProcess(self).mailbox.length > 0;
}

/** A timer that calls a function. It can be set again and again, and is cancelled when its actor ends. */
export class Countdown implements OwnedTimer {
  previous: WheelTimer | null = null;
  next: WheelTimer | null = null;
  slot = 0;
  dueTick = 0;
  preceding: OwnedTimer | null = null;
  following: OwnedTimer | null = null;
  private readonly process: Process;
  private readonly callback: () => void;

  constructor(pid: Pid, callback: () => void) {
    this.process = processOf(pid);
    this.callback = callback;
  }

  /** Sets the timer to call after so many milliseconds. A time that was set before no longer counts. */
  start(afterMs: number): void {
    this.end();
    if (this.process.state === dead) return;
    own(this.process, this);
    this.process.system.wheel.set(this, afterMs);
  }

  end(): void {
    this.process.system.wheel.cancel(this);
    disown(this.process, this);
  }

  fire(): void {
    disown(this.process, this);
    this.callback();
  }
}
