/** `self.receive`: order, selection, timeouts, and what happens to a receive whose actor ends. */

import fc from 'fast-check';
import {
  ActorExit,
  BadArg,
  exit,
  makeRef,
  type Pid,
  processInfo,
  reply,
  type Self,
  send,
  spawn,
  spawnHandler,
  tag,
} from 'mailport';
import { beforeEach, describe, expect, test } from 'vitest';
import { backlog } from '../../runtime/ports.js';
import { flush, nextTurn, type TestSystem, testSystem } from './testSystem.js';

let the: TestSystem;
beforeEach(() => {
  the = testSystem();
});

const isEven = (message: unknown): message is number => typeof message === 'number' && message % 2 === 0;

describe('without a guard', () => {
  test('gives the messages of one sender in the order sent', async () => {
    const { main } = the;
    for (let count = 0; count < 1000; count += 1) send(main.pid, count);
    for (let count = 0; count < 1000; count += 1) expect(await main.receive()).toBe(count);
  });

  test('waits for a message that comes later', async () => {
    const received = the.main.receive();
    send(the.main.pid, 'late');
    expect(await received).toBe('late');
  });

  test.each([undefined, null, 0, '', false])('takes %j for a message like any other', async (message) => {
    send(the.main.pid, message);
    send(the.main.pid, 'next');
    expect(await the.main.receive({ after: 0 })).toBe(message);
    expect(await the.main.receive()).toBe('next');
  });

  test('sees several messages of one turn one by one, in async and in handler style', async () => {
    const { main, system } = the;
    const tell = (style: string) => (message: unknown) => send(main.pid, [style, message]);
    const body = spawn<number>(
      async (self) => {
        for (;;) tell('body')(await self.receive());
      },
      { system },
    );
    const handler = spawnHandler<number>(tell('handler'), { system });
    for (let count = 0; count < 300; count += 1) {
      send(body, count);
      send(handler, count);
    }
    for (let count = 0; count < 300; count += 1) expect(await main.receive(tag('body'))).toEqual(['body', count]);
    for (let count = 0; count < 300; count += 1) expect(await main.receive(tag('handler'))).toEqual(['handler', count]);
  });
});

describe('with a guard', () => {
  test('leaves the messages that it skips where they were', async () => {
    const { main } = the;
    for (const message of [1, ['x', 1], 3, 4, ['y'], 5, ['x', 2], 6]) send(main.pid, message);
    expect(await main.receive(isEven)).toBe(4);
    expect(await main.receive(tag('x'))).toEqual(['x', 1]);
    expect(await main.receive()).toBe(1);
    expect(await main.receive(isEven)).toBe(6);
    expect(await flush(main)).toEqual([3, ['y'], 5, ['x', 2]]);
  });

  test('waits past messages that do not fit, by tag, reference and function', async () => {
    const { main } = the;
    const ref = makeRef();
    const byTag = main.receive(tag('x'));
    for (const message of ['x', ['y'], 1, ['x', 1]]) send(main.pid, message);
    expect(await byTag).toEqual(['x', 1]);
    const byRef = main.receive(reply(ref));
    for (const message of [ref, ['y', makeRef()], [ref, 'first']]) send(main.pid, message);
    expect(await byRef).toEqual([ref, 'first']);
    const byFunction = main.receive(isEven);
    for (const message of [3, 5, 8, 10]) send(main.pid, message);
    expect(await byFunction).toBe(8);
    const left = await flush(main);
    expect(left).toHaveLength(8);
    expect(left.filter((message) => typeof message === 'number')).toEqual([1, 3, 5, 10]);
  });

  test('a reference picks messages that carry it first or second', async () => {
    const ref = makeRef();
    for (const message of [
      ['other', 1, ref],
      ['reply', ref, 1],
      [ref, 2],
    ])
      send(the.main.pid, message);
    expect(await the.main.receive(reply(ref))).toEqual(['reply', ref, 1]);
    expect(await the.main.receive(reply(ref))).toEqual([ref, 2]);
  });

  test('asks a function about each message once while it waits', async () => {
    const asked: unknown[] = [];
    const received = the.main.receive((message): message is unknown => {
      asked.push(message);
      return message === 5;
    });
    for (let count = 1; count <= 5; count += 1) {
      send(the.main.pid, count);
      await nextTurn();
    }
    expect(await received).toBe(5);
    expect(asked).toEqual([1, 2, 3, 4, 5]);
  });

  test.each(['at once', 'later'])('rejects with what the guard throws %s, and the message stays', async (when) => {
    const { main } = the;
    const guard = () => {
      throw new Error('guard');
    };
    if (when === 'at once') send(main.pid, 1);
    // A rejection, not a throw: the call itself gives a promise whatever the guard does.
    const received = main.receive(guard);
    if (when === 'later') send(main.pid, 1);
    await expect(received).rejects.toThrow('guard');
    expect(await main.receive()).toBe(1);
  });

  test('a guard cannot begin another receive', async () => {
    send(the.main.pid, 1);
    const received = (async () => the.main.receive(() => the.main.receive() !== undefined))();
    await expect(received).rejects.toThrow(BadArg);
    expect(await the.main.receive()).toBe(1);
  });

  test.each([
    ['at once', () => true],
    ['at once', () => false],
    ['later', () => true],
    [
      'later',
      () => {
        throw new Error('guard');
      },
    ],
  ])('a guard that ends its actor unwinds the receive: %s, %s', async (when, answer) => {
    const { main, system } = the;
    const pid = spawn<number>(
      async (self) => {
        const fatal = () => {
          exit(self.pid, 'kill');
          return answer();
        };
        if (when === 'at once') send(self.pid, 1);
        const received = (async () => self.receive(fatal))();
        send(self.pid, 2);
        await received.catch((error: unknown) => send(main.pid, error));
      },
      { system },
    );
    expect(await main.receive()).toMatchObject({ name: 'ActorExit', pid, reason: 'killed' });
    expect(backlog(pid)).toBe(0);
  });
});

