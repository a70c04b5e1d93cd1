/** Shared by the yardsticks that are programs of Node. Each makes one measurement in a process of its own, after a warm-up, and prints the figure. */
import { fileURLToPath } from 'node:url';
import { number, output } from './program.js';

const limitMs = 60_000;

/** Makes a measurement of so many messages, actors or timers. */
export type Measurement = (count: number) => number | Promise<number>;

/** Runs `NAME.js` of this folder in a process of its own, and gives the figure that it prints. */
export async function printedBy(name: string, measurement: string): Promise<number> {
  const program = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
  return number(await output([process.execPath, '--expose-gc', program, measurement], limitMs));
}

/** Runs such a program: it makes the measurement that its argument names, with the count of that measurement. */
export async function printMeasurement(all: Record<string, readonly [Measurement, count: number]>): Promise<void> {
  const name = process.argv[2] ?? '';
  const found = all[name];
  if (found === undefined) throw new Error(`no measurement '${name}'; there are ${Object.keys(all).join(', ')}`);
  const [measure, count] = found;
  await measure(Math.ceil(count / 10));
  console.log(await measure(count));
}
