/** Checks that an object has no unknown keys. Otherwise a misspelt option would be ignored in silence. */
import { BadArg } from './errors.js';

/**
 * Checks the keys of an options object.
 *
 * @throws BadArg naming the unknown key, and the known one that was probably meant
 */
export function checkKeys(argument: string, options: object, known: ReadonlySet<string>): void {
  for (const key of Object.keys(options)) if (!known.has(key)) throw unknownKey(argument, key, known);
}

/** Users name their own functions like callbacks: `handlePing` is no misspelt `handleInfo`. So only one wrong letter, or one swap, counts as a slip. */
const mostOfCallbacks = 1;

/**
 * Checks an object of callbacks. It may have other functions too, and be an object of a class, or a module. So only a key that looks like a misspelt callback
 * is an error.
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

/** The error for an unknown key. It names the known key that was probably meant, or all known keys if they are not too many. */
export function unknownKey(argument: string, key: string, known: ReadonlySet<string>, problem = 'is not known here'): BadArg {
  const names = known.size > mostListed ? '' : `: there is ${[...known].join(', ')}`;
  return new BadArg(`${argument}.${key}`, problem + (didYouMean(key, known) || names));
}

/** `: did you mean ...?` with the known key that is most like this one; an empty text if none is like it. */
export function didYouMean(key: string, known: ReadonlySet<string>): string {
  const meant = nearest(key, known);
  return meant === undefined ? '' : `: did you mean ${meant}?`;
}

/** A longer list of known keys is not shown. */
const mostListed = 12;

/** The known key that is most like this one. It may differ in case and underscores, and else in at most `most` letters and a third of its letters. */
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

/** How many letters have to be inserted, removed, replaced, or swapped with their neighbour (optimal string alignment). */
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
