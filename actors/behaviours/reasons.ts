/** Compares exit reasons by their contents, as Erlang does. JavaScript compares objects by identity. */

/** How deep reasons are compared. Two different objects that lie deeper than this are taken to be different. */
const deepest = 16;

/**
 * Whether two reasons are equal. Arrays, plain objects and Buffers are compared by their contents; all other values, such as pids, references, sockets and
 * errors, by identity.
 */
export function isSameReason(one: unknown, other: unknown, depth = 0): boolean {
  if (Object.is(one, other)) return true;
  if (depth >= deepest || typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((element, index) => isSameReason(element, other[index], depth + 1));
  }
  if (Buffer.isBuffer(one) && Buffer.isBuffer(other)) return one.equals(other);
  return isPlain(one) && isPlain(other) && haveSameFields(one, other, depth + 1);
}

function haveSameFields(one: Record<string, unknown>, other: Record<string, unknown>, depth: number): boolean {
  const keys = Object.keys(one);
  if (keys.length !== Object.keys(other).length) return false;
  return keys.every((key) => Object.hasOwn(other, key) && isSameReason(one[key], other[key], depth));
}

function isPlain(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