describe('with after', () => {
  test('0 looks at what is there and does not wait', async () => {
    const { main, clock } = the;
    expect(await main.receive({ after: 0 })).toBeUndefined();
    send(main.pid, ['x']);
    expect(await main.receive(tag('y'), { after: 0 })).toBeUndefined();
    expect(await main.receive(isEven, { after: 0 })).toBeUndefined();
    expect(await main.receive(tag('x'), { after: 0 })).toEqual(['x']);
    expect(clock.pending).toBe(0);
  });

  test('gives undefined when the time is over, and later messages to the next receive', async () => {
    const { main, clock } = the;
    const received = main.receive(tag('x'), { after: 100 });
    send(main.pid, ['y']);
    clock.advance(99);
    expect(clock.pending).toBe(1);
    clock.advance(1);
    expect(await received).toBeUndefined();
    send(main.pid, ['x']);
    expect(await flush(main)).toEqual([['y'], ['x']]);
  });

  test('clears its timer when the message comes', async () => {
    const received = the.main.receive({ after: 100 });
    expect(the.clock.pending).toBe(1);
    send(the.main.pid, 'in time');
    expect(await received).toBe('in time');
    expect(the.clock.pending).toBe(0);
  });

  test('clears its timer when the actor ends', async () => {
    const pid = spawn((self) => self.receive({ after: 100 }), { system: the.system });
    await nextTurn();
    expect(the.clock.pending).toBe(1);
    exit(pid, 'kill');
    expect(the.clock.pending).toBe(0);
  });

  test('sets no timer for Infinity', async () => {
    const received = the.main.receive({ after: Number.POSITIVE_INFINITY });
    expect(the.clock.pending).toBe(0);
    send(the.main.pid, 1);
    expect(await received).toBe(1);
  });

  test('polling for ever with 0 lets others work', async () => {
    const { main, system } = the;
    const poller = spawn(
      async (self) => {
        for (;;) await self.receive({ after: 0 });
      },
      { system },
    );
    await nextTurn();
    send(main.pid, 'here');
    expect(await main.receive()).toBe('here');
    exit(poller, 'kill');
  });

  test.each([-1, 2 ** 32, Number.NaN, '5', null])('%j is refused', (after) => {
    expect(() => the.main.receive({ after: after as number })).toThrow(/^options.after: /);
    expect(() => the.main.receive(tag('x'), { after: after as number })).toThrow(/^options.after: /);
  });
});

describe('one at a time', () => {
  test('a second receive is refused while one waits, and the first is not disturbed', async () => {
    const received = the.main.receive();
    expect(() => the.main.receive()).toThrow(BadArg);
    expect(() => the.main.receive()).toThrow(
      'self: is in receive already, or its handler has returned: an actor waits for one thing at a time',
    );
    send(the.main.pid, 1);
    expect(await received).toBe(1);
  });

  test('a handler may receive within its promise, and the next message waits for it', async () => {
    const { main, system } = the;
    const handler = spawnHandler<readonly [string, number]>(
      async (message, self) => {
        send(main.pid, message);
        if (message[0] === 'ask') send(main.pid, await self.receive(tag('answer')));
      },
      { system },
    );
    for (const message of [
      ['ask', 1],
      ['next', 2],
      ['answer', 3],
    ] as const)
      send(handler, message);
    expect([await main.receive(), await main.receive(), await main.receive()]).toEqual([
      ['ask', 1],
      ['answer', 3],
      ['next', 2],
    ]);
  });

  test('a handler that returns before its receive has ended crashes', async () => {
    const { main, system, crashes } = the;
    const pid = spawnHandler<unknown>(
      (_, self) => {
        self.receive(tag('never')).catch(() => undefined);
      },
      { system },
    );
    const ref = main.monitor(pid);
    send(pid, 1);
    const [, , , , reason] = (await main.receive(reply(ref))) as unknown[];
    expect(reason).toBeInstanceOf(BadArg);
    expect(crashes).toHaveLength(1);
  });
});

