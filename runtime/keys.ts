/** Checks that an object has no keys but those that are known: what is misspelt would be ignored in silence. */
import { BadArg } from './errors.js';

/**
 * Checks the keys of an options object.
 *
 * @throws BadArg naming the key that is unknown, and the one that was probably meant
 */
export function checkKeys(argument: string, options: object, known: ReadonlySet<string>): void {
  for (const key of Object.keys(options)) if (!known.has(key)) throw unknownKey(argument, key, known);
}

/** Functions of one's own are often named like callbacks: handlePing is no handleInfo. One letter or one swap is a slip. */
const mostOfCallbacks = 1;

/**
 * Checks an object of callbacks, which may have functions of its own besides, or be an object of some class, or a module: only what looks like one
 * that is known is an error.
 *
 * @throws BadArg naming the key, and the one that was probably meant
 */
export function checkCallbacks(argument: string, callbacks: object, known: ReadonlySet<string>): void {
  for (let level: object | null = callbacks; level !== null && level !== Object.prototype; level = Object.getPrototypeOf(level)) {
    for (const key of Object.getOwnPropertyNames(level)) {
      if (!known.has(key) && nearest(key, known, mostOfCallbacks) !== undefined) throw unknownKey(argument, key, known);
    }
  }
}

/** A key that is none of those that are known, however many there are. `problem` says so. */
export function unknownKey(argument: string, key: string, known: ReadonlySet<string>, problem = 'is not known here'): BadArg {
  const names = known.size > mostListed ? '' : `: there is ${[...known].join(', ')}`;
  return new BadArg(`${argument}.${key}`, problem + (didYouMean(key, known) || names));
}

/** Asks whether the known key that is most like this one was meant; nothing if none is like it. */
export function didYouMean(key: string, known: ReadonlySet<string>): string {
  const meant = nearest(key, known);
  return meant === undefined ? '' : `: did you mean ${meant}?`;
}

/** Longer lists help nobody. */
const mostListed = 12;

/** The known key that is most like this one, if any is like it: differs in case or underscores, or in a third of its letters and `most` at most. */
function nearest(key: string, known: ReadonlySet<string>, most = 3): string | undefined {
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  const plain = plainOf(key);
  for (const other of known) {
    const distance = distanceOf(plain, plainOf(other));
    if (distance < bestDistance && distance <= Math.min(most, Math.floor(other.length / 3))) {
      best = other;
      bestDistance = distance;
    }
  }
  return best;
}

/** Keys are written handleCall here and handle_call elsewhere. */
function plainOf(key: string): string {
  return key.replaceAll(/[_-]/g, '').toLowerCase();
}

/** How many letters have to be put in, left out, replaced, or swapped with their neighbour (optimal string alignment). */
function distanceOf(from: string, to: string): number {
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  let before = last;
  for (let row = 1; row <= from.length; row += 1) {
    const next = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const differs = from[row - 1] === to[column - 1] ? 0 : 1;
      let least = Math.min(last[column]! + 1, next[column - 1]! + 1, last[column - 1]! + differs);
      const isSwap = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (isSwap) least = Math.min(least, before[column - 2]! + 1);
      next.push(least);
    }
    before = last;
    last = next;
  }
  return last[to.length]!;
}
