/** Exit reasons as terms: Erlang compares them by what they hold, JavaScript by which object they are. */

/** How deep a reason is looked into. What is alike down to here and further down two different objects is not the same. */
const deepest = 16;

/**
 * Whether two reasons say the same: values that are the same, and arrays, plain objects and Buffers of what is the same. Pids, references, sockets and errors are
 * the same if they are one.
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
