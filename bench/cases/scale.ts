/** SCTP of the embedded stack with 1, 100 and 10,000 associations at once, each with a little traffic; their memory while idle; and how they begin and end. */
import { type Case, runner, type Yardstick } from '../case.js';
import { Forked } from '../forked.js';
import { plainUdp } from '../yardsticks/plainUdp.js';
import { idleBytes } from './idle.js';
import { messageBytes, type ScaleRole } from './scaleRun.js';

/** Loaded late: the cases of actors alone must not load the addon. */
const client = () => import('./scaleClient.js');

const many = 10_000;
const few = 100;
/** What the 10,000th association may cost more than the 100th: a fifth. */
const flat = 1 / 1.2;

const nameOf = (role: ScaleRole, count: number) => `scale-${role === 'count' ? 'oneway' : 'pingpong'}-${count}`;

/** The same with fewer associations, in a process of its own that lives for all runs. */
function withFewer(role: ScaleRole): Yardstick {
  let worker: Promise<Forked> | undefined;
  return {
    name: `mailport, ${few}`,
    missing: () => undefined,
    measure: async () => {
      worker ??= Forked.start(new URL('../worker.js', import.meta.url), [nameOf(role, few)], nameOf(role, few));
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

const traffic = (role: ScaleRole, count: number, against: Case['against']): Case => ({
  name: nameOf(role, count),
  unit: role === 'count' ? 'msg/s' : 'round trips/s',
  moreIsBetter: true,
  start: async () => (await client()).start(role, count),
  against,
});

const udp = { oneway: plainUdp('oneway', messageBytes), pingpong: plainUdp('pingpong', messageBytes) };

export const scaleCases: readonly Case[] = [
  traffic('count', 1, [{ yardstick: udp.oneway, budget: null }]),
  traffic('count', few, [{ yardstick: udp.oneway, budget: null }]),
  traffic('count', many, [
    { yardstick: withFewer('count'), budget: flat },
    { yardstick: udp.oneway, budget: null },
  ]),
  traffic('echo', 1, [{ yardstick: udp.pingpong, budget: null }]),
  traffic('echo', few, [{ yardstick: udp.pingpong, budget: null }]),
  traffic('echo', many, [
    { yardstick: withFewer('echo'), budget: flat },
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
