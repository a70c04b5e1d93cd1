/**
 * `npm run bench [case…] [-- --json FILE] [--runs N] [--list]`: measures the named cases (or those whose names begin so), all without names.
 * Every case runs in a fresh process, with warm-ups that do not count; our runs and the yardstick's take turns, so both meet the same machine.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Case, Yardstick } from './case.js';
import { cases, findCases } from './cases/index.js';
import { figure, jsonRow, type Row, ratioOfRuns, short, table } from './figures.js';
import { Forked } from './forked.js';

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
  const worker = await Forked.start(new URL('./worker.js', import.meta.url), [one.name], one.name);
  try {
    for (let run = 0; run < (one.warmUps ?? warmUps); run += 1) await worker.measure();
    const present = one.against.filter(({ yardstick }) => yardstick.missing() === undefined);
    if (one.warmUps !== 0) for (const { yardstick } of present) await warmUp(yardstick);
    const ours: number[] = [];
    const theirs = new Map<Yardstick, number[]>(present.map(({ yardstick }) => [yardstick, []]));
    for (let run = 1; run <= runs; run += 1) {
      ours.push(await worker.measure());
      for (const [yardstick, results] of theirs) results.push(await yardstick.measure());
      const beside = [...theirs].map(([yardstick, results]) => `, ${yardstick.name} ${short(results.at(-1) ?? 0)}`).join('');
      console.error(`${one.name} ${run}/${runs}: ${short(ours.at(-1) ?? 0)} ${one.unit}${beside}`);
    }
    return one.against.map(({ yardstick, budget }) => row(one, ours, yardstick, theirs.get(yardstick), budget));
  } finally {
    for (const { yardstick } of one.against) yardstick.stop?.();
    await worker.stop();
  }
}

/** A yardstick whose process lives for all runs is warmed up as we are. */
async function warmUp(yardstick: Yardstick): Promise<void> {
  for (let run = 0; run < (yardstick.stop === undefined ? 1 : warmUps); run += 1) await yardstick.measure();
}

function row(
  one: Case,
  ours: readonly number[],
  yardstick: Yardstick,
  theirs: readonly number[] | undefined,
  budget: number | null,
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
function emptyRow({ name, unit }: Case, { name: yardstickName }: Yardstick, budget: number | null, missing: string): Row {
  return { case: name, unit, mailport: null, yardstick: null, yardstickName, ratio: null, budget, missing };
}
