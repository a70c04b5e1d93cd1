/** Two hosts, each a network namespace of its own, joined by links that are Ethernets to both. They are gone when the test ends. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { kernelProblem } from '../../actors/sctp/stacks.js';

/** Why SCTP of IP itself cannot be tried here. */
export const noRawIp = ((): string | undefined => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'SCTP of IP itself takes Linux and root';
  // Its own SCTP would answer packets for ports that it does not have.
  if (kernelProblem() === undefined) return 'this kernel has SCTP of its own';
  try {
    execFileSync('unshare', ['--net', 'true'], { stdio: 'pipe' });
    return undefined;
  } catch {
    return 'this machine lets nobody make a network namespace';
  }
})();

export interface IpHost {
  /** For `open`. */
  readonly netns: string;
  readonly ip: string;
  readonly ip6: string;
  /** The nth address is on the nth link. */
  readonly ips: readonly string[];
  /** From now on what this host sends to that address of the other one is lost, and nobody is told. */
  loses(address: string): void;
  /** It arrives again. */
  reaches(address: string): void;
  /** How many datagrams of UDP have come to this host. */
  udpDatagrams(): number;
}

async function host(): Promise<number> {
  // `cat` ends when its input does.
  const child = spawn('unshare', ['--net', 'sh', '-c', 'ip link set lo up && echo up && exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.stdin.end());
  await once(child.stdout, 'data');
  return child.pid!;
}

/** Networks for documentation (RFC 5737, RFC 3849). */
const networks = [
  ['198.51.100', '2001:db8:1'],
  ['203.0.113', '2001:db8:2'],
] as const;

export async function ipHosts(links: 1 | 2 = 1): Promise<readonly [IpHost, IpHost]> {
  const pids = [await host(), await host()];
  const [here = 0, there = 0] = pids;
  const run = (pid: number, line: string) => execFileSync('nsenter', [`--net=/proc/${pid}/ns/net`, ...line.split(' ')]);
  const used = networks.slice(0, links).map(([four, six], index) => ({ four, six, link: `link${index + 1}` }));
  for (const { link } of used) run(here, `ip link add ${link} type veth peer name ${link} netns ${there}`);
  const hosts = pids.map((pid, index): IpHost => {
    for (const { four, six, link } of used) {
      run(pid, `ip addr add ${four}.${index + 1}/24 dev ${link}`);
      run(pid, `ip addr add ${six}::${index + 1}/64 dev ${link} nodad`);
      run(pid, `ip link set ${link} up`);
    }
    const linkTo = (address: string) => used.find(({ four }) => address.startsWith(`${four}.`))?.link;
    return {
      netns: `/proc/${pid}/ns/net`,
      ip: `198.51.100.${index + 1}`,
      ip6: `2001:db8:1::${index + 1}`,
      ips: used.map(({ four }) => `${four}.${index + 1}`),
      udpDatagrams: () => Number(/^Udp: (\d+)/m.exec(String(run(pid, 'cat /proc/net/snmp')))?.[1]),
      // Nobody on the link has that station's number.
      loses: (address) =>
        void run(pid, `ip neigh replace ${address} lladdr 02:00:00:00:00:99 dev ${linkTo(address)} nud permanent`),
      reaches: (address) => void run(pid, `ip neigh del ${address} dev ${linkTo(address)}`),
    };
  });
  return hosts as [IpHost, IpHost];
}
