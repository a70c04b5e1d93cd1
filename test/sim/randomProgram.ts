/**
 * Small programs of actors that send, receive, link, monitor, call and end, at random, but the same for the same number. They are data:
 * `player.ts` runs them, and `referenceModel.ts` says which results they must have.
 */

/** A message or a result. Actors are '<2>', references '#a', or '#2.4' if the fourth operation of actor 2 made it. */
export type Term = string | number | readonly Term[];

/** An actor by its number, or a name. */
export type Target = number | string;

export type Guard =
  | { readonly by: 'any' }
  | { readonly by: 'tag'; readonly tag: string }
  | { readonly by: 'ref'; readonly ref: string }
  /** A function: the last element, divided by 3, leaves that rest. It throws at a message whose last element leaves `throwsAt`. */
  | { readonly by: 'rest'; readonly rest: number; readonly throwsAt: number };

export type Op =
  | { readonly do: 'send'; readonly to: Target; readonly message: Term }
  | { readonly do: 'sendAfter'; readonly to: Target; readonly message: Term; readonly afterMs: number; readonly ref: string }
  | { readonly do: 'startTimer'; readonly to: Target; readonly message: Term; readonly afterMs: number; readonly ref: string }
  | { readonly do: 'cancelTimer' | 'readTimer'; readonly ref: string }
  | { readonly do: 'receive'; readonly guard: Guard; readonly afterMs: number }
  | { readonly do: 'call'; readonly to: Target; readonly afterMs: number; readonly ref: string }
  /** Answers the oldest request that the actor has taken. With `again` it keeps the request, to answer it once more. */
  | { readonly do: 'reply'; readonly again: boolean }
  | { readonly do: 'link' | 'unlink'; readonly to: number }
  | { readonly do: 'monitor'; readonly to: Target; readonly ref: string }
  | { readonly do: 'demonitor'; readonly ref: string; readonly flush: boolean }
  | { readonly do: 'trapExit'; readonly on: boolean }
  | { readonly do: 'exit' | 'throw'; readonly reason: string }
  | { readonly do: 'return' }
  | { readonly do: 'exitOther'; readonly to: number; readonly reason: string; readonly named: boolean }
  | { readonly do: 'spawn'; readonly child: number; readonly how: 'alone' | 'link' | 'monitor'; readonly ref: string }
  | { readonly do: 'register'; readonly name: string; readonly to: number }
  | { readonly do: 'unregister' | 'whereis'; readonly name: string };

export interface Role {
  /** A handler takes the messages that a receive of anything, without end, would take. It is async if it waits in other ways. */
  readonly style: 'body' | 'handler';
  /** The actor is there from the start. Such actors spawn the others. */
  readonly first: boolean;
  readonly trapExit: boolean;
  /** The name it is spawned with. */
  readonly name: string | undefined;
  readonly script: readonly Op[];
}

export type Program = readonly Role[];

/** References that are in messages and belong to no monitor. */
export const freeRefs = ['#a', '#b'];
export const names = ['x', 'y'];

const tags = ['p', 'q', 'r'];
const reasons = ['normal', 'normal', 'boom', 'boom', 'crash', 'shutdown', 'kill'];
/** Few delays, so that several timers are often due at the same time, and one that is long enough for another level of the timer wheel. */
const times = [1, 1, 2, 3, 40];

export const forEver = Number.POSITIVE_INFINITY;

export function isWaiting(op: Op): op is Extract<Op, { do: 'receive' | 'call' }> {
  return op.do === 'receive' || op.do === 'call';
}

/** What a handler does by returning. */
export function takesNext(op: Op): boolean {
  return op.do === 'receive' && op.guard.by === 'any' && op.afterMs === forEver;
}

/** Program number so and so. */
export function randomProgram(number: number): Program {
  const dice = new Dice(number);
  const size = 3 + dice.below(3);
  const children = dice.below(size - 1);
  return Array.from({ length: size }, (_, who) => new Author(dice, who, size, children).role());
}

