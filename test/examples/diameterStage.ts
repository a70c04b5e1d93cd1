/** Servers and clients of the Diameter example, and peers that speak Diameter by hand. */
import type { AnySelf, Pid, Self, SupervisorMessage } from 'mailport';
import type { SctpOpenOptions } from 'mailport/sctp';
import { type AccountingRecord, accountingRequest, serveAccounting } from '../../examples/diameterAccounting.js';
import { avp, get } from '../../examples/diameterAvps.js';
import { type Avp, type DiameterMessage, decodeDiameter, encodeDiameter } from '../../examples/diameterCodec.js';
import { application, baseRequest, capabilities, command, type Identity, origin } from '../../examples/diameterMessages.js';
import { type ClientConfig, type ServerConfig, startDiameterClient, startDiameterServer } from '../../examples/diameterNode.js';
import type { Peer, PeerIndication, PeerNews } from '../../examples/diameterPeer.js';
import { type Actors, RawPeer } from './peers.js';

export const ppid = 46;

export function identity(host: string): Identity {
  return { host: `${host}.example.net`, realm: 'example.net', product: 'test', applications: [application.accounting] };
}

export const record = (number: number): AccountingRecord => ({ sessionId: 'client;1;1', type: 'event', number });
/** A request of the application that all nodes here have. */
export const acr = (number: number): DiameterMessage => accountingRequest(identity('client'), 'example.net', record(number));

export async function server(
  { system, main }: Actors<PeerIndication>,
  options: SctpOpenOptions,
  config: Partial<ServerConfig> = {},
): Promise<{ top: Pid<SupervisorMessage>; port: number }> {
  let listening = (_port: number): void => {};
  const port = new Promise<number>((resolve) => {
    listening = resolve;
  });
  const own = { identity: identity('server'), user: main.pid, serve: serveAccounting(() => {}), port: 0, options };
  const top = await startDiameterServer({ ...own, onListening: listening, log: () => {}, ...config }, { system });
  return { top, port: await port };
}

export function client(
  { system, main }: Actors<PeerIndication>,
  { stack }: SctpOpenOptions,
  port: number,
  config: Partial<ClientConfig> = {},
): Promise<Pid<SupervisorMessage>> {
  const own = { identity: identity('client'), user: main.pid, serve: serveAccounting(() => {}), host: '127.0.0.1', port };
  return startDiameterClient({ ...own, options: { stack } as SctpOpenOptions, ...config }, { system });
}

/** The next message of that kind from a peer, and the peer. If there are several peers, it is the one that talks to `host`. */
export async function told<Type extends PeerNews['type']>(self: Self<PeerIndication>, type: Type, host = '') {
  const message = await self.receive(
    (each) => each[0] === 'diameter' && each[2].type === type && (each[2].type !== 'open' || each[2].peer.host.startsWith(host)),
  );
  return [message[1], message[2]] as [Peer, Extract<PeerNews, { type: Type }>];
}

/** Speaks Diameter by hand. */
export class DiameterByHand {
  readonly raw: RawPeer;
  #number = 0;

  constructor(raw: RawPeer) {
    this.raw = raw;
  }

  static async connect(self: AnySelf, options: SctpOpenOptions, port: number): Promise<DiameterByHand> {
    return new DiameterByHand(await RawPeer.connect(self, options, port, ppid));
  }

  /** Connects and exchanges capabilities. */
  static async open(self: AnySelf, options: SctpOpenOptions, port: number): Promise<DiameterByHand> {
    const peer = await DiameterByHand.connect(self, options, port);
    await peer.ask(command.capabilitiesExchange, ourCapabilities);
    if (resultOf(await peer.next()) !== 2001) throw new Error('no capabilities in common');
    return peer;
  }

  say(message: DiameterMessage): Promise<void> {
    return this.raw.say(encodeDiameter(message));
  }

  /** Sends a request of the base protocol, and gives it. */
  async ask(code: number, avps: readonly Avp[] = origin(identity('hand'))): Promise<DiameterMessage> {
    this.#number += 1;
    const message = { ...baseRequest(code, avps), hopByHop: this.#number, endToEnd: 1000 + this.#number };
    await this.say(message);
    return message;
  }

  /** Answers with those AVPs, after our origin. */
  answer(to: DiameterMessage, result: number, avps: readonly Avp[] = origin(identity('hand'))): Promise<void> {
    return this.say({ ...to, isRequest: false, isRetransmitted: false, avps: [avp('resultCode', result), ...avps] });
  }

  async next(): Promise<DiameterMessage | string> {
    const bytes = await this.raw.next();
    return typeof bytes === 'string' ? bytes : decodeDiameter(bytes);
  }

  /** The next message of that command. */
  async nextOf(code: number): Promise<DiameterMessage> {
    const message = await this.next();
    if (typeof message === 'string' || message.command !== code) throw new Error(`not ${code}: ${JSON.stringify(message)}`);
    return message;
  }
}

export const ourCapabilities = capabilities(identity('hand'), ['127.0.0.1']);

export function resultOf(message: DiameterMessage | string): number | string | undefined {
  return typeof message === 'string' ? message : get(message.avps, 'resultCode');
}
