/**
 * The stages of a relayed connection, for the forwarder example. A socket belongs to the actor that reads it, so it changes hands as the connection goes on:
 *
 * 1. `server` gives the client's socket to a session, which connects to the target.
 * 2. The session gives each socket to a pump of its own. A pump reads one socket and sends to the other. It reads on when a send has been taken, so whoever is slow
 *    slows down the other side, in each direction by itself.
 * 3. When a side has ended its direction, the pump passes the end on (half-close) and gives its socket back to the session. When both are back, the session closes them.
 */
import { type Pid, type Self, type SessionMessage, spawn, tag } from 'mailport';
import { SocketError, type TcpSocket, type TcpSocketMessage, tcp } from 'mailport/tcp';

export interface Target {
  readonly host: string;
  readonly port: number;
}

const connectMs = 10_000;
/** If nothing moves in either direction for so long, the connection ends. */
const idleMs = 5 * 60_000;

/** Of both sockets. The end of one direction must not close the other, hence `exitOnClose`. A reset is the end of both, so it has to look different. */
export const relayed = {
  active: false,
  exitOnClose: false,
  showEconnreset: true,
  buffer: 65_536,
  nodelay: true,
  keepalive: true,
  sendTimeout: idleMs,
  sendTimeoutClose: true,
} as const;

/** A pump gives a socket back: the direction that it read has ended, after so many bytes. */
type Back = readonly [tag: 'back', socket: TcpSocket, bytes: number];

export type RelayMessage = SessionMessage | Back;

export async function relay(self: Self<RelayMessage>, client: TcpSocket, target: Target): Promise<string> {
  const server = await tcp.connect(self, target.host, target.port, relayed, connectMs);
  const traffic = { lastMs: performance.now() };
  // Linked: if a pump cannot go on because a peer has reset its connection, all three actors end, and the sockets with them.
  give(self, client, startPump(self, server, traffic));
  give(self, server, startPump(self, client, traffic));
  const sent = new Map<TcpSocket, number>();
  while (sent.size < 2) {
    const [, socket, bytes] = await self.receive(tag('back'));
    sent.set(socket, bytes);
  }
  await Promise.all([client.close(), server.close()]);
  return `${sent.get(client)} bytes to the target, ${sent.get(server)} bytes back`;
}

function give(self: Self<RelayMessage>, socket: TcpSocket, pump: Pid<TcpSocketMessage>): void {
  socket.controllingProcess(self, pump, { message: ['socket', socket] });
}

/** Starts an actor that moves what the socket that it is given receives to `to`. */
function startPump(session: Self<RelayMessage>, to: TcpSocket, traffic: { lastMs: number }): Pid<TcpSocketMessage> {
  return spawn<TcpSocketMessage>(
    async (self) => {
      const [, from] = await self.receive(tag('socket'));
      try {
        const bytes = await pump(from, to, traffic);
        from.controllingProcess(self, session.pid, { message: ['back', from, bytes] });
      } catch (error) {
        // One of the two is gone, or stuck, which is no failure of the pump.
        if (!(error instanceof SocketError)) throw error;
        self.exit(['shutdown', error]);
      }
    },
    { label: 'pump', link: session },
  );
}

/** Moves everything up to the end of a direction, and the end itself. Gives the number of bytes. */
async function pump(from: TcpSocket, to: TcpSocket, traffic: { lastMs: number }): Promise<number> {
  for (let bytes = 0; ; ) {
    const data = await next(from, traffic);
    if (data === undefined) {
      to.shutdown('write');
      return bytes;
    }
    await to.send(data);
    bytes += data.length;
    traffic.lastMs = performance.now();
  }
}

/** The next bytes; undefined at the end. A direction may be silent as long as the other one is not. */
async function next(from: TcpSocket, traffic: { readonly lastMs: number }): Promise<Buffer | undefined> {
  for (;;) {
    const leftMs = Math.ceil(traffic.lastMs + idleMs - performance.now());
    try {
      return (await from.recv(0, Math.max(0, leftMs))) as Buffer;
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
      if (error.reason === 'closed') return undefined;
      if (error.reason !== 'timeout' || traffic.lastMs + idleMs <= performance.now()) throw error;
    }
  }
}
