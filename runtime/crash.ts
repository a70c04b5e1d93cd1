/** Crashes: the report is written while the actor is still what it was, and shown when all who are linked have been told. */
import { nameOf } from './entity.js';
import { members } from './few.js';
import { inspected } from './inspected.js';
import { tellObservers, whoIs } from './observer.js';
import type { Process } from './process.js';
import type { ReportLogger, Reports } from './reportOptions.js';
import type { CrashReport } from './reports.js';

/** Writes the report now, and returns a function that shows it: to the system's `onCrash` or, without one, in print, and to observers. */
export function reportCrash(process: Process, reason: unknown, lastMessage: unknown, unawaited = false): () => void {
  const report: CrashReport = {
    ...whoIs(process),
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
    tellObservers('crash', shown);
  };
}

/** If `onCrash` throws, both failures are printed: the crash of one actor must not end all others, and neither failure may go unseen. */
function tellCrash(reports: Reports, onCrash: (report: CrashReport) => void, report: CrashReport): void {
  try {
    onCrash(report);
  } catch (error) {
    reports.print(`${crashText(report)}\n[mailport] onCrash threw: ${inspected(error)}`);
  }
}

/** Prints a crash report for people to read, by `console` unless a logger is given. A system does the same unless its `onCrash` says otherwise. */
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
