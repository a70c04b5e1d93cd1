/** SCTP of the embedded stack, from an actor of one process to an actor of another, over loopback: one way at three sizes, and there and back. */
import type { SctpOpenOptions } from 'mailport/sctp';
import { type Case, runMs } from '../case.js';
import { nodeDatagrams } from '../yardsticks/nodeInet.js';
import { plainUdp } from '../yardsticks/plainUdp.js';
import { tsctp } from '../yardsticks/tsctp.js';

/** Loaded late: the cases of actors alone must not load the addon. */
const client = () => import('./sctpClient.js');

const embedded = { active: true, options: { stack: 'embedded' } } as const;

const oneWay = (lengthBytes: number, against: Case['against']): Case => ({
  name: `sctp-oneway-${lengthBytes}`,
  unit: 'msg/s',
  moreIsBetter: true,
  start: async () => {
    const { floodOnce, start } = await client();
    return start({ ...embedded, role: 'count' }, floodOnce, lengthBytes);
  },
  against,
});

export const sctpOneWay64 = oneWay(64, [
  { yardstick: tsctp(64), budget: 5 },
  { yardstick: plainUdp('oneway', 64), budget: 1.5 },
]);
export const sctpOneWay1024 = oneWay(1024, [
  { yardstick: tsctp(1024), budget: 8 },
  { yardstick: plainUdp('oneway', 1024), budget: 1 },
]);
export const sctpOneWay16384 = oneWay(16_384, [{ yardstick: tsctp(16_384), budget: 5 }]);

const pingPongBytes = 64;

const pingPong = (name: string, options: SctpOpenOptions, against: Case['against']): Case => ({
  name,
  unit: 'round trips/s',
  moreIsBetter: true,
  start: async () => {
    const { pingPongOnce, start } = await client();
    return start({ active: true, options, role: 'echo' }, pingPongOnce, pingPongBytes);
  },
  against,
});

export const sctpPingPong = pingPong('sctp-pingpong', embedded.options, [
  { yardstick: nodeDatagrams({ role: 'echo', active: true, lengthBytes: pingPongBytes, bufferBytes: 0, runMs }), budget: 0.8 },
  { yardstick: plainUdp('looped', pingPongBytes), budget: 0.5 },
  { yardstick: plainUdp('pingpong', pingPongBytes), budget: 0.8 },
]);
/** Both ends look for 200 µs before they sleep. */
export const sctpPingPongBusy = pingPong('sctp-pingpong-busypoll', { ...embedded.options, busyPollUs: 200 }, [
  { yardstick: plainUdp('pingpong', pingPongBytes), budget: 0.8 },
]);
