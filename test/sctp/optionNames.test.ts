/** Names and keys of options that only look right are refused: an array with a name is no name, however JavaScript would read it. */
import { expect, test } from 'vitest';
import { checkOptionNames } from '../../actors/sctp/options.js';
import { checkSockAddress } from '../../actors/sctp/stackOption.js';
import { stackOptions } from '../../actors/sctp/stackOptions.js';
import { checkSockAddr } from '../../actors/socket/sockAddr.js';
import { BadArg, mainActor } from '../../runtime/index.js';
import { overStacks } from './subjects.js';

test.each([[[['mode']]], [[5]], [[null]], [[{ toString: () => 'mode' }]]])('%j is no list of names', (names) => {
  expect(() => checkOptionNames([names])).toThrow(BadArg);
  expect(checkOptionNames(['mode'])).toMatchObject([{ name: 'mode' }]);
});

overStacks((sctp) => {
  test('a pair whose name is none is refused before anything is opened', async () => {
    for (const name of [['active'], 5, null, { toString: () => 'active' }]) {
      await expect(async () => sctp.open(mainActor(), [[name, true]] as never)).rejects.toThrow(BadArg);
    }
    expect(sctp.openSockets()).toEqual([]);
  });
});

test('an address of an option has two parts', () => {
  expect(checkSockAddress(['127.0.0.1', 65_535], 'x')).toEqual(['127.0.0.1', 65_535]);
  expect(checkSockAddress(['any', 0], 'x')).toEqual(['0.0.0.0', 0]);
  for (const wrong of [['127.0.0.1', 1, 2], ['127.0.0.1'], ['127.0.0.1', 65_536], ['127.0.0.1', -1], ['host', 1], 'any', null]) {
    expect(() => checkSockAddress(wrong, 'x')).toThrow(BadArg);
  }
});

test('zone 0 is none, whatever the family', () => {
  expect(checkSockAddr({ addr: '127.0.0.1', port: 7, scopeId: 0 }, 'to')).toMatchObject({ address: '127.0.0.1', port: 7 });
  expect(checkSockAddr({ addr: 'fe80::1', port: 7, scopeId: 0 }, 'to')).toMatchObject({ address: 'fe80::1', family: 6 });
  expect(checkSockAddr({ addr: 'fe80::1', port: 7, scopeId: 3 }, 'to')).toMatchObject({ address: 'fe80::1%3' });
  expect(checkSockAddr({ addr: 'fe80::1%lo', port: 7, scopeId: 3 }, 'to')).toMatchObject({ address: 'fe80::1%lo' });
});

test('no policy by itself takes the limit away; a policy by itself keeps it', () => {
  const { encode } = stackOptions.sctpDefaultPrinfo;
  const [none] = encode({ prPolicy: 'none' }, [1, 55], 'x');
  expect(encode({ prPolicy: 'none' }, [1, 55], 'x')).toEqual([none, 0]);
  expect(encode({ prPolicy: 'ttl' }, [none!, 55], 'x')[1]).toBe(55);
  expect(encode({ prPolicy: 'none', prValue: 7 }, [1, 55], 'x')).toEqual([none, 7]);
  expect(encode({ prValue: 7 }, [1, 55], 'x')).toEqual([1, 7]);
  expect(encode({}, [1, 55], 'x')).toEqual([1, 55]);
});
