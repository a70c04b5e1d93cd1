/** A network in memory, with hosts whose sockets are those of mailport/tcp, mailport/udp and mailport/sctp in all but the system below them. */

import type { BatchCallback } from '../../../native/contract/batch.js';
import { checkKeys } from '../../../runtime/behaviour.js';
import { BadArg, defaultSystem, type System } from '../../../runtime/index.js';
import { checkSystem } from '../../../runtime/simulation.js';
import { createSctp, type Sctp } from '../../sctp/open.js';
import { familyOf } from '../../socket/index.js';
import { TcpSocket } from '../../tcp/index.js';
import { createTcp, type Tcp } from '../../tcp/open.js';
import { createUdp, type Udp } from '../../udp/open.js';
import { checkHostAddress, isLoopback, plainAddress } from './addresses.js';
import { conditionsAfter, type LinkConditions, linkKeys, perfect } from './conditions.js';
import { Host, Hosts } from './host.js';
import { PacketTrace } from './packetTrace.js';
import { SimulatedSctpStack } from './sctpStack.js';
import { SimulatedTcpStack } from './tcpStack.js';
import { SimulatedUdpStack } from './udpStack.js';
import { Wire } from './wire.js';

/** Options of a network: the conditions on all its ways, and whose time it has. */
export interface SimulatedNetworkOptions extends LinkConditions {
  /** The system whose clock and seed the network goes by: in `simulate` that of the run. `defaultSystem` unless given, and then in real time. */
  readonly system?: System;
  /** An integer that decides what is lost, doubled, delayed and cut in pieces. That of the system unless given. */
  readonly seed?: number;
  /**
   * A file that gets the datagrams of UDP and SCTP as they leave, for Wireshark and tshark. It is begun anew. MAILPORT_PCAP in the environment names one if this does
   * not, so that a run that MAILPORT_SEED replays shows its packets.
   */
  readonly pcap?: string;
}

/** A host, or one of its addresses. */
export type Party = string | SimulatedHost;

const keys = new Set(['system', 'seed', 'pcap', ...linkKeys]);

/** A host of a network, with one or several addresses. Its loopback addresses, 127.0.0.1 and ::1, are its own, as everywhere. */
export class SimulatedHost {
  readonly addresses: readonly string[];
  /** gen_tcp on this host. */
  readonly tcp: Tcp;
  /** gen_udp on this host. */
  readonly udp: Udp;
  /** gen_sctp on this host: the embedded engine, over the network's datagrams. */
  readonly sctp: Sctp;

  /** @internal Hosts are made by `SimulatedNetwork.host`. */
  constructor(addresses: readonly string[], tcp: Tcp, udp: Udp, sctp: Sctp) {
    this.addresses = addresses;
    this.tcp = tcp;
    this.udp = udp;
    this.sctp = sctp;
  }
}

/**
 * A network in memory. Its hosts have the functions of mailport/tcp and mailport/udp, and everything works as over a system, but that a seed decides what happens on
 * the way, and that a test may change the conditions at any moment. In `simulate` it goes by the clock and the seed of the run. Buffers are bounded as those of a
 * kernel are: a peer that does not read stops its sender, and a full queue of datagrams loses what comes.
 *
 * @throws BadArg naming the option
 * @example
 * await simulate(async ({ main, system }) => {
 *   const network = new SimulatedNetwork({ system, latencyMs: 20, loss: 0.1 });
 *   const listener = await network.host('10.0.0.1').tcp.listen(main, 7, { active: false, packet: 'line' });
 *   const client = await network.host('10.0.0.2').tcp.connect(main, '10.0.0.1', 7, { active: false, packet: 'line' });
 *   const server = await listener.accept(main);
 *   network.cut('10.0.0.1', '10.0.0.2');
 *   await client.send('hello\n');
 *   await main.receive({ after: 60_000 });
 *   network.heal();
 *   expect(String(await server.recv())).toBe('hello\n');
 * });
 */
export class SimulatedNetwork {
  /** gen_tcp on a host that has only loopback addresses: enough for tests in which the place of a socket does not matter. */
  readonly tcp: Tcp;
  /** gen_udp on that host. */
  readonly udp: Udp;
  /** gen_sctp on that host. */
  readonly sctp: Sctp;
  readonly #wire: Wire;
  readonly #hosts = new Hosts();
  readonly #tcpStacks: SimulatedTcpStack[] = [];
  readonly #byAddress = new Map<string, SimulatedHost>();

  constructor(options: SimulatedNetworkOptions = {}) {
    if (typeof options !== 'object' || options === null) throw new BadArg('options', 'must be an object');
    checkKeys('options', options, keys);
    const { system = defaultSystem, seed = system.seed, pcap, ...conditions } = options;
    checkSystem('options.system', system);
    if (!Number.isInteger(seed)) throw new BadArg('options.seed', 'must be an integer');
    conditionsAfter(perfect, conditions, 'options');
    this.#wire = new Wire(system, seed, traceTo(pcap));
    this.#wire.setEverywhere(conditions);
    const { tcp, udp, sctp } = this.#make(['127.0.0.1', '::1']);
    this.tcp = tcp;
    this.udp = udp;
    this.sctp = sctp;
  }

