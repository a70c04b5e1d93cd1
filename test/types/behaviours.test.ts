/** Types of requests, names, timers and behaviours. The compiler is the judge; `npm run types` runs it over this file. */
import {
  type Action,
  type Asks,
  type BehaviourStatus,
  type Call,
  type Cast,
  call,
  cancelTimer,
  cast,
  type DownMessage,
  type From,
  type GenServer,
  genServer,
  type Message,
  makeRef,
  type Name,
  type NoReply,
  name,
  type Pid,
  type Ref,
  readTimer,
  register,
  reply,
  replyTo,
  type Self,
  type ServerMessage,
  send,
  sendAfter,
  startTimer,
  stateMachine,
  stop,
  supervisor,
  sys,
  type TaskOutcome,
  type TimeoutMessage,
  type TimerRef,
  tag,
  task,
  whereis,
} from 'mailport';
import { describe, expectTypeOf, test } from 'vitest';
import { setup } from 'xstate';

type Get = Asks<readonly ['get'], number>;
type Describe = Asks<readonly ['describe', language: string], string>;
type Put = readonly ['put', value: number];

declare const self: Self<readonly ['put', value: number] | readonly ['ask', ref: Ref]>;
declare const store: Pid<Call<Get | Describe> | Cast<Put>>;
declare const storeName: Name<Call<Get | Describe> | Cast<Put>>;
declare const any: Pid;

// Declared values do not exist at run time. The functions that use them are compiled and not called.
const compiled = (_: () => unknown): void => undefined;

describe('call', () => {
  test('gives the answer type of the request', () => {
    compiled(() => expectTypeOf(call(self, store, ['get'])).resolves.toEqualTypeOf<number>());
    compiled(() => expectTypeOf(call(self, store, ['describe', 'en'], 100)).resolves.toEqualTypeOf<string>());
    compiled(() => expectTypeOf(call(self, storeName, ['get'])).resolves.toEqualTypeOf<number>());
  });

  test('gives the answer type of the server if its requests have none of their own', () => {
    const plain = undefined as unknown as Pid<Call<'a' | 'b', boolean>>;
    compiled(() => expectTypeOf(call(self, plain, 'a')).resolves.toEqualTypeOf<boolean>());
    const mixed = undefined as unknown as Pid<Call<Get | 'other', boolean>>;
    compiled(() => expectTypeOf(call(self, mixed, 'other')).resolves.toEqualTypeOf<boolean>());
    compiled(() => expectTypeOf(call(self, mixed, ['get'])).resolves.toEqualTypeOf<number>());
  });

  test('takes requests of the server and no others', () => {
    // @ts-expect-error an unknown request
    compiled(() => call(self, store, ['got']));
    // @ts-expect-error an argument of another type
    compiled(() => call(self, store, ['describe', 1]));
    // @ts-expect-error a cast is no request
    compiled(() => call(self, store, ['put', 1]));
    // @ts-expect-error an actor of an unknown kind takes no requests
    compiled(() => call(self, any, ['get']));
    // @ts-expect-error a string without a type is no name
    compiled(() => call(self, 'store', ['get']));
  });
});

test('cast takes what the server takes by cast, and nothing else', () => {
  compiled(() => cast(store, ['put', 1]));
  compiled(() => cast(storeName, ['put', 1]));
  // @ts-expect-error a value of another type
  compiled(() => cast(store, ['put', 'one']));
  // @ts-expect-error a request
  compiled(() => cast(store, ['get']));
});

test('replyTo takes answers of the type that the caller waits for', () => {
  const from = undefined as unknown as From<number>;
  compiled(() => replyTo(from, 1));
  // @ts-expect-error an answer of another type
  compiled(() => replyTo(from, 'one'));
  expectTypeOf<From<number | string>>().toExtend<From<number>>();
  expectTypeOf<From<number>>().not.toExtend<From<number | string>>();
});

describe('a name', () => {
  test('has the type of what its actor takes', () => {
    expectTypeOf(name<number>).returns.toEqualTypeOf<Name<number>>();
    expectTypeOf<Name<number>>().toExtend<string>();
    expectTypeOf<string>().not.toExtend<Name<number>>();
    const numbers = name<number>('numbers');
    compiled(() => send(numbers, 1));
    // @ts-expect-error a message of another type
    compiled(() => send(numbers, 'one'));
    // @ts-expect-error a string without a type
    compiled(() => send('numbers', 1));
    compiled(() => expectTypeOf(whereis(numbers)).toEqualTypeOf<Pid<number> | undefined>());
    compiled(() => expectTypeOf(whereis('numbers')).toEqualTypeOf<Pid | undefined>());
  });

  test('belongs to actors that take that', () => {
    const numbers = name<number>('numbers');
    compiled(() => register(numbers, undefined as unknown as Pid<number>));
    compiled(() => register(numbers, undefined as unknown as Pid<number | string>));
    compiled(() => register('untyped', any));
  });
});

