/**
 * gen_sctp at one end of associations and mailport at the other, on two hosts: scripts of two ends over the kernel's stack, and over mailport's own and
 * UDP; and what happens when links between them are cut.
 */
import { sctp } from 'mailport/sctp';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { failOnLeftovers } from '../support/setup.js';
import { ErlangSide } from './erlangSide.js';
import { missing } from './here.js';
import { MailportSide } from './mailportSide.js';
import { runScript } from './runner.js';
import type { Script } from './script.js';
import { betweenHosts, subjects } from './scripts/index.js';
import type { Side } from './side.js';
import { kernelUdpPort, processUdpPort, TwoHosts } from './twoHosts.js';

failOnLeftovers(() => sctp.openSockets().map(({ port }) => `socket ${port}`));

const ofTwoEnds = Object.values(subjects)
  .flat()
  .filter(({ twoEnds }) => twoEnds);
const placements = ['mailport connects', 'Erlang connects'] as const;

describe('two hosts', () => {
  let hosts: TwoHosts | undefined;
  let erlang: ErlangSide | undefined;

  beforeEach((context) => context.skip(missing !== undefined, missing));
  beforeAll(async () => {
    if (missing !== undefined) return;
    hosts = new TwoHosts();
    erlang = new ErlangSide(hosts.enter, hosts.there);
    await erlang.ready();
  }, 60_000);
  afterAll(async () => {
    await erlang?.stop();
    hosts?.close();
  });

  /** Actors q, q2, ... are those who connect. */
  function testPlacements(script: Script, mailport: () => Side): void {
    test.each(placements)(`${script.name}: %s`, async (placement) => {
      const [connects, other] = placement === 'mailport connects' ? [mailport(), erlang!] : [erlang!, mailport()];
      const place = (actor: string) => (actor.startsWith('q') ? connects : other);
      const { seen, expected } = await runScript(script, [connects, other], place, hosts);
      expect(seen).toEqual(expected);
    });
  }

  describe('kernel and kernel', () => {
    let mailport: Side;

    beforeAll(() => {
      if (hosts === undefined) return;
      hosts.overUdp(false);
      mailport = new MailportSide({ stack: 'kernel' }, hosts.here);
    });
    for (const script of [...ofTwoEnds, ...betweenHosts]) testPlacements(script, () => mailport);
  });

  describe('kernel and embedded, over UDP', () => {
    let mailport: Side;

    beforeAll(() => {
      if (hosts === undefined) return;
      hosts.overUdp(true);
      const overUdp = { stack: 'embedded', encapsPort: processUdpPort, remoteEncapsPort: kernelUdpPort } as const;
      mailport = new MailportSide(overUdp, hosts.here);
    });
    for (const script of ofTwoEnds) testPlacements(script, () => mailport);
  });
});
