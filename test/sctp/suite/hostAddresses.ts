/**
 * Addresses for the cases that need others than IPv4's loopback. They are the host's; in the lab, which has a loopback interface alone, a network namespace with an
 * interface of its own is made, so that sockets of other tests that are bound to any address do not become multi-homed by it (EV-10).
 */
import { execFileSync } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll } from 'vitest';

/** A link-local IPv6 address has a scope, the number of its interface. */
export interface HostAddresses {
  /** Options of `open` for sockets that are to be where the addresses are. */
  readonly place: { readonly netns?: string };
  readonly v4: string | undefined;
  /** The loopback address, and what else there is. */
  readonly v6: readonly string[];
  readonly linkLocal4: string | undefined;
  readonly linkLocal6: { readonly addr: string; readonly scopeId: number } | undefined;
}

/** The addresses for tests of this file, known as soon as the first one runs. */
export function hostAddresses(stack: 'simulated' | 'embedded' | 'kernel'): () => HostAddresses {
  if (stack !== 'kernel' || process.env.MAILPORT_LAB !== '1' || process.getuid?.() !== 0) return ofTheHost;
  const namespace = `mailport-suite-${process.pid}`;
  let scopeId = 0;
  beforeAll(() => {
    scopeId = makeNamespace(namespace);
  });
  afterAll(() => {
    ip('netns', 'del', namespace);
  });
  return () => ({ ...inTheLab, place: { netns: `/run/netns/${namespace}` }, linkLocal6: { addr: 'fe80::7', scopeId } });
}

const inTheLab = { v4: '198.51.100.1', v6: ['::1', 'fd00:6d70::1', 'fd00:6d70::2'], linkLocal4: '169.254.7.7' } as const;

/** The number of its interface. */
function makeNamespace(name: string): number {
  ip('netns', 'add', name);
  const there = (...args: string[]) => ip('-n', name, ...args);
  there('link', 'set', 'lo', 'up');
  there('link', 'add', 'mailport0', 'type', 'dummy');
  there('link', 'set', 'mailport0', 'up');
  for (const address of [`${inTheLab.v4}/24`, `${inTheLab.linkLocal4}/16`]) there('addr', 'add', address, 'dev', 'mailport0');
  // An address is of no use while it is being asked whether another host has it.
  for (const address of [...inTheLab.v6.slice(1), 'fe80::7']) there('addr', 'add', `${address}/64`, 'dev', 'mailport0', 'nodad');
  return Number.parseInt(there('-o', 'link', 'show', 'mailport0'), 10);
}

function ip(...args: string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8' });
}

function ofTheHost(): HostAddresses {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const isLinkLocal = (address: string) => /^(169\.254\.|fe80:)/i.test(address);
  const outside = all.filter(({ internal }) => !internal);
  const find = (family: string, linkLocal: boolean) =>
    outside.find((each) => each.family === family && isLinkLocal(each.address) === linkLocal);
  const link = find('IPv6', true);
  return {
    place: {},
    v4: find('IPv4', false)?.address,
    v6: all.filter(({ family, address }) => family === 'IPv6' && !isLinkLocal(address)).map(({ address }) => address),
    linkLocal4: find('IPv4', true)?.address,
    linkLocal6: link?.family === 'IPv6' ? { addr: link.address, scopeId: link.scopeid } : undefined,
  };
}
