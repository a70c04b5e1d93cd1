/**
 * gen_sctp at one end of associations and mailport at the other, on two hosts. The scripts of two ends run over the kernel's stack, and over mailport's own and
 * UDP, also while links between the hosts are cut.
 */
import { sctp } from 'mailport/sctp';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { failOnLeftovers } from '../../support/setup.js';
import { ErlangSide } from '../harness/erlangSide.js';
import { runScript } from '../harness/runner.js';
import type { Side } from '../harness/side.js';
import { isBytes, isRecord, type Value } from '../harness/value.js';
import { sctpOnErlang } from './erlangCalls.js';
import { missing } from './here.js';
import { sctpSide } from './mailportCalls.js';
import type { Options, Script } from './script.js';
import { betweenHosts, subjects } from './scripts/index.js';
import { sctpTransport } from './transport.js';
import { kernelUdpPort, processUdpPort, TwoHosts } from './twoHosts.js';

failOnLeftovers(() => sctp.openSockets().map(({ port }) => `socket ${port}`));

const ofTwoEnds = Object.values(subjects)
  .flat()
  .filter(({ twoEnds }) => twoEnds);
const placements = ['mailport connects', 'Erlang connects'] as const;

const numbered = Array.from({ length: 200 }, (_, number) => `message ${number}`);

const isOn = (stream: number) => (text: string) => Number(text.split(' ')[1]) % 3 === stream;

/** Sends messages over three streams while the primary path dies; gives what has arrived. */
async function transfer(connects: Side, other: Side, hosts: TwoHosts): Promise<string[]> {
  await connects.start('q');
  await other.start('p');
  const options = (side: Side): Extract<Options, readonly unknown[]> => [
    ['sctpNodelay', true],
    ...side.homes.map((address) => ['ip', address] as const),
    ['sctpRtoinfo', { assocId: 0, initial: 100, max: 200, min: 100 }],
    ['recbuf', 262_144],
  ];
  await other.perform('p', ['open', 'l', [...options(other), ['active', true]]]);
  await other.perform('p', ['listen', 'l', true]);
  await connects.perform('q', ['open', 'c', options(connects)]);
  const change = await connects.perform('q', ['connect', 'c', other.homes[0]!, other.port('l')!]);
  const assocId = isRecord(change) ? (change.fields.assocId as number) : 0;
  for (const [index, text] of numbered.entries()) {
    if (index === numbered.length / 2) hosts.cut(1);
    expect(await connects.perform('q', ['send', 'c', assocId, index % 3, text])).toBe('ok');
  }
  const arrived: string[] = [];
  while (arrived.length < numbered.length) {
    const [message] = (await other.perform('p', ['receive'])) as [[string, Value, string, number, [Value, Value]]];
    const content = message[4][1];
    if (isBytes(content)) arrived.push(content.text!);
  }
  return arrived;
}

describe('two hosts', () => {
  let hosts: TwoHosts | undefined;
  let erlang: ErlangSide | undefined;

  beforeEach((context) => context.skip(missing !== undefined, missing));
  beforeAll(async () => {
    if (missing !== undefined) return;
    hosts = new TwoHosts();
    erlang = new ErlangSide(sctpOnErlang, hosts.enter, hosts.there);
    await erlang.ready();
  }, 60_000);
  afterAll(async () => {
    await erlang?.stop();
    hosts?.close();
  });

  /** Actors q, q2, ... are the ones that connect. */
  function testPlacements(script: Script, mailport: () => Side): void {
    test.each(placements)(`${script.name}: %s`, async (placement) => {
      const [connects, other] = placement === 'mailport connects' ? [mailport(), erlang!] : [erlang!, mailport()];
      const place = (actor: string) => (actor.startsWith('q') ? connects : other);
      try {
        const { seen, expected } = await runScript(script, [connects, other], place, sctpTransport(hosts));
        expect(seen).toEqual(expected);
      } finally {
        hosts!.mendAll();
      }
    });
  }

  describe('kernel and kernel', () => {
    let mailport: Side;

    beforeAll(() => {
      if (hosts === undefined) return;
      hosts.overUdp(false);
      mailport = sctpSide({ stack: 'kernel' }, hosts.here);
    });
    for (const script of [...ofTwoEnds, ...betweenHosts]) testPlacements(script, () => mailport);
  });

  describe('two links', () => {
    test.each(placements)(
      'the first is cut while messages are sent: none is lost, and they keep their order: %s',
      async (placement) => {
        hosts!.overUdp(false);
        const mailport = sctpSide({ stack: 'kernel' }, hosts!.here);
        const [connects, other] = placement === 'mailport connects' ? [mailport, erlang!] : [erlang!, mailport];
        try {
          const arrived = await transfer(connects, other, hosts!);
          expect(arrived).toHaveLength(numbered.length);
          for (const stream of [0, 1, 2]) expect(arrived.filter(isOn(stream))).toEqual(numbered.filter(isOn(stream)));
        } finally {
          hosts!.mendAll();
          for (const side of [connects, other]) await side.reset();
        }
      },
    );
  });

  describe('kernel and embedded, over UDP', () => {
    let mailport: Side;

    beforeAll(() => {
      if (hosts === undefined) return;
      hosts.overUdp(true);
      const overUdp = { stack: 'embedded', encapsPort: processUdpPort, remoteEncapsPort: kernelUdpPort } as const;
      mailport = sctpSide(overUdp, hosts.here);
    });
    for (const script of ofTwoEnds) testPlacements(script, () => mailport);
  });
});
