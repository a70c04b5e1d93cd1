/** Programs of Debian packages that speak a protocol of ours over the kernel's SCTP: they run on one host of a network, and we are on the other. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SctpOpenOptions } from 'mailport/sctp';
import { beforeEach, describe, onTestFailed, onTestFinished } from 'vitest';
import { Child } from '../support/child.js';
import { type Network, onNetwork } from './network.js';

/** The UDP ports of the kernel's side and of ours, if ours is the embedded stack (RFC 6951). */
const [kernelPort, ourPort] = [9899, 9900];

/** A program on one host, and the options of our sockets on the other. */
export interface Meeting {
  /** For sockets of ours. */
  readonly options: SctpOpenOptions;
  readonly ourIp: string;
  readonly programIp: string;
  /** Runs a program on its host, in the folder. What it prints is shown if the test fails. */
  run(file: string, args: readonly string[], folder: string): Child;
}

/**
 * Defines the same tests for the kernel's stack and for ours over UDP. They are skipped, with the reason shown, if there can be no network, or if one of the
 * packages with the programs is not there.
 */
export function withPrograms(programs: Readonly<Record<string, string>>, define: (meeting: () => Meeting) => void): void {
  onNetwork(
    (network) => {
      beforeEach((context) => {
        const missing = Object.keys(programs).filter((name) => !existsSync(programs[name]!));
        if (missing.length > 0) context.skip(`not installed: ${missing.join(', ')}`);
      });
      describe.each(['kernel', 'embedded'] as const)('%s', (stack) => {
        // By itself the kernel speaks SCTP over IP. It answers over UDP if it has heard the peer over UDP, so the setting matters for its first packet only.
        beforeEach(() => network().there.set('sctp.encap_port', stack === 'embedded' ? ourPort : 0));
        define(() => meetingOn(network(), stack));
      });
    },
    ({ there }) => there.set('sctp.udp_port', kernelPort),
  );
}

function meetingOn({ here, there }: Network, stack: 'kernel' | 'embedded'): Meeting {
  const encapsulated = { encapsPort: ourPort, remoteEncapsPort: kernelPort };
  const [ourIp, programIp] = [here.ips[0], there.ips[0]];
  return {
    options: { stack, netns: here.netns, ip: ourIp, ...(stack === 'embedded' && encapsulated) },
    ourIp,
    programIp,
    run: (file, args, folder) => {
      const child = new Child('nsenter', [`--net=${there.netns}`, file, ...args], { cwd: folder });
      onTestFailed(() => console.log(child.output));
      return child;
    },
  };
}

/** A folder for configuration files, which is removed after the test. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mailport-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}
