/** Busy actors of either style starve neither the event loop nor other actors. */
import { connect, createServer } from 'node:net';
import { exit, type Pid, processInfo, send, spawn, spawnHandler } from 'mailport';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nextTurn, type TestSystem, testSystem } from './testSystem.js';

let the: TestSystem;
let busy: Pid[];
beforeEach(() => {
  the = testSystem();
  busy = [];
});
afterEach(() => {
  for (const pid of busy) exit(pid, 'kill');
});

type Ball = { hits: number };

/** Two actors that play a ball to each other for ever. */
function pingPong(style: 'handler' | 'body' | 'async handler' | 'draining body' | 'guarding body'): Ball {
  const ball = { hits: 0 };
  const player = (other: () => Pid<Ball>): Pid<Ball> => {
    const hit = (got: Ball) => {
      got.hits += 1;
      send(other(), got);
    };
    const options = { system: the.system };
    if (style === 'handler') return spawnHandler<Ball>(hit, options);
    if (style === 'async handler') return spawnHandler<Ball>(async (got) => hit(got), options);
    return spawn<Ball>(async (self) => {
      for (;;) {
        if (style === 'draining body') hit(self.receiveNow() ?? (await self.receive()));
        else if (style === 'guarding body') hit(await self.receive((got: Ball) => got.hits >= 0));
        else hit(await self.receive());
      }
    }, options);
  };
  const first: Pid<Ball> = player(() => second);
  const second: Pid<Ball> = player(() => first);
  busy.push(first, second);
  send(first, ball);
  return ball;
}

/** An actor that keeps its own mailbox from ever being empty. */
function selfFeeder(style: 'handler' | 'body' | 'draining body', deep: number): Ball {
  const ball = { hits: 0 };
  const pid: Pid<Ball> =
    style === 'handler'
      ? spawnHandler<Ball>(
          (got, self) => {
            got.hits += 1;
            send(self.pid, got);
          },
          { system: the.system },
        )
      : spawn<Ball>(
          async (self) => {
            for (;;) {
              const got = (style === 'draining body' ? self.receiveNow() : undefined) ?? (await self.receive());
              got.hits += 1;
              send(self.pid, got);
            }
          },
          { system: the.system },
        );
  busy.push(pid);
  for (let count = 0; count < deep; count += 1) send(pid, ball);
  return ball;
}

/** Turns of the event loop that pass until `done` settles. */
async function turnsUntil(done: Promise<unknown>): Promise<number> {
  let over = false;
  const settled = done.then(() => {
    over = true;
  });
  let turns = 0;
  while (!over) {
    await nextTurn();
    turns += 1;
  }
  await settled;
  return turns;
}

/** A message there and back through real sockets, from listening to closing. */
function socketEcho(): Promise<string> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.pipe(socket));
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('no port');
      const client = connect(address.port, '127.0.0.1', () => client.end('hello'));
      let text = '';
      client.on('data', (data) => {
        text += data.toString();
      });
      client.on('error', reject);
      client.on('close', () => server.close(() => resolve(text)));
    });
  });
}

test('ten and more busy actors of both styles leave timers and sockets their turns, and each other theirs', async () => {
  const balls = [pingPong('handler'), pingPong('body'), pingPong('handler'), pingPong('body'), pingPong('async handler')];
  balls.push(pingPong('draining body'), pingPong('guarding body'));
  balls.push(selfFeeder('handler', 1000), selfFeeder('body', 1000), selfFeeder('draining body', 1000));
  const echo = socketEcho();
  expect(await turnsUntil(echo)).toBeLessThan(200);
  expect(await echo).toBe('hello');
  expect(await turnsUntil(new Promise((resolve) => setTimeout(resolve, 1)))).toBeLessThan(50);
  const before = balls.map((ball) => ball.hits);
  // Three turns are enough, unless something else has the processor and uses up the slices.
  for (let turn = 0; turn < 30 && balls.some((ball, index) => ball.hits === before[index]); turn += 1) await nextTurn();
  balls.forEach((ball, index) => {
    expect(ball.hits).toBeGreaterThan(before[index] as number);
  });
});

