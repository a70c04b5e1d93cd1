/** Calls that wait: the slot of `recv`, and the lifecycle and names they live with. */
import { describe, expect, test, vi } from 'vitest';
import { checkPort, checkTimeout, familyOf, literalAddress, resolveAddress } from '../../actors/socket/addresses.js';
import { errnoError, reasonOf, SocketError } from '../../actors/socket/errors.js';
import { Lifecycle, type LifecycleEvent, type LifecycleState } from '../../actors/socket/lifecycle.js';
import { RecvSlot } from '../../actors/socket/recvSlot.js';
import { BadArg, mainActor } from '../../runtime/index.js';

const caller = mainActor().pid;

describe('the slot of recv', () => {
  test('gives the answer once and is free again', async () => {
    const slot = new RecvSlot<string>({ unawaited: () => {} });
    const answer = slot.wait(caller, Number.POSITIVE_INFINITY, undefined);
    expect(slot.isWaiting).toBe(true);
    slot.answer('first');
    slot.answer('nobody waits for this');
    expect(slot.isWaiting).toBe(false);
    expect(await answer).toBe('first');
  });

  test('a timeout frees it and says so, once (RV-5)', async () => {
    let givenUp = 0;
    const slot = new RecvSlot<string>({
      unawaited: () => {
        givenUp += 1;
      },
    });
    await expect(slot.wait(caller, 1, undefined)).rejects.toMatchObject({
      reason: 'timeout',
      code: 'ERR_TIMEOUT',
      syscall: 'recv',
    });
    expect(slot.isWaiting).toBe(false);
    expect(givenUp).toBe(1);
  });

  test("the longest timeout is not cut short by the limit of Node's timers (RV-3)", async () => {
    const { setImmediate } = globalThis;
    vi.useFakeTimers();
    try {
      const slot = new RecvSlot<string>({ unawaited: () => {} });
      const answer = slot.wait(caller, 4294967294, undefined);
      answer.catch(() => undefined);
      vi.advanceTimersByTime(4294967293);
      expect(slot.isWaiting).toBe(true);
      vi.advanceTimersByTime(1);
      await expect(answer).rejects.toMatchObject({ reason: 'timeout' });
      slot.wait(caller, 4294967294, undefined).catch(() => undefined);
      slot.fail(new SocketError('closed', 'recv'));
      // Another wait of this turn might have used the timer again.
      await new Promise((resolve) => setImmediate(resolve));
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test('the death of the caller frees it (RV-14)', async () => {
    const life = new AbortController();
    let givenUp = 0;
    const slot = new RecvSlot<string>({
      unawaited: () => {
        givenUp += 1;
      },
    });
    const answer = slot.wait(caller, Number.POSITIVE_INFINITY, life.signal);
    life.abort();
    await expect(answer).rejects.toMatchObject({ reason: 'aborted' });
    expect([slot.isWaiting, givenUp]).toEqual([false, 1]);
  });

  test('an answer takes the timer and the listener with it', async () => {
    const life = new AbortController();
    const slot = new RecvSlot<string>({
      unawaited: () => {
        throw new Error('gave up although it was answered');
      },
    });
    const answer = slot.wait(caller, 60_000, life.signal);
    slot.answer('x');
    life.abort();
    expect(await answer).toBe('x');
  });
});

test('the lifecycle goes from opening to closed and never back', () => {
  const steps: [LifecycleState, LifecycleEvent, LifecycleState][] = [
    ['opening', 'opened', 'open'],
    ['opening', 'failed', 'closed'],
    ['opening', 'close', 'closing'],
    ['opening', 'released', 'opening'],
    ['open', 'close', 'closing'],
    ['open', 'opened', 'open'],
    ['open', 'released', 'open'],
    ['closing', 'close', 'closing'],
    ['closing', 'released', 'closed'],
    ['closed', 'opened', 'closed'],
    ['closed', 'close', 'closed'],
  ];
  const after = (state: LifecycleState, event: LifecycleEvent) => {
    const life = new Lifecycle(state);
    life.take(event);
    return life.state;
  };
  expect(steps.map(([state, event]) => after(state, event))).toEqual(steps.map(([, , next]) => next));
});

test('an open port alone can be handed over, and says so before the step and after it', () => {
  const states: LifecycleState[] = ['opening', 'open', 'closing', 'closed'];
  expect(states.filter((state) => new Lifecycle(state).allows('handOver'))).toEqual(['open']);
  expect(states.filter((state) => new Lifecycle(state).take('handOver'))).toEqual(['open']);
  expect(states.filter((state) => new Lifecycle(state).isOpen)).toEqual(['open']);
});

describe('addresses', () => {
  test.each<[string, 4 | 6, string | undefined]>([
    ['127.0.0.1', 4, '127.0.0.1'],
    ['any', 4, '0.0.0.0'],
    ['any', 6, '::'],
    ['loopback', 4, '127.0.0.1'],
    ['localhost', 6, '::1'],
    ['::1', 6, '::1'],
    ['fe80::1%lo', 6, 'fe80::1%lo'],
    ['127.0.0.1', 6, '127.0.0.1'],
    ['example.org', 4, undefined],
    ['', 4, undefined],
  ])('%j for family %i is %j without asking anybody', (address, family, expected) => {
    expect(literalAddress(address, family, 'connect')).toBe(expected);
  });

  test('an IPv6 literal on an IPv4 socket is eafnosupport (CN-4)', () => {
    expect(() => literalAddress('::1', 4, 'connect')).toThrow(
      expect.objectContaining({ reason: 'eafnosupport', code: 'EAFNOSUPPORT' }),
    );
  });

  test.each(['', '.', 'no\0name', 'host.invalid'])('%j is nxdomain (CN-4)', async (name) => {
    await expect(resolveAddress(name, 4, 'connect')).rejects.toMatchObject({
      reason: 'nxdomain',
      code: 'ERR_NXDOMAIN',
      address: name,
    });
  });

  test('an address literal tells its family', () => {
    expect(['1.2.3.4', '::1', 'fe80::1%eth0', 'host', ''].map(familyOf)).toEqual([4, 6, 6, 0, 0]);
  });

  test.each([-1, 65536, 1.5, '7', null, undefined])('port %s throws BadArg', (port) => {
    expect(() => checkPort(port)).toThrow(BadArg);
  });

  test.each([-1, 1.5, 4294967295, Number.NaN, '7', null])('timeout %s throws BadArg (RV-3)', (timeout) => {
    expect(() => checkTimeout(timeout)).toThrow(BadArg);
  });

  test('timeouts go from 0 to 4294967294 and to Infinity (RV-3)', () => {
    expect([0, 4294967294, Number.POSITIVE_INFINITY].map((timeout) => checkTimeout(timeout))).toEqual([
      0,
      4294967294,
      Number.POSITIVE_INFINITY,
    ]);
  });
});

test('errors name the operation, the address and the atom', () => {
  const error = errnoError(-111, 'connect', { address: '127.0.0.1', port: 7, detail: 'a word of help' });
  expect(error).toMatchObject({
    name: 'SocketError',
    reason: 'econnrefused',
    code: 'ECONNREFUSED',
    syscall: 'connect',
    address: '127.0.0.1',
    port: 7,
    message: 'connect 127.0.0.1:7: econnrefused (a word of help)',
  });
  expect([32, 11, 108, 94, 90].map(reasonOf)).toEqual(['epipe', 'eagain', 'eshutdown', 'esocktnosupport', 'emsgsize']);
  expect(reasonOf(99999)).toBe('errno_99999');
});
