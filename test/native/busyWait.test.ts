/** The loop waits for the next message of a dialogue without sleep, and only for that. */

import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { loadAddon } from '../../native/addon.js';
import { busyWaits, tcpKind } from '../../native/index.js';
import { TcpUnderTest } from './tcpUnderTest.js';

const normal = 50;
const addon = loadAddon();
const count = () => busyWaits().waits;

/** A dialogue within this process, in which every answer is there as soon as the loop looks. `before` runs before each message. */
async function dialogue(trips: number, before: () => Promise<unknown> = async () => {}): Promise<void> {
  const it = new TcpUnderTest();
  const { client, server } = await it.pair('four');
  for (let trip = 0; trip < trips; trip += 1) {
    await before();
    it.send(client, 'ping');
    expect(String((await it.next(server, tcpKind.data)).data)).toBe('ping');
    it.send(server, 'pong');
    expect(String((await it.next(client, tcpKind.data)).data)).toBe('pong');
  }
}

afterEach(() => addon.setBusyWait(normal));

describe.runIf(availableParallelism() > 1)('a dialogue', () => {
  test('is waited for without sleep', async () => {
    const before = count();
    await dialogue(1000);
    expect(count()).toBeGreaterThan(before);
  });

  test('with a pause before each message is not', async () => {
    await pause(5);
    const before = count();
    await dialogue(50, () => pause(5));
    expect(count()).toBe(before);
  });

  test('is not, if the limit is 0', async () => {
    addon.setBusyWait(0);
    const before = count();
    await dialogue(1000);
    expect(count()).toBe(before);
  });
});

describe('MAILPORT_BUSY_WAIT', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.resetModules();
  });

  const use = async (value: string) => {
    vi.stubEnv('MAILPORT_BUSY_WAIT', value);
    vi.resetModules();
    return (await import('../../native/index.js')).kernelSctpStatus();
  };

  test.each(['', '0', '50', '1000'])('may be %j', async (value) => {
    await expect(use(value)).resolves.toEqual(expect.any(Number));
  });

  test.each(['1001', '-1', 'none', '1e3', ' 5', '99999999999'])(
    '%j is refused, and the message says what is right',
    async (value) => {
      await expect(use(value)).rejects.toThrow(
        `MAILPORT_BUSY_WAIT is ${JSON.stringify(value)} and must be microseconds, from 0 (sleep at once) to 1000`,
      );
    },
  );
});
