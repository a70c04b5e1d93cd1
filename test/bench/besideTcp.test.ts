/** An association and a connection of TCP CUBIC share a line. `npm run bench wan-beside-tcp` says how well, over longer times. */
import { expect, test } from 'vitest';
import { besideTcp, missingLine, shared } from '../../bench/yardsticks/besideTcp.js';
import { built } from '../support/built.js';

const settleMs = 4_000;
const measuredMs = 10_000;

test.for(['rfc9260', 'cubic', 'bbr'])(
  '%s beside TCP CUBIC: each gets a sixth of the line at least, and together they fill it',
  { timeout: 90_000 },
  async (control, { skip }) => {
    const missing = missingLine();
    if (missing !== undefined) skip(missing);
    built('bench/cases/besideTcpEnd.js');
    const { ours, tcp, p95QueueMs } = await besideTcp(control, settleMs, measuredMs);
    const whole = shared.mbitPerSecond * 125_000;
    expect(ours / whole).toBeGreaterThan(1 / 6);
    expect(tcp / whole).toBeGreaterThan(1 / 6);
    expect((ours + tcp) / whole).toBeGreaterThan(0.75);
    // No longer than the queue.
    expect(p95QueueMs).toBeLessThan(45);
  },
);