  /** A host of these addresses: a new one, or the one that has all of them already. @throws BadArg naming an address that is none, or of another host */
  host(...addresses: string[]): SimulatedHost {
    const checked = addresses.map((address, index) => checkHostAddress(address, `addresses[${index}]`));
    if (checked.length === 0) throw new BadArg('addresses', 'must be one or more');
    const [first = ''] = checked;
    const known = this.#byAddress.get(first);
    for (const [index, address] of checked.entries()) {
      if (isLoopback(address)) throw new BadArg(`addresses[${index}]`, 'is a loopback address, which every host has');
      if (this.#byAddress.get(address) !== known) throw new BadArg(`addresses[${index}]`, 'belongs to another host');
    }
    return known ?? this.#make(checked);
  }

  /**
   * Changes the conditions on the way between two hosts, both ways, or on all ways there are and will be. It holds for what is sent from now on.
   *
   * @throws BadArg naming the condition
   * @example network.change({ loss: 0.1, latencyMs: 20 }); network.change('10.0.0.1', '10.0.0.2', { bytesPerSecond: 10_000 })
   */
  change(conditions: LinkConditions): void;
  change(a: Party, b: Party, conditions: LinkConditions): void;
  change(first: LinkConditions | Party, b?: Party, conditions?: LinkConditions): void {
    if (b === undefined) {
      this.#wire.setEverywhere(first as LinkConditions);
      return;
    }
    conditionsAfter(perfect, conditions as LinkConditions, 'conditions');
    this.#eachWay(first as Party, b, (from, to) => this.#wire.setBetween(from, to, conditions as LinkConditions));
  }

  /**
   * From now on nothing gets through between the two, both ways; without the second, between the first and all others. Datagrams are lost. What streams send waits, as
   * TCP sends it again until the way is whole; connections that have waited too long break with 'etimedout', as by Linux's rules: about 15 minutes with data on
   * its way, `keepIdle` and `keepInterval` times `keepCount` with `keepalive`. Connects give up after about 2 minutes.
   */
  cut(a: Party, b?: Party): void {
    if (b === undefined) for (const address of addressesOf(a, 'a')) this.#wire.isolate(address);
    else this.#eachWay(a, b, (from, to) => this.#wire.cut(from, to));
    this.#watchSilence();
  }

  /** Ends cuts: that between the two, that of the first from all others, or all. What streams have sent meanwhile gets through. */
  heal(a?: Party, b?: Party): void {
    if (a === undefined) this.#wire.healAll();
    else if (b === undefined) for (const address of addressesOf(a, 'a')) this.#wire.healAll(address);
    else this.#eachWay(a, b, (from, to) => this.#wire.heal(from, to));
    this.#watchSilence();
  }

  /**
   * From now on the datagrams of UDP and SCTP from that host, or from that address, show other ports than before, as behind a NAT that was restarted. Datagrams to the
   * ports that it showed before get lost. So do those to a port from which nothing has been sent since.
   */
  rebind(a: Party): void {
    for (const address of addressesOf(a, 'a')) this.#wire.nats.rebind(address);
  }

  /** Both ends of the connection get a reset at once, as from something on the way between them. What has arrived can still be read. */
  reset(socket: TcpSocket): void {
    if (!(socket instanceof TcpSocket)) throw new BadArg('socket', 'must be a socket of TCP');
    const [local, remote] = [socket.sockname(), socket.peername()];
    for (const stack of this.#tcpStacks) stack.reset(local, remote);
  }

  #eachWay(a: Party, b: Party, call: (from: string, to: string) => void): void {
    const [those, others] = [addressesOf(a, 'a'), addressesOf(b, 'b')];
    for (const from of those) {
      for (const to of others) {
        call(from, to);
        call(to, from);
      }
    }
  }

  #watchSilence(): void {
    for (const stack of this.#tcpStacks) for (const end of stack.ends) end.watchSilence();
  }

  #make(addresses: readonly string[]): SimulatedHost {
    const host = new Host(addresses);
    this.#hosts.add(host);
    const tcp = createTcp((onBatch) => {
      const stack = new SimulatedTcpStack(this.#wire, this.#hosts, host, onBatch);
      this.#tcpStacks.push(stack);
      return stack;
    });
    const udp = createUdp((onBatch) => new SimulatedUdpStack(this.#wire, this.#hosts, host, onBatch));
    const embedded = (onBatch: BatchCallback): SimulatedSctpStack =>
      new SimulatedSctpStack(this.#wire, this.#hosts, host, onBatch);
    const sctp = createSctp({ embedded }, { name: 'embedded', why: 'it is the stack of simulated hosts' });
    const made = new SimulatedHost(addresses, tcp, udp, sctp);
    for (const address of addresses) if (!isLoopback(address)) this.#byAddress.set(address, made);
    return made;
  }
}

function traceTo(pcap: string | undefined): PacketTrace | undefined {
  if (pcap !== undefined && (typeof pcap !== 'string' || pcap === ''))
    throw new BadArg('options.pcap', 'must be the path of a file');
  const file = pcap ?? process.env.MAILPORT_PCAP;
  return file === undefined || file === '' ? undefined : new PacketTrace(file);
}

function addressesOf(party: Party, argument: string): readonly string[] {
  if (party instanceof SimulatedHost) return party.addresses;
  if (typeof party !== 'string' || familyOf(party) === 0)
    throw new BadArg(argument, 'must be a host of the network, or an address');
  return [plainAddress(party)];
}
