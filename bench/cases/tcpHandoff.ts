/** Handing a socket over to another actor and back, with messages in the mailbox that go along: the time of the calls alone. */
import { setTimeout as sleep } from 'node:timers/promises';
import { mainActor, type Pid, processInfo, type Self, send, spawn, tag } from 'mailport';
import { type TcpMessage, type TcpSocket, tcp } from 'mailport/tcp';
import { inActor } from './measuring.js';

type Handed = readonly [tag: 'handed', tookMs: number, by: Pid<HandoffMessage>];
type HandoffMessage = TcpMessage | Handed;

const lookAgainMs = 1;

/** Handoffs a second, by a pair of actors that give a socket to each other with `queued` of its messages in the mailbox. */
export const handoffs = (queued: number, forMs: number): Promise<number> =>
  inActor<number, HandoffMessage>(async (self) => {
    const { socket, close } = await connection(self, queued);
    const other = spawn<HandoffMessage>((own) => handBack(own, socket), { link: self });
    let count = 0;
    let tookMs = 0;
    for (const endMs = performance.now() + forMs; performance.now() < endMs; count += 2) {
      const there = give(self, socket, other);
      send(other, ['handed', there, self.pid]);
      const [, back] = (await self.receive(tag('handed'))) as Handed;
      tookMs += there + back;
    }
    await close();
    return (count * 1000) / tookMs;
  });

async function handBack(self: Self<HandoffMessage>, socket: TcpSocket): Promise<never> {
  for (;;) {
    const [, , by] = (await self.receive(tag('handed'))) as Handed;
    send(by, ['handed', give(self, socket, by), self.pid]);
  }
}

/** Milliseconds that the call took. */
function give(self: Self<HandoffMessage>, socket: TcpSocket, to: Pid<HandoffMessage>): number {
  const startedMs = performance.now();
  socket.controllingProcess(self, to);
  return performance.now() - startedMs;
}

/** A connection within this process, whose other end has sent so many messages. They wait in the mailbox of `self`. */
async function connection(
  self: Self<HandoffMessage>,
  queued: number,
): Promise<{ socket: TcpSocket; close: () => Promise<void> }> {
  const listener = await tcp.listen(mainActor(), 0, { ip: '127.0.0.1', packet: 1, active: true });
  const peer = await tcp.connect(mainActor(), '127.0.0.1', listener.port, { packet: 1, active: false });
  const socket = await listener.accept(self);
  for (let sent = 0; sent < queued; sent += 1) await peer.send('m');
  while ((processInfo(self.pid)?.mailboxLength ?? 0) < queued) await sleep(lookAgainMs);
  const close = async (): Promise<void> => {
    await Promise.all([peer.close(), socket.close(), listener.close()]);
  };
  return { socket, close };
}
