/** The loop waits for the next message of a dialogue without sleep, and only for that. */

import { availableParallelism, constants } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { loadAddon } from '../../native/addon.js';
import { busyWaits, inetOption, tcpKind } from '../../native/index.js';
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

describe.runIf(availableParallelism() > 1)('busyPollUs', () => {
  const polls = () => busyWaits().polls;
  /** Turns of the loop that end in sleep, as there is nothing to do but to wait for a timer. */
  const idle = () => times(5, async () => void (await pause(3)));

  test('of an open socket makes the loop look before each sleep, also if nothing comes, and of a closed one no longer', async () => {
    addon.setBusyWait(0);
    const it = new TcpUnderTest();
    const { client } = await it.pair('four');
    await idle();
    const never = polls();
    await idle();
    expect(polls()).toBe(never);
    expect(it.stack.setOption(client, inetOption.busyPoll, [50])).toBe(0);
    await idle();
    const asked = polls();
    expect(asked).toBeGreaterThanOrEqual(never + 5);
    expect(busyWaits().pollsInVain).toBeGreaterThan(0);
    it.stack.close(client, false);
    await idle();
    const closed = polls();
    await idle();
    expect(polls()).toBe(closed);
  });

  test('ends with a timer that is due, and beyond a second is refused', async () => {
    const it = new TcpUnderTest();
    const { client } = await it.pair('four');
    expect(it.stack.setOption(client, inetOption.busyPoll, [1_000_001])).toBe(-constants.errno.EINVAL);
    expect(it.stack.getOption(client, inetOption.busyPoll)).toEqual([0]);
    expect(it.stack.setOption(client, inetOption.busyPoll, [1_000_000])).toBe(0);
    expect(it.stack.getOption(client, inetOption.busyPoll)).toEqual([1_000_000]);
    // Each wait would take a second, and the test longer than it may.
    await times(20, async () => void (await pause(2)));
  });
});
