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

const run = (pid: number, line: string): string =>
  String(execFileSync('nsenter', [`--net=/proc/${pid}/ns/net`, ...line.split(' ')]));

/** Networks for documentation (RFC 5737, RFC 3849). */
const networks = [
  ['198.51.100', '2001:db8:1'],
  ['203.0.113', '2001:db8:2'],
] as const;

export async function ipHosts(links: 1 | 2 = 1): Promise<readonly [IpHost, IpHost]> {
  const pids = [await host(), await host()];
  const [here = 0, there = 0] = pids;
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
      udpDatagrams: () => Number(/^Udp: (\d+)/m.exec(run(pid, 'cat /proc/net/snmp'))?.[1]),
      // Nobody on the link has that station's number.
      loses: (address) =>
        void run(pid, `ip neigh replace ${address} lladdr 02:00:00:00:00:99 dev ${linkTo(address)} nud permanent`),
      reaches: (address) => void run(pid, `ip neigh del ${address} dev ${linkTo(address)}`),
    };
  });
  return hosts as [IpHost, IpHost];
}

/** One of two hosts that are not on the same link. */
export type RoutedHost = Pick<IpHost, 'netns' | 'ip' | 'ip6'>;

/** A host behind a router, whose link to it carries less than an Ethernet. */
export interface Router {
  /** Packets that the router has cut in pieces, and packets that it has dropped because they may not be cut. */
  fragments(): { readonly cut: number; readonly dropped: number };
  /** From now on it does not say that it drops a packet. */
  silence(): void;
}

/** Two hosts with a router between them. All links are Ethernets but the one to the second host, which carries IP packets of `mtu` bytes. */
export async function routedHosts(mtu: number): Promise<readonly [RoutedHost, RoutedHost, Router]> {
  const [here, there, router] = [await host(), await host(), await host()];
  run(router, 'sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1');
  const hosts = [here, there].map((pid, index): RoutedHost => {
    const made = { netns: `/proc/${pid}/ns/net`, ip: `198.51.${index}.1`, ip6: `2001:db8:${index}::1` };
    run(pid, `ip link add link1 type veth peer name to${index} netns ${router}`);
    run(pid, `ip addr add ${made.ip}/24 dev link1`);
    run(pid, `ip addr add ${made.ip6}/64 dev link1 nodad`);
    run(pid, 'ip link set link1 up');
    run(router, `ip addr add 198.51.${index}.254/24 dev to${index}`);
    run(router, `ip addr add 2001:db8:${index}::fe/64 dev to${index} nodad`);
    run(router, `ip link set to${index} up`);
    run(pid, `ip route add default via 198.51.${index}.254`);
    run(pid, `ip -6 route add default via 2001:db8:${index}::fe`);
    return made;
  });
  run(router, `ip link set to1 mtu ${mtu}`);
  const counts = (): number[] => {
    const [names = '', values = ''] = run(router, 'cat /proc/net/snmp')
      .split('\n')
      .filter((line) => line.startsWith('Ip:'));
    const six = Object.fromEntries(
      run(router, 'cat /proc/net/snmp6')
        .split('\n')
        .map((line) => line.split(/\s+/)),
    );
    const four = (name: string) => Number(values.split(' ')[names.split(' ').indexOf(name)]);
    return [
      four('FragOKs') + Number(six.Ip6FragOKs),
      four('FragFails') + Number(six.Ip6FragFails) + Number(six.Ip6InTooBigErrors),
    ];
  };
  const fragments = () => {
    const [cut = 0, dropped = 0] = counts();
    return { cut, dropped };
  };
  const silence = () => {
    // What it sends itself goes nowhere. What it passes on comes from other links.
    run(router, 'ip rule add iif lo blackhole');
    run(router, 'ip -6 rule add iif lo blackhole');
  };
  return [hosts[0]!, hosts[1]!, { fragments, silence }];
}
