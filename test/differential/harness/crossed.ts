/** The tests of scripts with mailport at one end and Erlang at the other: actors p, p2, ... at the one, and q, q2, ... at the other. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ErlangSide } from './erlangSide.js';
import { runScript } from './runner.js';
import { type AnyCall, differencesOf, type Script } from './script.js';
import type { Side } from './side.js';
import type { ScriptTests } from './tests.js';
import type { Transport } from './transport.js';

const endOf = (actor: string): string => actor.charAt(0);

/**
 * Whether a script can be performed with a system at each end: both ends take part, each uses its own sockets and actors only, and the systems do not differ in it.
 */
export function hasTwoEnds(script: Script, transport: Transport): boolean {
  if (script.twoEnds === false || differencesOf(script).length > 0) return false;
  const homes = new Map<string, string>();
  const made = script.steps.map(({ actor, call }) => ({ actor, call: call[0] === 'begin' ? (call[2] as AnyCall) : call }));
  for (const { actor, call } of made) {
    homes.set(actor, endOf(actor));
    const opened = transport.opens(call);
    if (opened !== undefined) homes.set(opened, endOf(actor));
  }
  const staysHome = made.every(({ actor, call }) =>
    call.slice(1).every((arg) => typeof arg !== 'string' || (homes.get(arg) ?? endOf(actor)) === endOf(actor)),
  );
  return staysHome && new Set(made.map(({ actor }) => endOf(actor))).size === 2;
}

/** Defines the tests. */
export function testCrossed({ subjects, transport, erlang: calls, mailport, missing }: ScriptTests): void {
  describe('mailport and Erlang', () => {
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

    const scripts = Object.values(subjects)
      .flat()
      .filter((script) => hasTwoEnds(script, transport));

    describe.each(['p is mailport', 'p is Erlang'] as const)('%s', (placement) => {
      test.each(scripts.map((script) => [script.name, script] as const))('%s', async (_, script) => {
        const [p, q] = placement === 'p is mailport' ? [ours!, erlang!] : [erlang!, ours!];
        const { seen, expected } = await runScript(script, [p, q], (actor) => (endOf(actor) === 'p' ? p : q), transport);
        expect(seen).toEqual(expected);
      });
    });
  });
}
