/** Sockets of the kernel's stack on the hosts of a network, and their items, one by one. The sockets close with the test. */
import { expect, onTestFinished } from 'vitest';
import type { AssocState, SctpAssocChange } from '../../actors/sctp/events.js';
import { createSctp } from '../../actors/sctp/open.js';
import type { SctpOpenOptions } from '../../actors/sctp/openOptions.js';
import type { SctpItem } from '../../actors/sctp/received.js';
import type { SctpSocket } from '../../actors/sctp/socket.js';
import { openEmbedded, openKernel } from '../../actors/sctp/stacks.js';
import { mainActor } from '../../runtime/index.js';
import type { Host } from './network.js';

const sctp = createSctp({ kernel: openKernel, embedded: openEmbedded });

/** Options that find out quickly that a path or a peer is dead. The times are in milliseconds, below the 200 of a delayed acknowledgement, so acknowledgements are not delayed. */
export const impatient = {
  sctpRtoinfo: { initial: 150, min: 100, max: 300 },
  sctpAssocinfo: { asocmaxrxt: 5 },
  sctpPeerAddrParams: { hbinterval: 100, pathmaxrxt: 1, flags: ['hb_enable', 'sackdelay_disable'] },
  sctpInitmsg: { maxAttempts: 3, maxInitTimeo: 300 },
} as const satisfies SctpOpenOptions;

/** Options with which a path survives the delays of a busy machine. */
export const patient = {
  sctpAssocinfo: { asocmaxrxt: 100 },
  sctpPeerAddrParams: { ...impatient.sctpPeerAddrParams, pathmaxrxt: 100 },
} as const satisfies SctpOpenOptions;

export class Peer {
  readonly #items: AsyncGenerator<SctpItem>;

  private constructor(readonly socket: SctpSocket) {
    this.#items = socket[Symbol.asyncIterator]() as AsyncGenerator<SctpItem>;
    onTestFinished(() => socket.close());
  }

  /** A socket of that host, bound to its addresses unless told, with all events. */
  static async open(host: Host, options: SctpOpenOptions = {}): Promise<Peer> {
    const stack = options.stack ?? 'kernel';
    const all = { stack, netns: host.netns, ip: host.ips, ...impatient, ...options } as const;
    return new Peer(await sctp.open(mainActor(), options.port ?? 0, all));
  }

  static async listening(host: Host, options: SctpOpenOptions = {}): Promise<Peer> {
    const peer = await Peer.open(host, options);
    await peer.socket.listen(true);
    return peer;
  }

  get port(): number {
    return this.socket.port;
  }

  /** The next item, errors among them. */
  async next(): Promise<SctpItem> {
    const { value, done } = await this.#items.next();
    if (done === true) throw new Error('the socket has closed');
    return value;
  }

  /** The next item in words: `comm_up`, `addr_confirmed 203.0.113.1`, `send_failed text`, `data text`. */
  async word(): Promise<string> {
    return wordOf((await this.next())[3]);
  }

  async words(count: number): Promise<string[]> {
    const words: string[] = [];
    while (words.length < count) words.push(await this.word());
    return words;
  }

  /** Reads up to the item of that word; what came before it. */
  async until(word: string): Promise<string[]> {
    const before: string[] = [];
    for (;;) {
      const next = await this.word();
      if (next === word) return before;
      before.push(next);
    }
  }

  /** The next item, which must be that change of an association. */
  async change(state: AssocState): Promise<SctpAssocChange> {
    const [, , , content] = await this.next();
    expect(wordOf(content)).toBe(state);
    return content as SctpAssocChange;
  }

  /** The items that are there now. */
  async left(): Promise<string[]> {
    const words: string[] = [];
    for (;;) {
      const item = await this.socket.recv(0).catch((error: { reason: string }) => {
        if (error.reason !== 'timeout') throw error;
      });
      if (item === undefined) return words;
      words.push(wordOf(item[3]));
    }
  }
}

/** Associates two peers, reads the events of that, and gives the ids at both. */
export async function associate(from: Peer, to: Peer, address: string): Promise<{ atFrom: number; atTo: number }> {
  const { assocId } = await from.socket.connect(address, to.port);
  return { atFrom: assocId, atTo: (await to.change('comm_up')).assocId };
}

function wordOf(content: SctpItem[3]): string {
  if (Buffer.isBuffer(content)) return `data ${content.length > 1000 ? `of ${content.length} bytes` : content}`;
  if (!('type' in content)) throw new Error('data must be a Buffer');
  if (content.type === 'sctp_assoc_change') return content.state;
  if (content.type === 'sctp_paddr_change') return `${content.state} ${content.addr[0]}`;
  if (content.type === 'sctp_send_failed') return `send_failed ${content.data}`;
  return content.type.replace(/^sctp_/, '');
}
