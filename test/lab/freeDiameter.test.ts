/** The Diameter example with freeDiameter, which we did not write, as the peer that is gone to, and as the one that comes (RFC 6733). */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { call, reply, send } from 'mailport';
import { expect, onTestFailed, test } from 'vitest';
import type { PeerIndication } from '../../examples/diameterPeer.js';
import { acr, client, resultOf, server, told } from '../examples/diameterStage.js';
import { actors } from '../examples/peers.js';
import { Child } from '../examples/program.js';
import { encapsulateTo, freePorts, scratch, withPrograms } from './packaged.js';

const program = '/usr/bin/freeDiameterd';
const openssl = '/usr/bin/openssl';
const timeout = 40_000;

/**
 * Starts it with one peer that it knows, and to whose port it goes. It wants a certificate even if no peer is to use TLS. Its watchdog has the shortest time
 * that it takes, in seconds.
 */
function freeDiameter(port: number, peer: string, peerPort: number): Child {
  const folder = scratch();
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  execFileSync(openssl, ['req', '-x509', ...key, ...files, '-days', '3650', '-subj', '/CN=fd.example.net'], { stdio: 'pipe' });
  writeFileSync(
    join(folder, 'fd.conf'),
    `Identity = "fd.example.net";
Realm = "example.net";
Port = ${port};
SecPort = 0;
No_TCP;
No_IPv6;
TLS_Cred = "cert.pem", "key.pem";
TLS_CA = "cert.pem";
TcTimer = 1;
TwTimer = 6;
ConnectPeer = "${peer}" { ConnectTo = "127.0.0.1"; No_TLS; Port = ${peerPort}; };
`,
  );
  const child = new Child(program, ['-c', 'fd.conf', '-dd'], { cwd: folder });
  onTestFailed(() => console.log(child.output));
  return child;
}

withPrograms({ freediameterd: program, openssl }, ({ stack, options }) => {
  test('we go to freeDiameter: capabilities, watchdog, a request that it has no way for, and farewell', { timeout }, async () => {
    const the = actors<PeerIndication>();
    // Nobody is where it looks for us: it waits until we come.
    const [port = 0, nobody = 0] = await freePorts(the.main, { stack: 'kernel' }, 2);
    const daemon = freeDiameter(port, 'client.example.net', nobody);
    const top = await client(the, options, port, { options, watchdogEveryMs: 200, reconnectMs: 100 });
    const ended = the.main.monitor(top);
    const [peer, { peer: they }] = await told(the.main, 'open');
    expect(they).toMatchObject({ host: 'fd.example.net', realm: 'example.net' });
    await told(the.main, 'watchdog');
    const answer = await call(the.main, peer, { type: 'request', message: acr(1) });
    console.log(answer, resultOf(answer));
    expect(answer).toMatchObject({ isRequest: false, isError: true });
    send(peer, { type: 'leave' });
    expect(await the.main.receive(reply(ended))).toMatchObject({ 4: 'shutdown' });
    expect(the.crashes).toEqual([]);
    daemon.signal('SIGTERM');
    expect(await daemon.status()).toBe(0);
    console.log(daemon.output);
  });

  test('freeDiameter comes to us: capabilities, its watchdog, and its farewell', { timeout }, async () => {
    const the = actors<PeerIndication>();
    const [port = 0] = await freePorts(the.main, { stack: 'kernel' }, 1);
    const { port: ours } = await server(the, { ...options, stack }, {});
    if (stack === 'embedded') encapsulateTo(ours);
    const daemon = freeDiameter(port, 'server.example.net', ours);
    const [, { peer: they }] = await told(the.main, 'open');
    expect(they.host).toBe('fd.example.net');
    await daemon.prints(/Device-Watchdog-Answer/);
    daemon.signal('SIGTERM');
    await told(the.main, 'closed');
    expect(await daemon.status()).toBe(0);
    expect(the.crashes).toEqual([]);
    console.log(daemon.output);
  });
});