describe('when the actor ends', () => {
  test('a waiting receive rejects with ActorExit, so the body unwinds', async () => {
    const { main, system } = the;
    const pid = spawn(
      async (self) => {
        try {
          await self.receive();
        } catch (error) {
          send(main.pid, error);
        }
      },
      { system },
    );
    await nextTurn();
    exit(pid, 'enough');
    const error = await main.receive();
    expect(error).toBeInstanceOf(ActorExit);
    expect(error).toMatchObject({ pid, reason: 'enough' });
  });

  test('every call on self throws ActorExit', async () => {
    const { main, system } = the;
    let kept: Self<unknown> | undefined;
    const pid: Pid<unknown> = spawn<unknown>(
      async (self) => {
        kept = self;
        await self.receive();
      },
      { system },
    );
    await nextTurn();
    exit(pid, 'kill');
    const self = kept as Self<unknown>;
    const calls = [
      () => self.receive(),
      () => self.receive(tag('x'), { after: 0 }),
      () => self.link(main.pid),
      () => self.unlink(main.pid),
      () => self.monitor(main.pid),
      () => self.demonitor(makeRef()),
      () => self.exit('again'),
      () => {
        self.trapExit = true;
      },
      () => {
        self.label = 'x';
      },
    ];
    for (const call of calls) expect(call).toThrow(ActorExit);
    expect(self.pid).toBe(pid);
    expect(self.signal.aborted).toBe(true);
  });

  test('a receive that the body did not await is no unhandled rejection', async () => {
    const { system } = the;
    spawn(
      (self) => {
        void self.receive();
      },
      { system },
    );
    await nextTurn();
    await nextTurn();
    expect(system.actorCount).toBe(1);
  });
});

/** A message of the property below: its sender, its number there, and the parts by which a selective receive can know it. */
type Numbered = readonly [tag: string, ref: unknown, sender: number, serial: number];

test('every message is received once, and those of one sender that a receive fits come in order', async () => {
  const refs = [makeRef(), makeRef()];
  const wanted = fc.constantFrom('any', 'a', 'b', 'ref 0', 'ref 1', 'odd', 'poll', 'turn');
  const sent = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 }));
  const property = fc.asyncProperty(fc.array(wanted), fc.array(sent), async (receives, sends) => {
    const { main, system } = testSystem();
    const received: Numbered[] = [];
    const fits = (kind: string, message: Numbered) => {
      if (kind === 'odd') return message[3] % 2 === 1;
      if (kind.startsWith('ref')) return message[1] === refs[Number(kind.at(-1))];
      return kind === 'any' || message[0] === kind;
    };
    const take = (self: Self<Numbered>, kind: string): Promise<unknown> => {
      if (kind === 'any') return self.receive();
      if (kind === 'odd') return self.receive((message: Numbered) => fits(kind, message));
      if (kind === 'poll') return self.receive(tag('c'), { after: 0 });
      if (kind === 'turn') return nextTurn();
      return kind.startsWith('ref')
        ? self.receive(reply(refs[Number(kind.at(-1))] as (typeof refs)[0]))
        : self.receive(tag(kind));
    };
    const pid = spawn<Numbered>(
      async (self) => {
        for (const kind of receives) {
          const message = (await take(self, kind)) as Numbered | undefined;
          if (message === undefined) continue;
          // An older message of the same sender that fits must have been received before.
          const missing = sends.findIndex(
            ([name, ref, sender], serial) =>
              serial < message[3] &&
              sender === message[2] &&
              kind !== 'poll' &&
              fits(kind, [name, refs[ref], sender, serial]) &&
              !received.some((earlier) => earlier[3] === serial),
          );
          if (missing >= 0) throw new Error(`message ${missing} was passed over`);
          received.push(message);
        }
        for (;;) received.push(await self.receive());
      },
      { system },
    );
    const ref = main.monitor(pid);
    const senders = [0, 1, 2].map((sender) =>
      spawn<unknown>(
        async () => {
          for (const [serial, [name, index, from]] of sends.entries()) {
            if (from !== sender) continue;
            send(pid, [name, refs[index], sender, serial]);
            if (serial % 3 === 0) await nextTurn();
          }
        },
        { system },
      ),
    );
    for (const sender of senders) await main.receive(reply(main.monitor(sender)));
    for (let turn = 0; turn < receives.length + 2; turn += 1) await nextTurn();
    // The message for which the last selective receive waits may never come. The messages that it skipped must still be there.
    const left = processInfo(pid)?.mailboxLength;
    expect(await main.receive(reply(ref), { after: 0 })).toBeUndefined();
    expect(received.length + (left ?? 0)).toBe(sends.length);
    expect(new Set(received.map((message) => message[3])).size).toBe(received.length);
    exit(pid, 'kill');
  });
  await fc.assert(property, { numRuns: 200 });
});
