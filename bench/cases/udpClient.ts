/** Our side of the UDP cases. */
import { mainActor } from 'mailport';
import { type UdpMessage, udp } from 'mailport/udp';
import type { Runner } from '../case.js';
import { Counterpart } from './counterpart.js';
import { runnerOf } from './inetClient.js';
import { buffers, type Setting } from './inetRun.js';

/** Begins the other process, connects, and gives the runs. */
export async function start(setting: Setting): Promise<Runner> {
  const peer = await Counterpart.start(new URL('./udpPeer.js', import.meta.url), setting);
  const self = mainActor<UdpMessage>();
  const socket = await udp.open(self, 0, { ...buffers(setting), ip: '127.0.0.1', active: setting.active });
  await socket.connect('127.0.0.1', peer.port);
  return runnerOf({ setting, peer, self, socket, tag: 'udp', mayGetLost: true });
}
