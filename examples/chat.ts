/**
 * A chat server for lines of text: a supervised registry of rooms, and a supervised server with a session for each client. A client that reads slowly, sends lines
 * without end or goes without a word ends its own session at most.
 *
 *     node dist/examples/chat.js [port]
 *     nc 127.0.0.1 6667         # in two terminals: give a name, and talk; /join ROOM goes to another room, /quit goes away
 */
import { exit, mainActor, server, supervisor } from 'mailport';
import { tcp } from 'mailport/tcp';
import { startRooms } from './chatRooms.js';
import { chatSession, longestLine, waitingLines } from './chatSession.js';

const port = Number(process.argv[2] ?? '6667');
/** A client that reads nothing for so long has to go, in milliseconds. */
const sendTimeoutMs = 10_000;
const name = 'chat';

const top = await supervisor.start({
  // Sessions know their room. So if the registry fails, the server starts anew as well.
  strategy: 'rest_for_one',
  children: [
    { id: 'rooms', start: startRooms },
    {
      id: 'server',
      type: 'supervisor',
      start: (parent) =>
        server.startLink(
          parent,
          {
            listen: (self, before) =>
              tcp.listen(self, before || port, {
                ip: '127.0.0.1',
                active: false,
                packet: 'line',
                buffer: longestLine,
                reuseaddr: true,
                keepalive: true,
                sendTimeout: sendTimeoutMs,
                sendTimeoutClose: true,
              }),
            maxSessions: 1000,
            drainMs: 1000,
            session: chatSession,
            sessionOptions: { mailbox: { limit: waitingLines } },
          },
          { name },
        ),
    },
  ],
});
console.log(`chat listens on 127.0.0.1:${server.info(name)?.port}`);

const ended = mainActor().monitor(top);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => exit(top, 'shutdown'));
await mainActor().receive((message) => message[0] === 'DOWN' && message[1] === ended);
