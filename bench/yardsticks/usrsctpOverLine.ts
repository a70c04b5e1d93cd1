/** usrsctp over a line (wan_usrsctp.c through relay.c): what requests take, and how much bulk gets through. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { Yardstick } from '../case.js';
import { freeUdpPort } from './freeUdpPort.js';
import { build, installed, number, output } from './program.js';
import { type Direction, Relay } from './relay.js';

const limitMs = 120_000;

/** @returns why it cannot run here */
function missing(): string | undefined {
  if (!existsSync('/usr/include/usrsctp.h')) return 'libusrsctp-dev is not installed';
  return installed('gcc') === undefined ? 'gcc is not installed' : undefined;
}

/** Runs the program against a server of its own, over a line with the next seed, and gives what it prints. */
function overLine(way: Direction, kind: 'requests' | 'bulk', ...args: readonly number[]): () => Promise<string> {
  let seed = 0;
  return async () => {
    const program = build('wan_usrsctp.c', 'wan_usrsctp', (from, to) => ['gcc', '-O2', '-o', to, from, '-lusrsctp', '-lpthread']);
    const [udpPort, port] = [await freeUdpPort(), await freeUdpPort()];
    const server = spawn(program, ['serve', String(udpPort), String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
    seed += 1;
    const relay = await Relay.start(udpPort, seed, way, way);
    try {
      await once(server.stdout, 'data');
      return await output([program, kind, String(relay.port), String(port), ...args.map(String)], limitMs);
    } finally {
      server.kill('SIGKILL');
      await relay.stop();
    }
  };
}

/** @param judge gives the figure of a run from what each request took, in milliseconds */
export function usrsctpRequests(
  way: Direction,
  associations: number,
  requestsEach: number,
  judge: (took: number[]) => number,
): Yardstick {
  const run = overLine(way, 'requests', associations, requestsEach);
  return {
    name: 'usrsctp',
    missing,
    measure: async () =>
      judge(
        (await run())
          .trim()
          .split('\n')
          .map((us) => Number(us) / 1000),
      ),
  };
}

/** Bytes a second. */
export function usrsctpBulk(way: Direction, seconds: number): Yardstick {
  const run = overLine(way, 'bulk', seconds);
  return { name: 'usrsctp', missing, measure: async () => number(await run()) };
}
