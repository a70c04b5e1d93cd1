/**
 * The other process of the SCTP cases: `sctpPeer.js count` counts what it is sent, `sctpPeer.js echo` sends it back. Tells its parent its port,
 * and the rate of each run when a message as short as `endBytes` closes it.
 */
import { type Self, spawnHandler } from 'mailport';
import { type SctpMessage, type SctpSndrcvinfo, type SctpSocket, sctp } from 'mailport/sctp';
import { perSecond } from './measuring.js';
import { endBytes, type FromPeer, type Role } from './sctpRun.js';

const tell = (message: FromPeer) => process.send?.(message);

async function listen(self: Self<SctpMessage>): Promise<SctpSocket> {
  const socket = await sctp.open(self, 0, { ip: '127.0.0.1', active: true });
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
};

spawnHandler<SctpMessage>({
  init: (self) => {
    void listen(self);
    const take = roles[process.argv[2] === 'echo' ? 'echo' : 'count']();
    return (message) => {
      if (message[0] !== 'sctp') return undefined;
      const [, socket, , , [anc, data]] = message;
      return Buffer.isBuffer(data) ? take(socket, anc[0], data) : undefined;
    };
  },
});

// The parent has let go: it has all it wanted.
process.on('disconnect', () => process.exit(0));
