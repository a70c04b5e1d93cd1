/** The loop waits for the next message of a dialogue without sleep, and only for that. */

import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { loadAddon } from '../../native/addon.js';
import { busyWaits, tcpKind } from '../../native/index.js';
import { nextTurn } from './stackUnderTest.js';
import { TcpUnderTest } from './tcpUnderTest.js';

const normal = 50;
const addon = loadAddon();
const count = () => busyWaits().waits;

type Trip = () => Promise<void>;

/** A dialogue within this process, in which every answer is there as soon as the loop looks: one question and its answer a call. */
async function dialogue(): Promise<Trip> {
  const it = new TcpUnderTest();
  const { client, server } = await it.pair('four');
  return async () => {
    it.send(client, 'ping');
    expect(String((await it.next(server, tcpKind.data)).data)).toBe('ping');
    it.send(server, 'pong');
    expect(String((await it.next(client, tcpKind.data)).data)).toBe('pong');
  };
}

async function times(count: number, body: () => Promise<void>): Promise<void> {
  for (let done = 0; done < count; done += 1) await body();
}

afterEach(() => addon.setBusyWait(normal));

describe.runIf(availableParallelism() > 1)('a dialogue', () => {
  test('is waited for without sleep', async () => {
    const trip = await dialogue();
    const before = count();
    await times(1000, trip);
    expect(count()).toBeGreaterThan(before);
  });

  test('with a pause before each message is not', async () => {
    const trip = await dialogue();
    const afterPause = async () => {
      await pause(5);
      // A process that gets no processor in between finds its timer due before it has slept at all. This turn of the loop brings no message.
      await nextTurn();
      await trip();
    };
    // To connect and to accept are messages that come closely one after the other too.
    await afterPause();
    const before = count();
    await times(50, afterPause);
    expect(count()).toBe(before);
  });

  test('is not, if the limit is 0', async () => {
    addon.setBusyWait(0);
    const trip = await dialogue();
    const before = count();
    await times(1000, trip);
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
