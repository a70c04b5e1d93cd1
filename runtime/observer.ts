/**
 * What happens in the runtime, for those who want to look: an emitter, mirrored on `node:diagnostics_channel` as `mailport:spawn`, `mailport:exit`,
 * `mailport:crash`, `mailport:overflow` and `mailport:slow_start`. Costs nothing when nobody listens. A crash is printed, once, unless the system was given an `onCrash` of its own.
 */
import { channel } from 'node:diagnostics_channel';
import { EventEmitter } from 'eventemitter3';
import type { Bound } from './bound.js';
import { members } from './few.js';
import type { Handle } from './handle.js';
import { inspected } from './inspected.js';
import { tellQueuesBy } from './longMessageQueue.js';
import { longSchedule, tellBy } from './longSchedule.js';
import type { Pid } from './pid.js';
import type { Port } from './port.js';
import type { Process } from './process.js';
import type { ReportLogger, Reports } from './reports.js';
import type { AnySelf } from './self.js';
import { callForeign, nameOf } from './signals.js';
import { dead } from './states.js';

export interface SpawnReport {
  readonly pid: Pid;
  readonly label: string | undefined;
}

export interface ExitReport {
  readonly pid: Pid;
  readonly label: string | undefined;
  readonly reason: unknown;
}

/** A mailbox with a limit has overflowed: told once, until half of it has been taken. */
export interface OverflowReport extends SpawnReport {
  readonly limit: number;
  readonly policy: 'drop_newest' | 'drop_oldest' | 'exit';
}

/** An actor has failed by its own doing: it threw, or left by `self.exit` with a reason other than 'normal' and 'shutdown', or gave up. */
export interface CrashReport extends ExitReport {
  /** Its registered name. */
  readonly name: string | undefined;
  /** 'genServer', 'supervisor', ...; undefined for an actor of no behaviour. */
  readonly behaviour: string | undefined;
  /** The message that a handler failed on; undefined for a body. */
  readonly lastMessage: unknown;
  /** A call of its failed, with that reason, and nobody awaited it: an `await` has been forgotten. */
  readonly unawaited: boolean;
  /** Messages that were waiting. */
  readonly mailboxLength: number;
  /** Whom the end will reach. */
  readonly links: readonly (Pid | Port)[];
}

/** A supervisor waits for a child to start, and has for so long. Told once for each start. */
export interface SlowStartReport extends SpawnReport {
  /** The id of the child. */
  readonly child: string;
  /** How long it has waited so far, in milliseconds. */
  readonly ms: number;
}

/** An actor has run for longer than `longScheduleMs` of its system says, and nothing else could run meanwhile. */
export interface LongScheduleReport extends SpawnReport {
  /** Its registered name. */
  readonly name: string | undefined;
  readonly behaviour: string | undefined;
  /** How long it ran, in milliseconds. */
  readonly ms: number;
}

/** More messages wait for an actor than `longMessageQueue` of its system says. Told once, until half of them have been taken. */
export interface LongMessageQueueReport extends SpawnReport {
  readonly name: string | undefined;
  readonly behaviour: string | undefined;
  readonly mailboxLength: number;
}

export interface ObserverEvents {
  spawn: (report: SpawnReport) => void;
  exit: (report: ExitReport) => void;
  crash: (report: CrashReport) => void;
  overflow: (report: OverflowReport) => void;
  slow_start: (report: SlowStartReport) => void;
  long_schedule: (report: LongScheduleReport) => void;
  long_message_queue: (report: LongMessageQueueReport) => void;
}

/** Who begins to observe does so from the very next message on. */
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
 * Emits 'spawn', 'exit', 'crash', 'overflow', 'slow_start', 'long_schedule' and 'long_message_queue' of all systems. An exit comes after its crash, both after links and
 * monitors have been told.
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

/** Looks whether anybody observes what is costly to look at. A channel does not tell when somebody subscribes, so this is called now and then. */
export function lookForObservers(): void {
  longSchedule.observed = hasObservers('long_schedule');
}

tellBy((process, ms) => {
  tell('long_schedule', { ...whoIs(process), ms });
});

tellQueuesBy(
  () => hasObservers('long_message_queue'),
  (process, mailboxLength) => tell('long_message_queue', { ...whoIs(process), mailboxLength }),
);