/** A random sequence of its own (mulberry32), so that the runtime does not decide with which programs it is tested. */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed + 1, 0x9e3779b9);
  }

  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return Math.floor((((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }
}

/** Writes the script of one actor. */
class Author {
  readonly #dice: Dice;
  readonly #who: number;
  readonly #size: number;
  /** So many of the last actors are spawned by others. */
  readonly #children: number;
  readonly #script: Op[] = [];
  readonly #timers: string[] = [];
  readonly #monitors: string[] = [];

  constructor(dice: Dice, who: number, size: number, children: number) {
    this.#dice = dice;
    this.#who = who;
    this.#size = size;
    this.#children = children;
  }

  role(): Role {
    const dice = this.#dice;
    const style = dice.chance(50) ? 'body' : 'handler';
    const length = 5 + dice.below(10);
    while (this.#script.length < length) this.#write();
    this.#script.push(dice.chance(50) ? { do: 'return' } : never);
    const firstWait = this.#script.findIndex(isWaiting);
    // Before its first message a handler cannot wait for anything else.
    if (style === 'handler' && !takesNext(this.#script[firstWait] ?? { do: 'return' }))
      this.#script.splice(firstWait < 0 ? this.#script.length - 1 : firstWait, 0, next);
    return {
      style,
      first: this.#who < this.#size - this.#children,
      trapExit: dice.chance(30),
      name: dice.chance(15) ? dice.pick(names) : undefined,
      script: this.#script,
    };
  }

  #write(): void {
    const dice = this.#dice;
    const roll = dice.below(100);
    if (roll < 22) this.#add({ do: 'send', to: this.#target(), message: this.#message() });
    else if (roll < 44) this.#add({ do: 'receive', guard: this.#guard(), afterMs: this.#timeout() });
    else if (roll < 52) this.#add({ do: dice.chance(75) ? 'link' : 'unlink', to: this.#actor() });
    else if (roll < 60) this.#watch();
    else if (roll < 66) this.#end();
    else if (roll < 72) this.#spawn();
    else if (roll < 81) this.#time();
    else if (roll < 91) this.#talk();
    else if (roll < 98) this.#name();
    else this.#add({ do: 'trapExit', on: dice.chance(60) });
  }

  #watch(): void {
    const dice = this.#dice;
    if (this.#monitors.length === 0 || dice.chance(60)) {
      this.#add({ do: 'monitor', to: this.#target(), ref: this.#ref(this.#monitors) });
    } else {
      this.#add({ do: 'demonitor', ref: dice.pick(this.#monitors), flush: dice.chance(50) });
    }
  }

  #end(): void {
    const dice = this.#dice;
    if (dice.chance(75)) {
      this.#add({ do: 'exitOther', to: this.#actor(), reason: dice.pick(reasons), named: dice.chance(70) });
    } else if (this.#script.length > 3) {
      this.#add({ do: dice.chance(50) ? 'exit' : 'throw', reason: dice.pick(reasons) });
    }
  }

  #spawn(): void {
    const dice = this.#dice;
    if (this.#children === 0) return;
    const child = this.#size - 1 - dice.below(this.#children);
    const how = dice.pick(['alone', 'link', 'link', 'monitor'] as const);
    this.#add({ do: 'spawn', child, how, ref: this.#ref(how === 'monitor' ? this.#monitors : []) });
  }

  #time(): void {
    const dice = this.#dice;
    if (this.#timers.length > 0 && dice.chance(40)) {
      this.#add({ do: dice.chance(70) ? 'cancelTimer' : 'readTimer', ref: dice.pick(this.#timers) });
      return;
    }
    const what = dice.chance(70) ? 'sendAfter' : 'startTimer';
    const ref = this.#ref(this.#timers);
    this.#add({ do: what, to: this.#target(), message: this.#message(), afterMs: dice.pick(times), ref });
  }

  #talk(): void {
    const dice = this.#dice;
    if (dice.chance(40)) {
      this.#add({ do: 'call', to: this.#target(), afterMs: dice.pick([0, 2, 3, 40, forEver]), ref: this.#ref([]) });
      return;
    }
    this.#add({ do: 'receive', guard: { by: 'tag', tag: '$gen_call' }, afterMs: dice.pick([3, 40, forEver]) });
    const twice = dice.chance(30);
    if (twice) this.#add({ do: 'reply', again: true });
    this.#add({ do: 'reply', again: twice && dice.chance(50) });
  }

  #name(): void {
    const dice = this.#dice;
    const name = dice.pick(names);
    if (dice.chance(60)) this.#add({ do: 'register', name, to: this.#actor() });
    else this.#add({ do: dice.chance(40) ? 'unregister' : 'whereis', name });
  }

  #add(op: Op): void {
    this.#script.push(op);
  }

  /** A reference of its own for the result of the next operation, noted in `kept`. */
  #ref(kept: string[]): string {
    const ref = `#${this.#who}.${this.#script.length}`;
    kept.push(ref);
    return ref;
  }

  #actor(): number {
    return this.#dice.below(this.#size);
  }

  #target(): Target {
    return this.#dice.chance(15) ? this.#dice.pick(names) : this.#actor();
  }

  #message(): Term {
    const dice = this.#dice;
    const number = dice.below(30);
    if (dice.chance(10)) return number;
    if (dice.chance(20)) return [dice.pick(freeRefs), number];
    return dice.chance(25) ? [dice.pick(tags), dice.pick(freeRefs), number] : [dice.pick(tags), number];
  }

  #guard(): Guard {
    const dice = this.#dice;
    const roll = dice.below(100);
    if (roll < 40) return { by: 'any' };
    if (roll < 60) return { by: 'tag', tag: dice.pick([...tags, ...tags, 'EXIT', 'DOWN', 'timeout']) };
    if (roll < 80) return { by: 'ref', ref: dice.pick([...freeRefs, ...this.#monitors, ...this.#timers]) };
    return { by: 'rest', rest: dice.below(3), throwsAt: dice.chance(30) ? dice.below(3) : -1 };
  }

  #timeout(): number {
    const dice = this.#dice;
    if (dice.chance(35)) return forEver;
    return dice.chance(30) ? 0 : dice.pick(times);
  }
}

const next: Op = { do: 'receive', guard: { by: 'any' }, afterMs: forEver };
/** No actor sends this message. So all others stay in the mailbox, to be looked at when all is over. */
const never: Op = { do: 'receive', guard: { by: 'tag', tag: 'never' }, afterMs: forEver };
