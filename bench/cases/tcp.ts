/** TCP from an actor of one process to an actor of another, over loopback, with packet 4: one way at three sizes, and there and back. */
import { type Case, runMs } from '../case.js';
import { genInet } from '../yardsticks/genInet.js';
import { nodeNet } from '../yardsticks/nodeInet.js';
import { plainTcp } from '../yardsticks/plainTcp.js';
import type { Setting } from './inetRun.js';

/** Loaded late: the cases of actors alone must not load the addon. */
const client = () => import('./tcpClient.js');

const bufferBytes = 1024 * 1024;

const oneWay = (active: true | 100, lengthBytes: number): Case => {
  const setting: Setting = { role: 'count', active, lengthBytes, bufferBytes, runMs };
  return {
    name: `tcp-oneway-${active}-${lengthBytes}`,
    unit: 'msg/s',
    moreIsBetter: true,
    start: async () => (await client()).start(setting),
    against: [
      { yardstick: nodeNet(setting), budget: 2 },
      { yardstick: genInet('tcp', setting), budget: 1.5 },
      { yardstick: plainTcp('oneway', setting), budget: lengthBytes === 65_536 ? 0.8 : null },
    ],
  };
};

const pingPong = (active: 'once' | 100): Case => {
  const setting: Setting = { role: 'echo', active, lengthBytes: 64, bufferBytes: 0, runMs };
  return {
    name: `tcp-pingpong-${active}`,
    unit: 'round trips/s',
    moreIsBetter: true,
    start: async () => (await client()).start(setting),
    against: [
      { yardstick: nodeNet(setting), budget: 1 },
      { yardstick: genInet('tcp', setting), budget: 1.5 },
      { yardstick: plainTcp('looped', setting), budget: null },
    ],
  };
};

export const tcpCases: readonly Case[] = [
  ...[64, 1024, 65_536].flatMap((lengthBytes) => [oneWay(true, lengthBytes), oneWay(100, lengthBytes)]),
  pingPong('once'),
  pingPong(100),
];
