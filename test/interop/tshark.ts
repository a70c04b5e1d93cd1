/** A look at packets by somebody else: dumpcap writes down what passes on loopback, and tshark says what is wrong with it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installed } from '../support/installed.js';

/** Why there can be no such look; undefined if there can. */
export const noTshark = installed('tshark')
  ? process.getuid?.() === 0
    ? undefined
    : 'only root captures packets'
  : 'package tshark is not installed';

const needed = /^(frame|eth|ethertype|ip|ipv6|udp|sctp|data|null|file-pcapng|_ws\..*)$/;

/** A packet may have hundreds of chunks, more than tshark shows unless it is told. */
const asSctp = ['-d', 'udp.port==1-65535,sctp', '-o', 'sctp.checksum:CRC 32c', '-o', 'gui.max_tree_depth:10000'];

/** Of an expert's messages: what is retransmitted is worth a note, and no more. What is malformed is an error. */
const warning = 0x600000;

const numbers = (list: string): number[] => (list === '' ? [] : list.split(',').map(Number));

export interface Seen {
  readonly isEmpty: boolean;
  /** Types of the chunks; none: it is not SCTP. */
  readonly chunks: readonly number[];
  readonly checksumIsGood: boolean;
  /** What is wrong with it, from warnings on. */
  readonly complaint: string;
}

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

  /** What tshark says of each datagram. */
  datagrams(): Seen[] {
    this.#guessNothing();
    const fields = ['udp.length', 'sctp.chunk_type', 'sctp.checksum.status', '_ws.expert.severity', '_ws.expert.message'];
    const lines = this.#tshark(['-n', '-r', this.#file, ...asSctp, '-T', 'fields', ...fields.flatMap((field) => ['-e', field])]);
    return lines.map((line) => {
      const [bytes = '', chunks = '', checksum = '', severities = '', messages = ''] = line.split('\t');
      const isWrong = numbers(severities).some((severity) => severity >= warning);
      return {
        isEmpty: bytes === '8',
        chunks: numbers(chunks),
        checksumIsGood: checksum === '1',
        complaint: isWrong ? messages : '',
      };
    });
  }

  /** Leaves tshark the protocols that it needs. It would guess others from numbers in the messages, and find these malformed. */
  #guessNothing(): void {
    const names = this.#tshark(['-G', 'protocols']).map((line) => line.split('\t')[2]!);
    writeFileSync(join(this.#folder, 'disabled_protos'), `${names.filter((name) => !needed.test(name)).join('\n')}\n`);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }

  #tshark(args: readonly string[]): string[] {
    const env = { ...process.env, WIRESHARK_CONFIG_DIR: this.#folder };
    const stdio = ['ignore', 'pipe', 'ignore'] as const;
    const printed = execFileSync('tshark', args, { encoding: 'utf8', maxBuffer: 2 ** 28, stdio: [...stdio], env });
    return printed.split('\n').slice(0, -1);
  }
}
