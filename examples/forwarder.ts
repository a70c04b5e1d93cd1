/**
 * Forwards connections to another host and port, in both directions, with half-close and back-pressure kept. The sockets move from actor to actor as the connection goes
 * on: see relay.ts.
 *
 *     node dist/examples/forwarder.js [port] [target host] [target port]
 *     node dist/examples/forwarder.js 8081 127.0.0.1 8080      # with httpd.js in another terminal
 *     curl http://127.0.0.1:8081/
 */
import { exit, type Self, server } from 'mailport';
import { SocketError, tcp } from 'mailport/tcp';
import { type RelayMessage, relay, relayed } from './relay.js';

const [port = '8081', host = '127.0.0.1', targetPort = '8080'] = process.argv.slice(2);
const target = { host, port: Number(targetPort) };

const forwarder = await server.start({
  listen: (self, before) => tcp.listen(self, before || Number(port), { ...relayed, ip: '127.0.0.1', backlog: 1024 }),
  maxSessions: 1000,
  session: async (self: Self<RelayMessage>, client) => {
    try {
      console.log(`${self.pid} has forwarded ${await relay(self, client, target)}`);
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
      // The session ends, and so does the client's connection.
      console.log(`${self.pid} could not go on: ${error.message}`);
    }
  },
});
console.log(`forwarder listens on 127.0.0.1:${server.info(forwarder)?.port}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => exit(forwarder, 'shutdown'));
