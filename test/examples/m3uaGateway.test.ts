/** The gateway of the M3UA example with ASPs that speak M3UA by hand, some of them badly, over both stacks (RFC 4666). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { errorCodes, type M3uaName } from '../../examples/m3uaCodec.js';
import { gateway, M3uaPeer, payload, type UserMessage } from './m3uaStage.js';
import { actors, overStacks } from './peers.js';

const inactive = { status: [1, 2], routingContext: [1] };
const active = { status: [1, 3], routingContext: [1] };
const pending = { status: [1, 4], routingContext: [1] };

overStacks((options) => {
  const stage = async (config: Parameters<typeof gateway>[2] = {}) => {
    const the = actors<UserMessage>();
    return { the, ...(await gateway(the, options, config)) };
  };

  // RFC 4666 §5.1.1
  test('acknowledges each step of an ASP, and notifies it of its application server', async () => {
    const { the, port } = await stage();
    const peer = await M3uaPeer.connect(the.main, options, port);
    await peer.say('ASPUP', { aspIdentifier: 1 });
    expect(await peer.next()).toEqual(['ASPUP_ACK', {}]);
    expect(await peer.next()).toEqual(['NTFY', inactive]);
    await peer.say('ASPAC', { trafficModeType: 2, routingContext: [1] });
    expect(await peer.next()).toEqual(['ASPAC_ACK', { trafficModeType: 2, routingContext: [1] }]);
    expect(await peer.next()).toEqual(['NTFY', active]);
    await peer.say('BEAT', { heartbeatData: Buffer.from('are you there') });
    expect(await peer.next()).toEqual(['BEAT_ACK', { heartbeatData: Buffer.from('are you there') }]);
    await peer.say('ASPIA');
    expect(await peer.next()).toEqual(['ASPIA_ACK', { routingContext: [1] }]);
    expect(await peer.next()).toEqual(['NTFY', pending]);
    await peer.say('ASPDN');
    expect(await peer.next()).toEqual(['ASPDN_ACK', {}]);
  });

  test('tells an ASP that joins others how its application server is', async () => {
    const { the, port } = await stage();
    const [first, second] = [await M3uaPeer.connect(the.main, options, port), await M3uaPeer.connect(the.main, options, port)];
    await first.activate(1);
    await second.say('ASPUP', { aspIdentifier: 11 });
    await second.until('ASPUP_ACK');
    expect(await second.next()).toEqual(['NTFY', active]);
  });

  // RFC 4666 §4.3.2, AS-PENDING
  test('keeps payload while no ASP is active, and delivers it in order to the one that comes', async () => {
    const { the, port } = await stage({ recoveryMs: 3_600_000 });
    const [from, to] = [await M3uaPeer.connect(the.main, options, port), await M3uaPeer.connect(the.main, options, port)];
    await from.activate(2);
    await to.activate(1);
    await to.say('ASPIA');
    await to.until('NTFY');
    for (const text of ['a', 'b', 'c']) await from.say('DATA', { protocolData: payload(2, 1, text) }, 1);
    // The answer to this beat comes after the gateway has taken the payload.
    await from.say('BEAT');
    await from.until('BEAT_ACK');
    await to.say('ASPAC');
    for (const text of ['a', 'b', 'c']) expect((await to.until('DATA'))[1].protocolData).toEqual(payload(2, 1, text));
  });

  test('gives kept payload up in time, and says so to whoever sent it', async () => {
    const { the, port } = await stage({ recoveryMs: 1 });
    const from = await M3uaPeer.connect(the.main, options, port);
    await from.activate(2);
    await from.say('DATA', { protocolData: payload(2, 1, 'to nobody') }, 1);
    expect(await from.next()).toEqual(['DUNA', { affectedPointCode: [1] }]);
    await from.say('DATA', { protocolData: payload(2, 77, 'to nowhere') }, 1);
    expect(await from.next()).toEqual(['DUNA', { affectedPointCode: [77] }]);
    const to = await M3uaPeer.connect(the.main, options, port);
    await to.activate(1);
    await to.say('ASPDN');
    await to.until('ASPDN_ACK');
    await from.say('DATA', { protocolData: payload(2, 1, 'too late') }, 1);
    expect(await from.next()).toEqual(['DUNA', { affectedPointCode: [1] }]);
  });

  // RFC 4666 §3.8.1
  test('refuses what it cannot take, by name, and goes on', async () => {
    const { the, port } = await stage();
    const peer = await M3uaPeer.connect(the.main, options, port);
    const refusals: [string, M3uaName, Parameters<M3uaPeer['say']>[1]?, number?][] = [
      ['Unexpected Message', 'ASPAC'],
      ['Unexpected Message', 'ASPIA'],
      ['Unexpected Message', 'DATA', { protocolData: payload(1, 2, 'too early') }, 1],
      ['Unexpected Message', 'ASPUP_ACK'],
      ['ASP Identifier Required', 'ASPUP'],
      ['Invalid ASP Identifier', 'ASPUP', { aspIdentifier: 99 }],
    ];
    for (const [code, ...message] of refusals) {
      await peer.say(...message);
      expect(await peer.nextError()).toBe(code);
    }
    await peer.say('ASPUP', { aspIdentifier: 1 });
    await peer.until('NTFY');
    await peer.say('ASPAC', { routingContext: [2] });
    expect(await peer.nextError()).toBe('Invalid Routing Context');
    await peer.say('ASPAC', { trafficModeType: 3 });
    expect(await peer.nextError()).toBe('Unsupported Traffic Mode Type');
    await peer.say('ASPAC');
    await peer.until('NTFY');
    await peer.say('DATA', { protocolData: payload(1, 2, 'on the wrong stream') }, 0);
    expect(await peer.nextError()).toBe('Invalid Stream Identifier');
    await peer.say('ASPUP', { aspIdentifier: 1 });
    expect(await peer.next()).toEqual(['ASPUP_ACK', {}]);
    expect(await peer.nextError()).toBe('Unexpected Message');
  });

  test('answers what it cannot read with the bytes that it could not read, but never an error with an error', async () => {
    const { the, port } = await stage();
    const peer = await M3uaPeer.connect(the.main, options, port);
    const offending = Buffer.from('0200030100000008', 'hex');
    await peer.sayBytes(Buffer.from('010000000000000c00000000', 'hex'));
    await peer.say('ERR', { errorCode: 7 });
    await peer.sayBytes(offending);
    expect(await peer.next()).toEqual(['ERR', { errorCode: errorCodes['Invalid Version'], diagnosticInformation: offending }]);
  });

  test('is not hurt by any bytes', async () => {
    const { the, port } = await stage();
    const peer = await M3uaPeer.connect(the.main, options, port);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 60 }), fc.constantFrom(0, 1), async (bytes, hasHead) => {
        await peer.sayBytes(Buffer.concat([Buffer.from([1, 0, 3]).subarray(0, 3 * hasHead), bytes]));
      }),
      { numRuns: 200 },
    );
    await peer.say('BEAT', { heartbeatData: Buffer.from('still there?') });
    expect(await peer.until('BEAT_ACK')).toEqual(['BEAT_ACK', { heartbeatData: Buffer.from('still there?') }]);
    expect(the.crashes).toEqual([]);
  });

  test('beats, and ends an association whose ASP does not answer', async () => {
    const { the, port } = await stage({ beatEveryMs: 1, beatWithinMs: 1 });
    const peer = await M3uaPeer.connect(the.main, options, port);
    expect(await peer.next()).toEqual(['BEAT', { heartbeatData: Buffer.from('beat 1') }]);
    expect(await peer.next()).toBe('shutdown_comp');
  });

  test('goes on beating as long as it is answered; another answer is none', async () => {
    const { the, port } = await stage({ beatEveryMs: 1, beatWithinMs: 60_000 });
    const peer = await M3uaPeer.connect(the.main, options, port);
    for (let beat = 1; beat <= 3; beat += 1) {
      const [, parameters] = await peer.until('BEAT');
      expect(parameters).toEqual({ heartbeatData: Buffer.from(`beat ${beat}`) });
      await peer.say('BEAT_ACK', { heartbeatData: Buffer.from('beat 0') });
      await peer.say('BEAT_ACK', parameters);
    }
  });

  test('does not read a peer that does not read its answers, and loses nothing', async () => {
    const { the, port } = await stage();
    const [peer, other] = [await M3uaPeer.connect(the.main, options, port), await M3uaPeer.connect(the.main, options, port)];
    const count = 500;
    let taken = 0;
    const sends = Array.from({ length: count }, async (_, n) => {
      await peer.say('BEAT', { heartbeatData: Buffer.alloc(16_384, n) });
      taken += 1;
    });
    // Other ASPs are served meanwhile. When that has gone round often enough without a change, there will be no change.
    for (let [rounds, before] = [0, -1]; rounds < 50; rounds = taken === before ? rounds + 1 : 0) {
      before = taken;
      await other.say('BEAT');
      expect(await other.next()).toEqual(['BEAT_ACK', {}]);
    }
    expect(taken).toBeLessThan(count);
    for (let n = 0; n < count; n += 1) {
      const answer = await peer.next();
      expect(answer).toMatchObject(['BEAT_ACK', { heartbeatData: { length: 16_384 } }]);
      expect((answer as readonly [M3uaName, { heartbeatData: Buffer }])[1].heartbeatData[0]).toBe(n % 256);
    }
    await Promise.all(sends);
  });
});