function whoIs(process: Process): Pick<CrashReport, 'pid' | 'label' | 'name' | 'behaviour'> {
  const { label, name, behaviour } = process;
  return { pid: process.pid as unknown as Pid, label, name: name ?? undefined, behaviour: behaviour ?? undefined };
}

/** Tells observers in a microtask of their own: they are foreign code, and whoever is told of is in the middle of something. */
function tell<E extends 'long_schedule' | 'long_message_queue'>(event: E, report: Parameters<ObserverEvents[E]>[0]): void {
  queueMicrotask(() => {
    channels[event].publish(report);
    callForeign(() => observer.emit(event, report as never));
  });
}

export function reportSpawn(process: Process): void {
  const report: SpawnReport = { pid: process.pid as unknown as Pid, label: process.label };
  channels.spawn.publish(report);
  observer.emit('spawn', report);
}

export function reportExit(process: Process, reason: unknown): void {
  const report: ExitReport = { pid: process.pid as unknown as Pid, label: process.label, reason };
  channels.exit.publish(report);
  observer.emit('exit', report);
}

export function reportOverflow(process: Process, { limit, policy }: Bound): void {
  const report: OverflowReport = { pid: process.pid as unknown as Pid, label: process.label, limit, policy };
  channels.overflow.publish(report);
  observer.emit('overflow', report);
}

export function reportSlowStart(process: Process, child: string, ms: number): void {
  const report: SlowStartReport = { pid: process.pid as unknown as Pid, label: process.label, child, ms };
  channels.slow_start.publish(report);
  observer.emit('slow_start', report);
}

/** Writes the report while the process still is what it was; what it gives shows the report. */
export function reportCrash(process: Process, reason: unknown, lastMessage: unknown, unawaited = false): () => void {
  const report: CrashReport = {
    pid: process.pid as unknown as Pid,
    label: process.label,
    name: process.name ?? undefined,
    behaviour: process.behaviour ?? undefined,
    reason,
    lastMessage,
    unawaited,
    mailboxLength: process.mailbox.length,
    links: members(process.links).map(nameOf),
  };
  return () => {
    const { reports } = process.system;
    const shown = reports.shown(report);
    if (reports.onCrash === undefined) reports.print(crashText(shown));
    else tellCrash(reports, reports.onCrash, shown);
    channels.crash.publish(shown);
    callForeign(() => observer.emit('crash', shown));
  };
}

/**
 * Reports a failure that an exit reason alone would hide: a supervisor that gives up ends with 'shutdown', which is no crash. To be called
 * before the end.
 */
export function reportFailure(self: AnySelf, reason: unknown): void {
  const { process } = self as unknown as Handle;
  if (process.state !== dead) reportCrash(process, reason, undefined)();
}

/** The crash of one actor must not end all others since `onCrash` throws, and neither failure may go unseen. */
function tellCrash(reports: Reports, onCrash: (report: CrashReport) => void, report: CrashReport): void {
  try {
    onCrash(report);
  } catch (error) {
    reports.print(`${crashText(report)}\n[mailport] onCrash threw: ${inspected(error)}`);
  }
}

/** Prints a report as people read it, by `console` unless another logger is given: what a system does with a crash unless told otherwise. */
export function printCrash(report: CrashReport, logger: ReportLogger = console): void {
  logger.error(crashText(report));
}

function crashText(report: CrashReport): string {
  const { pid, label, name, behaviour, reason, lastMessage, unawaited, mailboxLength, links } = report;
  const known = [...new Set([name, label])].filter((text) => text !== undefined).join(', ');
  const lines = [`[mailport] ${behaviour ?? 'actor'} ${pid}${known === '' ? '' : ` (${known})`} crashed`];
  lines.push(`  reason: ${indent(inspected(reason, { depth: 4 }))}`);
  if (unawaited) lines.push('  nobody awaited the call that failed');
  if (lastMessage !== undefined) lines.push(`  last message: ${indent(inspected(lastMessage, { depth: 3 }))}`);
  if (mailboxLength > 0) lines.push(`  messages waiting: ${mailboxLength}`);
  if (links.length > 0) lines.push(`  linked to: ${links.map((link) => ('label' in link ? link.label : link)).join(' ')}`);
  return lines.join('\n');
}

function indent(text: string): string {
  return text.replaceAll('\n', '\n    ');
}
