/**
 * The server of the sessions example. `server` hands each association off to a session actor of its own. A session that fails ends its own association and no
 * other.
 */
import {
  type Pid,
  processInfo,
  reply,
  type Self,
  type SessionMessage,
  type SupervisorMessage,
  server,
  spawnLink,
  tag,
} from 'mailport';
import { type SctpSocket, sctp } from 'mailport/sctp';
import { show } from './show.js';

/** Payload protocol identifiers of this little protocol. */
export const ppid = { text: 0, numbered: 1 } as const;

/** How many messages come before the session asks for more. */
const credit = 100;
const restMs = 1000;

type Log = (line: string) => void;

/** The state of a session, which goes along when its socket is handed over. */
interface SessionState {
  readonly socket: SctpSocket;
  readonly owners: number;
  /** The number that the next numbered message must have. */
  readonly expected: number;
  readonly faults: number;
  /** When the first of the numbered messages came, for the rate. */
  readonly sinceMs: number | undefined;
}

type Own = SessionMessage | readonly [tag: 'go', state: SessionState];

export function startSessions(port: number, log: Log): Promise<Pid<SupervisorMessage>> {
  return server.start({
    listen: (self, before) => sctp.open(self, before || port, { ip: '127.0.0.1', active: credit }),
    session: async (self: Self<Own>, socket, { assocId }) => {
      self.label = `session of association ${assocId}`;
      log(`association ${assocId} belongs to ${self.pid}, by ${show(socket)}`);
      await serve(self, { socket, owners: 1, expected: 0, faults: 0, sinceMs: undefined }, log);
    },
    // Sessions have nothing to finish.
    drainMs: 0,
  });
}

async function serve(self: Self<Own>, begun: SessionState, log: Log): Promise<void> {
  let state = begun;
  const { socket } = state;
  for (;;) {
    const message = await self.receive();
    if (message[0] === 'sctp_passive') {
      socket.setopts({ active: credit });
      continue;
    }
    if (message[0] !== 'sctp') continue;
    const [[info], content] = message[4];
    if (info?.ppid === ppid.numbered && Buffer.isBuffer(content)) {
      state = note(state, content);
      continue;
    }
    log(`${self.pid} got ${show(message)}`);
    if (info === undefined) {
      if ('type' in content && content.type === 'sctp_assoc_change' && content.state !== 'comm_up') return;
      continue;
    }
    const command = String(content);
    switch (command) {
      case 'hand over':
        return handOver(self, state, log);
      case 'rest':
        await rest(self, socket, log);
        break;
      case 'count':
        await socket.send(info, report(state));
        state = { ...state, expected: 0, faults: 0, sinceMs: undefined };
        break;
      case 'crash':
        throw new Error('the client wanted this session to crash');
      default:
        // The send rejects if the client has gone. The error ends this session, and `server` does not count it as a crash.
        await socket.send(info, `${command} yourself`);
    }
  }
}

/** Notes a numbered message. A client may send too few bytes, which count as a wrong number. */
function note(state: SessionState, content: Buffer): SessionState {
  const number = content.length < 4 ? -1 : content.readUInt32BE(0);
  return {
    ...state,
    expected: number + 1,
    faults: state.faults + (number === state.expected ? 0 : 1),
    sinceMs: state.sinceMs ?? performance.now(),
  };
}

function report({ expected, faults, owners, sinceMs }: SessionState): string {
  const rate = expected / ((performance.now() - (sinceMs ?? 0)) / 1000);
  const order = faults === 0 ? 'complete and in order' : `with ${faults} FAULTS`;
  return `${expected} messages ${order}, ${owners} owner${owners === 1 ? '' : 's'}, ${Math.round(rate).toLocaleString('en')} messages/s`;
}

/** Hands the socket over in the middle of a stream. The messages in this mailbox go along, ahead of those that are still to come. For the server this session lasts as long as the next owner. */
async function handOver(self: Self<Own>, state: SessionState, log: Log): Promise<void> {
  const successor = spawnLink(
    self,
    async (own: Self<Own>) => {
      const [, handed] = await own.receive(tag('go'));
      await serve(own, handed, log);
    },
    { label: 'session, second owner' },
  );
  const ended = self.monitor(successor);
  const queued = processInfo(self.pid)?.mailboxLength ?? 0;
  state.socket.controllingProcess(self, successor, { message: ['go', { ...state, owners: state.owners + 1 }] });
  log(`${self.pid} handed ${show(state.socket)} over to ${successor}, and ${queued} messages that waited for it`);
  await self.receive(reply(ended));
}

/** Rests with a passive socket: nothing is read, so the client has to wait. */
async function rest(self: Self<Own>, socket: SctpSocket, log: Log): Promise<void> {
  socket.setopts({ active: false });
  log(`${self.pid} rests for ${restMs} ms: ${show(socket)} is passive`);
  await self.receive(tag('wake'), { after: restMs });
  socket.setopts({ active: credit });
}
