/**
 * A server that echoes, with 20 descriptors left to it. Prints its port, and what it has seen when its input ends: the most sessions at a time, how often it asked
 * for newcomers, how many came, and how often its listener was started again.
 */
import { closeSync, openSync } from 'node:fs';

const [actors = '', transport = ''] = process.argv.slice(2);
/** @type {typeof import('../../../actors/index.js')} */
const { server } = await import(actors);
/** @type {typeof import('../../../actors/tcp/index.js')} */
const { tcp } = await import(transport);

let tries = 0;
let most = 0;

const pid = await server.start({
  drainMs: 0,
  listen: async (self, port) => {
    const socket = await tcp.listen(self, port, { ip: '127.0.0.1' });
    const newcomers = socket.newcomers.bind(socket);
    socket.newcomers = (of, atMost) => {
      tries += 1;
      return newcomers(of, atMost);
    };
    return socket;
  },
  session: async (_self, socket) => {
    most = Math.max(most, server.info(pid)?.sessions ?? 0);
    for await (const data of socket) await socket.send(data);
  },
});
process.stdin.resume();
process.stdin.on('end', () => {
  const { accepted, listenerRestarts } = server.info(pid) ?? {};
  process.stdout.write(`${JSON.stringify({ most, tries, accepted, listenerRestarts })}\n`, () => process.exit(0));
});
const taken = [];
for (;;) {
  try {
    taken.push(openSync('/dev/null', 'r'));
  } catch {
    break;
  }
}
for (const descriptor of taken.splice(0, 20)) closeSync(descriptor);
process.stdout.write(`${server.info(pid)?.port}\n`);
