/**
 * A server with many connections on which nothing happens: `tcpIdle.js COUNT WHO` tells what each of them takes. All sockets belong to one actor, or each to a session
 * of its own.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Self, server, spawn } from 'mailport';
import { type TcpMessage, type TcpSocket, tcp } from 'mailport/tcp';
import { tellIdleBytes } from './idle.js';

const count = Number(process.argv[2]);
const who = process.argv[3];
const lookAgainMs = 10;
const options = { ip: '127.0.0.1', active: 'once', backlog: 1024 } as const;

/** Answers what comes, if anything does. */
async function answer(message: TcpMessage): Promise<void> {
  if (message[0] !== 'tcp') return;
  await message[1].send(message[2]);
  message[1].setopts({ active: 'once' });
}

/** One actor owns them all. */
async function own(): Promise<{ port: number; accepted: () => number }> {
  const sockets: TcpSocket[] = [];
  const port = await new Promise<number>((resolve) => {
    spawn(async (self: Self<TcpMessage>) => {
      const listener = await tcp.listen(self, 0, options);
      resolve(listener.port);
      while (sockets.length < count) sockets.push(await listener.accept(self));
      for (;;) await answer(await self.receive());
    });
  });
  return { port, accepted: () => sockets.length };
}

/** A session owns each. */
async function serve(): Promise<{ port: number; accepted: () => number }> {
  const pid = await server.start({
    listen: (self, port) => tcp.listen(self, port, options),
    session: { init: () => (message) => answer(message as TcpMessage) },
  });
  return { port: server.info(pid)?.port ?? 0, accepted: () => server.sessions(pid).length };
}

const { port, accepted } = who === 'sessions' ? await serve() : await own();
await tellIdleBytes(port, count, async () => {
  while (accepted() < count) await sleep(lookAgainMs);
});
