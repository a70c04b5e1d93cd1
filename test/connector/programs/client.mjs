/** A client in a process of its own: `client.mjs MODULES TRANSPORT PORT` connects to this machine, sends what it is told on its input, and prints the answer. */
import { once } from 'node:events';

const [runtime = '', connectors = '', transport = 'tcp', port = '0'] = process.argv.slice(2);
/** @type {typeof import('../../../actors/index.js')} */
const { mainActor } = await import(runtime);
/** @type {typeof import('../../../actors/connector/index.js')} */
const { connect, nullAddress } = await import(connectors);

const connecting = connect(
  mainActor(),
  { addr: nullAddress, port: Number(port) },
  { transport: transport === 'sctp' ? 'sctp' : 'tcp' },
);
process.stdout.write('connecting\n');
const connection = await connecting;
process.stdout.write('connected\n');
const [words] = await once(process.stdin, 'data');
await connection.write(words);
process.stdout.write(await connection.read(6));
if (String(words).includes('die')) process.kill(process.pid, 'SIGKILL');
await connection.close();
process.stdin.destroy();
