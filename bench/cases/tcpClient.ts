/** Our side of the TCP cases. Messages have packet 4. */
import { mainActor } from 'mailport';
import { type TcpMessage, tcp } from 'mailport/tcp';
import type { Runner } from '../case.js';
import { Counterpart } from './counterpart.js';
import { runnerOf } from './inetClient.js';
import { buffers, type Setting } from './inetRun.js';

/** Begins the other process, connects, and gives the runs. */
export async function start(setting: Setting): Promise<Runner> {
  const peer = await Counterpart.start(new URL('./tcpPeer.js', import.meta.url), setting);
  const self = mainActor<TcpMessage>();
  const options = { ...buffers(setting), active: setting.active, packet: 4, nodelay: true } as const;
  const socket = await tcp.connect(self, '127.0.0.1', peer.port, options);
  return runnerOf({ setting, peer, self, socket, tag: 'tcp', mayGetLost: false });
}
