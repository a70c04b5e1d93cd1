/** What becomes of the reports of a system: who gets them, where they are printed, what is kept out of them, and what is worth one. */
import { BadArg } from './errors.js';
import { inspected } from './inspected.js';
import { checkKeys } from './keys.js';
import type { CrashReport } from './reports.js';

/** What is printed goes to its `error`, one text for each report: `console`, or the logger of a library. */
export interface ReportLogger {
  error(text: string): void;
}

/** May be changed at any time, by `system.configure`. An option that is undefined is as if it had never been set. */
export interface ReportOptions {
  /** What to do with the report of an actor that crashed. Prints it by `logger` unless given, and also where it throws. */
  readonly onCrash?: ((report: CrashReport) => void) | undefined;
  /** Where crash reports and traces are printed. `console`, which is standard error, unless given, and also where it throws. */
  readonly logger?: ReportLogger | undefined;
  /**
   * Gives the crash report that may be shown, made of the one that is: to `onCrash`, in print, and to observers. If it throws, or gives what is no
   * report, observers and print get the one there is, without reason and last message.
   */
  readonly redact?: ((report: CrashReport) => CrashReport) | undefined;
  /** Milliseconds that an actor may run without a pause before observers hear of it ('long_schedule'). 100 unless given; Infinity: any number. */
  readonly longScheduleMs?: number | undefined;
  /** Messages that may wait for an actor before observers hear of it ('long_message_queue'). 10,000 unless given; Infinity: any number. */
  readonly longMessageQueue?: number | undefined;
}

export const reportKeys: readonly (keyof ReportOptions)[] = ['onCrash', 'logger', 'redact', 'longScheduleMs', 'longMessageQueue'];
const keys: ReadonlySet<string> = new Set(reportKeys);

/** The options of a system, with nothing left out but what has no default. */
export class Reports {
  onCrash: ReportOptions['onCrash'];
  logger: ReportLogger = console;
  redact: ReportOptions['redact'];
  longScheduleMs = 100;
  longMessageQueue = 10_000;

  /** Options that are not there stay as they are. They have been checked. */
  set(options: ReportOptions): void {
    if ('onCrash' in options) this.onCrash = options.onCrash;
    if ('logger' in options) this.logger = options.logger ?? console;
    if ('redact' in options) this.redact = options.redact;
    if ('longScheduleMs' in options) this.longScheduleMs = options.longScheduleMs ?? 100;
    if ('longMessageQueue' in options) this.longMessageQueue = options.longMessageQueue ?? 10_000;
  }

  /** Prints by the logger, or on standard error, with what the logger threw. Whoever the text is about has no part in that failure, and must not fail with it. */
  print(text: string): void {
    try {
      this.logger.error(text);
    } catch (error) {
      console.error(`${text}\n[mailport] the logger threw: ${inspected(error)}`);
    }
  }

  /** What may be shown of a report. */
  shown(report: CrashReport): CrashReport {
    if (this.redact === undefined) return report;
    try {
      const shown = this.redact(report);
      if (!isReport(shown)) throw new BadArg('redact', 'must give a report: the one that it was given, with other values');
      return shown;
    } catch (error) {
      // It was to keep something in. What it threw is a mistake of the program, to be seen as one, and may hold what it was to keep.
      const name = error instanceof Error ? error.name : typeof error;
      return { ...report, reason: `[kept back: redact threw ${name}]`, lastMessage: undefined };
    }
  }
}

/** Whether it can be printed. */
function isReport(shown: CrashReport): boolean {
  if (typeof shown !== 'object' || shown === null) return false;
  const { pid, links, mailboxLength } = shown;
  return typeof pid === 'object' && typeof mailboxLength === 'number' && links.every((link) => typeof link === 'object');
}

/** Checks that there are report options and nothing else. */
export function checkReports(options: ReportOptions): void {
  if (typeof options !== 'object' || options === null) throw new BadArg('options', 'must be an object');
  checkKeys('options', options, keys);
  checkReportOptions(options);
}

/** Checks those options that are for reports. */
export function checkReportOptions(options: ReportOptions): void {
  const { onCrash, logger, redact, longScheduleMs, longMessageQueue } = options;
  if (onCrash !== undefined && typeof onCrash !== 'function') throw new BadArg('options.onCrash', 'must be a function');
  if (logger !== undefined && typeof logger?.error !== 'function')
    throw new BadArg('options.logger', 'must have a method error, as console has');
  if (redact !== undefined && typeof redact !== 'function') throw new BadArg('options.redact', 'must be a function');
  checkLimit('options.longScheduleMs', longScheduleMs);
  checkLimit('options.longMessageQueue', longMessageQueue);
}

function checkLimit(argument: string, limit: unknown): void {
  if (limit !== undefined && !(typeof limit === 'number' && limit > 0)) throw new BadArg(argument, 'must be a number above 0');
}
