/** The Diameter example with freeDiameter, which we did not write: as a peer to which our client goes, and as a peer that comes to our server (RFC 6733). */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { call, reply, send } from 'mailport';
import { expect, test } from 'vitest';
import { get } from '../../examples/diameterAvps.js';
import { command } from '../../examples/diameterMessages.js';
import type { PeerIndication } from '../../examples/diameterPeer.js';
import { acr, client, resultOf, server, told } from '../examples/diameterStage.js';
import { actors } from '../examples/peers.js';
import type { Child } from '../support/child.js';
import { type Meeting, scratch, withPrograms } from './packaged.js';

const program = '/usr/bin/freeDiameterd';
const openssl = '/usr/bin/openssl';
const timeout = 40_000;
const port = 3868;

/**
 * Starts freeDiameter with one known peer, to which it goes, and waits until it listens. freeDiameter wants a certificate even if no peer uses TLS. Its
 * watchdog has the shortest time that it takes, 6 seconds.
 */
async function freeDiameter({ run, ourIp, programIp }: Meeting, peer: string): Promise<Child> {
  const folder = scratch();
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'key.pem', '-out', 'cert.pem'];
  execFileSync(openssl, ['req', '-x509', ...key, '-days', '3650', '-subj', '/CN=fd.example.net'], { cwd: folder, stdio: 'pipe' });
  writeFileSync(
    join(folder, 'fd.conf'),
    `Identity = "fd.example.net";
Realm = "example.net";
Port = ${port};
SecPort = 0;
No_TCP;
No_IPv6;
ListenOn = "${programIp}";
TLS_Cred = "cert.pem", "key.pem";
TLS_CA = "cert.pem";
TcTimer = 1;
TwTimer = 6;
ConnectPeer = "${peer}" { ConnectTo = "${ourIp}"; No_TLS; Port = ${port}; };
`,
  );
  const child = run(program, ['-c', 'fd.conf', '-dd'], folder);
  await child.prints(/Core state: 2 -> 3/);
  return child;
}

/** The line that freeDiameter prints when it gets our answer to a command of the base protocol: application, command, and no flag of a request. */
const received = (who: string, code: number) => new RegExp(`RCV from '${who}\\.example\\.net': [^\\n]*0/${code} f:----`);

withPrograms({ freediameterd: program, openssl }, (meeting) => {
  test('we go to freeDiameter: capabilities, watchdogs, a request for which it has no way, and our farewell', {
    timeout,
  }, async () => {
    const the = actors<PeerIndication>();
    const where = meeting();
    // freeDiameter looks for us too, at a port where nobody listens, until we come.
    const daemon = await freeDiameter(where, 'client.example.net');
    const { options, programIp: host } = where;
    const top = await client(the, options, port, { host, options, watchdogEveryMs: 200, reconnectMs: 100 });
    const ended = the.main.monitor(top);
    const [peer, { peer: they }] = await told(the.main, 'open');
    expect(they).toMatchObject({ host: 'fd.example.net', realm: 'example.net' });
    await told(the.main, 'watchdog');
    await daemon.prints(received('client', command.deviceWatchdog));
    const answer = await call(the.main, peer, { type: 'request', message: acr(1) });
    // DIAMETER_UNABLE_TO_DELIVER
    expect([answer.isError, resultOf(answer), get(answer.avps, 'originHost')]).toEqual([true, 3002, 'fd.example.net']);
    send(peer, { type: 'leave' });
    expect(await the.main.receive(reply(ended))).toMatchObject({ 4: 'shutdown' });
    await daemon.prints(/Peer 'client\.example\.net' sent a DPR with cause: DO_NOT_WANT_TO_TALK_TO_YOU/);
    expect(the.crashes).toEqual([]);
    daemon.signal('SIGTERM');
    expect(await daemon.status()).toBe(0);
  });

  test('freeDiameter comes to us: capabilities, its watchdog, and its farewell', { timeout }, async () => {
    const the = actors<PeerIndication>();
    const where = meeting();
    await server(the, where.options, { port });
    const daemon = await freeDiameter(where, 'server.example.net');
    expect((await told(the.main, 'open'))[1].peer.host).toBe('fd.example.net');
    await daemon.prints(received('server', command.deviceWatchdog));
    daemon.signal('SIGTERM');
    await daemon.prints(received('server', command.disconnectPeer));
    expect((await told(the.main, 'closed'))[1].why).toBe('shutdown_comp');
    expect(await daemon.status()).toBe(0);
    expect(the.crashes).toEqual([]);
  });
});
