/**
 * Three interfaces in a row. A client of mailport/connector writes lines, a relay of mailport/repy sends each line on as a request, and a server of mailport/messaging counts
 * the words of the request. The answer goes back the same way. bridgeRelay.ts and bridgeServer.ts are the other two parts.
 *
 *     client (connector)  --- lines, over TCP --->  relay (repy)  --- requests, over SCTP --->  server (messaging)
 *
 * Each part is run by actors below one supervisor, which starts it again if it fails. With `serve` there are no clients but those that come from outside.
 *
 *     node dist/examples/bridge.js                                  # three clients, and then an end
 *     node dist/examples/bridge.js serve [port] [patience in ms]    # until Ctrl-C
 *     nc 127.0.0.1 7007                                             # in another terminal: write lines
 */
import { type AnySelf, exit, mainActor, type Self, spawnLink, supervisor, task } from 'mailport';
import { type Connection, connect, IPError } from 'mailport/connector';
import { type Plan, startRelay } from './bridgeRelay.js';
import { startServer } from './bridgeServer.js';

const [mode, port = mode === 'serve' ? '7007' : '0', patience = '10000'] = process.argv.slice(2);
/** The ports stay what they are when a part is started again. */
const plan: Plan = { ip: '127.0.0.1', port: Number(port), serverPort: 0, mostClients: 100, patienceMs: Number(patience) };

const texts: ReadonlyMap<string, readonly string[]> = new Map([
  ['ann', ['a connector joins clients and servers', 'first come, first served']],
  ['bob', ['a sandbox has a budget of events and sockets', 'whoever finds nothing free has to wait']],
  ['cid', ['messages arrive whole', 'and in order', 'over streams of bytes, too']],
]);

/** One client: it writes a line, and reads the answer. */
async function talk(self: AnySelf, name: string): Promise<void> {
  // The relay is no connector. So the relay accepts without the four bytes by which a connector tells that it has.
  const connection = await connect(self, { addr: plan.ip, port: plan.port }, { rendezvous: false });
  for (const text of texts.get(name) ?? []) {
    await connection.write(`${text}\n`);
    console.log(`client | ${name} | ${await answer(connection)}`);
  }
  await connection.close();
}

/** The next line that comes. */
async function answer(connection: Connection): Promise<string> {
  let line = '';
  while (!line.endsWith('\n')) {
    const bytes = await connection.read();
    if (bytes.length === 0) throw new IPError('Rd.Failure', 'ConnLost', 'read', { detail: 'the relay has ended the connection' });
    line += bytes;
  }
  return line.trimEnd();
}

/** All clients at once, each by an actor of its own. If one of them fails, so does this actor, and is started again. */
async function clients(self: Self): Promise<void> {
  const talks = [...texts.keys()].map((name) => task.async(self, (own) => talk(own, name)));
  for (const each of talks) await task.await(self, each, Number.POSITIVE_INFINITY);
}

const top = await supervisor.start({
  // The relay finds the server at the same port again, and clients find the relay.
  strategy: 'one_for_one',
  // When the clients have said everything, all is over.
  autoShutdown: 'any_significant',
  children: [
    { id: 'server', start: (parent) => startServer(parent, plan), restartDelay: 100 },
    { id: 'relay', start: (parent) => startRelay(parent, plan), restartDelay: 100 },
    ...(mode === 'serve'
      ? []
      : [
          {
            id: 'clients',
            restart: 'transient',
            significant: true,
            start: (parent: AnySelf) => spawnLink(parent, clients),
          } as const,
        ]),
  ],
});
console.log(`bridge listens on ${plan.ip}:${plan.port}, and its server on SCTP port ${plan.serverPort}`);

const ended = mainActor().monitor(top);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => exit(top, 'shutdown'));
await mainActor().receive((message) => message[0] === 'DOWN' && message[1] === ended);
console.log('bridge has ended');
