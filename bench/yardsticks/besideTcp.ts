/** A connection of TCP CUBIC and something else on one line between two network namespaces (tun_line.c): how they share it, and how long packets wait in its queue. */
import { existsSync } from 'node:fs';
import { buildC, installed, output } from './program.js';

/** A line of 20 Mbit/s and 40 ms, with a queue of one round trip. */
export const shared = { mbitPerSecond: 20, delayMs: 20, queuePackets: 67 };
/** Of the checkout, in which `npm run bench` runs. */
const end = 'dist/bench/cases/besideTcpEnd.js';
const connectMs = 60_000;

export interface Shares {
  /** Bytes a second, of payload. */
  readonly ours: number;
  readonly tcp: number;
  /** How long packets waited in the queue. */
  readonly meanQueueMs: number;
  readonly p95QueueMs: number;
}

/** Why it cannot run here, or undefined. */
export function missingLine(): string | undefined {
  if (process.platform !== 'linux' || !existsSync('/dev/net/tun')) return 'there is no /dev/net/tun';
  if (process.getuid?.() !== 0) return 'network namespaces take root';
  return installed('gcc') === undefined ? 'gcc is not installed' : undefined;
}

/** @param control that of the association; 'tcp': a second connection of TCP CUBIC in its place */
export async function besideTcp(control: string, settleMs: number, measuredMs: number): Promise<Shares> {
  const { delayMs, mbitPerSecond, queuePackets } = shared;
  const way = [delayMs * 1e3, mbitPerSecond * 1e6, queuePackets, measuredMs / 1e3].map(String);
  const receiver = [process.execPath, end, 'receive', String(settleMs), String(measuredMs)];
  const sender = [process.execPath, end, 'send', buildC('tcp_bulk'), control];
  const printed = await output([buildC('tun_line'), ...way, ...receiver, '--', ...sender], connectMs + settleMs + measuredMs);
  const [, ours, tcp] = /^bytes (\d+) (\d+)$/m.exec(printed) ?? [];
  const [, mean, p95] = /^queue ([\d.]+) ([\d.]+)$/m.exec(printed) ?? [];
  if (tcp === undefined || p95 === undefined) throw new Error(`the ends printed:\n${printed}`);
  return {
    ours: (Number(ours) * 1e3) / measuredMs,
    tcp: (Number(tcp) * 1e3) / measuredMs,
    meanQueueMs: Number(mean),
    p95QueueMs: Number(p95),
  };
}
