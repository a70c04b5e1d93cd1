/** The codec of the Diameter example: it reads every message that it writes, and refuses bad bytes from outside without further harm (RFC 6733 §3, §4). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { all, avp, avpNames, get, need, unknownMandatory } from '../../examples/diameterAvps.js';
import {
  type Avp,
  DiameterError,
  type DiameterMessage,
  decodeDiameter,
  encodeDiameter,
  type ResultName,
  resultCodes,
} from '../../examples/diameterCodec.js';
import { readCapabilities } from '../../examples/diameterMessages.js';

const u32 = fc.nat({ max: 0xffffffff });
const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((each) => Buffer.from(each));
const anyAvp: fc.Arbitrary<Avp> = fc.record(
  { code: u32, vendorId: u32, isMandatory: fc.boolean(), data: bytes(30) },
  { requiredKeys: ['code', 'isMandatory', 'data'] },
);
const message: fc.Arbitrary<DiameterMessage> = fc
  .record({
    isRequest: fc.boolean(),
    isProxiable: fc.boolean(),
    isError: fc.boolean(),
    isRetransmitted: fc.boolean(),
    command: fc.nat({ max: 0xffffff }),
    applicationId: u32,
    hopByHop: u32,
    endToEnd: u32,
    avps: fc.array(anyAvp, { maxLength: 6 }),
  })
  .filter(({ isRequest, isError }) => !(isRequest && isError));

/** The message, or the error for which it is refused. Any other error fails the test. */
function read(encoded: Buffer): DiameterMessage | DiameterError {
  try {
    return decodeDiameter(encoded);
  } catch (error) {
    if (error instanceof DiameterError) return error;
    throw error;
  }
}

const result = (encoded: Buffer): ResultName | undefined => {
  const outcome = read(encoded);
  return outcome instanceof DiameterError ? outcome.result : undefined;
};

test('every message that is written is read again, and is whole words long', () => {
  fc.assert(
    fc.property(message, (each) => {
      const encoded = encodeDiameter(each);
      expect(encoded.length % 4).toBe(0);
      expect(decodeDiameter(encoded)).toEqual(each);
    }),
  );
});

test('a message that is cut short anywhere is refused', () => {
  fc.assert(
    fc.property(message, (each) => {
      const encoded = encodeDiameter(each);
      for (let length = 0; length < encoded.length; length += 1)
        expect(result(encoded.subarray(0, length))).toBe('invalidMessageLength');
    }),
    { numRuns: 20 },
  );
});

test('arbitrary bytes, and messages with bytes changed, are read or refused, whatever is looked for in them', () => {
  const headed = fc.tuple(message, bytes(200)).map(([each, rest]) => {
    const encoded = Buffer.concat([encodeDiameter({ ...each, avps: [] }), rest.subarray(0, rest.length & ~3)]);
    encoded.writeUIntBE(encoded.length, 1, 3);
    return encoded;
  });
  const changed = fc
    .tuple(message, fc.array(fc.tuple(fc.nat({ max: 0xffff }), fc.nat({ max: 0xff })), { minLength: 1, maxLength: 5 }))
    .map(([each, changes]) => {
      const encoded = encodeDiameter(each);
      for (const [at, value] of changes) encoded[at % encoded.length] = value;
      return encoded;
    });
  /** Known AVPs, with values of any kind. */
  const misused = fc.array(fc.tuple(fc.constantFrom(...avpNames), bytes(20)), { maxLength: 5 }).map((avps) =>
    encodeDiameter({
      isRequest: true,
      isProxiable: false,
      isError: false,
      isRetransmitted: false,
      command: 257,
      applicationId: 0,
      hopByHop: 1,
      endToEnd: 1,
      avps: avps.map(([name, data]) => ({ ...avp(name, (name === 'hostIpAddress' ? '::' : []) as never), data })),
    }),
  );
  fc.assert(
    fc.property(fc.oneof(bytes(200), headed, changed, misused), (encoded) => {
      const outcome = read(encoded);
      if (outcome instanceof DiameterError) return;
      unknownMandatory(outcome.avps);
      const identity = { host: 'a', realm: 'b', product: 'c', applications: [3] };
      for (const look of [...avpNames.map((name) => () => all(outcome.avps, name)), () => readCapabilities(outcome, identity)]) {
        try {
          look();
        } catch (error) {
          expect(error).toBeInstanceOf(DiameterError);
          expect(resultCodes).toHaveProperty((error as DiameterError).result);
        }
      }
    }),
    { numRuns: 2000 },
  );
});

