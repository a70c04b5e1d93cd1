/** The other process of the UDP cases: `udpPeer.js SETTING` counts the datagrams that it is sent, or sends them back. It tells its parent its port, and the rate of each run. */
import { type Self, spawnHandler } from 'mailport';
import { type UdpMessage, type UdpSocket, udp } from 'mailport/udp';
import { countRuns } from './counted.js';
import { endWithParent, tell } from './counterpart.js';
import { buffers, type Setting } from './inetRun.js';

const setting = JSON.parse(process.argv[2] ?? '{}') as Setting;
const { role, active } = setting;

async function open(self: Self<UdpMessage>): Promise<void> {
  const socket = await udp.open(self, 0, { ...buffers(setting), ip: '127.0.0.1', active });
  tell({ port: socket.port });
}

type Datagram = Extract<UdpMessage, { length: 5 }>;

function takeOf(): (datagram: Datagram) => unknown {
  if (role === 'echo') return ([, socket, ip, port, data]) => (socket as UdpSocket).send(ip, port, data);
  const count = countRuns();
  return ([, , , , data]) => count(data.length);
}

spawnHandler<UdpMessage>({
  init: (self) => {
    void open(self);
    const take = takeOf();
    const oneByOne = active === 'once';
    return (message) => {
      if (message.length === 5) {
        if (oneByOne) message[1].setopts({ active });
        return take(message);
      }
      if (message[0] === 'udp_passive') message[1].setopts({ active });
      return undefined;
    };
  },
});
endWithParent();
