/**
 * Whatever value is given for the name of an option, the call takes it, throws `BadArg`, or refuses it with a documented reason. A value that is not taken has changed
 * nothing at all (FC-13).
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SctpReadableOptions } from '../../actors/sctp/index.js';
import { SocketError } from '../../actors/socket/errors.js';
import { BadArg, mainActor } from '../../runtime/index.js';
import { assocSamples, samples } from './optionSamples.js';
import { connected, mailbox, overStacks } from './subjects.js';

const self = mainActor();
const good = [...samples, ...assocSamples(3, 1, 2)];
const names = [...new Set(good.map(({ name }) => name))] as (keyof SctpReadableOptions)[];
const never = ['netns', 'ipv6V6only', 'sctpStatus', 'sctpGetPeerAddrInfo', 'sctpGetAssocStats', 'sctpPrAssocStatus'];

const number = fc.oneof(
  fc.integer(),
  fc.constantFrom(0, 1, -1, 255, 256, 500, 501, 511, 512, 65535, 65536, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 0.5, Number.NaN),
);
const atom = fc.constantFrom<unknown>(
  true,
  false,
  null,
  '',
  'list',
  'lo',
  'nosuch0',
  'hb_enable',
  'ttl',
  'streams',
  '::1',
  Symbol('s'),
  5n,
);
const address = fc.tuple(fc.constantFrom<unknown>('127.0.0.1', '::1', 'any', '0.0.0.0', 'fe80::1%no', '', 7), number);
const scalar = fc.oneof(number, atom, address, fc.array(fc.oneof(atom, number), { maxLength: 3 }));
const fields = [
  ...new Set([...good.flatMap(({ value }) => (isRecord(value) ? Object.keys(value) : [])), 'assocId', 'address', 'addr', 'type']),
];
const record = fc.dictionary(fc.constantFrom(...fields), scalar, { maxKeys: 4 });

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A good value with one field made something else. */
const nearlyGood = fc
  .tuple(fc.constantFrom(...good), fc.constantFrom(...fields), scalar)
  .map(([sample, field, value]): [string, unknown] => [
    sample.name,
    isRecord(sample.value) ? { ...sample.value, [field]: value } : value,
  ]);
const wild = fc.tuple(fc.constantFrom<string>(...names, ...never), fc.oneof(scalar, record));
const right = fc.constantFrom(...good).map(({ name, value }): [string, unknown] => [name, value]);
const list = fc.array(fc.oneof(nearlyGood, wild, right), { minLength: 1, maxLength: 5 });

overStacks((sctp) => {
  test('setopts takes a list whole, or leaves everything as it was', async () => {
    const { server, client, atClient } = await connected(sctp);
    const everything = () =>
      JSON.stringify([
        client.getopts([...names, 'netns', 'ipv6V6only']),
        client.getopts([['sctpPrimaryAddr', { assocId: atClient }]]),
      ]);
    fc.assert(
      fc.property(list, (options) => {
        const before = everything();
        try {
          client.setopts(options as never);
        } catch (error) {
          if (!(error instanceof BadArg)) {
            expect(error).toBeInstanceOf(SocketError);
            expect(['einval', 'enotsup']).toContain((error as SocketError).reason);
          }
          expect(everything()).toBe(before);
        }
      }),
      { numRuns: 300 },
    );
    expect(client.isOpen).toBe(true);
    client.close();
    server.close();
    await mailbox();
  });

  test('open opens a socket, or leaves nothing behind', async () => {
    await fc.assert(
      fc.asyncProperty(list, async (options) => {
        try {
          const socket = await sctp.open(self, [['ip', '127.0.0.1'], ...options] as never);
          socket.close();
        } catch (error) {
          if (!(error instanceof BadArg)) {
            expect(error).toBeInstanceOf(SocketError);
            expect(['enotsup', 'enodev', 'eperm', 'enoent', 'eaddrnotavail']).toContain((error as SocketError).reason);
          }
        }
        expect(sctp.openSockets()).toEqual([]);
        await mailbox();
      }),
      { numRuns: 150 },
    );
  });

  test('getopts gives, leaves out, or throws BadArg, whatever an option is read of', async () => {
    const { server, client } = await connected(sctp);
    const key = fc.oneof(record, scalar, fc.record({ assocId: number, address }), fc.record({ address }));
    fc.assert(
      fc.property(fc.constantFrom<string>(...names, ...never), key, (name, of) => {
        try {
          expect(Object.keys(client.getopts([[name, of]] as never)).length).toBeLessThanOrEqual(1);
        } catch (error) {
          expect(error).toBeInstanceOf(BadArg);
        }
      }),
      { numRuns: 300 },
    );
    client.close();
    server.close();
  });
});
