/** The other process of the cases with many associations: `scalePeer.js ROLE SOCKETS`. It tells how many associations are up whenever that number comes to 0 or to what it was asked for. */
import { type Self, spawnHandler } from 'mailport';
import { type SctpMessage, sctp } from 'mailport/sctp';
import { creditBytes, creditEvery, type FromScalePeer, type ScaleRole, scaleOptions } from './scaleRun.js';

const role = process.argv[2] as ScaleRole;
const sockets = Number(process.argv[3]);
const tell = (message: FromScalePeer) => process.send?.(message);
const credit = Buffer.alloc(creditBytes);
let up = 0;
let wanted = -1;
let taken = 0;

async function listen(self: Self<SctpMessage>): Promise<void> {
  const opened = await Promise.all(Array.from({ length: sockets }, () => sctp.open(self, 0, scaleOptions)));
  await Promise.all(opened.map((socket) => socket.listen(true)));
  tell({ ports: opened.map(({ port }) => port) });
}

function tellIfReached(): void {
  if (up !== wanted) return;
  wanted = -1;
  tell({ up });
}

spawnHandler<SctpMessage>({
  init: (self) => {
    void listen(self);
    return (message) => {
      if (message[0] !== 'sctp') return undefined;
      const [anc, data] = message[4];
      if (!Buffer.isBuffer(data)) {
        if (!('type' in data) || data.type !== 'sctp_assoc_change') return undefined;
        up += data.state === 'comm_up' ? 1 : -1;
        return tellIfReached();
      }
      const info = anc[0];
      if (info === undefined) return undefined;
      if (role === 'echo') return void message[1].send(info, data).catch(() => {});
      taken += 1;
      if (taken % creditEvery === 0) return void message[1].send(info, credit).catch(() => {});
      return undefined;
    };
  },
});

process.on('message', (count: number) => {
  wanted = count;
  tellIfReached();
});
process.on('disconnect', () => process.exit(0));
