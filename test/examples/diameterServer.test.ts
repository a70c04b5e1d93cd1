/** The server of the Diameter example with peers that speak Diameter by hand, some of them badly, over both stacks (RFC 6733). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AccountingRecord, serveAccounting } from '../../examples/diameterAccounting.js';
import { all, avp, get } from '../../examples/diameterAvps.js';
import { encodeDiameter } from '../../examples/diameterCodec.js';
import { application, baseRequest, command, disconnectCause, origin } from '../../examples/diameterMessages.js';
import type { PeerIndication } from '../../examples/diameterPeer.js';
import { acr, DiameterByHand, identity, ourCapabilities, record, resultOf, server, told } from './diameterStage.js';
import { actors, overStacks } from './peers.js';

overStacks((options) => {
  const stage = async (config: Parameters<typeof server>[2] = {}) => {
    const the = actors<PeerIndication>();
    return { the, ...(await server(the, options, config)) };
  };

  // RFC 6733 §5.3, §5.5, §5.4
  test('exchanges capabilities, answers the watchdog, and lets its peer go', async () => {
    const { the, port } = await stage();
    const peer = await DiameterByHand.connect(the.main, options, port);
    await peer.ask(command.capabilitiesExchange, ourCapabilities);
    const cea = await peer.nextOf(command.capabilitiesExchange);
    expect(cea).toMatchObject({
      isRequest: false,
      isError: false,
      isProxiable: false,
      hopByHop: 1,
      endToEnd: 1001,
      applicationId: 0,
    });
    expect([resultOf(cea), get(cea.avps, 'originHost'), all(cea.avps, 'hostIpAddress')]).toEqual([
      2001,
      'server.example.net',
      ['127.0.0.1'],
    ]);
    expect(all(cea.avps, 'acctApplicationId')).toEqual([application.accounting]);
    expect((await told(the.main, 'open'))[1].peer).toEqual({
      host: 'hand.example.net',
      realm: 'example.net',
      applications: [3],
    });
    await peer.ask(command.deviceWatchdog);
    expect(await peer.nextOf(command.deviceWatchdog)).toMatchObject({ isRequest: false, hopByHop: 2, endToEnd: 1002 });
    await peer.ask(command.disconnectPeer, [
      ...origin(identity('hand')),
      avp('disconnectCause', disconnectCause.doNotWantToTalkToYou),
    ]);
    expect(resultOf(await peer.nextOf(command.disconnectPeer))).toBe(2001);
    peer.raw.socket.close();
    expect(the.crashes).toEqual([]);
  });

  test('takes capabilities of a vendor’s application, and of a relay', async () => {
    const { the, port } = await stage({ identity: { ...identity('server'), applications: [16777251] } });
    const group = avp('vendorSpecificApplicationId', [avp('vendorId', 10415), avp('authApplicationId', 16777251)]);
    for (const offer of [group, avp('authApplicationId', application.relay)]) {
      const peer = await DiameterByHand.connect(the.main, options, port);
      await peer.ask(command.capabilitiesExchange, [...ourCapabilities.slice(0, -1), offer]);
      expect(resultOf(await peer.next())).toBe(2001);
    }
  });

  test.each([
    ['nothing in common', 5010, [...ourCapabilities.slice(0, -1), avp('acctApplicationId', 77)]],
    ['an AVP that is missing', 5005, ourCapabilities.slice(1)],
    ['an AVP that cannot be', 5014, [...ourCapabilities, { ...avp('acctApplicationId', 3), data: Buffer.alloc(3) }]],
    ['an AVP that it would have to know', 5001, [...ourCapabilities, { code: 9999, isMandatory: true, data: Buffer.alloc(0) }]],
  ])('says what is wrong with capabilities, and closes: %s', async (_, result, avps) => {
    const { the, port } = await stage();
    const peer = await DiameterByHand.connect(the.main, options, port);
    await peer.ask(command.capabilitiesExchange, avps);
    expect(resultOf(await peer.next())).toBe(result);
    expect(await peer.next()).toBe('shutdown_comp');
    expect((await told(the.main, 'closed'))[1].why).toBe('the peer and we have nothing in common');
  });

  // RFC 6733 §5.6, state R-Open is only reached by a CER.
  test('closes if something else comes before capabilities, or nothing', async () => {
    const { the, port } = await stage();
    const peer = await DiameterByHand.connect(the.main, options, port);
    await peer.ask(command.deviceWatchdog);
    expect(await peer.next()).toBe('shutdown_comp');
    const { port: impatient } = await server(the, options, { answerMs: 1 });
    expect(await (await DiameterByHand.connect(the.main, options, impatient)).next()).toBe('shutdown_comp');
  });

  test('answers requests in order, and those that it cannot take with the reason', async () => {
    const records: AccountingRecord[] = [];
    const { the, port } = await stage({ serve: serveAccounting((each) => records.push(each)) });
    const peer = await DiameterByHand.open(the.main, options, port);
    for (let number = 0; number < 100; number += 1) await peer.say({ ...acr(number), hopByHop: number, endToEnd: number });
    for (let number = 0; number < 100; number += 1) {
      const aca = await peer.nextOf(command.accounting);
      expect(aca).toMatchObject({ isRequest: false, isProxiable: true, hopByHop: number, endToEnd: number, applicationId: 3 });
      expect(aca.avps[0]).toEqual(avp('sessionId', 'client;1;1'));
      expect([resultOf(aca), get(aca.avps, 'accountingRecordNumber')]).toEqual([2001, number]);
    }
    expect(records).toEqual(Array.from({ length: 100 }, (_, number) => record(number)));
    const wrong = acr(1).avps.map((each) => (each.code === 480 ? avp('accountingRecordType', 9) : each));
    const refused = [
      { message: { ...acr(1), applicationId: 77 }, result: 3007, isError: true },
      { message: { ...acr(1), command: 999 }, result: 3001, isError: true },
      { message: { ...acr(1), avps: wrong }, result: 5004, isError: false },
      { message: { ...acr(1), avps: [] }, result: 5005, isError: false },
    ];
    for (const { message, result, isError } of refused) {
      await peer.say(message);
      const answer = await peer.nextOf(message.command);
      expect(answer).toMatchObject({ isRequest: false, isError });
      expect([resultOf(answer), get(answer.avps, 'originHost')]).toEqual([result, 'server.example.net']);
    }
    expect(get((await refusedBy(peer, wrong)).avps, 'failedAvp')).toEqual([avp('accountingRecordType', 9)]);
  });

  const refusedBy = async (peer: DiameterByHand, avps: ReturnType<typeof acr>['avps']) => {
    await peer.say({ ...acr(1), avps });
    return peer.nextOf(command.accounting);
  };

  test('answers a request that it cannot read, ignores such an answer, and closes on what has no header', async () => {
    const { the, port } = await stage();
    const peer = await DiameterByHand.open(the.main, options, port);
    const short = encodeDiameter(baseRequest(command.deviceWatchdog, origin(identity('hand'))));
    short.writeUIntBE(short.length - 4, 1, 3);
    const answer = Buffer.from(short);
    answer[4] = 0;
    await peer.raw.say(answer);
    await peer.raw.say(short);
    expect(resultOf(await peer.nextOf(command.deviceWatchdog))).toBe(5015);
    await peer.raw.say(Buffer.from('GET / HTTP/1.1'));
    expect(await peer.next()).toBe('shutdown_comp');
  });

  test('is not hurt by any bytes', async () => {
    const { the, port } = await stage();
    const headed = fc
      .uint8Array({ minLength: 20, maxLength: 80 })
      .map((each) => Buffer.concat([Buffer.from([1, 0, 0, each.length]), each.subarray(4)]));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 80 }), headed), { maxLength: 10 }),
        async (messages) => {
          const peer = await DiameterByHand.open(the.main, options, port);
          // The server may close the association in the middle of this.
          for (const bytes of messages) await peer.raw.say(bytes).catch(() => undefined);
          peer.raw.socket.close();
        },
      ),
      { numRuns: 30 },
    );
    await DiameterByHand.open(the.main, options, port);
    expect(the.crashes).toEqual([]);
  });

  // RFC 3539 §3.4.1
  test('asks a silent peer whether it is there, and closes if it is not', async () => {
    const { the, port } = await stage({ watchdogEveryMs: 1, watchdogWithinMs: 1 });
    const peer = await DiameterByHand.open(the.main, options, port);
    expect(await peer.nextOf(command.deviceWatchdog)).toMatchObject({ isRequest: true });
    expect(await peer.next()).toBe('shutdown_comp');
    expect((await told(the.main, 'closed'))[1].why).toBe('the watchdog was not answered');
  });
});
