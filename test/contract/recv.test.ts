/** `recv`: who may wait in it, what a wait gives, and how a wait ends (RV). */
import { expect, test } from 'vitest';
import { BadArg, exit, mainActor, type Pid, type Self, spawn } from '../../runtime/index.js';
import {
  type AnySocket,
  closePair,
  mailbox,
  nextTurn,
  nextWords,
  overTransports,
  type Pair,
  untilArrived,
} from './transports.js';

const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });

overTransports((transport) => {
  const self = mainActor();
  const { recv } = transport;

  /** An actor that waits in `recv`, when it does; and what it gets, or the reason of its failure. */
  async function waiter(socket: AnySocket): Promise<{ readonly pid: Pid; readonly outcome: Promise<string> }> {
    let settle: (outcome: string) => void;
    const outcome = new Promise<string>((resolve) => {
      settle = resolve;
    });
    const pid: Pid = spawn(async (actor: Self) => {
      settle(await recv(socket, Number.POSITIVE_INFINITY, actor).catch((error: { reason: string }) => error.reason));
    });
    while ((await recv(socket, 0).catch((error: { reason: string }) => error.reason)) !== 'ealready') await nextTurn();
    return { pid, outcome };
  }

  async function sent(...texts: string[]): Promise<Pair> {
    const pair = await transport.pair();
    for (const text of texts) await pair.send(text);
    await untilArrived(pair);
    return pair;
  }

  test.each([true, 'once', 5] as const)('is einval while active is %s (RV-1)', async (active) => {
    const pair = await transport.pair({ receiver: { active } });
    await expect(recv(pair.receiver, 0)).rejects.toThrow(reason('einval'));
    await closePair(pair);
  });

  test('polls with timeout 0, and leaves no trace (RV-4, RV-5)', async () => {
    const pair = await sent();
    await expect(recv(pair.receiver, 0)).rejects.toThrow(reason('timeout'));
    await expect(recv(pair.receiver, 1)).rejects.toThrow(reason('timeout'));
    await pair.send('x');
    expect(await recv(pair.receiver)).toBe('data:x');
    await pair.send('y');
    await untilArrived(pair);
    expect(await recv(pair.receiver, 0)).toBe('data:y');
    await closePair(pair);
  });

  test('a second one is ealready, and the first is not disturbed; anybody may wait (RV-6, RV-7)', async () => {
    const pair = await sent();
    const { outcome } = await waiter(pair.receiver);
    await expect(recv(pair.receiver)).rejects.toThrow(reason('ealready'));
    await pair.send('x');
    expect(await outcome).toBe('data:x');
    await closePair(pair);
  });

  test('closing ends the wait with closed, and later calls are closed (RV-8, RV-11)', async () => {
    const pair = await sent();
    const { outcome } = await waiter(pair.receiver);
    await closePair(pair);
    expect(await outcome).toBe('closed');
    await expect(recv(pair.receiver)).rejects.toThrow(reason('closed'));
  });

  test('a change of owner does not disturb it (RV-10)', async () => {
    const pair = await sent();
    const { outcome } = await waiter(pair.receiver);
    const heir = spawn(async (actor: Self) => actor.receive());
    pair.receiver.controllingProcess(self, heir as never);
    await pair.send('x');
    expect(await outcome).toBe('data:x');
    exit(heir, 'kill');
    await closePair(pair);
  });

  test('the death of the caller frees the slot, and the next message is not lost (RV-14)', async () => {
    const pair = await sent();
    const { pid } = await waiter(pair.receiver);
    exit(pid, 'kill');
    await pair.send('x');
    expect(await recv(pair.receiver)).toBe('data:x');
    await closePair(pair);
  });

  test('a signal ends the wait, and the next message is not lost', async () => {
    const pair = await sent();
    await expect(recv(pair.receiver, 1000, { signal: AbortSignal.abort() })).rejects.toThrow(reason('aborted'));
    const controller = new AbortController();
    const waiting = recv(pair.receiver, Number.POSITIVE_INFINITY, { signal: controller.signal });
    controller.abort();
    await expect(waiting).rejects.toThrow(reason('aborted'));
    await pair.send('x');
    expect(await recv(pair.receiver)).toBe('data:x');
    await closePair(pair);
  });

  test('making the socket active completes a waiting call first (RV-15)', async () => {
    const pair = await sent();
    const { outcome } = await waiter(pair.receiver);
    pair.receiver.setopts({ active: 1 });
    await pair.send('first');
    await pair.send('second');
    expect(await outcome).toBe('data:first');
    expect(await nextWords(transport, 2)).toEqual(['data:second', 'passive']);
    await closePair(pair);
  });

  test('one call after the other gives the messages in order, and a call that waits gets the next one alone (RV-2)', async () => {
    const pair = await sent('a', 'b');
    expect([await recv(pair.receiver), await recv(pair.receiver)]).toEqual(['data:a', 'data:b']);
    const waiting = recv(pair.receiver);
    await pair.send('c');
    await pair.send('d');
    expect([await waiting, await recv(pair.receiver)]).toEqual(['data:c', 'data:d']);
    expect(await mailbox(transport)).toEqual([]);
    await closePair(pair);
  });

  test('what is no timeout, and what is no signal, throws BadArg at once (RV-3, TR-7)', async () => {
    const pair = await sent();
    // The call throws before there is a promise. Some adapters of the suite are async functions, which turn that into a rejection.
    for (const timeout of [-1, 1.5, Number.NaN, '5', null]) {
      await expect(recv(pair.receiver, timeout as number)).rejects.toThrow(BadArg);
    }
    await expect(recv(pair.receiver, 0, { signal: 'soon' } as never)).rejects.toThrow(BadArg);
    await closePair(pair);
  });
});
