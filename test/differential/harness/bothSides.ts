/** The two systems of a test: mailport, and Erlang in a process of its own. */
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { type ErlangCalls, ErlangSide } from './erlangSide.js';
import type { Side } from './side.js';

/** How they are made. */
export interface Systems {
  readonly mailport: () => Side;
  readonly erlang: ErlangCalls;
  /** The reason why they cannot run here; undefined if they can. */
  readonly missing: string | undefined;
}

/** To be called in a group of tests: has both ready before them. Where they cannot run, the tests are skipped, with the reason shown. */
export function bothSides({ mailport, erlang, missing }: Systems): {
  readonly mailport: Side;
  readonly erlang: Side;
} {
  let ours: Side | undefined;
  let theirs: ErlangSide | undefined;

  beforeEach((context) => context.skip(missing !== undefined, missing));
  beforeAll(async () => {
    if (missing !== undefined) return;
    ours = mailport();
    theirs = new ErlangSide(erlang);
    await theirs.ready();
  }, 60_000);
  afterAll(() => theirs?.stop());

  return {
    get mailport() {
      return ours!;
    },
    get erlang() {
      return theirs!;
    },
  };
}
