/** What tests of repy have in common: a sandbox over the kernel, which is ended behind its test with nothing left open, and sandboxes of simulated hosts. */
import type { Network, Repy, RepyOptions } from '../../actors/repy/index.js';
import { Repy as RepyClass } from '../../actors/repy/repy.js';
import { createTcp } from '../../actors/tcp/open.js';
import { openKernel as openTcp } from '../../actors/tcp/stacks.js';
import { SimulatedNetwork } from '../../actors/testing/index.js';
import { createUdp } from '../../actors/udp/open.js';
import { openKernel as openUdp } from '../../actors/udp/stacks.js';
import { exit, mainActor, reply, type Self } from '../../runtime/index.js';
import type { Simulation } from '../../runtime/simulation.js';
import { failOnLeftovers } from '../support/setup.js';

export const self: Self<unknown> = mainActor<unknown>();

/** The network of this machine, apart from that of other files. */
export const network: Network = { tcp: createTcp(openTcp), udp: createUdp(openUdp) };

failOnLeftovers(() => {
  const open = [...network.tcp.openSockets(), ...network.udp.openSockets()];
  for (const socket of open) void socket.close();
  return open.length > 0 ? [`${open.length} sockets`] : [];
});

/** Ends a sandbox, and waits until it has ended. */
export async function end(repy: Repy): Promise<void> {
  const ref = self.monitor(repy.pid);
  exit(repy.pid, 'shutdown');
  await self.receive(reply(ref));
}

/** Runs a test with a sandbox of the main actor over the kernel. */
export async function inSandbox(options: Partial<RepyOptions>, test: (repy: Repy) => Promise<void>): Promise<void> {
  const repy = new RepyClass(self, { events: 10, sockets: 10, ...options }, network);
  try {
    await test(repy);
  } finally {
    await end(repy);
  }
}

/** The two hosts of a simulated run. Each has two addresses of IPv4 and none of IPv6. */
export const here = ['10.0.0.1', '10.0.0.2'] as const;
export const there = ['10.0.0.3', '10.0.0.4'] as const;

/** A sandbox of the main actor of a run at `here`, and the network. */
export function simulated(
  run: Simulation,
  options: Partial<RepyOptions> = {},
): { repy: Repy; net: SimulatedNetwork; remote: Network; local: Network } {
  const net = new SimulatedNetwork({ system: run.system });
  const local = net.host(...here);
  const remote = net.host(...there);
  return { repy: new RepyClass(run.main, { events: 10, sockets: 10, ...options }, local), net, remote, local };
}

/** Why a call raised, as `call reason`. */
export async function reason(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'it did not raise',
    (error: { syscall?: string; reason?: string }) => `${error.syscall} ${error.reason}`,
  );
}

/** A promise, and the function that settles it. */
export function gate<Value = void>(): { readonly open: (value: Value) => void; readonly opened: Promise<Value> } {
  let open!: (value: Value) => void;
  const opened = new Promise<Value>((resolve) => (open = resolve));
  return { open, opened };
}

/** One turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Waits, a turn of the event loop at a time, until something holds. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await nextTurn();
}
