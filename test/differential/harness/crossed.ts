/** The tests of scripts with mailport at one end and Erlang at the other: actors p, p2, ... at the one, and q, q2, ... at the other. */
import { describe, expect, test } from 'vitest';
import { bothSides } from './bothSides.js';
import { runScript } from './runner.js';
import { type AnyCall, differencesOf, type Script } from './script.js';
import type { ScriptTests } from './tests.js';
import type { Transport } from './transport.js';

const endOf = (actor: string): string => actor.charAt(0);

/**
 * Whether a script can be performed with a system at each end: both ends take part, each uses its own sockets and actors only, and the systems do not differ in it.
 */
function hasTwoEnds(script: Script, transport: Transport): boolean {
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
export function testCrossed(tests: ScriptTests): void {
  const { subjects, transport } = tests;
  describe('mailport and Erlang', () => {
    const sides = bothSides(tests);
    const scripts = Object.values(subjects)
      .flat()
      .filter((script) => hasTwoEnds(script, transport));

    describe.each(['p is mailport', 'p is Erlang'] as const)('%s', (placement) => {
      test.each(scripts.map((script) => [script.name, script] as const))('%s', async (_, script) => {
        const { mailport, erlang } = sides;
        const [p, q] = placement === 'p is mailport' ? [mailport, erlang] : [erlang, mailport];
        const { seen, expected } = await runScript(script, [p, q], (actor) => (endOf(actor) === 'p' ? p : q), transport);
        expect(seen).toEqual(expected);
      });
    });
  });
}
