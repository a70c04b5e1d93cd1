/** SCTP over a simulated network on which a way carries less than the links of its hosts (RFC 8899). */
import { SimulatedNetwork, type Simulation, simulate } from 'mailport/testing';
import { describe, expect, test } from 'vitest';
import type { SctpSocket } from '../../actors/sctp/index.js';
import { repeats } from '../support/effort.js';

const [a, b] = ['10.0.0.1', '10.0.0.2'];
const headers = 28;
const minutes = 60_000;

interface Stage {
  readonly run: Simulation;
  readonly network: SimulatedNetwork;
  /** Sends that many messages and reads them at the other end. */
  readonly transfer: (count: number, pauseMs?: number) => Promise<void>;
  readonly packetBytes: () => number;
}

const staged = (runs: number, options: object, body: (stage: Stage) => Promise<void>) =>
  simulate(
    async (run) => {
      const network = new SimulatedNetwork({ system: run.system, latencyMs: 5, ...options });
      const server = await network.host(b).sctp.open(run.main, 5000, { active: false });
      await server.listen(true);
      const client: SctpSocket = await network.host(a).sctp.open(run.main, { active: false });
      const { assocId } = await client.connect(b, 5000);
      await server.recv();
      const transfer = async (count: number, pauseMs = 0): Promise<void> => {
        for (let sent = 0; sent < count; sent += 1) {
          await client.send(assocId, 0, Buffer.alloc(10_000, sent));
          const [, , , data] = await server.recv();
          // toEqual looks at each byte as at an object's property.
          expect(Buffer.alloc(10_000, sent).equals(data as Buffer)).toBe(true);
          if (pauseMs > 0) await run.main.receive({ after: pauseMs });
        }
      };
      const packetBytes = (): number => {
        const path = client.getopts([['sctpGetPeerAddrInfo', { assocId, address: [b, 5000] }]]).sctpGetPeerAddrInfo;
        return (path?.mtu ?? 0) - headers;
      };
      await body({ run, network, transfer, packetBytes });
    },
    { runs },
  );

describe('a way that carries less than the links of its hosts', () => {
  test.each([600, 1000, 1204, 1280, 1300, 1400])('is found out to carry %i bytes, while all arrives', async (mtu) => {
    await staged(repeats(3), { loss: 0.01 }, async ({ network, transfer, packetBytes }) => {
      await transfer(10);
      expect(packetBytes()).toBe(1452);
      network.change(a, b, { mtu });
      await transfer(5);
      network.change({ loss: 0 });
      await transfer(100, 1000);
      expect(packetBytes()).toBe(mtu);
    });
  });

  test('is known at once if the sender is told, and its packets grow again within ten minutes after it has become wider', async () => {
    await staged(repeats(3), {}, async ({ run, network, transfer, packetBytes }) => {
      await transfer(2);
      network.change(a, b, { mtu: 1300, tellsMtu: true });
      const began = run.clock.now();
      await transfer(2);
      expect(run.clock.now() - began).toBeLessThan(2000);
      expect(packetBytes()).toBe(1300);
      network.change(a, b, { mtu: 65_535 });
      await transfer(2);
      expect(packetBytes()).toBe(1300);
      await run.main.receive({ after: 10 * minutes });
      await transfer(1);
      expect(packetBytes()).toBe(1452);
    });
  });

  test('is that of the host itself, if all of the network has it when the socket is opened', async () => {
    await staged(1, { mtu: 1300 }, async ({ transfer, packetBytes }) => {
      expect(packetBytes()).toBe(1300);
      await transfer(2);
      expect(packetBytes()).toBe(1300);
    });
  });
});
