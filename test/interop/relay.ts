/**
 * A line between two UDP ports of this host, as between two sites: it passes datagrams, loses some and lets others be overtaken, as a seed has it, and can be cut. It keeps no time: a datagram that
 * is held back goes on behind those that follow it.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import type { Line } from './meeting.js';

/** Of a hundred datagrams. */
const lostPercent = 1;
const overtakenPercent = 5;
/** How many datagrams overtake one that is held back, at most. */
const farthest = 8;

/** One direction. */
class Way {
  readonly #from: Socket;
  readonly #held: { data: Buffer; until: number }[] = [];
  #seed: number;
  #count = 0;
  #drained: (() => void) | undefined;
  to: { socket: Socket; address: string; port: number } | undefined;

  constructor(from: Socket, seed: number, line: { readonly isCut: boolean; readonly isRough: boolean }) {
    this.#from = from;
    this.#seed = seed;
    this.#from.on('message', (data, { port }) => {
      if (port === this.#from.address().port) this.#drained?.();
      if (line.isCut) return;
      this.#count += 1;
      if (!line.isRough) this.#send(data);
      else if (this.#chance(lostPercent)) return;
      else if (this.#chance(overtakenPercent)) this.#held.push({ data, until: this.#count + 1 + this.#random(farthest) });
      else this.#send(data);
      const due = this.#held.filter(({ until }) => until <= this.#count || !line.isRough);
      for (const held of due) {
        this.#held.splice(this.#held.indexOf(held), 1);
        this.#send(held.data);
      }
    });
  }

  /** Resolves when everything has been read that has come by now. */
  drained(): Promise<void> {
    const { address, port } = this.#from.address();
    this.#from.send('', port, address);
    return new Promise((resolve) => {
      this.#drained = resolve;
    });
  }

  #send(data: Buffer): void {
    this.to?.socket.send(data, this.to.port, this.to.address);
  }

  #chance(percent: number): boolean {
    return this.#random(100) < percent;
  }

  #random(below: number): number {
    this.#seed = (Math.imul(this.#seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#seed / 2 ** 32) * below);
  }
}

export class Relay implements Line {
  readonly #left: Way;
  readonly #right: Way;
  readonly #sockets: readonly [Socket, Socket];
  isCut = false;
  isRough = false;

  private constructor(left: Socket, right: Socket, seed: number) {
    this.#sockets = [left, right];
    this.#left = new Way(left, 2 * seed, this);
    this.#right = new Way(right, 2 * seed + 1, this);
  }

  /** A line between a host of each address. Each of the two sends to a port that has the other's address. */
  static async between(leftAddress: string, rightAddress: string, seed: number): Promise<Relay> {
    // What the left one sends goes to the right one's address, and comes to it from the left one's.
    const sockets = [rightAddress, leftAddress].map((address) => createSocket('udp4').bind(0, address)) as [Socket, Socket];
    await Promise.all(sockets.map((socket) => once(socket, 'listening')));
    onTestFinished(() => {
      for (const socket of sockets) socket.close();
    });
    return new Relay(...sockets, seed);
  }

  /** Where the left one sends to. */
  get portForLeft(): number {
    return this.#sockets[0].address().port;
  }

  get portForRight(): number {
    return this.#sockets[1].address().port;
  }

  /** Says who the two are. */
  join(left: { address: string; port: number }, right: { address: string; port: number }): void {
    this.#left.to = { ...right, socket: this.#sockets[1] };
    this.#right.to = { ...left, socket: this.#sockets[0] };
  }

  cut(): void {
    this.isCut = true;
  }

  async mend(): Promise<void> {
    // What has come to the relay has come before its own datagrams.
    if (this.isCut) await Promise.all([this.#left.drained(), this.#right.drained()]);
    this.isCut = false;
    this.isRough = false;
  }

  roughen(): void {
    this.isRough = true;
  }
}
