/** The tests of a transport's scripts: each is performed by mailport and by Erlang, and both must give what stands in the script. */
import { describe, expect, test } from 'vitest';
import { bothSides, type Systems } from './bothSides.js';
import { documentedRules } from './documented.js';
import { runScript } from './runner.js';
import { differencesOf, type Script } from './script.js';
import type { Transport } from './transport.js';

export interface ScriptTests extends Systems {
  readonly subjects: Readonly<Record<string, readonly Script[]>>;
  readonly transport: Transport;
}

/** Defines the tests. */
export function testScripts(tests: ScriptTests): void {
  const { subjects, transport } = tests;
  const scripts = Object.values(subjects).flat();

  test('no two scripts have one name', () => {
    expect(new Set(scripts.map(({ name }) => name)).size).toBe(scripts.length);
  });

  test('an outcome that differs is documented, and differs', () => {
    const rules = documentedRules();
    const wrong = scripts.flatMap((script) =>
      differencesOf(script)
        .filter((difference) => !rules.has(difference.rule) || difference.mailport === difference.erlang)
        .map((difference) => ({ script: script.name, ...difference })),
    );
    expect(wrong).toEqual([]);
  });

  describe('scripts', () => {
    const sides = bothSides(tests);

    for (const [subject, ofSubject] of Object.entries(subjects)) {
      describe(subject, () => {
        for (const script of ofSubject) {
          test.each(['mailport', 'erlang'] as const)(`${script.name}: %s`, async (system) => {
            const side = sides[system];
            const { seen, expected } = await runScript(script, [side], () => side, transport);
            expect(seen).toEqual(expected);
          });
        }
      });
    }
  });
}
