/**
 * Two hosts, each a network namespace of its own, joined by two links that a test cuts, mends, slows and makes lossy. A cut link loses everything and tells
 * nobody. Sockets are opened on a host from this process, with `netns`.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import { kernelProblem } from '../../actors/sctp/stacks.js';

const links = [1, 2] as const;
export type Link = (typeof links)[number];

/** What a link does to packets, in each direction. */
export interface Shape {
  readonly lossPercent?: number;
  readonly delayMs?: number;
  /** How far the delay varies, so that packets overtake each other. */
  readonly jitterMs?: number;
}

export class Host {
  readonly #name: string;
  /** For `open`. */
  readonly netns: string;
  /** The nth address is on the nth link. They are addresses for documentation (RFC 5737, RFC 3849), and so of global scope: the kernel tells no private address to a peer at a global one. */
  readonly ips: readonly [string, string];
  readonly ips6: readonly [string, string];

  constructor(name: string, number: 1 | 2) {
    this.#name = name;
    this.netns = `/run/netns/${name}`;
    this.ips = [`198.51.100.${number}`, `203.0.113.${number}`];
    this.ips6 = [`2001:db8:1::${number}`, `2001:db8:2::${number}`];
  }

  /** Runs a command on this host. */
  run(command: string, ...args: readonly string[]): void {
    execFileSync('ip', ['netns', 'exec', this.#name, command, ...args], { stdio: 'pipe' });
  }

  /** Sets `net.NAME`, which each host has for itself. */
  set(name: string, value: number): void {
    execFileSync('ip', ['netns', 'exec', this.#name, 'sh', '-c', `echo ${value} >/proc/sys/net/${name.replaceAll('.', '/')}`]);
  }
}

export class Network {
  readonly #names: readonly [string, string];
  readonly #shaped = new Set<Link>();
  readonly here: Host;
  readonly there: Host;

  constructor() {
    this.#names = [`mailport${process.pid}a`, `mailport${process.pid}b`];
    const [a, b] = this.#names;
    this.here = new Host(a, 1);
    this.there = new Host(b, 2);
    run('ip', ['-batch', '-'], [`netns add ${a}`, `netns add ${b}`]);
    run(
      'ip',
      ['-batch', '-'],
      links.map((link) => `link add link${link} netns ${a} type veth peer name link${link} netns ${b}`),
    );
    for (const [index, host] of [this.here, this.there].entries()) {
      const addresses = links.flatMap((link) => [
        `addr add ${host.ips[link - 1]}/24 dev link${link}`,
        `addr add ${host.ips6[link - 1]}/64 dev link${link} nodad`,
        `link set link${link} up`,
      ]);
      run('ip', ['-n', this.#names[index]!, '-batch', '-'], ['link set lo up', ...addresses]);
    }
  }

  /** From now on. */
  shape(link: Link, { lossPercent, delayMs, jitterMs }: Shape): void {
    const how = [
      ...(lossPercent === undefined ? [] : ['loss', `${lossPercent}%`]),
      ...(delayMs === undefined ? [] : ['delay', `${delayMs}ms`]),
      ...(delayMs === undefined || jitterMs === undefined ? [] : [`${jitterMs}ms`]),
    ];
    this.#shaped.add(link);
    for (const name of this.#names) run('tc', ['-n', name, 'qdisc', 'replace', 'dev', `link${link}`, 'root', 'netem', ...how]);
  }

  cut(...which: readonly Link[]): void {
    for (const link of which) this.shape(link, { lossPercent: 100 });
  }

  /** All links, by default, pass everything at once. */
  mend(...which: readonly Link[]): void {
    for (const link of which.length > 0 ? which : links) {
      if (!this.#shaped.delete(link)) continue;
      for (const name of this.#names) run('tc', ['-n', name, 'qdisc', 'del', 'dev', `link${link}`, 'root']);
    }
  }

  /** Removes the hosts, which go when none of their sockets is open any more. */
  remove(): void {
    run(
      'ip',
      ['-batch', '-'],
      this.#names.map((name) => `netns del ${name}`),
    );
  }
}

/** Defines tests over a network, made and prepared for all of them, mended after each; skipped, with the reason shown, where none can be made. */
export function onNetwork(define: (network: () => Network) => void, prepare: (network: Network) => void = () => {}): void {
  describe('network', () => {
    let problem = problemHere();
    let network: Network | undefined;

    beforeAll(() => {
      if (problem !== undefined) return;
      try {
        network = new Network();
        prepare(network);
      } catch (error) {
        // The lab must be able to.
        if (process.env.MAILPORT_LAB !== undefined) throw error;
        problem = `no networks can be made here: ${error instanceof Error ? error.message : error}`;
      }
    });
    beforeEach((context) => {
      if (problem !== undefined) context.skip(problem);
    });
    afterEach(() => network?.mend());
    afterAll(() => network?.remove());
    define(() => {
      if (network === undefined) throw new Error('there is no network');
      return network;
    });
  });
}

function problemHere(): string | undefined {
  const noKernel = kernelProblem();
  if (noKernel !== undefined) return `this kernel has no SCTP: ${noKernel}; npm run test:lab has one`;
  if (process.getuid?.() !== 0) return 'only root makes networks';
  const missing = ['/sbin/ip', '/sbin/tc'].filter((program) => !existsSync(program));
  return missing.length > 0 ? 'package iproute2 is not installed' : undefined;
}

function run(program: string, args: readonly string[], input: readonly string[] = []): void {
  execFileSync(program, args, { input: `${input.join('\n')}\n`, stdio: ['pipe', 'ignore', 'pipe'] });
}