describe('timers', () => {
  test('send what their actor takes', () => {
    compiled(() => expectTypeOf(sendAfter(store, ['$gen_cast', ['put', 1]], 10)).toEqualTypeOf<TimerRef>());
    // @ts-expect-error a message of another type
    compiled(() => sendAfter(store, ['$gen_cast', ['put', 'one']], 10));
    // @ts-expect-error an actor of an unknown kind
    compiled(() => sendAfter(any, 1, 10));
    compiled(() => sendAfter(name<number>('numbers'), 1, 10));
    expectTypeOf<TimerRef>().toExtend<Ref>();
  });

  test('that are started send their reference along', () => {
    const waiting = undefined as unknown as Pid<TimeoutMessage<string>>;
    compiled(() => expectTypeOf(startTimer(waiting, 'x', 10)).toEqualTypeOf<TimerRef>());
    // @ts-expect-error the actor takes the plain message, not a timeout
    compiled(() => startTimer(undefined as unknown as Pid<string>, 'x', 10));
  });

  test('are cancelled and read by their reference', () => {
    expectTypeOf(cancelTimer).returns.toEqualTypeOf<number | false>();
    // @ts-expect-error a reference that is no timer
    compiled(() => readTimer(makeRef()));
  });
});

test('receiveNow narrows as receive does', () => {
  compiled(() =>
    expectTypeOf(self.receiveNow()).toEqualTypeOf<readonly ['put', value: number] | readonly ['ask', ref: Ref] | undefined>(),
  );
  compiled(() => expectTypeOf(self.receiveNow(tag('put'))).toEqualTypeOf<readonly ['put', value: number] | undefined>());
  compiled(() => expectTypeOf(self.receiveNow(tag('DOWN'))).toEqualTypeOf<DownMessage | undefined>());
  compiled(() => expectTypeOf(self.receiveNow(reply<[Ref, number]>(makeRef()))).toEqualTypeOf<[Ref, number] | undefined>());
  compiled(() =>
    expectTypeOf(self.receiveNow((message) => message[0] === 'put')).toEqualTypeOf<readonly ['put', value: number] | undefined>(),
  );
});

describe('genServer', () => {
  test('infers state, requests, answers, casts and other messages from its callbacks', () => {
    compiled(async () => {
      const pid = await genServer.start({
        init: () => ['ok', { count: 0 }],
        handleCall: (request: Get | Describe, _from, state) => {
          expectTypeOf(state).toEqualTypeOf<{ count: number }>();
          return ['reply', request[0] === 'get' ? state.count : request[1], state];
        },
        handleCast: (message: Put, state) => ['noreply', { count: state.count + message[1] }],
        handleInfo: (message: 'tick' | Message | 'timeout', state, own) => {
          expectTypeOf(state).toEqualTypeOf<{ count: number }>();
          expectTypeOf(own.pid).toExtend<Pid<Cast<Put>>>();
          return message === 'tick' ? ['noreply', state] : ['stop', 'normal', state];
        },
      });
      expectTypeOf(call(self, pid, ['get'])).resolves.toEqualTypeOf<number>();
      expectTypeOf(call(self, pid, ['describe', 'en'])).resolves.toEqualTypeOf<string>();
      cast(pid, ['put', 1]);
      // @ts-expect-error an unknown request
      call(self, pid, ['got']);
      // @ts-expect-error a cast of another type
      cast(pid, ['put', 'one']);
    });
  });

  test('infers the answer from the results, whether or not the request has one of its own', () => {
    compiled(async () => {
      const pid = await genServer.start({
        init: () => ['ok', 0],
        handleCall: (request: readonly ['add', number], _from, count) => ['reply', count + request[1], count + request[1]],
      });
      expectTypeOf(call(self, pid, ['add', 2])).resolves.toEqualTypeOf<number>();
    });
  });

  test('gives callbacks of declared types a from that takes their answers', () => {
    const server: GenServer<number, Get, number> = {
      init: () => ['ok', 0],
      handleCall: (_request, from, state) => {
        expectTypeOf(from).toEqualTypeOf<From<number>>();
        return ['noreply', state];
      },
    };
    compiled(async () => expectTypeOf(await genServer.start(server)).toEqualTypeOf<Pid<Call<Get, number>>>());
  });

  test('takes types that are given', () => {
    compiled(async () => {
      const pid = await genServer.start<number, Get, number, Put, 'tick'>({
        init: () => ['ok', 0],
        handleCall: (_request, _from, state) => ['reply', state, state],
      });
      expectTypeOf(pid).toEqualTypeOf<Pid<ServerMessage<Get, number, Put, 'tick'>>>();
      send(pid, 'tick');
      // @ts-expect-error a message of another type
      send(pid, 'tock');
      // @ts-expect-error requests go by call
      send(pid, ['get']);
    });
  });

  test('takes no requests, casts or messages that it has no types for', () => {
    expectTypeOf<ServerMessage<never, never, never, never>>().toEqualTypeOf<never>();
    expectTypeOf<ServerMessage<Get, number, never, never>>().toEqualTypeOf<Call<Get, number>>();
    expectTypeOf<ServerMessage<never, never, Put, 'tick'>>().toEqualTypeOf<Cast<Put> | 'tick'>();
  });

  test('rejects another state, another answer, and results that are none', () => {
    type Numbers = GenServer<number, Get, number, Put>;
    expectTypeOf<['ok', number]>().toExtend<ReturnType<Numbers['init']>>();
    compiled(
      (): Numbers => ({
        // @ts-expect-error the state is a number
        init: () => ['ok', 'zero'],
      }),
    );
    compiled(
      (): Numbers => ({
        init: () => ['ok', 0],
        // @ts-expect-error the answer is a number
        handleCall: (_request, _from, state) => ['reply', 'zero', state],
      }),
    );
    compiled(
      (): Numbers => ({
        init: () => ['ok', 0],
        // @ts-expect-error a cast has no answer
        handleCast: (_message, state) => ['reply', 0, state],
      }),
    );
    compiled(
      (): Numbers => ({
        init: () => ['ok', 0],
        // @ts-expect-error nothing is no result
        handleCast: () => undefined,
      }),
    );
    expectTypeOf<'soon'>().not.toExtend<Action>();
    expectTypeOf<['noreply', string]>().not.toExtend<NoReply<number>>();
  });

  test('takes the arguments of init from the options', () => {
    const callbacks: GenServer<number, never, never, never, never, { first: number }> = {
      init: (_self, args) => ['ok', args.first],
    };
    compiled(() => genServer.start(callbacks, { args: { first: 1 } }));
    // @ts-expect-error arguments of another type
    compiled(() => genServer.start(callbacks, { args: { first: 'one' } }));
  });

  test('callbacks may be async', () => {
    type Numbers = GenServer<number, Get, number>;
    compiled(
      (): Numbers => ({
        init: async () => ['ok', 0],
        handleCall: async (_request, _from, state) => ['reply', state, state],
      }),
    );
  });
});

