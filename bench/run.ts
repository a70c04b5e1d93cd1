/**
 * `npm run bench [case…] [-- --json FILE] [--runs N] [--list]`: measures the named cases (or those whose names begin so), all without names.
 * Every case runs in a fresh process, with warm-ups that do not count; our runs and the yardstick's take turns, so both meet the same machine.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Case, Yardstick } from './case.js';
import { cases, findCases } from './cases/index.js';
import { figure, jsonRow, type Row, ratioOfRuns, short, table } from './figures.js';

const fewestRuns = 5;
/** V8 compiles, and takes some of that back, for about as many runs. The first second of a server is not measured here. */
const warmUps = 3;

const { values, positionals } = readArguments();
const runs = Math.max(Number(values.runs) || 0, fewestRuns);

if (values.list) {
  for (const { name, unit } of cases) console.log(`${name} (${unit})`);
} else {
  const rows: Row[] = [];
  for (const one of findCases(positionals)) rows.push(...(await measureCase(one)));
  console.log(`\n${table(rows)}\n\nmedians of ${runs} runs; ratio: how many times better, run by run`);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows.map(jsonRow), null, 2)}\n`);
}

function readArguments() {
  try {
    const read = parseArgs({
      options: { json: { type: 'string' }, runs: { type: 'string', default: String(fewestRuns) }, list: { type: 'boolean' } },
      allowPositionals: true,
    });
    findCases(read.positionals);
    return read;
  } catch (error) {
    console.error(
      `${error instanceof Error ? error.message : error}\nusage: npm run bench [case...] [-- --json FILE] [--runs N] [--list]`,
    );
    process.exit(2);
  }
}

/** A row for each yardstick. */
async function measureCase(one: Case): Promise<Row[]> {
  const missing = await one.missing?.();
  if (missing !== undefined) return one.against.map(({ yardstick, budget }) => emptyRow(one, yardstick, budget, missing));
  const worker = fork(fileURLToPath(new URL('./worker.js', import.meta.url)), [one.name], { execArgv: ['--expose-gc'] });
  try {
    await answer(worker, one.name);
    for (let run = 0; run < warmUps; run += 1) await ask(worker, one.name);
    const present = one.against.filter(({ yardstick }) => yardstick.missing() === undefined);
    for (const { yardstick } of present) await yardstick.measure();
    const ours: number[] = [];
    const theirs = new Map<Yardstick, number[]>(present.map(({ yardstick }) => [yardstick, []]));
    for (let run = 1; run <= runs; run += 1) {
      ours.push(await ask(worker, one.name));
      for (const [yardstick, results] of theirs) results.push(await yardstick.measure());
      const beside = [...theirs].map(([yardstick, results]) => `, ${yardstick.name} ${short(results.at(-1) ?? 0)}`).join('');
      console.error(`${one.name} ${run}/${runs}: ${short(ours.at(-1) ?? 0)} ${one.unit}${beside}`);
    }
    return one.against.map(({ yardstick, budget }) => row(one, ours, yardstick, theirs.get(yardstick), budget));
  } finally {
    for (const { yardstick } of one.against) yardstick.stop?.();
    if (worker.connected) worker.disconnect();
  }
}

function row(
  one: Case,
  ours: readonly number[],
  yardstick: Yardstick,
  theirs: readonly number[] | undefined,
  budget: number,
): Row {
  const missing = theirs === undefined ? yardstick.missing() : undefined;
  return {
    case: one.name,
    unit: one.unit,
    mailport: figure(ours),
    yardstick: theirs === undefined ? null : figure(theirs),
    yardstickName: yardstick.name,
    ratio: theirs === undefined ? null : ratioOfRuns(ours, theirs, one.moreIsBetter),
    budget,
    ...(missing === undefined ? {} : { missing }),
  };
}

/** The rows of a case that this machine cannot run. */
function emptyRow({ name, unit }: Case, { name: yardstickName }: Yardstick, budget: number, missing: string): Row {
  return { case: name, unit, mailport: null, yardstick: null, yardstickName, ratio: null, budget, missing };
}

/** One run in the worker. */
async function ask(worker: ChildProcess, name: string): Promise<number> {
  const answered = answer(worker, name);
  worker.send('measure');
  const message = await answered;
  if (typeof message === 'object' && message !== null && 'value' in message && typeof message.value === 'number')
    return message.value;
  const reason = typeof message === 'object' && message !== null && 'error' in message ? message.error : message;
  throw new Error(`${name}: ${String(reason)}`);
}

/** The worker's next message; rejects if it ends instead. */
async function answer(worker: ChildProcess, name: string): Promise<unknown> {
  const over = new AbortController();
  const ended = once(worker, 'exit', { signal: over.signal }).then(([code, signal]) => {
    throw new Error(`${name}: its process ended (${String(signal ?? code)})`);
  });
  try {
    const [message] = await Promise.race([once(worker, 'message', { signal: over.signal }), ended]);
    return message;
  } finally {
    ended.catch(() => {});
    over.abort();
  }
}
