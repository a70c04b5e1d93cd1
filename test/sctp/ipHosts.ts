/** Two hosts, each a network namespace of its own, joined by a link that is an Ethernet to both. They are gone when the test ends. */
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

export async function ipHosts(): Promise<readonly [IpHost, IpHost]> {
  const pids = [await host(), await host()];
  const [here = 0, there = 0] = pids;
  const run = (pid: number, line: string) => execFileSync('nsenter', [`--net=/proc/${pid}/ns/net`, ...line.split(' ')]);
  run(here, `ip link add link1 type veth peer name link1 netns ${there}`);
  const hosts = pids.map((pid, index): IpHost => {
    const udpDatagrams = () => Number(/^Udp: (\d+)/m.exec(String(run(pid, 'cat /proc/net/snmp')))?.[1]);
    const made = { netns: `/proc/${pid}/ns/net`, ip: `198.51.100.${index + 1}`, ip6: `2001:db8:1::${index + 1}`, udpDatagrams };
    run(pid, `ip addr add ${made.ip}/24 dev link1`);
    run(pid, `ip addr add ${made.ip6}/64 dev link1 nodad`);
    run(pid, 'ip link set link1 up');
    return made;
  });
  return hosts as [IpHost, IpHost];
}
