/** The lines that a survey prints: one for each mistake that no test noticed, then the shares of those that were noticed. */

/**
 * @typedef {object} Result
 * @property {string} file relative to the checkout
 * @property {number} line
 * @property {string} kind
 * @property {string} was
 * @property {string} becomes
 * @property {boolean} noticed
 * @property {string} how the test that failed, or why no test failed
 * @property {number} [place] in the order of the sample
 */

/** @param {string} text */
const oneLine = (text) => {
  const short = text.replace(/\s+/g, ' ').trim();
  return short.length > 100 ? `${short.slice(0, 97)}...` : short;
};

/** @param {Result} result */
export function resultLine({ file, line, kind, was, becomes, how }) {
  return `${file}:${line}: ${kind}: ${oneLine(was)} -> ${oneLine(becomes) || '(nothing)'} (${oneLine(how)})`;
}

/**
 * @param {string} name of the survey
 * @param {Result[]} results
 * @returns {string[]} lines
 */
export function summary(name, results) {
  const survivors = results.filter((result) => !result.noticed).sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
  const lines = survivors.map((result) => `unnoticed  ${resultLine(result)}`);
  /** @type {Map<string, { noticed: number, all: number }>} */
  const shares = new Map();
  for (const { file, noticed } of results) {
    const folder = file.slice(0, file.lastIndexOf('/'));
    const share = shares.get(folder) ?? { noticed: 0, all: 0 };
    shares.set(folder, { noticed: share.noticed + Number(noticed), all: share.all + 1 });
  }
  for (const [folder, { noticed, all }] of [...shares].sort()) lines.push(`${folder}: ${percent(noticed, all)}`);
  lines.push(`${name}: ${percent(results.length - survivors.length, results.length)}`);
  return lines;
}

/**
 * @param {number} part
 * @param {number} all
 */
const percent = (part, all) => `${part} of ${all} noticed, ${all === 0 ? 0 : Math.round((1000 * part) / all) / 10} %`;
