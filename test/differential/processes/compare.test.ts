/**
 * Differential test of actors and behaviours: mailport performs each scenario, and so does Erlang where it is installed. Both must give the traces that stand in the
 * scenario.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { type ErlangRun, missing, runInErlang } from './erlang.js';
import { runScenario } from './interpreter.js';
import type { Term, Traces, TraceTexts } from './scenario.js';
import { subjects } from './scenarios/index.js';

/** Traces in the form in which scenarios write them. */
function texts(traces: Traces): Record<string, string> {
  const entries = Object.entries(traces).map(([actor, trace]) => [actor, trace.map(text).join(' | ')]);
  return Object.fromEntries(entries);
}

function text(term: Term): string {
  return Array.isArray(term) ? `[${term.map(text).join(' ')}]` : String(term);
}

function whole(expected: TraceTexts): Record<string, string> {
  return Object.fromEntries(Object.entries(expected).map(([actor, trace]) => [actor, [trace].flat().join(' | ')]));
}

const scenarios = Object.values(subjects).flat();
const title = missing === undefined ? 'Erlang' : `Erlang (skipped: ${missing})`;

test('no two scenarios have one name', () => {
  expect(new Set(scenarios.map(({ name }) => name)).size).toBe(scenarios.length);
});

for (const [subject, ofSubject] of Object.entries(subjects)) {
  describe(`mailport: ${subject}`, () => {
    for (const scenario of ofSubject) {
      const { name, expected, differs } = scenario;
      test(differs === undefined ? name : `${name} (differs: ${differs.because})`, async () => {
        expect(texts(await runScenario(scenario))).toEqual(whole({ ...expected, ...differs?.traces }));
      });
    }
  });
}

describe.skipIf(missing !== undefined)(title, () => {
  let runs: Map<string, ErlangRun>;

  beforeAll(async () => {
    runs = await runInErlang(scenarios);
  }, 90_000);

  for (const { name, expected, untilRelease = Number.POSITIVE_INFINITY } of scenarios) {
    test(name, (context) => {
      const run = runs.get(name);
      if (run === undefined) throw new Error('Erlang says nothing of it');
      context.skip(run.release > untilRelease, `OTP ${run.release} does otherwise than OTP ${untilRelease}`);
      expect(run.hung, 'the scenario hangs in Erlang').toBeUndefined();
      expect(texts(run.traces)).toEqual(whole(expected));
    });
  }
});
