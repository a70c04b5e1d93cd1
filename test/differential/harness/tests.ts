/** The tests of a transport's scripts: each is performed by mailport and by Erlang, and both must give what stands in the script. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { documentedRules } from './documented.js';
import { type ErlangCalls, ErlangSide } from './erlangSide.js';
import { runScript } from './runner.js';
import { differencesOf, type Script } from './script.js';
import type { Side } from './side.js';
import type { Transport } from './transport.js';

export interface ScriptTests {
  readonly subjects: Readonly<Record<string, readonly Script[]>>;
  readonly transport: Transport;
  readonly erlang: ErlangCalls;
  readonly mailport: () => Side;
  /** The reason why they cannot run here; undefined if they can. */
  readonly missing: string | undefined;
}

/** Defines the tests. */
export function testScripts({ subjects, transport, erlang: calls, mailport, missing }: ScriptTests): void {
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
    let ours: Side | undefined;
    let erlang: ErlangSide | undefined;

    beforeEach((context) => context.skip(missing !== undefined, missing));
    beforeAll(async () => {
      if (missing !== undefined) return;
      ours = mailport();
      erlang = new ErlangSide(calls);
      await erlang.ready();
    }, 60_000);
    afterAll(() => erlang?.stop());

    for (const [subject, ofSubject] of Object.entries(subjects)) {
      describe(subject, () => {
        for (const script of ofSubject) {
          test.each(['mailport', 'erlang'] as const)(`${script.name}: %s`, async (system) => {
            const side = system === 'mailport' ? ours! : erlang!;
            const { seen, expected } = await runScript(script, [side], () => side, transport);
            expect(seen).toEqual(expected);
          });
        }
      });
    }
  });
}
