/** Our side of a TCP or UDP case, whatever the transport: the main actor of this process, with a socket whose peer is an actor of another one. */
import type { Runner } from '../case.js';
import { type Counterpart, sendFor } from './counterpart.js';
import { endBytes, type Setting, sendsTogether } from './inetRun.js';
import { perSecond } from './measuring.js';

/** A connected socket, as far as a case uses it. */
interface Connected {
  send(data: Buffer): Promise<void>;
  setopts(options: { readonly active: Setting['active'] }): void;
  close(): unknown;
}

/** The owner of the socket. */
interface Receiver {
  receive(): Promise<readonly [tag: string, ...rest: readonly unknown[]]>;
}

/** What a transport brings. */
export interface InetClient {
  readonly setting: Setting;
  readonly peer: Counterpart;
  readonly self: Receiver;
  readonly socket: Connected;
  /** The tag of messages with data. */
  readonly tag: string;
  /** The message that ends a run may get lost. */
  readonly mayGetLost: boolean;
}

/** The runs of a case. */
export function runnerOf(client: InetClient): Runner {
  const { setting, peer, socket } = client;
  const data = Buffer.alloc(setting.lengthBytes, 'm');
  return {
    measure: () => (setting.role === 'echo' ? pingPong(client, data) : flood(client, data)),
    stop: async () => {
      await socket.close();
      peer.stop();
    },
  };
}

/** Sends for the length of a run, many at a time, and waits until there is room for them. The other process says how many came in a second. */
async function flood({ setting, peer, socket, mayGetLost }: InetClient, data: Buffer): Promise<number> {
  await sendFor(setting.runMs, () => {
    for (let sent = 1; sent < sendsTogether; sent += 1) void socket.send(data);
    // Sends are taken in order, so the others have been taken when the last one has.
    return socket.send(data);
  });
  return peer.counted(() => socket.send(Buffer.alloc(endBytes)), mayGetLost);
}

/** Sends a message and waits until it comes back, again and again. */
async function pingPong({ setting, self, socket, tag: data }: InetClient, message: Buffer): Promise<number> {
  const { active, runMs } = setting;
  const startedMs = performance.now();
  let trips = 0;
  while (performance.now() < startedMs + runMs) {
    await socket.send(message);
    for (;;) {
      const [tag] = await self.receive();
      if (tag !== data || active === 'once') socket.setopts({ active });
      if (tag === data) break;
    }
    trips += 1;
  }
  return perSecond(trips, startedMs);
}
