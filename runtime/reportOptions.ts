/** What a system does with its reports: who gets them, where they are printed, what is kept out of them, and what is worth a report. */
import { BadArg } from './errors.js';
import { inspected } from './inspected.js';
import { checkKeys } from './keys.js';
import type { CrashReport } from './reports.js';

/** Where reports are printed: `error` is called with the text of each. `console` is one, and so are the loggers of most libraries. */
export interface ReportLogger {
  error(text: string): void;
}

/** Options that `system.configure` can change at any time. An option that is set to undefined has its default again. */
export interface ReportOptions {
  /** Called with the report of each crash. Without it the report is printed by `logger`; also if it throws. */
  readonly onCrash?: ((report: CrashReport) => void) | undefined;
  /** Where crash reports and traces are printed. `console`, which writes to standard error, unless given; also if it throws. */
  readonly logger?: ReportLogger | undefined;
  /**
   * Makes the crash report that `onCrash`, print and observers get from the one that was written, for reports that may hold secrets. If it throws, or returns
   * something that is no report, they get the report without its reason and last message.
   */
  readonly redact?: ((report: CrashReport) => CrashReport) | undefined;
  /** How long an actor may run without a pause before observers get 'long_schedule', in milliseconds. 100 unless given; Infinity: for ever. */
  readonly longScheduleMs?: number | undefined;
  /** How many messages may wait for an actor before observers get 'long_message_queue'. 10,000 unless given; Infinity: any number. */
  readonly longMessageQueue?: number | undefined;
}

export const reportKeys: readonly (keyof ReportOptions)[] = ['onCrash', 'logger', 'redact', 'longScheduleMs', 'longMessageQueue'];
const keys: ReadonlySet<string> = new Set(reportKeys);

/** The report options of a system, with defaults filled in. */
export class Reports {
  onCrash: ReportOptions['onCrash'];
  logger: ReportLogger = console;
  redact: ReportOptions['redact'];
  longScheduleMs = 100;
  longMessageQueue = 10_000;

  /** Sets the options that are given; others stay as they are. The options have been checked. */
  set(options: ReportOptions): void {
    if ('onCrash' in options) this.onCrash = options.onCrash;
    if ('logger' in options) this.logger = options.logger ?? console;
    if ('redact' in options) this.redact = options.redact;
    if ('longScheduleMs' in options) this.longScheduleMs = options.longScheduleMs ?? 100;
    if ('longMessageQueue' in options) this.longMessageQueue = options.longMessageQueue ?? 10_000;
  }

  /** Prints a text by the logger. If the logger throws, text and error go to standard error: the actor that the text is about must not fail with the logger. */
  print(text: string): void {
    try {
      this.logger.error(text);
    } catch (error) {
      console.error(`${text}\n[mailport] the logger threw: ${inspected(error)}`);
    }
  }

  /** The report that may be shown in place of this one. */
  shown(report: CrashReport): CrashReport {
    if (this.redact === undefined) return report;
    try {
      const shown = this.redact(report);
      if (!isReport(shown)) throw new BadArg('redact', 'must give a report: the one that it was given, with other values');
      return shown;
    } catch (error) {
      // `redact` was to keep something secret, and its error may hold just that. The program's mistake must be seen, so the name of the error is shown.
      const name = error instanceof Error ? error.name : typeof error;
      return { ...report, reason: `[kept back: redact threw ${name}]`, lastMessage: undefined };
    }
  }
}

/** Whether the value is a report that can be printed. */
function isReport(shown: CrashReport): boolean {
  if (typeof shown !== 'object' || shown === null) return false;
  const { pid, links, mailboxLength } = shown;
  return typeof pid === 'object' && typeof mailboxLength === 'number' && links.every((link) => typeof link === 'object');
}

/** @throws BadArg unless these are report options and nothing else */
export function checkReports(options: ReportOptions): void {
  if (typeof options !== 'object' || options === null) throw new BadArg('options', 'must be an object');
  checkKeys('options', options, keys);
  checkReportOptions(options);
}

/** @throws BadArg if a report option is wrong; other options are not looked at */
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
