/**
 * The server of the sessions example: a supervised listener takes associations on a one-to-many socket, peels each off into a socket of its own, and
 * hands that to a session actor. A session that fails takes only its own association with it; a listener that fails is restarted.
 */
import {
  type AnySelf,
  type DownMessage,
  type Pid,
  processInfo,
  type Self,
  send,
  spawn,
  spawnLink,
  supervisor,
  tag,
} from 'mailport';
import { type SctpMessage, type SctpSocket, sctp } from 'mailport/sctp';
import { show } from './show.js';

/** Payload protocol identifiers of this little protocol. */
export const ppid = { text: 0, numbered: 1 } as const;

/** How many messages a session lets come before it says that it wants more. */
const credit = 100;
const restMs = 1000;

type Log = (line: string) => void;

/** What a session knows; it goes along when the session's socket is handed over. */
interface SessionState {
  readonly socket: SctpSocket;
  /** Sessions outlive a listener that fails, but not the supervisor. */
  readonly top: Pid;
  readonly owners: number;
  /** The number that the next numbered message must have. */
  readonly expected: number;
  readonly faults: number;
  /** When the first of the numbered messages came, for the rate. */
  readonly sinceMs: number | undefined;
}

type SessionMessage = SctpMessage | DownMessage | readonly [tag: 'go', state: SessionState];

/** Starts the supervisor; calls `onListening` with the port each time the listener has begun, after a restart too. */
export function startSessions(port: number, log: Log, onListening: (port: number, listener: Pid) => void): Promise<Pid> {
  let boundPort = port;
  return supervisor.start({
    children: [
      {
        id: 'listener',
        start: (self) =>
          spawnLink(
            self,
            (listener: Self<SctpMessage>) =>
              listen(listener, self.pid, boundPort, log, (bound) => {
                boundPort = bound;
                onListening(bound, listener.pid);
              }),
            { label: 'listener' },
          ),
      },
    ],
  });
}

async function listen(
  self: Self<SctpMessage>,
  top: Pid,
  port: number,
  log: Log,
  onListening: (port: number) => void,
): Promise<never> {
  const socket = await sctp.open(self, port, { ip: '127.0.0.1', active: 'once' });
  await socket.listen(true);
  onListening(socket.port);
  for (;;) {
    const message = await self.receive();
    log(`${self.pid} listener got ${show(message)}`);
    if (message[0] === 'sctp') {
      const [, content] = message[4];
      if ('type' in content && content.type === 'sctp_assoc_change' && content.state === 'comm_up') {
        startSession(self, top, socket, content.assocId, log);
      }
    }
    socket.setopts({ active: 'once' });
  }
}

/** The order of a handoff: the new owner exists, the socket becomes its own, and only then is it told to begin. */
function startSession(self: AnySelf, top: Pid, parent: SctpSocket, assocId: number, log: Log): void {
  const socket = parent.peeloff(self, assocId);
  const session = spawn((own: Self<SessionMessage>) => serve(own, log), { label: `session of association ${assocId}` });
  socket.controllingProcess(self, session);
  send(session, ['go', { socket, top, owners: 1, expected: 0, faults: 0, sinceMs: undefined }]);
  log(`${self.pid} peeled association ${assocId} off to ${show(socket)}, owned by ${session}`);
}

async function serve(self: Self<SessionMessage>, log: Log): Promise<void> {
  let [, state] = await self.receive(tag('go'));
  const { socket } = state;
  self.monitor(state.top);
  if (state.owners === 1) socket.setopts({ active: credit });
  for (;;) {
    const message = await self.receive();
    if (message[0] === 'DOWN') return;
    if (message[0] === 'sctp_passive') {
      socket.setopts({ active: credit });
      continue;
    }
    if (message[0] !== 'sctp') continue;
    const [[info], content] = message[4];
    if (info?.ppid === ppid.numbered && Buffer.isBuffer(content)) {
      state = note(state, content.readUInt32BE(0));
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
        handOver(self, state, log);
        return;
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
        await socket.send(info, `${command} yourself`);
    }
  }
}

function note(state: SessionState, number: number): SessionState {
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

/** In the middle of a stream: what is in this mailbox goes along, ahead of what is still to come. */
function handOver(self: Self<SessionMessage>, state: SessionState, log: Log): void {
  const successor = spawn((own: Self<SessionMessage>) => serve(own, log), { label: 'session, second owner' });
  const queued = processInfo(self.pid)?.mailboxLength ?? 0;
  send(successor, ['go', { ...state, owners: state.owners + 1 }]);
  state.socket.controllingProcess(self, successor);
  log(`${self.pid} handed ${show(state.socket)} over to ${successor}, and ${queued} messages that waited for it`);
}

/** Passive: nothing is read, and the client feels it. */
async function rest(self: Self<SessionMessage>, socket: SctpSocket, log: Log): Promise<void> {
  socket.setopts({ active: false });
  log(`${self.pid} rests for ${restMs} ms: ${show(socket)} is passive`);
  await self.receive(tag('wake'), { after: restMs });
  socket.setopts({ active: credit });
}
