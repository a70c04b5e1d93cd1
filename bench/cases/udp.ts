/** UDP from an actor of one process to an actor of another, over loopback: one way, counted where it arrives, and there and back. */
import { type Case, runMs } from '../case.js';
import { genInet } from '../yardsticks/genInet.js';
import { nodeDatagrams } from '../yardsticks/nodeInet.js';
import { plainUdp } from '../yardsticks/plainUdp.js';
import type { Setting } from './inetRun.js';

/** Loaded late: the cases of actors alone must not load the addon. */
const client = () => import('./udpClient.js');

const bufferBytes = 1024 * 1024;

const oneWay = (active: true | 100, lengthBytes: number): Case => {
  const setting: Setting = { role: 'count', active, lengthBytes, bufferBytes, runMs };
  return {
    name: `udp-oneway-${active}-${lengthBytes}`,
    unit: 'msg/s',
    moreIsBetter: true,
    start: async () => (await client()).start(setting),
    against: [
      { yardstick: nodeDatagrams(setting), budget: 2 },
      { yardstick: genInet('udp', setting), budget: 2 },
      { yardstick: plainUdp('batched', lengthBytes, bufferBytes), budget: 0.8 },
    ],
  };
};

const pingPong = (active: 'once' | 100): Case => {
  const setting: Setting = { role: 'echo', active, lengthBytes: 64, bufferBytes: 0, runMs };
  return {
    name: `udp-pingpong-${active}`,
    unit: 'round trips/s',
    moreIsBetter: true,
    start: async () => (await client()).start(setting),
    against: [
      { yardstick: nodeDatagrams(setting), budget: 1.2 },
      { yardstick: genInet('udp', setting), budget: null },
      { yardstick: plainUdp('looped', setting.lengthBytes), budget: 0.8 },
      { yardstick: plainUdp('pingpong', setting.lengthBytes), budget: null },
    ],
  };
};

export const udpCases: readonly Case[] = [
  ...[64, 1024].flatMap((lengthBytes) => [oneWay(true, lengthBytes), oneWay(100, lengthBytes)]),
  pingPong('once'),
  pingPong(100),
];
