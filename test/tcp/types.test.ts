/** What the types promise: messages narrow by their tag, also in a mailbox of no declared type. */
import { expect, expectTypeOf, test } from 'vitest';
import {
  type EndReason,
  SocketError,
  type SockName,
  type TcpData,
  type TcpMessage,
  type TcpOptions,
  TcpSocket,
  type TcpSocketMessage,
  tcp,
} from '../../actors/tcp/index.js';
import { BadArg, type Message, mainActor, type Self, spawn, tag } from '../../runtime/index.js';

test('messages of sockets are among those that any actor may be sent', () => {
  expectTypeOf<TcpMessage>().toExtend<Message>();
  expectTypeOf<TcpSocketMessage>().toExtend<Message>();
});

test('a switch on the tag narrows', () => {
  const read = (message: TcpMessage): string => {
    switch (message[0]) {
      case 'tcp':
        expectTypeOf(message[1]).toEqualTypeOf<TcpSocket>();
        expectTypeOf(message[2]).toEqualTypeOf<TcpData>();
        return String(message[2]);
      case 'tcp_error':
        expectTypeOf(message[2]).toEqualTypeOf<EndReason>();
        return message[2];
      default:
        expectTypeOf(message.length).toEqualTypeOf<2>();
        return message[0];
    }
  };
  expect(read(['tcp_closed', undefined as never])).toBe('tcp_closed');
});

test('an actor that declares its messages gets a socket of TCP by the tag', async () => {
  const told = new Promise((resolve) => {
    const pid = spawn(async (self: Self<TcpMessage | TcpSocketMessage>) => {
      const [, socket] = await self.receive(tag('socket'));
      expectTypeOf(socket).toEqualTypeOf<TcpSocket>();
      resolve(socket);
    });
    void tcp.listen(mainActor(), 0, { ip: '127.0.0.1' }).then((listener) => {
      listener.controllingProcess(mainActor(), pid, { message: ['socket', listener] });
    });
  });
  expect(await told).toBeInstanceOf(TcpSocket);
});

test('options and results are typed', async () => {
  const listener = await tcp.listen(mainActor(), 0, ['binary', ['ip', '127.0.0.1'], ['packet', 'line']]);
  expectTypeOf(listener.getopts(['packet']).packet).toEqualTypeOf<TcpOptions['packet'] | undefined>();
  expectTypeOf(listener.sockname()).toEqualTypeOf<SockName>();
  const nobody = listener.accept(mainActor(), 0);
  expectTypeOf(nobody).resolves.toEqualTypeOf<TcpSocket>();
  await expect(nobody).rejects.toBeInstanceOf(SocketError);
  // @ts-expect-error there is no such option
  expect(() => listener.setopts({ nosuch: 1 })).toThrow(BadArg);
  // @ts-expect-error there is no such direction
  expect(() => listener.shutdown('both')).toThrow(BadArg);
  await listener.close();
});
