/** SCTP of the embedded stack with 1, 100 and 10,000 associations at once, each with a little traffic; their memory while idle; and how they begin and end. */
import { type Case, runner, type Yardstick } from '../case.js';
import { Forked } from '../forked.js';
import { plainUdp } from '../yardsticks/plainUdp.js';
import { idleBytes } from './idle.js';
import type { ScaleCount } from './scaleClient.js';
import { messageBytes, type ScaleRole } from './scaleRun.js';

/** Loaded late: the cases of actors alone must not load the addon. */
const client = () => import('./scaleClient.js');

const many = 10_000;
const few = 100;
/** What the 10,000th association may cost more than the 100th: a fifth. */
const flat = 0.83;

/** Which traffic, and what of it is counted. */
interface Traffic {
  readonly name: string;
  readonly role: ScaleRole;
  readonly counted: ScaleCount;
  readonly unit: Case['unit'];
}

const oneway: Traffic = { name: 'oneway', role: 'count', counted: 'messages', unit: 'msg/s' };
const packets: Traffic = { name: 'oneway-packets', role: 'count', counted: 'packets', unit: 'packets/s' };
const pingpong: Traffic = { name: 'pingpong', role: 'echo', counted: 'messages', unit: 'round trips/s' };

const nameOf = ({ name }: Traffic, count: number) => `scale-${name}-${count}`;

/** The same with fewer associations, in a process of its own that lives for all runs. */
function withFewer(traffic: Traffic): Yardstick {
  let worker: Promise<Forked> | undefined;
  return {
    name: `mailport, ${few}`,
    missing: () => undefined,
    measure: async () => {
      worker ??= Forked.start(new URL('../worker.js', import.meta.url), [nameOf(traffic, few)], nameOf(traffic, few));
      return (await worker).measure();
    },
    stop: () => {
      void worker?.then((forked) => forked.stop());
      worker = undefined;
    },
  };
}

/** A figure that is to be kept, in place of a program. */
const limit = (name: string, value: number): Yardstick => ({ name, missing: () => undefined, measure: async () => value });

const caseOf = (traffic: Traffic, count: number, against: Case['against']): Case => ({
  name: nameOf(traffic, count),
  unit: traffic.unit,
  moreIsBetter: true,
  start: async () => (await client()).start(traffic.role, count, traffic.counted),
  against,
});

const udp = { oneway: plainUdp('oneway', messageBytes), pingpong: plainUdp('pingpong', messageBytes) };

export const scaleCases: readonly Case[] = [
  caseOf(oneway, 1, [{ yardstick: udp.oneway, budget: null }]),
  caseOf(oneway, few, [{ yardstick: udp.oneway, budget: null }]),
  // Where an association has one message in a while, each message is a packet and its acknowledgement another one. With fewer associations they are shared.
  caseOf(oneway, many, [
    { yardstick: withFewer(oneway), budget: null },
    { yardstick: udp.oneway, budget: null },
  ]),
  caseOf(packets, few, [{ yardstick: udp.oneway, budget: null }]),
  caseOf(packets, many, [{ yardstick: withFewer(packets), budget: flat }]),
  caseOf(pingpong, 1, [{ yardstick: udp.pingpong, budget: null }]),
  caseOf(pingpong, few, [{ yardstick: udp.pingpong, budget: null }]),
  caseOf(pingpong, many, [
    { yardstick: withFewer(pingpong), budget: flat },
    { yardstick: udp.pingpong, budget: null },
  ]),
  {
    name: `scale-setup-${many}`,
    unit: 'ms',
    moreIsBetter: false,
    warmUps: 1,
    start: async () => (await client()).startSetup(many),
    against: [{ yardstick: limit('5 s', 5000), budget: 1 }],
  },
  {
    name: `scale-memory-${many}`,
    unit: 'bytes',
    moreIsBetter: false,
    warmUps: 0,
    start: async () => runner(() => idleBytes(new URL('./scaleIdle.js', import.meta.url), String(many))),
    against: [{ yardstick: limit('6 KiB', 6144), budget: 1 }],
  },
];
