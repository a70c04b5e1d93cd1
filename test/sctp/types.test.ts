/** What the types promise: messages narrow by their tag, content by its `type`, in a mailbox of no declared type, too. */
import { expect, expectTypeOf, test } from 'vitest';
import {
  type OptionNames,
  type RecvReason,
  type SctpDataMessage,
  type SctpErrorEvent,
  type SctpMessage,
  type SctpOptions,
  type SctpPassiveMessage,
  type SctpRtoinfo,
  type SctpSndrcvinfo,
  type SctpSocket,
  type SctpSocketMessage,
  type SendReason,
  SocketError,
  sctp,
  type WaitOptions,
} from '../../actors/sctp/index.js';
import { type Message, mainActor, type Pid, type Self, spawn, tag } from '../../runtime/index.js';

test('messages of sockets are among those that any actor may be sent', () => {
  expectTypeOf<SctpMessage>().toExtend<Message>();
});

test('a switch on the tag narrows', () => {
  const read = (message: SctpMessage): string => {
    switch (message[0]) {
      case 'sctp': {
        const [, socket, ip, port, [anc, content]] = message;
        expectTypeOf(socket).toEqualTypeOf<SctpSocket>();
        expectTypeOf(ip).toEqualTypeOf<string>();
        expectTypeOf(port).toEqualTypeOf<number>();
        expectTypeOf(anc[0]).toEqualTypeOf<SctpSndrcvinfo | undefined>();
        if (Buffer.isBuffer(content) || Array.isArray(content)) return 'data';
        return content.type === 'sctp_assoc_change' ? content.state : content.type;
      }
      case 'sctp_error':
        expectTypeOf(message[4][1]).toEqualTypeOf<SctpErrorEvent>();
        return message[4][1].type;
      case 'sctp_passive':
        expectTypeOf(message).toEqualTypeOf<readonly [tag: 'sctp_passive', socket: SctpSocket]>();
        return 'passive';
    }
  };
  expect(read(['sctp_passive', {} as SctpSocket])).toBe('passive');
});

test("an echo server that makes gen_sctp's calls alone is well typed", () => {
  const echo = () =>
    spawn(async (self) => {
      const socket = await sctp.open(self, 2006, { ip: '127.0.0.1', active: 'once' });
      await socket.listen(true);
      for (;;) {
        const message = await self.receive();
        if (message[0] !== 'sctp') continue;
        const [, , , , [[info], data]] = message;
        if (info !== undefined && Buffer.isBuffer(data)) await socket.send(info, data);
        socket.setopts({ active: 'once' });
      }
    });
  expectTypeOf(echo).returns.not.toBeAny();
});

test('a socket is given only to an actor that takes the message about it', () => {
  type HandOff = SctpSocket['handOff'];
  const change = 3;
  const main = mainActor();
  const told = {} as Pid<SctpSocketMessage | SctpMessage>;
  const untold = {} as Pid<SctpMessage>;
  const own = {} as Pid<readonly ['yours', SctpSocket] | SctpMessage>;
  expectTypeOf<HandOff>().toBeCallableWith(main, change, told);
  expectTypeOf<HandOff>().toBeCallableWith(main, change, told, { active: 3 });
  // A mailbox of no declared type takes it.
  expectTypeOf<HandOff>().toBeCallableWith(main, change, {} as Pid<Message>);
  const ownCall = (socket: SctpSocket) => socket.handOff(main, change, own, { message: (made) => ['yours', made] });
  // @ts-expect-error it does not take ['socket', socket]
  const untoldCall = (socket: SctpSocket) => socket.handOff(main, change, untold);
  // @ts-expect-error it does not take ['mine', socket]
  const wrongCall = (socket: SctpSocket) => socket.handOff(main, change, own, { message: (made) => ['mine', made] });
  // @ts-expect-error nor does it here
  const wrongGift = (socket: SctpSocket) => socket.controllingProcess(main, own, { message: ['mine', socket] });
  const gift = (socket: SctpSocket) => socket.controllingProcess(main, own, { message: (it) => ['yours', it], active: true });
  for (const call of [ownCall, untoldCall, wrongCall, wrongGift, gift]) expectTypeOf(call).toBeFunction();
  expect(change).toBe(3);
});

test('options are checked by name and value', () => {
  expectTypeOf(sctp.open).toBeCallableWith(mainActor(), 7, { active: 3, sctpInitmsg: { numOstreams: 5 } });
  expectTypeOf(sctp.open).toBeCallableWith(mainActor(), [['active', 3], 'list']);
  // @ts-expect-error no such option
  const wrongName = () => sctp.open(mainActor(), 7, { noSuch: 1 });
  // @ts-expect-error no such mode
  const wrongValue = () => sctp.open(mainActor(), 7, { mode: 'text' });
  for (const call of [wrongName, wrongValue]) expect(call).toThrow();
});

test('an option is read of an association or an address, and has the type of its record', () => {
  type Getopts = SctpSocket['getopts'];
  expectTypeOf<Getopts>().toBeCallableWith([['sctpGetPeerAddrInfo', { address: ['127.0.0.1', 7] }]]);
  expectTypeOf<Getopts>().toBeCallableWith([['sctpPeerAddrParams', { assocId: 3, address: ['::1', 7] }], 'tos']);
  expectTypeOf<SctpSocket['setopts']>().toBeCallableWith({
    tos: 16,
    sctpPrimaryAddr: { assocId: 3, addr: ['127.0.0.1', 7] },
    sctpEnableStreamReset: { assocValue: ['streams'] },
  });
  const read = (socket: SctpSocket) => socket.getopts(['sctpRtoinfo', 'tos']);
  expectTypeOf(read).returns.toEqualTypeOf<{ readonly sctpRtoinfo?: SctpRtoinfo; readonly tos?: number }>();
  // @ts-expect-error both fields are wanted
  const incomplete: SctpOptions = { sctpPrimaryAddr: { assocId: 3 } };
  expect(Object.keys(incomplete)).toEqual(['sctpPrimaryAddr']);
});

test('failures can be told apart by reason, and every type that a call takes or gives has a name', () => {
  const why = (error: unknown): string => {
    if (!(error instanceof SocketError)) return 'none of ours';
    const reason = error.reason as SendReason | RecvReason;
    return reason === 'epipe' || reason === 'timeout' ? reason : error.code;
  };
  expect([why(new SocketError('epipe', 'send')), why(new SocketError('closed', 'send')), why(1)]).toEqual([
    'epipe',
    'ERR_CLOSED',
    'none of ours',
  ]);
  expectTypeOf<SctpSocket['recv']>().parameter(1).toEqualTypeOf<WaitOptions | undefined>();
  expectTypeOf<SctpSocket['getopts']>().toBeCallableWith(['active'] satisfies OptionNames<'active'>);
});

test('a guard by tag narrows in a mailbox of no declared type', () => {
  const read = (self: Self) => self.receive(tag('sctp'));
  expectTypeOf(read).returns.resolves.toEqualTypeOf<SctpDataMessage>();
  const passive = (self: Self) => self.receive(tag('sctp_passive'), { after: 1 });
  expectTypeOf(passive).returns.resolves.toEqualTypeOf<SctpPassiveMessage | undefined>();
});
