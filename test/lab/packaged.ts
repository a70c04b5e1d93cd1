/** Programs of Debian packages that speak a protocol of ours over the kernel's SCTP: whether they can be met, and how either stack of ours meets them. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AnySelf } from 'mailport';
import { type SctpOpenOptions, sctp } from 'mailport/sctp';
import { beforeEach, describe, onTestFinished } from 'vitest';
import { kernelProblem } from '../../actors/sctp/port.js';

/** IANA's UDP port for encapsulated SCTP (RFC 6951). */
const encapsPort = 9899;
const udpPortSetting = '/proc/sys/net/sctp/udp_port';

/** What `open` is told so that a socket of ours meets one of the kernel's on loopback. */
export interface Meeting {
  readonly stack: 'kernel' | 'embedded';
  readonly options: SctpOpenOptions;
}

const meetings: readonly Meeting[] = [
  { stack: 'kernel', options: { stack: 'kernel', ip: '127.0.0.1' } },
  // The kernel answers to the UDP port that a packet came from.
  { stack: 'embedded', options: { stack: 'embedded', ip: '127.0.0.1', remoteEncapsPort: encapsPort } },
];

/**
 * Defines the same tests for the kernel's stack and for ours over UDP; skipped, with the reason shown, where SCTP or one of the programs, by
 * their packages, is not there.
 */
export function withPrograms(programs: Readonly<Record<string, string>>, define: (meeting: Meeting) => void): void {
  for (const meeting of meetings) {
    describe(meeting.stack, () => {
      beforeEach((context) => {
        const reason = problem(programs, meeting);
        if (reason !== undefined) context.skip(reason);
      });
      define(meeting);
    });
  }
}

function problem(programs: Readonly<Record<string, string>>, { stack }: Meeting): string | undefined {
  const noKernel = kernelProblem();
  if (noKernel !== undefined) return `this kernel has no SCTP: ${noKernel}`;
  for (const [packageName, file] of Object.entries(programs)) {
    if (!existsSync(file)) return `package ${packageName} is not installed`;
  }
  if (stack === 'kernel' || !existsSync(udpPortSetting))
    return stack === 'kernel' ? undefined : 'this kernel has no SCTP over UDP';
  // A setting of the whole machine is only touched where it is ours.
  if (process.env.MAILPORT_LAB !== undefined) writeFileSync(udpPortSetting, String(encapsPort));
  const set = readFileSync(udpPortSetting, 'utf8').trim();
  return set === String(encapsPort) ? undefined : `net.sctp.udp_port is ${set}, not ${encapsPort}`;
}

/** Ports that were free just now: programs are told theirs before they begin. */
export async function freePorts(self: AnySelf, options: SctpOpenOptions, count: number): Promise<number[]> {
  const sockets = await Promise.all(Array.from({ length: count }, () => sctp.open(self, options)));
  for (const socket of sockets) socket.close();
  return sockets.map((socket) => socket.port);
}

/** A folder that goes with the test, for configuration files. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mailport-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Lets the kernel begin associations over UDP, to that port, until the test is over. */
export function encapsulateTo(port: number): void {
  writeFileSync('/proc/sys/net/sctp/encap_port', String(port));
  onTestFinished(() => writeFileSync('/proc/sys/net/sctp/encap_port', '0'));
}
