/** The M3UA example's ASPs with Osmocom's signalling transfer point, which we did not write, as the gateway (RFC 4666). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DownMessage, send } from 'mailport';
import { expect, test } from 'vitest';
import type { Asp, Indication } from '../../examples/m3uaAsp.js';
import { asp, payload, told, type UserMessage } from '../examples/m3uaStage.js';
import { actors } from '../examples/peers.js';
import { scratch, withPrograms } from './packaged.js';

const program = '/usr/bin/osmo-stp';
/** Ports on hosts of our own, where nobody else has them. osmo-stp knows an ASP by its port. */
const port = 2905;
const aspPorts = [3001, 3002];

/** Application servers 1 and 2 with point codes of the same numbers. */
function configuration(ip: string): string {
  const each = (line: (port: number, n: number) => string) => aspPorts.map((aspPort, index) => line(aspPort, index + 1)).join('');
  return `
log stderr
 logging filter all 1
 logging color 0
 logging level set-all info
 logging level lss7 debug
 logging level lm3ua debug
line vty
 no login
cs7 instance 0
 network-indicator national
 point-code 0.0.7
${each((aspPort, n) => ` asp asp${n} ${aspPort} ${port} m3ua\n  remote-ip ${ip}\n  role sg\n  sctp-role server\n`)}
${each((_, n) => ` as as${n} m3ua\n  asp asp${n}\n  routing-key ${n} 0.0.${n}\n`)}
 route-table system
${each((_, n) => `  update route 0.0.${n} 7.255.7 linkset as${n}\n`)}
 listen m3ua ${port}
`;
}

withPrograms({ 'osmo-stp': program }, (meeting) => {
  test('ASPs come up and become active through osmo-stp, which says so, answers their beats, and carries their payload', {
    timeout: 40_000,
  }, async () => {
    const the = actors<UserMessage>();
    const { main } = the;
    const { options, ourIp, programIp: host, run } = meeting();
    const folder = scratch();
    writeFileSync(join(folder, 'stp.cfg'), configuration(ourIp));
    const stp = run(program, ['-c', 'stp.cfg'], folder);
    await stp.prints(/binding m3ua Server/);

    const asps: Asp[] = [];
    for (const [index, aspPort] of aspPorts.entries()) {
      // osmo-stp may print that before it listens.
      const settings = { host, options: { ...options, port: aspPort }, beatEveryMs: 200, reconnectMs: 1 };
      main.monitor(await asp(the, options, port, index + 1, settings));
      asps.push(await hears({ type: 'asp', state: 'active' }));
      await hears({ type: 'notify', status: 'AS-ACTIVE' }, asps.at(-1));
      await hears({ type: 'beat' }, asps.at(-1));
    }
    for (const [from, to] of [
      [1, 2],
      [2, 1],
    ] as const) {
      send(asps[from - 1]!, { type: 'transfer', data: payload(from, to, `from ${from}`) });
      expect((await told(main, 'transfer'))[1].data).toEqual(payload(from, to, `from ${from}`));
    }
    for (const each of asps) {
      send(each, { type: 'leave' });
      expect(await main.receive((message): message is DownMessage => message[0] === 'DOWN')).toMatchObject({ 4: 'shutdown' });
    }
    for (const n of [1, 2]) await stp.prints(new RegExp(`asp${n}\\)\\{ASP_INACTIVE\\}: state_chg to ASP_DOWN`));
    expect(the.crashes).toEqual([]);
    stp.signal('SIGTERM');
    await stp.status();

    /** Waits for that message of an ASP, and gives the ASP. */
    async function hears(what: Indication, by?: Asp): Promise<Asp> {
      for (;;) {
        const [from, said] = await told(main, what.type);
        if ((by === undefined || by === from) && JSON.stringify(said) === JSON.stringify(what)) return from;
      }
    }
  });
});
