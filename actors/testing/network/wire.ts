/** What all hosts of a simulated network share: the time, the seed, the conditions on every way, and which ways are cut. */
import type { System, Timer } from '../../../runtime/index.js';
import { Randomness, type Runnable, turnsOf } from '../../../runtime/simulation.js';
import { type Conditions, conditionsAfter, type LinkConditions, perfect } from './conditions.js';
import { Nats } from './nat.js';
import type { PacketTrace, TracedEnd } from './packetTrace.js';

const pairOf = (from: string, to: string): string => `${from} ${to}`;

export class Wire {
  readonly randomness: Randomness;
  /** Gives a step of the network its turn among the actors. */
  readonly soon: (step: Runnable) => void;
  readonly nats = new Nats();
  readonly #trace: PacketTrace | undefined;
  readonly #system: System;
  #everywhere = perfect;
  readonly #between = new Map<string, Conditions>();
  readonly #cuts = new Set<string>();
  /** Addresses that are cut off from all others. */
  readonly #isolated = new Set<string>();
  readonly #parked = new Set<Runnable>();

  constructor(system: System, seed: number, trace?: PacketTrace) {
    this.#system = system;
    this.#trace = trace;
    this.randomness = new Randomness(seed);
    this.soon = turnsOf(system);
  }

  get nowMs(): number {
    return this.#system.clock.now();
  }

  /** The longest datagram on ways without conditions of their own. */
  get usualMtu(): number {
    return this.#everywhere.mtu;
  }

  /** A datagram leaves. */
  note(protocol: number, from: TracedEnd, to: TracedEnd, payload: Uint8Array): void {
    this.#trace?.add(this.nowMs, protocol, from, to, payload);
  }

  after(delayMs: number, call: () => void): Timer {
    return this.#system.clock.setTimer(delayMs, call);
  }

  cancel(timer: Timer): void {
    this.#system.clock.clearTimer(timer);
  }

  chance(share: number): boolean {
    return share > 0 && this.randomness.next() < share;
  }

  conditions(from: string, to: string): Conditions {
    return this.#between.get(pairOf(from, to)) ?? this.#everywhere;
  }

  /** @throws BadArg naming the condition */
  setEverywhere(wanted: LinkConditions): void {
    this.#everywhere = conditionsAfter(this.#everywhere, wanted, 'conditions');
    for (const [pair, present] of this.#between) this.#between.set(pair, conditionsAfter(present, wanted, 'conditions'));
  }

  /** @throws BadArg naming the condition */
  setBetween(from: string, to: string, wanted: LinkConditions): void {
    this.#between.set(pairOf(from, to), conditionsAfter(this.conditions(from, to), wanted, 'conditions'));
  }

  isCut(from: string, to: string): boolean {
    if (this.#cuts.size === 0 && this.#isolated.size === 0) return false;
    return this.#cuts.has(pairOf(from, to)) || (from !== to && (this.#isolated.has(from) || this.#isolated.has(to)));
  }

  cut(from: string, to: string): void {
    this.#cuts.add(pairOf(from, to));
  }

  isolate(address: string): void {
    this.#isolated.add(address);
  }

  heal(from: string, to: string): void {
    this.#cuts.delete(pairOf(from, to));
    this.#resume();
  }

  /** Ends the isolation of an address, or all cuts. */
  healAll(address?: string): void {
    if (address === undefined) {
      this.#cuts.clear();
      this.#isolated.clear();
    } else this.#isolated.delete(address);
    this.#resume();
  }

  /** The step waits until a way that is cut may be whole again. */
  park(step: Runnable): void {
    this.#parked.add(step);
  }

  #resume(): void {
    for (const step of this.#parked) this.soon(step);
    this.#parked.clear();
  }
}
