/** Types: the messages that a pid takes and a receive gives. The compiler is the judge; `npm run types` runs it over this file. */
import {
  type AnySelf,
  type DownMessage,
  type ExitMessage,
  type Handler,
  type Message,
  makeRef,
  type Pid,
  type Ref,
  reply,
  type Self,
  type SupervisorMessage,
  send,
  spawn,
  spawnHandler,
  spawnLink,
  spawnMonitor,
  supervisor,
  tag,
} from 'mailport';
import { expectTypeOf, test } from 'vitest';

type Request = readonly [tag: 'get', from: Pid<Reply>] | readonly [tag: 'put', value: number];
type Reply = readonly [tag: 'value', value: number];

declare const any: Pid;
declare const server: Pid<Request>;
declare const self: Self<Request>;

// Declared values do not exist at run time. The functions that use them are compiled and not called.
const compiled = (_: () => unknown): void => undefined;

test('a pid takes its messages and no others', () => {
  expectTypeOf(send<Request>)
    .parameter(1)
    .toEqualTypeOf<Request>();
  compiled(() => send(server, ['put', 1]));
  // @ts-expect-error a message of another type
  compiled(() => send(server, ['put', 'one']));
  // @ts-expect-error nothing can be sent to an actor of an unknown kind
  compiled(() => send(any, 1));
});

test('a pid that takes more stands in for one that takes less, never the other way round', () => {
  expectTypeOf<Pid<number | string>>().toExtend<Pid<number>>();
  expectTypeOf<Pid<number>>().not.toExtend<Pid<number | string>>();
  expectTypeOf<Pid<number>>().toExtend<Pid>();
  expectTypeOf<Pid>().not.toExtend<Pid<number>>();
  expectTypeOf<object>().not.toExtend<Pid>();
});

test('spawn takes the type from the body', () => {
  expectTypeOf(spawn((_: Self<number>) => undefined)).toEqualTypeOf<Pid<number>>();
  expectTypeOf(spawn<string>).returns.toEqualTypeOf<Pid<string>>();
  compiled(() => spawn(async (self) => expectTypeOf(self).toEqualTypeOf<Self<Message>>()));
  compiled(() => expectTypeOf(spawnLink(self, (_: Self<number>) => undefined)).toEqualTypeOf<Pid<number>>());
  compiled(() => expectTypeOf(spawnMonitor(self, (_: Self<number>) => undefined)).toEqualTypeOf<[Pid<number>, Ref]>());
});

test('spawnHandler takes the type from the handler, or from what init returns', () => {
  expectTypeOf(spawnHandler((_: number) => undefined)).toEqualTypeOf<Pid<number>>();
  expectTypeOf(spawnHandler({ init: (): Handler<number> => () => undefined })).toEqualTypeOf<Pid<number>>();
  compiled(() =>
    spawnHandler<Request>((message, self) => expectTypeOf([message, self]).toEqualTypeOf<(Request | Self<Request>)[]>()),
  );
});

test('receive gives the messages of the actor', () => {
  compiled(() => expectTypeOf(self.receive()).resolves.toEqualTypeOf<Request>());
  compiled(() => expectTypeOf(self.receive({ after: 5 })).resolves.toEqualTypeOf<Request | undefined>());
});

test('a tag narrows, to messages of the actor and of the runtime', () => {
  compiled(() => expectTypeOf(self.receive(tag('put'))).resolves.toEqualTypeOf<readonly [tag: 'put', value: number]>());
  compiled(() =>
    expectTypeOf(self.receive(tag('put'), { after: 0 })).resolves.toEqualTypeOf<
      readonly [tag: 'put', value: number] | undefined
    >(),
  );
  compiled(() => expectTypeOf(self.receive(tag('EXIT'))).resolves.toEqualTypeOf<ExitMessage>());
  compiled(() => expectTypeOf(self.receive(tag('DOWN'))).resolves.toEqualTypeOf<DownMessage>());
  compiled(() => expectTypeOf(self.receive(tag('unknown'))).resolves.toEqualTypeOf<readonly ['unknown', ...unknown[]]>());
});

test('a type guard narrows, also one that the compiler infers; a plain guard does not', () => {
  const isPut = (message: Request | Message): message is readonly [tag: 'put', value: number] => message[0] === 'put';
  compiled(() => expectTypeOf(self.receive(isPut)).resolves.toEqualTypeOf<readonly [tag: 'put', value: number]>());
  compiled(() =>
    expectTypeOf(self.receive((message) => message[0] === 'put')).resolves.toEqualTypeOf<readonly [tag: 'put', value: number]>(),
  );
  const isOdd: (message: Request) => boolean = () => true;
  compiled(() => expectTypeOf(self.receive(isOdd)).resolves.toEqualTypeOf<Request>());
});

test('a reply has the type that is claimed for it', () => {
  compiled(() => expectTypeOf(self.receive(reply(makeRef()))).resolves.toEqualTypeOf<readonly unknown[]>());
  compiled(() => expectTypeOf(self.receive(reply<[Ref, number]>(makeRef()))).resolves.toEqualTypeOf<[Ref, number]>());
});

test('messages narrow on their tag', () => {
  const kindOf = (message: Request | Message) => {
    switch (message[0]) {
      case 'put':
        return expectTypeOf(message[1]).toEqualTypeOf<number>();
      case 'EXIT':
        return expectTypeOf(message).toEqualTypeOf<ExitMessage>();
      case 'DOWN':
        return expectTypeOf(message).toEqualTypeOf<DownMessage>();
      default:
        return undefined;
    }
  };
  expectTypeOf(kindOf).returns.not.toBeNever();
});

test('every self is some self', () => {
  expectTypeOf<Self<number>>().toExtend<AnySelf>();
  expectTypeOf<Self<Request>>().toExtend<AnySelf>();
  expectTypeOf<Self>().toExtend<AnySelf>();
  expectTypeOf<Self<number>>().not.toExtend<Self<string>>();
});

test('a supervisor takes its own requests', () => {
  expectTypeOf(supervisor.start).returns.resolves.toEqualTypeOf<Pid<SupervisorMessage>>();
});
