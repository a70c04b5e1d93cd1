/** The matrix: what has to hold between our engine and every other stack. Each row is one promise; who the ends are and what carries their packets is the caller's affair. */
import { test } from 'vitest';
import { deliveryRows } from './deliveryRows.js';
import { lifeRows } from './lifeRows.js';
import type { Meet } from './meeting.js';

const rowList = { ...deliveryRows, ...lifeRows };

export type Row = keyof typeof rowList;

/** In the order of docs/interop.md. */
export const rows = Object.keys(rowList) as Row[];

/**
 * Declares a test for each row.
 *
 * @param cannot rows that these ends cannot do, with the reason, which is shown
 */
export function matrix(meet: Meet, cannot: Partial<Record<Row, string>> = {}): void {
  for (const row of rows) {
    const why = cannot[row];
    test(why === undefined ? row : `${row} (skipped: ${why})`, async (context) => {
      if (why !== undefined) context.skip(why);
      await rowList[row](meet);
    });
  }
}
