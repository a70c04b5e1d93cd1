/** openssl as a client and as a server of TLS, and mailport/tls at the other end. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Self } from 'mailport';
import { tls } from 'mailport/tls';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { installed } from '../support/installed.js';
import { failOnLeftovers } from '../support/setup.js';
import { Tool } from '../support/tool.js';
import { nextTurn } from '../support/waiting.js';
import { authority, type Certified } from '../tls/certificates.js';
import { inActor } from './inActor.js';

/** The connection below one of TLS closes a moment after it. */
failOnLeftovers(async () => {
  for (let turn = 0; turn < 1000 && tls.openSockets().length > 0; turn += 1) await nextTurn();
  return tls.openSockets().map(({ port }) => `socket ${port}`);
});

const missing = installed('openssl') ? undefined : 'package openssl is not installed';
const inTls = (body: (self: Self<unknown>) => Promise<void>) => inActor<unknown>(body);
const openssl = (...args: readonly (string | number)[]) => new Tool([], 'openssl', ...args);

describe('openssl', () => {
  let folder: string;
  let ca: Certified;
  let server: Certified;
  const file = (name: string) => join(folder, name);

  beforeEach((context) => context.skip(missing !== undefined, missing));
  beforeAll(() => {
    if (missing !== undefined) return;
    folder = mkdtempSync(join(tmpdir(), 'interop-'));
    const made = authority('test authority');
    ca = made;
    server = made.issue('localhost', 'DNS:localhost,IP:127.0.0.1');
    for (const [name, text] of Object.entries({ 'ca.pem': ca.cert, 'key.pem': server.key, 'cert.pem': server.cert })) {
      writeFileSync(file(name), text);
    }
  });
  afterAll(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  /** It serves one connection. */
  async function opensslServer(): Promise<{ readonly peer: Tool; readonly port: number }> {
    const certified = ['-key', file('key.pem'), '-cert', file('cert.pem')];
    const peer = openssl('s_server', '-accept', '127.0.0.1:0', ...certified, '-naccept', 1);
    const [, port] = await peer.prints(/ACCEPT .*:(\d+)/);
    return { peer, port: Number(port) };
  }

  test.each(['-tls1_2', '-tls1_3'])('s_client %s sends lines to a listener, and reads answers', (version) =>
    inTls(async (self) => {
      const { key, cert } = server;
      const listener = await tls.listen(self, 0, { ip: '127.0.0.1', packet: 'line', active: false, tls: { key, cert } });
      const to = ['-connect', `127.0.0.1:${listener.port}`, '-servername', 'localhost'];
      const client = openssl(
        's_client',
        ...to,
        '-CAfile',
        file('ca.pem'),
        '-verify_return_error',
        '-quiet',
        '-no_ign_eof',
        version,
      );
      const socket = await listener.accept(self);
      client.types('one\ntwo\n');
      expect(String(await socket.recv())).toBe('one\n');
      expect(String(await socket.recv())).toBe('two\n');
      await socket.send('answer\n');
      await client.prints(/answer/);
      client.endsInput();
      await expect(socket.recv()).rejects.toMatchObject({ reason: 'closed' });
      expect(await client.status()).toBe(0);
    }),
  );

  test('s_client agrees on a protocol, and our info tells it', () =>
    inTls(async (self) => {
      const { key, cert } = server;
      const options = { key, cert, ALPNProtocols: ['mailport/1', 'other'] };
      const listener = await tls.listen(self, 0, { ip: '127.0.0.1', active: false, tls: options });
      const to = ['-connect', `127.0.0.1:${listener.port}`, '-servername', 'localhost', '-alpn', 'mailport/1'];
      const client = openssl('s_client', ...to, '-CAfile', file('ca.pem'));
      const socket = await listener.accept(self);
      await client.prints(/ALPN protocol: mailport\/1/);
      await client.prints(/Verify return code: 0/);
      expect(socket.info()).toMatchObject({ alpn: 'mailport/1', servername: 'localhost' });
      await socket.close();
    }));

  test('s_server is connected to, verified, and ends', () =>
    inTls(async (self) => {
      const { peer, port } = await opensslServer();
      const socket = await tls.connect(self, '127.0.0.1', port, { active: true, packet: 'line', tls: { ca: ca.cert } });
      await socket.send('from us\n');
      await peer.prints(/from us/);
      peer.types('from it\n');
      expect(await self.receive()).toEqual(['ssl', socket, Buffer.from('from it\n')]);
      // Q at the beginning of a line ends the server.
      peer.types('Q\n');
      expect(await self.receive()).toEqual(['ssl_closed', socket]);
    }));

  test('s_server with a certificate that nobody has vouched for is refused', () =>
    inTls(async (self) => {
      const { port } = await opensslServer();
      await expect(tls.connect(self, '127.0.0.1', port, { tls: {} })).rejects.toThrow();
    }));
});
