/** A server that answers one request of each connection and ends it, with an actor for each connection. */
import { mainActor, server, stop } from 'mailport';
import { tcp } from 'mailport/tcp';
import type { Runner } from '../case.js';
import { churned } from '../yardsticks/tcpClients.js';

export async function start(runMs: number): Promise<Runner> {
  const pid = await server.start({
    listen: (self, port) => tcp.listen(self, port, { ip: '127.0.0.1', active: 'once', nodelay: true, backlog: 1024 }),
    session: {
      init: () => async (message, self) => {
        if (message[0] === 'tcp') await message[1].send(message[2]);
        if (message[0] === 'tcp' || message[0] === 'tcp_closed') self.exit('normal');
      },
    },
  });
  const port = server.info(pid)?.port ?? 0;
  return { measure: () => churned(port, runMs), stop: () => stop(mainActor(), pid, 'shutdown') };
}