describe.each(['handler', 'body', 'async handler', 'draining body', 'guarding body'] as const)(
  'one busy pair of style %s',
  (style) => {
    test('does not keep the event loop from turning', async () => {
      const ball = pingPong(style);
      for (let turn = 0; turn < 5; turn += 1) await nextTurn();
      expect(ball.hits).toBeGreaterThan(0);
    });

    test('lets another actor answer within a few turns, in either style', async () => {
      const { main, system } = the;
      pingPong(style);
      const answer = (message: Pid<unknown>) => send(message, 'answer');
      const handler = spawnHandler<Pid<unknown>>(answer, { system });
      const body = spawn<Pid<unknown>>(
        async (self) => {
          for (;;) answer(await self.receive());
        },
        { system },
      );
      busy.push(handler, body);
      for (const pid of [handler, body]) {
        await nextTurn();
        const answered = (async () => {
          for (let count = 0; count < 10; count += 1) {
            send(pid, main.pid);
            await main.receive();
          }
        })();
        expect(await turnsUntil(answered)).toBeLessThan(50);
      }
    });
  },
);

test('a mailbox of a million messages is worked through in many turns, in order', async () => {
  const { main, system } = the;
  let next = 0;
  let inOrder = true;
  const pid = spawn<number>(
    async (self) => {
      while (next < 1_000_000) {
        inOrder &&= (await self.receive()) === next;
        next += 1;
      }
      send(main.pid, 'done');
    },
    { system },
  );
  for (let count = 0; count < 1_000_000; count += 1) send(pid, count);
  expect(await turnsUntil(main.receive())).toBeGreaterThan(5);
  expect(inOrder).toBe(true);
});

test('slow handlers do not overrun the slice by many messages', async () => {
  const { system } = the;
  let handled = 0;
  const slow = () => {
    handled += 1;
    const untilMs = performance.now() + 2;
    while (performance.now() < untilMs);
  };
  const pid = spawnHandler<number>(slow, { system });
  busy.push(pid);
  for (let count = 0; count < 200; count += 1) send(pid, count);
  // The messages before the first look at the clock are allowed once.
  await nextTurn();
  await nextTurn();
  const first = handled;
  for (let turn = 0; turn < 5; turn += 1) await nextTurn();
  expect(handled - first).toBeLessThan(40);
});

test('slow messages after many quick ones do not stall the loop for long', async () => {
  const { main, system } = the;
  let handled = 0;
  const pid = spawnHandler<'quick' | 'slow'>(
    (speed) => {
      handled += 1;
      if (speed === 'quick') return;
      const untilMs = performance.now() + 1;
      while (performance.now() < untilMs);
    },
    { system },
  );
  busy.push(pid);
  for (let count = 0; count < 100_000; count += 1) send(pid, 'quick');
  for (let count = 0; count < 500; count += 1) send(pid, 'slow');
  let mostInATurn = 0;
  while (handled < 100_500) {
    const before = handled;
    await nextTurn();
    if (before >= 100_000) mostInATurn = Math.max(mostInATurn, handled - before);
  }
  expect(mostInATurn).toBeLessThan(100);
  expect(mostInATurn).toBeGreaterThan(0);
  expect(main.label).toBe('main');
});

test('a woken actor runs in the same turn', async () => {
  const { main, system } = the;
  const order: string[] = [];
  const echo = spawnHandler<string>(
    (text) => {
      order.push(text);
      send(main.pid, text);
    },
    { system },
  );
  const turn = nextTurn().then(() => order.push('next turn'));
  send(echo, 'same turn');
  await main.receive();
  order.push('answered');
  await turn;
  expect(order).toEqual(['same turn', 'answered', 'next turn']);
});

test('an actor starts after the code that spawned it has paused', async () => {
  const { main, system } = the;
  const order: string[] = [];
  spawn(
    () => {
      order.push('child');
      send(main.pid, 1);
    },
    { system },
  );
  order.push('parent');
  await main.receive();
  expect(order).toEqual(['parent', 'child']);
});

test('a handler that floods another waits while the other catches up', async () => {
  const burst = 1000;
  const bursts = 200;
  let longest = 0;
  let taken = 0;
  await new Promise<void>((resolve) => {
    const sink = spawnHandler<number>(
      (_number, self) => {
        taken += 1;
        longest = Math.max(longest, processInfo(self.pid)?.mailboxLength ?? 0);
        if (taken === burst * bursts) resolve();
      },
      { system: the.system },
    );
    let sent = 0;
    const flood = spawnHandler<'on'>(
      (on, self) => {
        for (let i = 0; i < burst; i += 1) send(sink, i);
        sent += 1;
        if (sent < bursts) send(self.pid, on);
      },
      { system: the.system },
    );
    busy.push(sink, flood);
    send(flood, 'on');
  });
  expect(longest).toBeLessThan(3 * burst);
});