test('a supervisor answers what it is asked', () => {
  const top = undefined as unknown as Awaited<ReturnType<typeof supervisor.start>>;
  compiled(() => expectTypeOf(call(self, top, ['count_children'])).resolves.toHaveProperty('specs'));
  compiled(() => expectTypeOf(supervisor.startChild(self, top, [])).resolves.toEqualTypeOf<Pid | undefined>());
  // @ts-expect-error an actor that is no supervisor
  compiled(() => supervisor.whichChildren(self, store));
});

test('a machine takes its events, and requests for those that carry who asked', () => {
  type DoorEvent = { readonly type: 'open' } | { readonly type: 'count'; readonly from: From<number> };
  const door = setup({ types: { events: {} as DoorEvent } }).createMachine({});
  const start = () => stateMachine.start(door);
  const startMade = () =>
    stateMachine.start((own) => {
      own.trapExit = true;
      return door;
    });
  compiled(async () => {
    for (const pid of [await start(), await startMade()]) {
      send(pid, { type: 'open' });
      expectTypeOf(call(self, pid, { type: 'count' })).resolves.toEqualTypeOf<number>();
      // @ts-expect-error no event of this machine
      send(pid, { type: 'close' });
      // @ts-expect-error this event is not answered
      void call(self, pid, { type: 'open' });
    }
  });
});

test('a task gives what its work gives', () => {
  compiled(() =>
    expectTypeOf(
      task.await(
        self,
        task.async(self, async () => 1),
      ),
    ).resolves.toEqualTypeOf<number>(),
  );
  compiled(() =>
    expectTypeOf(
      task.yield(
        self,
        task.async(self, () => 'text'),
      ),
    ).resolves.toEqualTypeOf<TaskOutcome<string> | undefined>(),
  );
});

test("only a server whose init may say 'ignore' may give no pid", () => {
  compiled(async () => expectTypeOf(await genServer.start({ init: () => ['ok', 0] })).toEqualTypeOf<Pid<never>>());
  compiled(async () => {
    const pid = await genServer.start({ init: (): ['ok', number] | 'ignore' => 'ignore' });
    expectTypeOf(pid).toEqualTypeOf<Pid<never> | undefined>();
  });
});

test('what sys gives is of no known type, but for what it is doing', () => {
  compiled(() => expectTypeOf(sys.getState(self, 'name')).resolves.toEqualTypeOf<unknown>());
  compiled(() => expectTypeOf(sys.getStatus(self, 'name')).resolves.toEqualTypeOf<BehaviourStatus>());
  compiled(() => expectTypeOf(stop(self, 'name')).resolves.toEqualTypeOf<void>());
});
