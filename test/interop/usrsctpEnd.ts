/** An end by usrsctp: usrsctp_peer.c, built once and run as a child of a test. What a test leaves running is killed after it. */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { installed } from '../support/installed.js';
import { End, type Item, key, type Offer, type Outgoing } from './end.js';
import { Queue } from './queue.js';

/** Why there can be no such end; undefined if there can. */
export const noUsrsctp = existsSync('/usr/include/usrsctp.h')
  ? installed('gcc')
    ? undefined
    : 'gcc is not installed'
  : 'package libusrsctp-dev is not installed';

/** Builds the program if its source is newer. Test files that run at the same time may all build it, each aside. */
function program(): string {
  const source = fileURLToPath(new URL('usrsctp_peer.c', import.meta.url));
  const folder = fileURLToPath(new URL('../../.cache/interop', import.meta.url));
  const built = join(folder, 'usrsctp_peer');
  if (!existsSync(built) || statSync(built).mtimeMs < statSync(source).mtimeMs) {
    mkdirSync(folder, { recursive: true });
    const aside = `${built}.${process.pid}`;
    execFileSync('gcc', ['-O2', '-Wall', '-Wextra', '-Werror', '-o', aside, source, '-lusrsctp', '-lpthread'], { stdio: 'pipe' });
    renameSync(aside, built);
  }
  return built;
}

export interface UsrsctpPlace {
  /** 0: over IP itself. */
  readonly udpPort: number;
  readonly port: number;
  readonly addresses: readonly string[];
  /** A file that stands for the network namespace to run in. */
  readonly netns?: string;
}

export class UsrsctpEnd extends End {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers = new Queue<string>();
  readonly #items = new Queue<Item>();
  readonly port: number;
  readonly addresses: readonly string[];
  readonly tellsOfGivenUp = true;

  private constructor({ udpPort, port, addresses, netns }: UsrsctpPlace) {
    super();
    this.port = port;
    this.addresses = addresses;
    const there = netns === undefined ? [] : ['nsenter', `--net=${netns}`];
    const [command = '', ...args] = [...there, program(), String(udpPort)];
    const child = spawn(command, args);
    this.#child = child;
    let complaints = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaints += text;
    });
    createInterface({ input: child.stdout }).on('line', (line) => this.#take(line));
    const ended = new Promise<void>((resolve) => {
      child.once('close', (status, signal) => {
        const why = new Error(`usrsctp_peer has ended (${signal ?? status}): ${complaints}`);
        this.#answers.end(why);
        this.#items.end(why);
        resolve();
      });
    });
    child.stdin.on('error', () => undefined);
    onTestFinished(async () => {
      child.kill('SIGKILL');
      await ended;
    });
  }

  /** @param setup commands before it is bound */
  static async open(place: UsrsctpPlace, setup: readonly string[] = []): Promise<UsrsctpEnd> {
    const end = new UsrsctpEnd(place);
    for (const command of setup) await end.#run(command);
    await end.#run(`bind ${place.port} ${place.addresses.join(' ')}`);
    return end;
  }

  async listen(): Promise<void> {
    await this.#run('listen');
  }

  async connect(to: End): Promise<void> {
    await this.#run(`connect ${to.port} ${to.addresses[0]}`);
    await this.event('comm_up');
  }

  async send({ stream, bytes, seed, ppid = 0, unordered = false, limit = ['none', 0] as never }: Outgoing): Promise<void> {
    await this.#run(`send ${stream} ${ppid} ${bytes} ${seed} ${unordered ? 'unordered' : 'ordered'} ${limit.join(' ')}`);
  }

  async resetStreams(direction: 'incoming' | 'outgoing', streams: readonly number[]): Promise<void> {
    await this.#run(`reset ${direction} ${streams.join(' ')}`);
  }

  async addStreams(inbound: number, outbound: number): Promise<void> {
    await this.#run(`add ${inbound} ${outbound}`);
  }

  async bindx(address: string, what: 'add' | 'remove'): Promise<void> {
    await this.#run(`address ${what} ${address}`);
  }

  async prefer(address: string): Promise<void> {
    await this.#run(`prefer ${address}`);
  }

  async shutdown(): Promise<void> {
    await this.#run('shutdown');
  }

  async abort(): Promise<void> {
    await this.#run('abort');
  }

  item(): Promise<Item> {
    return this.#items.next();
  }

  async #run(command: string): Promise<void> {
    this.#child.stdin.write(`${command}\n`);
    const answer = await this.#answers.next();
    if (answer !== 'ok') throw new Error(`usrsctp_peer: ${command}: ${answer}`);
  }

  #take(line: string): void {
    const [kind, ...words] = line.split(' ');
    if (kind === 'event') this.#items.put(words.join(' '));
    else if (kind === 'data') {
      const [stream = 0, ssn = 0, ppid = 0, bytes = 0, sum = 0] = words.map(Number);
      this.#items.put({ stream, ssn, ppid, bytes, sum, unordered: words[5] === 'unordered' });
    } else this.#answers.put(line);
  }
}

/** DATA and I-DATA, by number. */
const authChunks = [0, 64];

const offered: Readonly<Record<Offer, readonly string[]>> = {
  idata: ['on idata'],
  reconfig: ['on reconfig'],
  auth: [`key ${key.keyNumber} ${key.key}`, ...authChunks.map((type) => `auth_chunk ${type}`)],
  asconf: [`key ${key.keyNumber} ${key.key}`],
};

/** Commands for an end that offers these things. */
export function offering(offers: readonly Offer[], streams: number): string[] {
  return [`streams ${streams} ${streams + 16}`, ...offers.flatMap((offer) => offered[offer])];
}
