/**
 * A set of objects that usually has no member, or one. It is kept in a field: as null, as the one member itself, or as a `Set`, so that an actor with one link
 * needs no `Set`, which would take more memory than the link. Members keep the order in which they were added. A member must not be a `Set`.
 */

export type Few<T extends object> = null | T | Set<T>;

/** The new value of the field, with `member` added. */
export function withMember<T extends object>(few: Few<T>, member: T): Few<T> {
  if (few === null || few === member) return member;
  if (few instanceof Set) return few.add(member);
  return new Set([few, member]);
}

/** The new value of the field, with `member` removed. */
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

/** The members, in a new array. */
export function members<T extends object>(few: Few<T>): T[] {
  if (few === null) return [];
  return few instanceof Set ? [...few] : [few];
}

export function hasMember<T extends object>(few: Few<T>, member: T): boolean {
  return few instanceof Set ? few.has(member) : few !== null && few === member;
}
