/**
 * SCTP over lines that lose packets, as between two sites: requests one at a time, and bulk, beside usrsctp over the same relay. Each run has the next seed of
 * the relay. A run makes new associations, so there is nothing to warm up.
 */
import type { SctpCongestionControlName } from 'mailport/sctp';
import { type Case, type Runner, runner, type Yardstick } from '../case.js';
import { besideTcp, missingLine, shared } from '../yardsticks/besideTcp.js';
import { type Direction, line } from '../yardsticks/relay.js';
import { usrsctpBulk, usrsctpRequests } from '../yardsticks/usrsctpOverLine.js';

/** Loaded late: the cases of actors alone must not load the addon. */
const client = () => import('./wanClient.js');

/** So that a run has enough requests for its slowest ones to mean something: so many associations, each with one request at a time. */
const associations = 64;
const requestsEach = 60;
const bulkSeconds = 8;

const quantile = (part: number) => (took: number[]) => {
  const sorted = took.sort((a, b) => a - b);
  return sorted[Math.min(Math.floor(sorted.length * part), sorted.length - 1)] ?? Number.NaN;
};

/** Mailport itself, set up otherwise. */
function itself(name: string, start: () => Promise<Runner>): Yardstick {
  let started: Promise<Runner> | undefined;
  return {
    name,
    missing: () => undefined,
    measure: async () => {
      started ??= start();
      return (await started).measure();
    },
  };
}

const requests = (name: string, part: number, budget: number | null): Case => {
  const way = line(25, 0, 1_000, 2);
  return {
    name: `wan-requests-${name}`,
    unit: 'ms',
    moreIsBetter: false,
    warmUps: 0,
    start: async () => (await client()).startRequests(way, associations, requestsEach, quantile(part)),
    against: [{ yardstick: usrsctpRequests(way, associations, requestsEach, quantile(part)), budget }],
  };
};

/** Short messages beside a bulk stream of their association: with priorities and I-DATA, and without. No more than two round trips are wanted, of which a full queue makes half of one. */
const beside = (): Case => {
  const way = line(25, 100, 200, 0);
  const by = async (passes: boolean) => (await client()).startBeside(way, bulkSeconds, passes, quantile(0.99));
  return {
    name: 'wan-beside-bulk-p99',
    unit: 'ms',
    moreIsBetter: false,
    warmUps: 0,
    start: () => by(true),
    against: [
      { yardstick: { name: 'two round trips', missing: () => undefined, measure: async () => 100 }, budget: 1 },
      { yardstick: itself('first come', () => by(false)), budget: null },
    ],
  };
};

const bulk = (lossPercent: number, budget: number, control: SctpCongestionControlName = 'rfc9260'): Case => {
  const way: Direction = line(25, 100, 200, lossPercent);
  return {
    name: control === 'rfc9260' ? `wan-bulk-${lossPercent}` : `wan-bulk-${control}-${lossPercent}`,
    unit: 'bytes/s',
    moreIsBetter: true,
    warmUps: 0,
    start: async () => (await client()).startBulk(way, bulkSeconds, control),
    against: [{ yardstick: usrsctpBulk(way, bulkSeconds), budget }],
  };
};

/** CUBIC beside our own way by RFC 9260, on a line of 100 ms. One loss has to be followed by others for the difference to show. */
const cubic = (lossPercent: number, budget: number): Case => {
  const way = line(50, 100, 1_000, lossPercent);
  const seconds = 20;
  const by = async (control: 'rfc9260' | 'cubic') => (await client()).startBulk(way, seconds, control);
  return {
    name: `wan-cubic-${lossPercent}`,
    unit: 'bytes/s',
    moreIsBetter: true,
    warmUps: 0,
    start: () => by('cubic'),
    against: [{ yardstick: itself('by RFC 9260', () => by('rfc9260')), budget }],
  };
};

/** Beside TCP CUBIC: what an association gets, and what a second connection of TCP CUBIC gets in its place. Each run says how the two shared the line, and how long packets waited. */
const besideTcpCubic = (control: SctpCongestionControlName): Case => {
  const run = async (ours: string) => {
    const shares = await besideTcp(ours, 8_000, 20_000);
    const part = (bytesPerSecond: number) => `${Math.round((bytesPerSecond / (shared.mbitPerSecond * 125_000)) * 100)} %`;
    console.log(
      `  ${ours} ${part(shares.ours)} of the line, TCP CUBIC ${part(shares.tcp)}, queue ${shares.meanQueueMs} ms (95 %: ${shares.p95QueueMs} ms)`,
    );
    return shares.ours;
  };
  return {
    name: `wan-beside-tcp-${control}`,
    unit: 'bytes/s',
    moreIsBetter: true,
    warmUps: 0,
    missing: async () => missingLine(),
    start: async () => runner(() => run(control)),
    against: [{ yardstick: { name: 'TCP CUBIC', missing: missingLine, measure: () => run('tcp') }, budget: 2 / 3 }],
  };
};

export const wanCases: readonly Case[] = [
  requests('p50', 0.5, 0.9),
  requests('p99', 0.99, 4),
  requests('max', 1, null),
  beside(),
  bulk(0, 0.9),
  bulk(0.01, 0.9),
  bulk(1, 0.9),
  bulk(0, 0.9, 'cubic'),
  bulk(1, 0.9, 'cubic'),
  bulk(0, 0.9, 'bbr'),
  bulk(1, 10, 'bbr'),
  cubic(0.01, 1.3),
  besideTcpCubic('rfc9260'),
  besideTcpCubic('cubic'),
  besideTcpCubic('bbr'),
];
