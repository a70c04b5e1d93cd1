/** A look at packets by somebody else: dumpcap writes down what passes on loopback, and tshark says what is wrong with it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installed } from '../support/installed.js';

/** Why there can be no such look; undefined if there can. */
export const noTshark = installed('tshark')
  ? process.getuid?.() === 0
    ? undefined
    : 'only root captures packets'
  : 'package tshark is not installed';

export class Capture {
  readonly #folder = mkdtempSync(join(tmpdir(), 'mailport-capture-'));
  readonly #file = join(this.#folder, 'packets.pcapng');
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  private constructor(filter: string) {
    const args = ['-q', '-i', 'lo', '-f', filter, '-B', '32', '-w', this.#file];
    this.#child = spawn('dumpcap', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#ended = once(this.#child, 'close');
  }

  /** Begins to write down packets on loopback. @param filter as of pcap; all UDP that passes it is taken for SCTP */
  static async start(filter: string): Promise<Capture> {
    const capture = new Capture(filter);
    let said = '';
    // It names the file when the first packet can come.
    await new Promise<void>((resolve, reject) => {
      capture.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (said.includes('File: ')) resolve();
      });
      capture.#child.once('error', reject);
      capture.#child.once('close', () => reject(new Error(`dumpcap has ended: ${said}`)));
    });
    return capture;
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGINT');
    await this.#ended;
  }

  /** The value of a field in each packet that passes a display filter, a line each. */
  packets(display: string, field: string): string[] {
    const asSctp = ['-d', 'udp.port==1-65535,sctp', '-o', 'sctp.checksum:crc32c'];
    const args = ['-n', '-r', this.#file, ...asSctp, '-Y', display, '-T', 'fields', '-e', field];
    const printed = execFileSync('tshark', args, { encoding: 'utf8', maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'ignore'] });
    return printed.split('\n').slice(0, -1);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }
}
