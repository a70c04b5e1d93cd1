/** What libFuzzer has printed, read. */

/**
 * The input that it was at when it ended.
 *
 * @param {string} output
 * @returns {string | undefined}
 */
export function inputAt(output) {
  return [...output.matchAll(/^Running: (.+)$/gm)].at(-1)?.[1];
}

/**
 * The file with the input that failed.
 *
 * @param {string} output
 * @returns {string | undefined}
 */
export function writtenInput(output) {
  return /Test unit written to (\S+)/.exec(output)?.[1];
}

/**
 * What is worth reading of the output of a run that has failed: not the thousands of lines on inputs that reach more than those before.
 *
 * @param {string} output
 * @returns {string}
 */
export function withoutProgress(output) {
  return output.replaceAll(/^(?:#\d+|\tNEW_FUNC).*\n/gm, '');
}

/**
 * How far a run has come: inputs tried, and what they reached.
 *
 * @param {string} output
 * @returns {string}
 */
export function statistics(output) {
  const [, runs = '0'] = /number_of_executed_units:\s*(\d+)/.exec(output) ?? [];
  const [, rate = '0'] = /average_exec_per_sec:\s*(\d+)/.exec(output) ?? [];
  const last = [...output.matchAll(/cov: (\d+) ft: (\d+) corp: (\d+)/g)].at(-1);
  const [, edges = '0', features = '0', inputs = '0'] = last ?? [];
  return `${runs} runs, ${rate}/s, ${edges} edges, ${features} features, ${inputs} inputs kept`;
}

/**
 * Chooses inputs from the control file of a merge, which has the names of all inputs and then lines 'FT number feature…': always the one that adds most
 * features, the smaller one if two add the same.
 *
 * @param {string} control
 * @param {number} most inputs
 * @returns {{ chosen: string[], reached: number, all: number }} files, and the numbers of features that they and all inputs reach
 */
export function mostReaching(control, most) {
  const lines = control.split('\n');
  const names = lines.slice(2, 2 + Number(lines[0]));
  const rest = new Map();
  for (const line of lines) {
    const [word, number = '', ...features] = line.trim().split(' ');
    if (word === 'FT') rest.set(Number(number), new Set(features));
  }
  const all = new Set([...rest.values()].flatMap((features) => [...features])).size;
  const chosen = [];
  let reached = 0;
  for (let best = largest(rest); chosen.length < most && best !== undefined; best = largest(rest)) {
    const [number, features] = best;
    chosen.push(names[number] ?? '');
    reached += features.size;
    for (const other of rest.values()) if (other !== features) for (const feature of features) other.delete(feature);
    rest.delete(number);
  }
  return { chosen, reached, all };
}

/**
 * The entry with the most features left; libFuzzer has sorted the inputs by size.
 *
 * @param {ReadonlyMap<number, Set<string>>} entries
 */
function largest(entries) {
  /** @type {[number, Set<string>] | undefined} */
  let best;
  for (const entry of entries) if (entry[1].size > (best?.[1].size ?? 0)) best = entry;
  return best;
}
