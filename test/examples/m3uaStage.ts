/** A gateway of the M3UA example, ASPs of it, and peers that speak M3UA by hand. */
import type { AnySelf, Pid, Self, SupervisorMessage } from 'mailport';
import type { SctpOpenOptions } from 'mailport/sctp';
import { type AspConfig, type AspIndication, type Indication, startAsp } from '../../examples/m3uaAsp.js';
import {
  decodeM3ua,
  encodeM3ua,
  errorName,
  type M3uaName,
  type M3uaParameters,
  type ProtocolData,
} from '../../examples/m3uaCodec.js';
import { type GatewayConfig, startGateway } from '../../examples/m3uaGateway.js';
import { type Actors, RawPeer } from './peers.js';

export const ppid = 3;

export type UserMessage = AspIndication;

/** A gateway for application servers 1 and 2, and its supervisor. */
export async function gateway(
  { system }: Actors<UserMessage>,
  options: SctpOpenOptions,
  config: Partial<GatewayConfig> = {},
): Promise<{ top: Pid<SupervisorMessage>; port: number }> {
  let listening = (_port: number): void => {};
  const port = new Promise<number>((resolve) => {
    listening = resolve;
  });
  const applicationServers = [1, 2].map((n) => ({ routingContext: n, pointCode: n, aspIdentifiers: [n, n + 10] }));
  const own = { port: 0, options, applicationServers, log: () => {}, onListening: listening };
  const top = await startGateway({ ...own, ...config }, { system });
  return { top, port: await port };
}

/** A message of a peer: its name and parameters. Long parameters are left as they are. */
export type Said = readonly [M3uaName, M3uaParameters] | string;

export class M3uaPeer {
  readonly #raw: RawPeer;

  constructor(raw: RawPeer) {
    this.#raw = raw;
  }

  static async connect(self: AnySelf, options: SctpOpenOptions, port: number): Promise<M3uaPeer> {
    return new M3uaPeer(await RawPeer.connect(self, options, port, ppid));
  }

  say(name: M3uaName, parameters: M3uaParameters = {}, stream = 0): Promise<void> {
    return this.#raw.say(encodeM3ua(name, parameters), stream);
  }

  sayBytes(bytes: Uint8Array): Promise<void> {
    return this.#raw.say(bytes);
  }

  async next(): Promise<Said> {
    const bytes = await this.#raw.next();
    if (typeof bytes === 'string') return bytes;
    const { name, parameters } = decodeM3ua(bytes);
    return [name, parameters];
  }

  /** The name of the error in the next message, which must be an ERR. */
  async nextError(): Promise<string> {
    const said = await this.next();
    if (typeof said === 'string' || said[0] !== 'ERR') throw new Error(`ERR expected, not ${said[0]}`);
    return errorName(said[1].errorCode!);
  }

  /** Comes up and becomes active, as ASP n, and reads every message on the way. */
  async activate(n: number): Promise<void> {
    await this.say('ASPUP', { aspIdentifier: n });
    await this.until('ASPUP_ACK');
    await this.say('ASPAC');
    await this.until('ASPAC_ACK');
    for (;;) {
      const said = await this.until('NTFY');
      if (said[1].status?.[1] === 3) return;
    }
  }

  async until(name: M3uaName): Promise<readonly [M3uaName, M3uaParameters]> {
    for (;;) {
      const said = await this.next();
      if (typeof said === 'string') throw new Error(`${said} instead of ${name}`);
      if (said[0] === name) return said;
    }
  }
}

/** Starts an ASP that tells the main actor. */
export function asp(
  { system, main }: Actors<UserMessage>,
  options: SctpOpenOptions,
  port: number,
  n: number,
  config: Partial<AspConfig> = {},
): Promise<Pid<SupervisorMessage>> {
  const { stack } = options;
  const own = { host: '127.0.0.1', port, options: { stack }, aspIdentifier: n, routingContext: n, user: main.pid } as AspConfig;
  return startAsp({ ...own, ...config }, { system });
}

/** The next message of that kind from an ASP, and the ASP. */
export async function told<Type extends Indication['type']>(
  self: Self<UserMessage>,
  type: Type,
): Promise<[AspIndication[1], Extract<Indication, { type: Type }>]> {
  const message = await self.receive((each) => each[0] === 'm3ua' && each[2].type === type);
  return [message[1], message[2]] as [AspIndication[1], Extract<Indication, { type: Type }>];
}

export function payload(from: number, to: number, text: string, signallingLinkSelection = 0): ProtocolData {
  const label = { originPointCode: from, destinationPointCode: to, signallingLinkSelection };
  return { ...label, serviceIndicator: 3, networkIndicator: 2, messagePriority: 0, userData: Buffer.from(text) };
}
