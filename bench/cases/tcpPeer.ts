/** The other process of the TCP cases: `tcpPeer.js SETTING` counts the messages that it is sent, or sends them back. It tells its parent its port, and the rate of each run. */
import { type Self, spawnHandler } from 'mailport';
import { type TcpMessage, type TcpSocket, tcp } from 'mailport/tcp';
import { countRuns } from './counted.js';
import { endWithParent, tell } from './counterpart.js';
import { buffers, type Setting } from './inetRun.js';

const setting = JSON.parse(process.argv[2] ?? '{}') as Setting;
const { role, active } = setting;

async function listen(self: Self<TcpMessage>): Promise<void> {
  const options = { ...buffers(setting), ip: '127.0.0.1', active, packet: 4, nodelay: true } as const;
  const listener = await tcp.listen(self, 0, options);
  tell({ port: listener.port });
  await listener.accept(self);
}

function takeOf(): (socket: TcpSocket, data: Buffer) => unknown {
  if (role === 'echo') return (socket, data) => socket.send(data);
  const count = countRuns();
  return (_socket, data) => count(data.length);
}

spawnHandler<TcpMessage>({
  init: (self) => {
    void listen(self);
    const take = takeOf();
    const oneByOne = active === 'once';
    return (message) => {
      const socket = message[1];
      if (message[0] === 'tcp') {
        if (oneByOne) socket.setopts({ active });
        return take(socket, message[2] as Buffer);
      }
      if (message[0] === 'tcp_passive') socket.setopts({ active });
      return undefined;
    };
  },
});
endWithParent();
