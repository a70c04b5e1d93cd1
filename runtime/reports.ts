/** What observers, the option `onCrash` and the logger are told: a report for each event. */
import type { Pid } from './pid.js';
import type { Port } from './port.js';

/** An actor has been spawned. The other reports say which actor they are about in the same way. */
export interface SpawnReport {
  readonly pid: Pid;
  readonly label: string | undefined;
}

/** Which actor it is, with all names that are known of it. */
export interface WhoReport extends SpawnReport {
  /** Its registered name. */
  readonly name: string | undefined;
  /** 'genServer', 'supervisor', ...; undefined for an actor of no behaviour. */
  readonly behaviour: string | undefined;
}

/** An actor has ended. */
export interface ExitReport extends SpawnReport {
  readonly reason: unknown;
}

/** A mailbox with a limit has overflowed. Told once, and again only after half of the messages have been taken. */
export interface OverflowReport extends SpawnReport {
  readonly limit: number;
  readonly policy: 'drop_newest' | 'drop_oldest' | 'exit';
}

/**
 * An actor has failed by itself: its code threw, or called `self.exit` with a reason other than 'normal' and 'shutdown', or a supervisor gave up. An actor
 * that ends because a linked one has failed is not reported.
 */
export interface CrashReport extends ExitReport, WhoReport {
  /** The message that a handler failed on; undefined for an actor that is one async function. */
  readonly lastMessage: unknown;
  /** One of its calls failed with this reason, and nobody awaited the call: an `await` has been forgotten. */
  readonly unawaited: boolean;
  /** How many messages were waiting. */
  readonly mailboxLength: number;
  /** The actors and ports that the exit signal will reach. */
  readonly links: readonly (Pid | Port)[];
}

/** A supervisor is waiting for a child to start. Told once for each start. */
export interface SlowStartReport extends SpawnReport {
  /** The id of the child. */
  readonly child: string;
  /** How long the supervisor has waited so far, in milliseconds. */
  readonly ms: number;
}

/** An actor has run for longer than `longScheduleMs` of its system without a pause, and nothing else could run meanwhile. */
export interface LongScheduleReport extends WhoReport {
  /** How long it ran, in milliseconds. */
  readonly ms: number;
}

/** More messages are waiting for an actor than `longMessageQueue` of its system. Told once, and again only after half of them have been taken. */
export interface LongMessageQueueReport extends WhoReport {
  readonly mailboxLength: number;
}

/** The events of `observer`, each with its report. */
export interface ObserverEvents {
  spawn: (report: SpawnReport) => void;
  exit: (report: ExitReport) => void;
  crash: (report: CrashReport) => void;
  overflow: (report: OverflowReport) => void;
  slow_start: (report: SlowStartReport) => void;
  long_schedule: (report: LongScheduleReport) => void;
  long_message_queue: (report: LongMessageQueueReport) => void;
}
