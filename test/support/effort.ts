/** How often a test repeats the same steps. */

/** `count`; in the lab, whose processor is ten times slower, a quarter. */
export function repeats(count: number): number {
  return process.env.MAILPORT_LAB === undefined ? count : Math.ceil(count / 4);
}