describe('on the wire', () => {
  const watchdog = {
    isProxiable: false,
    isError: false,
    isRetransmitted: false,
    command: 280,
    applicationId: 0,
    hopByHop: 1,
    endToEnd: 2,
  };

  test('a header (§3) and AVPs with and without a vendor, padded (§4.1)', () => {
    const avps = [avp('originHost', 'a.b.c'), { code: 1, vendorId: 10415, isMandatory: false, data: Buffer.from([1, 2, 3, 4]) }];
    const expected = [
      '01000034',
      '80000118',
      '00000000',
      '00000001',
      '00000002',
      '00000108',
      '4000000d',
      '612e622e',
      '63000000',
      '00000001',
      '80000010',
      '000028af',
      '01020304',
    ];
    expect(encodeDiameter({ ...watchdog, isRequest: true, avps }).toString('hex')).toBe(expected.join(''));
  });

  // §7.1
  test.each<[ResultName, boolean, string]>([
    ['invalidMessageLength', false, '01000014'],
    ['invalidMessageLength', true, '010000188000011800000000000000010000000200'],
    ['invalidMessageLength', true, '0100001580000118000000000000000100000002ff'],
    ['unsupportedVersion', true, '0200001480000118000000000000000100000002'],
    ['invalidHeaderBits', true, '01000014a0000118000000000000000100000002'],
    ['invalidAvpLength', true, '0100001880000118000000000000000100000002' + '00000108'],
    ['invalidAvpLength', true, '0100001c80000118000000000000000100000002' + '0000010840000007'],
    ['invalidAvpLength', true, '0100001c80000118000000000000000100000002' + '0000010840000009'],
    ['invalidAvpLength', true, '0100001c80000118000000000000000100000002' + '00000108c0000008'],
  ])('%s, with a header to answer: %s: %s', (wanted, hasHeader, hex) => {
    const outcome = read(Buffer.from(hex, 'hex'));
    expect(outcome).toMatchObject({ name: 'DiameterError', result: wanted });
    expect((outcome as DiameterError).header).toEqual(
      hasHeader ? expect.objectContaining({ command: 280, hopByHop: 1, endToEnd: 2 }) : undefined,
    );
  });
});

describe('AVPs by name', () => {
  test('have values, also in groups', () => {
    const avps = [
      avp('hostIpAddress', '192.0.2.1'),
      avp('hostIpAddress', '2001:db8::1'),
      avp('vendorSpecificApplicationId', [avp('vendorId', 10415), avp('authApplicationId', 16777251)]),
    ];
    expect(all(avps, 'hostIpAddress')).toEqual(['192.0.2.1', '2001:db8:0:0:0:0:0:1']);
    const [group = []] = all(avps, 'vendorSpecificApplicationId');
    expect([get(group, 'vendorId'), get(group, 'authApplicationId'), get(group, 'acctApplicationId')]).toEqual([
      10415,
      16777251,
      undefined,
    ]);
  });

  test('those of a vendor are others, though their code is the same', () => {
    expect(get([{ ...avp('originHost', 'x'), vendorId: 10415 }], 'originHost')).toBeUndefined();
  });

  // §7.1.5, §7.5: Failed-AVP
  test('an AVP that is missing, too long or no value is named in the refusal', () => {
    const error = (look: () => unknown): DiameterError => {
      try {
        look();
      } catch (thrown) {
        if (thrown instanceof DiameterError) return thrown;
      }
      throw new Error('nothing was thrown');
    };
    expect(error(() => need([], 'resultCode'))).toMatchObject({
      result: 'missingAvp',
      failed: { code: 268, data: Buffer.alloc(4) },
    });
    const long = { ...avp('resultCode', 1), data: Buffer.alloc(5) };
    expect(error(() => get([long], 'resultCode'))).toMatchObject({ result: 'invalidAvpLength', failed: long });
    const family = { ...avp('hostIpAddress', '::'), data: Buffer.from([0, 8, 1]) };
    expect(error(() => get([family], 'hostIpAddress'))).toMatchObject({ result: 'invalidAvpValue', failed: family });
  });

  test('unknown AVPs that must be understood are found', () => {
    const unknown = { code: 9999, isMandatory: true, data: Buffer.alloc(0) };
    expect(unknownMandatory([avp('originHost', 'x'), { ...unknown, isMandatory: false }])).toBeUndefined();
    expect(unknownMandatory([avp('originHost', 'x'), unknown])).toBe(unknown);
  });
});
