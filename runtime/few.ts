/**
 * A set of objects that in most cases is empty or holds one: kept in a field as null, as the object itself, or as a `Set`. A link or a monitor of
 * its own `Set` would cost more memory than the rest of it. Keeps the order in which members were added, as a `Set` does. A member is no `Set`.
 */

export type Few<T extends object> = null | T | Set<T>;

/** The field's new value, with `member` in it. */
export function withMember<T extends object>(few: Few<T>, member: T): Few<T> {
  if (few === null || few === member) return member;
  if (few instanceof Set) return few.add(member);
  return new Set([few, member]);
}

/** The field's new value, without `member`. */
export function withoutMember<T extends object>(few: Few<T>, member: T): Few<T> {
  if (few === member) return null;
  if (few instanceof Set) {
    few.delete(member);
    if (few.size === 0) return null;
  }
  return few;
}

/** Calls `visit` for each member. `visit` must not change this set. */
export function eachMember<T extends object>(few: Few<T>, visit: (member: T) => void): void {
  if (few instanceof Set) few.forEach(visit);
  else if (few !== null) visit(few);
}

/** The members, in an array of its own. */
export function members<T extends object>(few: Few<T>): T[] {
  if (few === null) return [];
  return few instanceof Set ? [...few] : [few];
}

export function hasMember<T extends object>(few: Few<T>, member: T): boolean {
  return few instanceof Set ? few.has(member) : few !== null && few === member;
}
