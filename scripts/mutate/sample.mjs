/** Orders things by a seed, so that the same sample can be drawn again, or a larger one that begins with it. */

/**
 * A generator of numbers in [0, 1) by mulberry32. Its numbers are the same on every machine for the same seed.
 *
 * @param {number} seed
 */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * All of `things` in the order that `seed` gives (Fisher and Yates).
 *
 * @template T
 * @param {readonly T[]} things
 * @param {number} seed
 * @returns {T[]}
 */
export function shuffled(things, seed) {
  const random = randomFrom(seed);
  const order = [...things];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const chosen = Math.floor(random() * (last + 1));
    [order[last], order[chosen]] = [/** @type {T} */ (order[chosen]), /** @type {T} */ (order[last])];
  }
  return order;
}
