/** A line as between two sites, between two programs of this host that exchange UDP packets: relay.c as a child. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { buildC } from './program.js';

/** One direction of a line. */
export interface Direction {
  /** How long a packet is on its way, after the queue. */
  readonly delayMs: number;
  /** 0: no bound. */
  readonly mbitPerSecond: number;
  /** Packets that wait for the rate. Further ones are lost. */
  readonly queuePackets: number;
  /** Of every hundred packets, as the seed has it. */
  readonly lossPercent: number;
}

/** The same both ways. */
export const line = (delayMs: number, mbitPerSecond: number, queuePackets: number, lossPercent: number): Direction => ({
  delayMs,
  mbitPerSecond,
  queuePackets,
  lossPercent,
});

export class Relay {
  /** The UDP port for clients. */
  readonly port: number;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** @param serverPort the UDP port that clients reach through the relay */
  static async start(serverPort: number, seed: number, toServer: Direction, toClient: Direction): Promise<Relay> {
    const args = [serverPort, seed, argument(toServer), argument(toClient)].map(String);
    const child = spawn(buildC('relay'), args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const [printed] = await once(child.stdout.setEncoding('utf8'), 'data');
    return new Relay(child, Number(printed));
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.stdin.end();
    await ended;
  }
}

const argument = ({ delayMs, mbitPerSecond, queuePackets, lossPercent }: Direction): string =>
  [delayMs * 1_000, mbitPerSecond * 1e6, queuePackets, Math.round(lossPercent * 1e4)].join(',');
