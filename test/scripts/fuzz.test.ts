/** The fuzz targets: each has a corpus and is documented, and what libFuzzer prints is read as it means it. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { corpusOf, targetNames } from '../../scripts/fuzz/build.mjs';
import { inputAt, mostReaching, statistics, withoutProgress, writtenInput } from '../../scripts/fuzz/output.mjs';

test('every target has a small corpus, and a line in architecture.md', () => {
  const document = readFileSync(new URL('../../docs/architecture.md', import.meta.url), 'utf8');
  expect(targetNames()).toContain('two_endpoints');
  for (const target of targetNames()) {
    expect(document).toContain(`| \`${target}_fuzz.cc\` |`);
    const inputs = readdirSync(corpusOf(target)).map((file) => statSync(join(corpusOf(target), file)).size);
    expect(inputs.length).toBeGreaterThan(0);
    expect(inputs.length).toBeLessThan(20);
    expect(Math.max(...inputs)).toBeLessThanOrEqual(2048);
  }
});

const failed = `INFO: Running with entropic power schedule (0xFF, 100).
Running: native/fuzz/corpus/packet/one
Executed native/fuzz/corpus/packet/one in 1 ms
Running: native/fuzz/corpus/packet/two
packet_fuzz.cc:12: x does not hold
==7== ERROR: libFuzzer: deadly signal
artifact_prefix='.cache/fuzz/findings/packet-'; Test unit written to .cache/fuzz/findings/packet-crash-1f
`;

const ended = `#2	INITED cov: 100 ft: 101 corp: 1/1b exec/s: 0 rss: 30Mb
#900	NEW    cov: 2000 ft: 3000 corp: 40/2Kb lim: 100 exec/s: 300 rss: 31Mb
#1000	DONE   cov: 2001 ft: 3002 corp: 41/3Kb lim: 100 exec/s: 250 rss: 31Mb
stat::number_of_executed_units: 1000
stat::average_exec_per_sec:     250
`;

test('a run that failed names its input', () => {
  expect(inputAt(failed)).toBe('native/fuzz/corpus/packet/two');
  expect(writtenInput(failed)).toBe('.cache/fuzz/findings/packet-crash-1f');
  expect(writtenInput(ended)).toBeUndefined();
});

test('a run that ended tells how far it came', () => {
  expect(statistics(ended)).toBe('1000 runs, 250/s, 2001 edges, 3002 features, 41 inputs kept');
});

test('of a run that failed all is shown but how far it had come', () => {
  const progress = '#3\tNEW    cov: 2 ft: 3\n\tNEW_FUNC[1/1]: 0x1 in f f.cc:3\n#128\tpulse  cov: 2 ft: 3\n';
  expect(withoutProgress(`${progress}${failed}`)).toBe(failed);
});

test('a corpus is made of the inputs that add most, and no more than wanted', () => {
  const control =
    '4\n2\na\nb\nc\nd\nSTARTED 0 1\nFT 0 1 2\nCOV 0 9\nSTARTED 1 2\nFT 1 1 2 3 \nSTARTED 2 3\nFT 2 4 5\nSTARTED 3 4\nFT 3 5\n';
  expect(mostReaching(control, 9)).toEqual({ chosen: ['b', 'c'], reached: 5, all: 5 });
  expect(mostReaching(control, 1)).toEqual({ chosen: ['b'], reached: 3, all: 5 });
});
