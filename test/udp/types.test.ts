/** What the types promise: messages narrow by their tag and length, options and their values are known, reasons are closed unions. */
import { expect, expectTypeOf, test } from 'vitest';
import {
  type Active,
  type InetAddress,
  SocketError,
  type SockName,
  type UdpAnc,
  type UdpData,
  type UdpErrorReason,
  type UdpMessage,
  type UdpOpenOptions,
  type UdpReceived,
  type UdpRecvReason,
  type UdpSendReason,
  type UdpSocket,
  type UdpSocketMessage,
  udp,
} from '../../actors/udp/index.js';
import { type Message, type Self, spawn } from '../../runtime/index.js';

test('messages of sockets are among those that any actor may be sent', () => {
  expectTypeOf<UdpMessage>().toExtend<Message>();
  expectTypeOf<UdpSocketMessage>().toExtend<Message>();
});

test('a switch on the tag narrows, and the length tells ancillary data', () => {
  const read = (message: UdpMessage): string => {
    switch (message[0]) {
      case 'udp': {
        const [, socket, ip, port] = message;
        expectTypeOf(socket).toEqualTypeOf<UdpSocket>();
        expectTypeOf(ip).toEqualTypeOf<InetAddress>();
        expectTypeOf(port).toEqualTypeOf<number>();
        if (message.length === 5) expectTypeOf(message[4]).toEqualTypeOf<UdpData>();
        else {
          expectTypeOf(message[4]).toEqualTypeOf<UdpAnc>();
          expectTypeOf(message[5]).toEqualTypeOf<UdpData>();
        }
        return 'data';
      }
      case 'udp_error':
        expectTypeOf(message[2]).toEqualTypeOf<UdpErrorReason>();
        return message[2];
      case 'udp_passive':
        expectTypeOf(message).toEqualTypeOf<readonly [tag: 'udp_passive', socket: UdpSocket]>();
        return 'passive';
    }
  };
  expect(read(['udp_passive', {} as UdpSocket])).toBe('passive');
});

test('an echo server is well typed', () => {
  const echo = () =>
    spawn(async (self: Self<UdpMessage>) => {
      const socket = await udp.open(self, 0, { active: 'once' });
      for (;;) {
        const message = await self.receive();
        if (message[0] !== 'udp' || message.length !== 5) continue;
        const [, , ip, port, data] = message;
        await socket.send(ip, port, data, { ttl: 5 });
        socket.setopts([['active', 'once'], 'binary']);
      }
    });
  expect(echo).toBeTypeOf('function');
});

test('calls take and give what they say', () => {
  expectTypeOf<UdpSocket['recv']>().returns.resolves.toEqualTypeOf<UdpReceived>();
  expectTypeOf<UdpSocket['sockname']>().returns.toEqualTypeOf<SockName>();
  const asked = (socket: UdpSocket) => socket.getopts(['active', 'recbuf', ['raw', 1, 2, 4]]);
  expectTypeOf<ReturnType<typeof asked>['active']>().toEqualTypeOf<Active | undefined>();
  const wrong = (socket: UdpSocket) => {
    // @ts-expect-error options of TCP are none of UDP
    socket.setopts({ nodelay: true });
    // @ts-expect-error memberships cannot be read
    socket.getopts(['addMembership']);
    // @ts-expect-error a datagram has no linger
    void socket.send('127.0.0.1', 9, 'x', { linger: 1 });
  };
  expect(wrong).toBeTypeOf('function');
  expectTypeOf<UdpOpenOptions['ifaddr']>().extract<{ local: string }>().not.toBeNever();
});

test('reasons are closed unions', () => {
  const error: SocketError<UdpSendReason> = new SocketError('eisconn', 'send');
  // @ts-expect-error no send gives this
  expect(error.reason === 'ealready').toBe(false);
  expectTypeOf<UdpErrorReason>().toExtend<UdpRecvReason>();
});
