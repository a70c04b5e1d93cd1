/** The two ends in two programs. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { accept, type Connector, closeConnector, getEndPoint, type TransportName } from '../../actors/connector/index.js';
import { built } from '../support/built.js';
import { plainEnvironment } from '../support/plainEnvironment.js';
import { closeAll, failure, opened, self, transports } from './subjects.js';

const program = fileURLToPath(new URL('programs/client.mjs', import.meta.url));

function client(connector: Connector, transport: TransportName): { child: ChildProcess; said: (words: string) => Promise<void> } {
  const modules = [built('actors/index.js'), built('actors/connector/index.js')];
  const child = spawn(process.execPath, [program, ...modules, transport, String(getEndPoint(connector).port)], {
    env: plainEnvironment(),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout!.on('data', (data) => (output += String(data)));
  const said = async (words: string): Promise<void> => {
    while (!output.includes(words)) await once(child.stdout!, 'data');
  };
  return { child, said };
}

test.each(transports)(
  'a client in another process meets a server in this one, over %s',
  async (transport) => {
    const connector = await opened({ transport });
    const { child, said } = client(connector, transport);
    await said('connecting');
    const server = await accept(self, connector);
    await said('connected');
    child.stdin!.write('hello');
    expect(String(await server.read(5))).toBe('hello');
    await server.write('answer');
    await said('answer');
    expect((await server.read()).length).toBe(0);
    if (child.exitCode === null) await once(child, 'exit');
    closeConnector(connector);
    await closeAll(server);
  },
  30_000,
);

test.each(transports)(
  'the end of the other process is the end of the connection, or breaks it, over %s',
  async (transport) => {
    const connector = await opened({ transport });
    const { child, said } = client(connector, transport);
    const server = await accept(self, connector);
    await said('connected');
    child.stdin!.write('die');
    expect(String(await server.read(3))).toBe('die');
    const ended = once(child, 'exit');
    await server.write('answer');
    await ended;
    // Over TCP the kernel ends the connection of a process that has died; over SCTP the next packet finds nobody.
    const outcome = transport === 'tcp' ? failure(server.read().then((bytes) => bytes.length)) : lost(server);
    expect(await outcome).toBe(transport === 'tcp' ? 'no failure: 0' : 'Wr.Failure ConnLost');
    closeConnector(connector);
    await closeAll(server);
  },
  30_000,
);

async function lost(server: Awaited<ReturnType<typeof accept>>): Promise<unknown> {
  for (;;) {
    const outcome = await failure(server.write('anybody?'));
    if (outcome !== 'no failure: undefined') return outcome;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
