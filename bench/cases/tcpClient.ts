/** Our side of the TCP cases: the main actor of this process, with a connection to an actor of another one. Messages have packet 4. */
import { mainActor, type Self } from 'mailport';
import { type TcpMessage, type TcpSocket, tcp } from 'mailport/tcp';
import type { Runner } from '../case.js';
import { Counterpart, sendFor } from './counterpart.js';
import { buffers, endBytes, type Setting, sendsTogether } from './inetRun.js';
import { perSecond } from './measuring.js';

/** Sends for the length of a run, many at a time, and waits until there is room for them. The other process says how many came in a second. */
async function flood(peer: Counterpart, socket: TcpSocket, data: Buffer, runMs: number): Promise<number> {
  await sendFor(runMs, () => {
    for (let sent = 1; sent < sendsTogether; sent += 1) void socket.send(data);
    // Sends are taken in order, so the others have been taken when the last one has.
    return socket.send(data);
  });
  return peer.counted(() => socket.send(Buffer.alloc(endBytes)), false);
}

/** Sends a message and waits until it comes back, again and again. */
async function pingPong(self: Self<TcpMessage>, socket: TcpSocket, data: Buffer, { active, runMs }: Setting): Promise<number> {
  const startedMs = performance.now();
  let trips = 0;
  while (performance.now() < startedMs + runMs) {
    await socket.send(data);
    for (;;) {
      const [tag] = await self.receive();
      if (tag !== 'tcp' || active === 'once') socket.setopts({ active });
      if (tag === 'tcp') break;
    }
    trips += 1;
  }
  return perSecond(trips, startedMs);
}

/** Begins the other process, connects, and gives the runs. */
export async function start(setting: Setting): Promise<Runner> {
  const { role, active, lengthBytes, runMs } = setting;
  const peer = await Counterpart.start(new URL('./tcpPeer.js', import.meta.url), setting);
  const self = mainActor<TcpMessage>();
  const options = { ...buffers(setting), active, packet: 4, nodelay: true } as const;
  const socket = await tcp.connect(self, '127.0.0.1', peer.port, options);
  const data = Buffer.alloc(lengthBytes, 'm');
  return {
    measure: () => (role === 'echo' ? pingPong(self, socket, data, setting) : flood(peer, socket, data, runMs)),
    stop: async () => {
      await socket.close();
      peer.stop();
    },
  };
}
