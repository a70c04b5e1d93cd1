/** One connection of the chat example. The session waits for two things in one mailbox: lines from its client, and lines that others say in its room. */
import { call, cancelTimer, type DrainMessage, type Pid, type Self, send, sendAfter } from 'mailport';
import { SocketError, type TcpMessage, type TcpSocket } from 'mailport/tcp';
import { type RoomMessage, rooms, type Said } from './chatRooms.js';

/** The longest line, in bytes. The listening socket has it as its option `buffer`, so a longer line comes in pieces, and only the last ends in a line end. */
export const longestLine = 512;
/** Lines of others that may wait for a client who reads slowly. When so many wait, further ones are dropped. */
export const waitingLines = 500;
/** A client who says nothing for so long has to go, in milliseconds. Bytes without a line end say nothing. */
const silenceMs = 10 * 60_000;
const firstRoom = 'lobby';
const word = /^[\w-]{1,24}$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they could drive the terminals of others
const control = /[\0-\x1f\x7f-\x9f]/g;

type ChatMessage = TcpMessage | Said | DrainMessage | readonly ['silence'];

/** What a session knows of its client. */
interface Client {
  readonly nick: string;
  readonly room: Pid<RoomMessage>;
}

export async function chatSession(self: Self<ChatMessage>, socket: TcpSocket): Promise<void> {
  try {
    await socket.send('* your name?\n');
    await talk(self, socket);
  } catch (error) {
    // The client has gone, or has read nothing for so long that a send gave up.
    if (!(error instanceof SocketError)) throw error;
  }
}

async function talk(self: Self<ChatMessage>, socket: TcpSocket): Promise<void> {
  let client: Client | undefined;
  let silence = sendAfter(self.pid, ['silence'], silenceMs);
  socket.setopts({ active: 'once' });
  for (;;) {
    const message = await self.receive();
    switch (message[0]) {
      case 'tcp': {
        const line = String(message[2]);
        if (!line.endsWith('\n')) return socket.send(`* a line has ${longestLine} bytes at most\n`);
        cancelTimer(silence);
        silence = sendAfter(self.pid, ['silence'], silenceMs);
        client = await takeLine(self, socket, client, line.replace(control, ''));
        if (client === undefined) return;
        // The next line is read when this one is done. A client that floods the server waits, as everybody does.
        socket.setopts({ active: 'once' });
        break;
      }
      case 'said':
        // If the client does not read, this session waits here and nobody else does.
        await socket.send(message[1]);
        break;
      case 'drain':
        return socket.send('* the server ends\n');
      case 'silence':
        return socket.send('* you have said nothing for long\n');
      case 'tcp_closed':
        return;
    }
  }
}

/** Does what a line asks for. Undefined if the client wants to go. */
async function takeLine(
  self: Self<ChatMessage>,
  socket: TcpSocket,
  client: Client | undefined,
  line: string,
): Promise<Client | undefined> {
  const enter = async (nick: string, room: string): Promise<Client> => ({
    nick,
    room: await call(self, rooms, ['enter', room, self.pid, nick]),
  });
  if (client === undefined) {
    if (word.test(line)) return enter(line, firstRoom);
    await socket.send('* a name has 1 to 24 letters, digits or -\n');
    return undefined;
  }
  const [command, argument = ''] = line.split(' ', 2);
  if (command === '/quit') return undefined;
  if (command === '/join' && word.test(argument)) return enter(client.nick, argument);
  if (line.startsWith('/')) await socket.send('* /join ROOM or /quit\n');
  else send(client.room, ['say', self.pid, line]);
  return client;
}
