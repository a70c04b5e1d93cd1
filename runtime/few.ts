/**
 * A set of objects that usually has few members. It is kept in a field: as null, as the one member itself, as an array of a few, or as a `Set`, because a `Set` takes
 * more memory than a few links of an actor. Members keep the order in which they were added. A member must not be an array or a `Set`.
 */

export type Few<T extends object> = null | T | T[] | Set<T>;

/** Up to so many members an array is searched faster than a `Set`, and takes a fraction of the memory. */
const mostInArray = 8;

/** The new value of the field, with `member` added. */
export function withMember<T extends object>(few: Few<T>, member: T): Few<T> {
  if (few === null || few === member) return member;
  if (few instanceof Set) return few.add(member);
  if (!Array.isArray(few)) return [few, member];
  if (few.includes(member)) return few;
  if (few.length === mostInArray) return new Set(few).add(member);
  few.push(member);
  return few;
}

/** The new value of the field, with `member` removed. */
export function withoutMember<T extends object>(few: Few<T>, member: T): Few<T> {
  if (few === member) return null;
  if (few instanceof Set) {
    few.delete(member);
    return few.size === 0 ? null : few;
  }
  if (!Array.isArray(few)) return few;
  const index = few.indexOf(member);
  if (index >= 0) few.splice(index, 1);
  return few.length === 1 ? few[0]! : few;
}

/** Calls `visit` for each member. `visit` must not change this set. */
export function eachMember<T extends object>(few: Few<T>, visit: (member: T) => void): void {
  if (few === null) return;
  if (few instanceof Set) few.forEach(visit);
  else if (Array.isArray(few)) for (const member of few) visit(member);
  else visit(few);
}

/** The members, in a new array. */
export function members<T extends object>(few: Few<T>): T[] {
  if (few === null) return [];
  return few instanceof Set || Array.isArray(few) ? [...few] : [few];
}

export function hasMember<T extends object>(few: Few<T>, member: T): boolean {
  if (few instanceof Set) return few.has(member);
  return few === member || (Array.isArray(few) && few.includes(member));
}
