/**
 * Tells observers what happens in the runtime: by an emitter, and by channels of `node:diagnostics_channel` named `mailport:spawn`, `mailport:exit`
 * and so on. Nothing is spent on an event that nobody observes.
 */
import { channel } from 'node:diagnostics_channel';
import { EventEmitter } from 'eventemitter3';
import type { Bound } from './bound.js';
import { callForeign } from './foreign.js';
import { tellQueuesBy } from './longMessageQueue.js';
import { longSchedule, tellBy } from './longSchedule.js';
import type { Pid } from './pid.js';
import type { Process } from './process.js';
import type { ObserverEvents, SpawnReport, WhoReport } from './reports.js';

/** A listener that is added takes effect from the very next message on. */
class Observer extends EventEmitter<ObserverEvents> {
  override on(...args: Parameters<EventEmitter<ObserverEvents>['on']>): this {
    super.on(...args);
    lookForObservers();
    return this;
  }

  override addListener(...args: Parameters<EventEmitter<ObserverEvents>['on']>): this {
    return this.on(...args);
  }

  override once(...args: Parameters<EventEmitter<ObserverEvents>['on']>): this {
    super.once(...args);
    lookForObservers();
    return this;
  }
}

/**
 * Emits 'spawn', 'exit', 'crash', 'overflow', 'slow_start', 'long_schedule' and 'long_message_queue', for the actors of all systems. When an actor crashes,
 * links and monitors are told first, then come 'crash' and 'exit', in this order.
 */
export const observer: EventEmitter<ObserverEvents> = new Observer();

const channels = {
  spawn: channel('mailport:spawn'),
  exit: channel('mailport:exit'),
  crash: channel('mailport:crash'),
  overflow: channel('mailport:overflow'),
  slow_start: channel('mailport:slow_start'),
  long_schedule: channel('mailport:long_schedule'),
  long_message_queue: channel('mailport:long_message_queue'),
};

/** Whether anybody would see such an event. */
export function hasObservers(event: keyof ObserverEvents): boolean {
  return channels[event].hasSubscribers || observer.listenerCount(event) > 0;
}

/**
 * Notes whether anybody observes 'long_schedule', which costs something for each message. A channel does not tell when somebody subscribes, so this is called
 * now and then.
 */
export function lookForObservers(): void {
  longSchedule.observed = hasObservers('long_schedule');
}

/** Gives a report to all who observe the event. An observer that throws does not disturb the runtime. */
export function tellObservers<E extends keyof ObserverEvents>(event: E, report: Parameters<ObserverEvents[E]>[0]): void {
  channels[event].publish(report);
  callForeign(() => observer.emit(event, report as never));
}

tellBy((process, ms) => {
  tellLater('long_schedule', { ...whoIs(process), ms });
});

tellQueuesBy(
  () => hasObservers('long_message_queue'),
  (process, mailboxLength) => tellLater('long_message_queue', { ...whoIs(process), mailboxLength }),
);

/** Tells observers in a microtask of their own: the actor that the report is about is in the middle of something. */
function tellLater<E extends 'long_schedule' | 'long_message_queue'>(event: E, report: Parameters<ObserverEvents[E]>[0]): void {
  queueMicrotask(() => tellObservers(event, report));
}

export function reportSpawn(process: Process): void {
  tellObservers('spawn', spawnReport(process));
}

export function reportExit(process: Process, reason: unknown): void {
  tellObservers('exit', { ...spawnReport(process), reason });
}

export function reportOverflow(process: Process, { limit, policy }: Bound): void {
  tellObservers('overflow', { ...spawnReport(process), limit, policy });
}

export function reportSlowStart(process: Process, child: string, ms: number): void {
  tellObservers('slow_start', { ...spawnReport(process), child, ms });
}

function spawnReport(process: Process): SpawnReport {
  return { pid: process.pid as unknown as Pid, label: process.label };
}

/** The part of a report that says which actor it is about. */
export function whoIs(process: Process): WhoReport {
  const { name, behaviour } = process;
  return { ...spawnReport(process), name: name ?? undefined, behaviour: behaviour ?? undefined };
}
