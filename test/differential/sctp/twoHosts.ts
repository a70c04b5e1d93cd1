/**
 * Two hosts on one machine: this one and a network namespace, joined by two links that can be cut. A cut link loses everything and tells nobody. The
 * other host's SCTP can be told to speak over UDP (RFC 6951), which is how a stack in a process meets a kernel's.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';

const links = [1, 2] as const;

/** The UDP port at which the kernel of the other host takes packets, and the one to which it sends them. */
export const kernelUdpPort = 19899;
export const processUdpPort = 19900;

export class TwoHosts {
  /** A name of its own, because one process may run many files, and the kernel takes its time to forget a network. */
  readonly #id = randomBytes(3).toString('hex');
  readonly #name = `hosts${this.#id}`;
  readonly #cut = new Set<number>();
  /** Addresses of this host and of the other one, the nth of both on the nth link. */
  readonly here = links.map((link) => `10.81.${link}.1`);
  readonly there = links.map((link) => `10.81.${link}.2`);

  constructor() {
    const device = (link: number) => this.#device(link);
    ip(
      `netns add ${this.#name}`,
      ...links.flatMap((link) => [
        `link add ${device(link)} type veth peer name link${link} netns ${this.#name}`,
        `addr add 10.81.${link}.1/24 dev ${device(link)}`,
        `link set ${device(link)} up`,
      ]),
    );
    this.#inside(
      'link set lo up',
      // Packets of one MTU: of larger ones the kernel leaves the checksum to a device that segments them, and here none does.
      ...links.flatMap((link) => [
        `link set link${link} gso_max_size 1500`,
        `addr add 10.81.${link}.2/24 dev link${link}`,
        `link set link${link} up`,
      ]),
    );
  }

  /** Runs the arguments that follow on the other host. */
  get enter(): readonly string[] {
    return ['ip', 'netns', 'exec', this.#name];
  }

  cut(link: number): void {
    this.#cut.add(link);
    this.#shape(link, 'add', 'netem', 'loss', '100%');
  }

  mend(link: number): void {
    if (this.#cut.delete(link)) this.#shape(link, 'del');
  }

  mendAll(): void {
    for (const link of links) this.mend(link);
  }

  /** Whether sockets that are opened on the other host from now on speak over UDP. */
  overUdp(isOn: boolean): void {
    const settings = `echo ${kernelUdpPort} >/proc/sys/net/sctp/udp_port; echo ${isOn ? processUdpPort : 0} >/proc/sys/net/sctp/encap_port`;
    const [program, ...args] = this.enter;
    execFileSync(program!, [...args, 'sh', '-e', '-c', settings]);
  }

  close(): void {
    ip(...links.map((link) => `link del ${this.#device(link)}`), `netns del ${this.#name}`);
  }

  #device(link: number): string {
    return `b${this.#id}l${link}`;
  }

  #shape(link: number, what: string, ...how: readonly string[]): void {
    execFileSync('tc', ['qdisc', what, 'dev', this.#device(link), 'root', ...how]);
    execFileSync('tc', ['-n', this.#name, 'qdisc', what, 'dev', `link${link}`, 'root', ...how]);
  }

  #inside(...commands: readonly string[]): void {
    execFileSync('ip', ['-n', this.#name, '-batch', '-'], { input: commands.join('\n') });
  }
}

function ip(...commands: readonly string[]): void {
  execFileSync('ip', ['-batch', '-'], { input: commands.join('\n') });
}
