/**
 * The other process of the SCTP cases: `sctpPeer.js SETTING` counts the messages that it is sent, or sends them back. It tells its parent its port. When a message as short as
 * `endBytes` closes a run, it tells its parent the rate of that run.
 */
import { type Self, spawnHandler } from 'mailport';
import { type SctpMessage, type SctpSndrcvinfo, type SctpSocket, sctp } from 'mailport/sctp';
import { perSecond } from './measuring.js';
import { endBytes, type FromPeer, type Role, requestBytes, type Setting } from './sctpRun.js';

const { role, active, options } = JSON.parse(process.argv[2] ?? '{}') as Setting;

const tell = (message: FromPeer) => process.send?.(message);

async function listen(self: Self<SctpMessage>): Promise<SctpSocket> {
  const socket = await sctp.open(self, 0, { ...options, ip: '127.0.0.1', active });
  await socket.listen(true);
  tell({ port: socket.port });
  return socket;
}

/** What an actor in that role does with a message and with what came beside it. */
type Take = (socket: SctpSocket, info: SctpSndrcvinfo | undefined, data: Buffer) => unknown;

const roles: Record<Role, () => Take> = {
  count: () => {
    let count = 0;
    let startedMs = 0;
    return (_socket, _info, data) => {
      if (data.length <= endBytes) {
        tell({ rate: perSecond(count, startedMs) });
        count = 0;
        return;
      }
      if (count === 0) startedMs = performance.now();
      count += 1;
    };
  },
  echo: () => (socket, info, data) => info && socket.send(info, data),
  answer: () => (socket, info, data) => info && data.length <= requestBytes && socket.send(info, data),
};

/** Lets the next messages come, if they come one by one or by count. */
function again(socket: SctpSocket): void {
  socket.setopts({ active });
}

spawnHandler<SctpMessage>({
  init: (self) => {
    void listen(self);
    const take = roles[role]();
    const oneByOne = active === 'once';
    return (message) => {
      if (message[0] === 'sctp_passive') return again(message[1]);
      const socket = message[1];
      if (oneByOne) again(socket);
      if (message[0] !== 'sctp') return undefined;
      const [anc, data] = message[4];
      return Buffer.isBuffer(data) ? take(socket, anc[0], data) : undefined;
    };
  },
});

// The parent has closed the channel, because it has all its figures.
process.on('disconnect', () => process.exit(0));
