/**
 * Differential test of SCTP sockets: mailport performs each script over the kernel's SCTP, and so does Erlang's gen_sctp in the same boot. Both must give what stands in
 * the script. Where they differ, the script names the rule in docs/differences.md that says so.
 */

import { sctp } from 'mailport/sctp';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { failOnLeftovers } from '../../support/setup.js';
import { documentedRules } from './documented.js';
import { ErlangSide } from './erlangSide.js';
import { missing } from './here.js';
import { MailportSide } from './mailportSide.js';
import { runScript } from './runner.js';
import type { Outcome, Script } from './script.js';
import { subjects } from './scripts/index.js';

failOnLeftovers(() => sctp.openSockets().map(({ port }) => `socket ${port}`));

const scripts = Object.values(subjects).flat();

const outcomesOf = ({ steps, left = {} }: Script): Outcome[] => [...steps.map(({ gives }) => gives), ...Object.values(left)];
const differencesOf = (script: Script) => outcomesOf(script).filter((outcome) => typeof outcome !== 'string');

test('no two scripts have one name', () => {
  expect(new Set(scripts.map(({ name }) => name)).size).toBe(scripts.length);
});

test('an outcome that differs is documented, and differs', () => {
  const rules = documentedRules();
  const wrong = scripts.flatMap((script) =>
    differencesOf(script)
      .filter(({ rule, mailport, erlang }) => !rules.has(rule) || mailport === erlang)
      .map((difference) => ({ script: script.name, ...difference })),
  );
  expect(wrong).toEqual([]);
});

describe('scripts', () => {
  const mailport = new MailportSide({ stack: 'kernel' });
  let erlang: ErlangSide | undefined;

  beforeEach((context) => context.skip(missing !== undefined, missing));
  beforeAll(async () => {
    if (missing !== undefined) return;
    erlang = new ErlangSide();
    await erlang.ready();
  }, 60_000);
  afterAll(() => erlang?.stop());

  for (const [subject, ofSubject] of Object.entries(subjects)) {
    describe(subject, () => {
      for (const script of ofSubject) {
        test.each(['mailport', 'erlang'] as const)(`${script.name}: %s`, async (system) => {
          const side = system === 'mailport' ? mailport : erlang!;
          const { seen, expected } = await runScript(script, [side], () => side);
          expect(seen).toEqual(expected);
        });
      }
    });
  }
});
