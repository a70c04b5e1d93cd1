/** The codec of the M3UA example: it reads every message that it writes, and refuses bad bytes from outside without further harm (RFC 4666 §3). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeM3ua,
  type ErrorName,
  encodeM3ua,
  errorCodes,
  errorName,
  M3uaError,
  type M3uaMessage,
  type M3uaParameters,
  m3uaNames,
} from '../../examples/m3uaCodec.js';

const u32 = fc.nat({ max: 0xffffffff });
const u16 = fc.nat({ max: 0xffff });
const u8 = fc.nat({ max: 0xff });
const bytes = fc.uint8Array({ maxLength: 70 }).map((each) => Buffer.from(each));
const protocolData = fc.record({
  originPointCode: u32,
  destinationPointCode: u32,
  serviceIndicator: u8,
  networkIndicator: u8,
  messagePriority: u8,
  signallingLinkSelection: u8,
  userData: bytes,
});
/** Parameters that some message needs are always there. */
const needed = {
  errorCode: u32,
  status: fc.tuple(u16, u16),
  affectedPointCode: fc.array(u32, { minLength: 1, maxLength: 5 }),
  protocolData,
};
const optional = {
  infoString: fc.string({ unit: 'grapheme' }),
  routingContext: fc.array(u32, { minLength: 1, maxLength: 5 }),
  diagnosticInformation: bytes,
  heartbeatData: bytes,
  trafficModeType: u32,
  aspIdentifier: u32,
  networkAppearance: u32,
  correlationId: u32,
};
const parameters: fc.Arbitrary<M3uaParameters> = fc.record(
  { ...needed, ...optional },
  { requiredKeys: ['errorCode', 'status', 'affectedPointCode', 'protocolData'] },
);
const name = fc.constantFrom(...m3uaNames);

/** The message, or the error for which it is refused. Any other error fails the test. */
function read(message: Buffer): M3uaMessage | ErrorName {
  try {
    return decodeM3ua(message);
  } catch (error) {
    if (error instanceof M3uaError) return error.code;
    throw error;
  }
}

test('every message that is written is read again, and is whole words long', () => {
  fc.assert(
    fc.property(name, parameters, (each, values) => {
      const message = encodeM3ua(each, values);
      expect(message.length % 4).toBe(0);
      expect(decodeM3ua(message)).toEqual({ name: each, parameters: values });
    }),
  );
});

test('a message that is cut short anywhere is refused', () => {
  fc.assert(
    fc.property(name, parameters, (each, values) => {
      const message = encodeM3ua(each, values);
      for (let length = 0; length < message.length; length += 1) expect(read(message.subarray(0, length))).toBe('Protocol Error');
    }),
    { numRuns: 20 },
  );
});

test('arbitrary bytes, and messages with bytes changed, are read or refused', () => {
  const garbage = fc.uint8Array({ maxLength: 200 }).map((each) => Buffer.from(each));
  const headed = fc.tuple(name, garbage).map(([each, rest]) => {
    const message = Buffer.concat([encodeM3ua(each), rest]);
    message.writeUInt32BE(message.length, 4);
    return message;
  });
  const changed = fc
    .tuple(name, parameters, fc.array(fc.tuple(u16, u8), { minLength: 1, maxLength: 5 }))
    .map(([each, values, changes]) => {
      const message = encodeM3ua(each, values);
      for (const [at, value] of changes) message[at % message.length] = value;
      return message;
    });
  fc.assert(
    fc.property(fc.oneof(garbage, headed, changed), (message) => {
      const result = read(message);
      if (typeof result === 'string') expect(Object.keys(errorCodes)).toContain(result);
      else expect(m3uaNames).toContain(result.name);
    }),
    { numRuns: 2000 },
  );
});

describe('on the wire', () => {
  test('a header without parameters (§3.1)', () => {
    expect(encodeM3ua('ASPUP').toString('hex')).toBe('0100030100000008');
  });

  test('payload with its label, padded (§3.3.1)', () => {
    const data = {
      originPointCode: 1,
      destinationPointCode: 2,
      serviceIndicator: 3,
      networkIndicator: 2,
      messagePriority: 0,
      signallingLinkSelection: 7,
      userData: Buffer.from('hello'),
    };
    const expected = [
      '0100010100000028',
      '00060008',
      '00000001',
      '02100015',
      '00000001',
      '00000002',
      '03020007',
      '68656c6c6f000000',
    ];
    expect(encodeM3ua('DATA', { routingContext: [1], protocolData: data }).toString('hex')).toBe(expected.join(''));
  });

  test('the length need not count the padding at the end, which may be there or not (§3.1.4)', () => {
    const message = encodeM3ua('BEAT', { heartbeatData: Buffer.from('hello') });
    const parameters = { heartbeatData: Buffer.from('hello') };
    message.writeUInt32BE(message.length - 3, 4);
    expect(decodeM3ua(message)).toEqual({ name: 'BEAT', parameters });
    expect(decodeM3ua(message.subarray(0, -3))).toEqual({ name: 'BEAT', parameters });
  });

  test('an unknown parameter is passed over (§3.2)', () => {
    expect(decodeM3ua(Buffer.from('010003030000001400ff00050a00000000090004', 'hex'))).toEqual({
      name: 'BEAT',
      parameters: { heartbeatData: Buffer.alloc(0) },
    });
  });

  // §3.8.1.
  test.each([
    ['Invalid Version', '0200030100000008'],
    ['Unsupported Message Class', '0100050100000008'],
    ['Unsupported Message Type', '0100030700000008'],
    ['Protocol Error', '01000301'],
    ['Protocol Error', '0100030100000007'],
    ['Protocol Error', '010003010000000c'],
    ['Protocol Error', '010003010000000800000000'],
    ['Parameter Field Error', '010003010000000a0011'],
    ['Parameter Field Error', '010003010000000c00110003'],
    ['Parameter Field Error', '010003010000000c00110008'],
    ['Parameter Field Error', '010003010000000c00110004'],
    ['Parameter Field Error', '0100030100000010001100060001'.padEnd(32, '0')],
    ['Parameter Field Error', '010001010000001002100008'.padEnd(32, '0')],
    ['Parameter Field Error', '010004010000000c00060004'],
    ['Unexpected Parameter', '010003010000001800110008000000010011000800000001'],
    ['Missing Parameter', '0100010100000008'],
    ['Missing Parameter', '0100000100000008'],
  ])('%s: %s', (code, hex) => {
    expect(read(Buffer.from(hex, 'hex'))).toBe(code);
  });
});

test('codes have names, and unknown ones are numbers', () => {
  expect(errorName(0x19)).toBe('Invalid Routing Context');
  expect(errorName(0x77)).toBe('error 119');
});
