/** From the runs of a case to the rows that are printed and written. Pure. */

/** Median, least and greatest of the runs. */
export interface Figure {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** A row of the table. A figure is null if the machine cannot run the yardstick, or the case as a whole. */
export interface Row {
  readonly case: string;
  readonly unit: string;
  readonly mailport: Figure | null;
  readonly yardstick: Figure | null;
  readonly yardstickName: string;
  /** How many times better than the yardstick, each run set against the yardstick's run beside it. */
  readonly ratio: Figure | null;
  /** What `ratio.median` should be at least; null if nothing is wanted of it. */
  readonly budget: number | null;
  /** Why there are no figures of the yardstick, or of the case. */
  readonly missing?: string;
}

/** A row as `--json` writes it: medians, and the least and greatest figure of each. */
export function jsonRow({ mailport, yardstick, ratio, ...rest }: Row): object {
  const median = (value: Figure | null) => value?.median ?? null;
  const spread = (value: Figure | null) => (value === null ? null : [value.min, value.max]);
  return {
    ...rest,
    mailport: median(mailport),
    yardstick: median(yardstick),
    ratio: median(ratio),
    spread: { mailport: spread(mailport), yardstick: spread(yardstick), ratio: spread(ratio) },
  };
}

/** @throws RangeError if there are no runs */
export function figure(runs: readonly number[]): Figure {
  const sorted = [...runs].sort((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) throw new RangeError('no runs');
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? max;
  return { median: sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? min) + upper) / 2, min, max };
}

/** Pairs run i with the yardstick's run i, which was taken next to it. So other work of the machine in that minute cancels out. */
export function ratioOfRuns(ours: readonly number[], theirs: readonly number[], moreIsBetter: boolean): Figure {
  const pairs = ours.slice(0, theirs.length);
  return figure(
    pairs.map((our, index) => {
      const their = theirs[index] ?? Number.NaN;
      return moreIsBetter ? our / their : their / our;
    }),
  );
}

/** The table, each column as wide as it needs to be. */
export function table(rows: readonly Row[]): string {
  const head = ['case', 'unit', 'mailport', '(min - max)', 'yardstick', '', '(min - max)', 'ratio', '(min - max)', 'budget', ''];
  const cells = rows.map((row) => [
    row.case,
    row.unit,
    ...(row.mailport === null ? ['-', ''] : columns(row.mailport, short)),
    row.yardstickName,
    ...(row.yardstick === null ? ['-', `(${row.missing ?? 'not measured'})`] : columns(row.yardstick, short)),
    ...(row.ratio === null ? ['-', ''] : columns(row.ratio, (value) => value.toFixed(2))),
    row.budget === null ? '' : `>= ${row.budget}`,
    row.budget === null || row.ratio === null ? '' : row.ratio.median >= row.budget ? 'met' : 'missed',
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...cells].map((line) => line[column]?.length ?? 0)));
  return [head, ...cells]
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const columns = (value: Figure, show: (value: number) => string) => [
  show(value.median),
  `(${show(value.min)} - ${show(value.max)})`,
];

/** Three significant digits: '3.31 M', '14.7 k', '812'. */
export function short(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toPrecision(3)} M`;
  if (value >= 1e3) return `${(value / 1e3).toPrecision(3)} k`;
  return value.toPrecision(3);
}
